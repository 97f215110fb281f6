//! Lists: filters, orders and pages over all kinds of artifacts.

use crate::support::{Service, names};
use serde_json::json;

/// A service with the plan scripts `s00` to `s24`, every fifth for capture.
fn filled() -> Service {
    let service = Service::start();
    for number in 0..25 {
        let kind = if number % 5 == 0 { "capture" } else { "deploy" };
        let script =
            json!({"name": format!("s{number:02}"), "planType": kind, "description": "it's"});
        service.post("/rest/plan-scripts", &script).json(201);
    }
    service
}

#[test]
fn pages_are_walked_forth_and_back() {
    let service = filled();
    let mut seen = Vec::new();
    let mut next = Some(
        "/rest/plan-scripts?start=0&count=10&sort=name:desc&filter=planType%3Ddeploy".to_owned(),
    );
    let mut last = String::new();
    while let Some(uri) = next {
        let page = service.get(&uri).json(200);
        assert_eq!(page["total"], 20);
        seen.extend(names(&page).into_iter().map(str::to_owned));
        next = page["nextPageUri"].as_str().map(str::to_owned);
        last = uri;
    }
    let mut expected: Vec<String> = (0..25)
        .filter(|n| n % 5 != 0)
        .map(|n| format!("s{n:02}"))
        .collect();
    expected.reverse();
    assert_eq!(seen, expected);
    let page = service.get(&last).json(200);
    let before = service.get(page["prevPageUri"].as_str().unwrap()).json(200);
    assert_eq!(names(&before), expected[..10]);
    assert!(before["prevPageUri"].is_null());
    let odd = service
        .get("/rest/plan-scripts?start=3&count=10&sort=name:asc")
        .json(200);
    let before = service.get(odd["prevPageUri"].as_str().unwrap()).json(200);
    assert_eq!(names(&before), ["s00", "s01", "s02"]);
}

#[test]
fn all_are_one_page() {
    let service = filled();
    for uri in [
        "/rest/plan-scripts",
        "/rest/plan-scripts?start=0&count=-1",
        "/rest/plan-scripts/?count=25",
    ] {
        let page = service.get(uri).json(200);
        assert_eq!(
            (&page["total"], &page["count"], &page["start"]),
            (&json!(25), &json!(25), &json!(0))
        );
        assert_eq!(names(&page).len(), 25);
        assert!(page["nextPageUri"].is_null() && page["prevPageUri"].is_null());
    }
    let beyond = service
        .get("/rest/plan-scripts?start=100&count=10")
        .json(200);
    assert_eq!(
        (&beyond["total"], &beyond["count"]),
        (&json!(25), &json!(0))
    );
    let counted = service.get("/rest/plan-scripts?count=0").json(200);
    assert_eq!((names(&counted).len(), &counted["total"]), (0, &json!(25)));
}

#[test]
fn filters_of_all_forms_find_the_same() {
    let service = filled();
    for (filter, found) in [
        ("%22name%3D%27s07%27%22", 1),
        ("name%20matches%20's0%25'", 10),
        ("planType=capture", 5),
        ("planType=capture&filter=name%3C's10'", 2),
        ("planType=capture%20OR%20name='s01'", 6),
        ("NOT%20planType=capture%20AND%20name%20ge%20's20'", 4),
        ("state=OK%20and%20status='ok'", 25),
        ("status=Warning", 0),
        ("description='it's'", 25),
        ("created%3E=2017-01-06T12:40:07.161Z", 25),
        ("hpProvided=false", 25),
        ("language=guestfish", 25),
    ] {
        let page = service.get(&format!(
            "/rest/plan-scripts?start=0&count=-1&filter={filter}"
        ));
        assert_eq!(page.json(200)["total"], found, "{filter}");
    }
}
