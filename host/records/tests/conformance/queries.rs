//! Filters: what they select, and what they refuse.

use crate::samples::{golden_image, put, script};
use crate::store::Store;
use mintage_records::model::{GoldenImage, PlanScript, PlanType};
use mintage_records::{Filter, Operator, Query, Records, RecordsError, Resource, Sort};

fn compare(field: &str, operator: Operator, value: &str) -> Filter {
    Filter::Compare {
        field: field.to_owned(),
        operator,
        value: value.to_owned(),
    }
}

fn list<R: Resource>(records: &Records, filter: Filter) -> Result<Vec<String>, RecordsError> {
    let query = Query {
        filters: vec![filter],
        ..Query::default()
    };
    let page = records.read(|view| view.list::<R>(&query))?;
    assert_eq!(page.total, page.members.len() as u64, "{query:?}");
    let names = page
        .members
        .iter()
        .map(|stored| stored.body.name().to_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    Ok(names)
}

pub fn filters_select_what_they_say(store: &Store) {
    use Operator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, Like, NotEqual};
    let records = store.open();
    for (name, size, description) in [
        ("alpha", 9, Some("Web server")),
        ("Beta", 10, Some("web_server")),
        ("Ökonom", 100, None),
    ] {
        let mut image = golden_image(name, size);
        image.description = description.map(str::to_owned);
        image.image_capture = name == "Beta";
        put(&records, image);
    }
    let not = |filter| Filter::Not(Box::new(filter));
    let table: &[(Filter, &[&str])] = &[
        (compare("name", Equal, "BETA"), &["Beta"]),
        (compare("name", Equal, "ökonom"), &["Ökonom"]),
        (compare("name", Equal, "bet"), &[]),
        (compare("name", NotEqual, "beta"), &["alpha", "Ökonom"]),
        (compare("name", Like, "%ON%"), &["Ökonom"]),
        (compare("name", Like, "_eta"), &[]),
        (compare("name", Less, "B"), &["alpha"]),
        (compare("size", Equal, "10"), &["Beta"]),
        (compare("size", Equal, "1e1"), &["Beta"]),
        (compare("size", NotEqual, "10"), &["alpha", "Ökonom"]),
        (compare("size", Less, "10"), &["alpha"]),
        (compare("size", LessOrEqual, "10"), &["Beta", "alpha"]),
        (compare("size", Greater, "9.5"), &["Beta", "Ökonom"]),
        (
            compare("size", GreaterOrEqual, "-1"),
            &["Beta", "alpha", "Ökonom"],
        ),
        (compare("size", Like, "1%"), &["Beta", "Ökonom"]),
        (compare("imageCapture", Equal, "TRUE"), &["Beta"]),
        (compare("state", Equal, "ok"), &["Beta", "alpha", "Ökonom"]),
        // Null is not equal to anything, and has no order.
        (compare("description", Equal, "web server"), &["alpha"]),
        (
            compare("description", NotEqual, "web server"),
            &["Beta", "Ökonom"],
        ),
        (compare("description", Like, "web_%"), &["Beta"]),
        (compare("description", Like, "%"), &["Beta", "alpha"]),
        (compare("description", Less, "z"), &["Beta", "alpha"]),
        (not(compare("description", Less, "z")), &["Ökonom"]),
        (
            compare("created", Greater, "2017-01-06T12:40:07.161Z"),
            &["Beta", "alpha", "Ökonom"],
        ),
        (compare("modified", Less, "2017-01-06T12:40:07+01:00"), &[]),
        (Filter::All(vec![]), &["Beta", "alpha", "Ökonom"]),
        (Filter::Any(vec![]), &[]),
        (not(Filter::Any(vec![])), &["Beta", "alpha", "Ökonom"]),
        (
            Filter::Any(vec![
                Filter::All(vec![
                    compare("size", Less, "50"),
                    compare("name", Like, "a%"),
                ]),
                compare("size", Equal, "100"),
            ]),
            &["alpha", "Ökonom"],
        ),
        (
            not(Filter::Any(vec![
                compare("size", Equal, "9"),
                compare("size", Equal, "10"),
            ])),
            &["Ökonom"],
        ),
    ];
    for (filter, names) in table {
        let found = list::<GoldenImage>(&records, filter.clone());
        assert_eq!(found.unwrap(), *names, "{filter:?}");
    }
}

pub fn hostile_values_are_only_values(store: &Store) {
    let records = store.open();
    let texts = [
        "' OR '1' = '1",
        "'; DROP TABLE resource; --",
        "$1 ?1 :kind @kind",
        "100% \\ _ [a-z] *",
        "zero\0inside",
        "\u{202e}\u{1f600}",
        "null",
        "",
    ];
    for (number, text) in texts.into_iter().enumerate() {
        let mut body = script(&format!("{number}"));
        body.description = Some(text.to_owned());
        put(&records, body);
    }
    for (number, text) in texts.into_iter().enumerate() {
        let equal = list::<PlanScript>(&records, Filter::equal("description", text));
        assert_eq!(equal.unwrap(), [number.to_string()], "{text:?}");
        let like = compare("description", Operator::Like, &text.replace('%', "_"));
        let like = list::<PlanScript>(&records, like).unwrap();
        // `%` was replaced by a character that must not be a pattern.
        assert_eq!(like.len(), usize::from(!text.contains('%')), "{text:?}");
    }
    // A pattern that takes a careless matcher an hour.
    let long = format!("{}b", "%a".repeat(1000));
    let mut body = script("long");
    body.description = Some("a".repeat(4000));
    put(&records, body);
    let found = list::<PlanScript>(&records, compare("description", Operator::Like, &long));
    assert_eq!(found.unwrap(), [""; 0]);
}

pub fn what_cannot_be_asked_is_named(store: &Store) {
    let records = store.open();
    put(&records, script("one"));
    let deep = (0..40).fold(Filter::equal("name", "one"), |inner, _| {
        Filter::Not(Box::new(inner))
    });
    let table = [
        (
            Filter::equal("planTyp", "deploy"),
            "plan-scripts have no field `planTyp`",
        ),
        (
            Filter::equal("body", "x"),
            "plan-scripts have no field `body`",
        ),
        (
            Filter::equal("name') OR 1=1 --", "x"),
            "plan-scripts have no field `name') OR",
        ),
        (
            Filter::equal("created", "yesterday"),
            "field `created` is a time, `yesterday` is not",
        ),
        (
            compare("modified", Operator::Like, "2017%"),
            "field `modified` is a time",
        ),
        (
            Filter::Any(vec![Filter::equal("name", "x"); 65]),
            "at most 64 conditions",
        ),
        (
            Filter::All(vec![Filter::All(vec![]); 65]),
            "at most 64 conditions",
        ),
        (deep, "at most 32 levels"),
        (
            Filter::equal("name", "x".repeat(5000)),
            "at most 4096 bytes in a value",
        ),
    ];
    for (filter, text) in table {
        let error = list::<PlanScript>(&records, filter).unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
    }
    for value in ["ten", "", "NaN", "inf", "1e999", "1; DROP TABLE resource"] {
        let error = list::<GoldenImage>(&records, Filter::equal("size", value)).unwrap_err();
        assert!(
            matches!(error, RecordsError::NotANumber { .. }),
            "{value}: {error}"
        );
    }
    let sort = Sort {
        field: "content".to_owned(),
        descending: false,
    };
    let query = Query {
        sort: vec![sort],
        ..Query::default()
    };
    let error = records
        .read(|view| view.list::<PlanScript>(&query))
        .unwrap_err();
    let text = "plan-scripts have no field `content` to filter or sort by; there are name, id, \
                created, modified, description, planType, language, hpProvided";
    assert_eq!(error.to_string(), text);
    // Nothing of this has done anything.
    let mut body = script("two");
    body.plan_type = PlanType::General;
    put(&records, body);
    let found = list::<PlanScript>(&records, Filter::equal("planType", "general"));
    assert_eq!(found.unwrap(), ["two"]);
}
