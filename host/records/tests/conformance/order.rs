//! The order of lists, and their pages.

use crate::samples::{author, golden_image, put};
use crate::store::Store;
use mintage_records::model::GoldenImage;
use mintage_records::{Filter, Id, Query, Records, Sort, Time};
use std::time::Duration;

fn sorted(records: &Records, keys: &[(&str, bool)]) -> Vec<String> {
    let sort = keys.iter().map(|(field, descending)| Sort {
        field: (*field).to_owned(),
        descending: *descending,
    });
    let query = Query {
        sort: sort.collect(),
        ..Query::default()
    };
    let page = records
        .read(|view| view.list::<GoldenImage>(&query))
        .unwrap();
    page.members
        .into_iter()
        .map(|stored| stored.body.name)
        .collect()
}

pub fn both_databases_sort_alike(store: &Store) {
    let records = store.open();
    for (name, size, description) in [
        ("b-2", 100, Some("same")),
        ("a_1", 9, None),
        ("B 10", 10, Some("Zebra")),
        ("ä", 1000, Some("äpfel")),
        ("a-1", 10, Some("apfel")),
    ] {
        let mut image = golden_image(name, size);
        image.description = description.map(str::to_owned);
        put(&records, image);
    }
    // Byte by byte, whatever the database's locale; null is less than everything.
    let by_name = ["B 10", "a-1", "a_1", "b-2", "ä"];
    let backwards: Vec<&str> = by_name.into_iter().rev().collect();
    assert_eq!(sorted(&records, &[("name", false)]), by_name);
    assert_eq!(sorted(&records, &[("name", true)]), backwards);
    let by_description = ["a_1", "B 10", "a-1", "b-2", "ä"];
    let backwards: Vec<&str> = by_description.into_iter().rev().collect();
    assert_eq!(sorted(&records, &[("description", false)]), by_description);
    assert_eq!(sorted(&records, &[("description", true)]), backwards);
    let by_size = sorted(&records, &[("size", false), ("name", true)]);
    assert_eq!(by_size, ["a_1", "a-1", "B 10", "b-2", "ä"]);
    let by_state = sorted(
        &records,
        &[("state", true), ("size", true), ("name", false)],
    );
    assert_eq!(by_state, ["ä", "b-2", "B 10", "a-1", "a_1"]);
}

pub fn the_oldest_come_first(store: &Store) {
    let records = store.open();
    let names = ["c", "a", "b"];
    for name in names {
        let made = put(&records, golden_image(name, 1));
        // Those of one millisecond have no order among themselves but that of their ids.
        while Time::now() <= made.created {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    assert_eq!(sorted(&records, &[]), names);
    assert_eq!(sorted(&records, &[("created", false)]), names);
    assert_eq!(sorted(&records, &[("created", true)]), ["b", "a", "c"]);
    let all = records.read(|view| view.all::<GoldenImage>()).unwrap();
    let all: Vec<String> = all.into_iter().map(|stored| stored.body.name).collect();
    assert_eq!(all, ["a", "b", "c"]);
}

pub fn pages_are_parts_of_one_order(store: &Store) {
    let records = store.open();
    let made = records.change(&author(), |change| {
        for number in 0..57_u64 {
            // All the same but for the id: only the id can order them.
            let id = Id::parse(&format!("id-{}", (number * 37) % 57)).unwrap();
            change.insert_as(id, golden_image(&format!("image {number}"), number % 2))?;
        }
        Ok::<_, mintage_records::RecordsError>(())
    });
    made.unwrap();
    let by_state = Sort {
        field: "state".to_owned(),
        descending: false,
    };
    for (filters, sort, total) in [
        (vec![], vec![], 57),
        (vec![], vec![by_state.clone()], 57),
        (vec![Filter::equal("size", "1")], vec![by_state], 28),
    ] {
        let list = |start, count| {
            let query = Query {
                filters: filters.clone(),
                sort: sort.clone(),
                start,
                count,
            };
            let page = records
                .read(|view| view.list::<GoldenImage>(&query))
                .unwrap();
            assert_eq!(page.total, total, "{query:?}");
            page.members
                .into_iter()
                .map(|stored| stored.id)
                .collect::<Vec<_>>()
        };
        let all = list(0, None);
        assert_eq!(all.len() as u64, total);
        assert!(all.is_sorted(), "{all:?}");
        let pages: Vec<Id> = (0..total)
            .step_by(10)
            .flat_map(|start| list(start, Some(10)))
            .collect();
        assert_eq!(pages, all);
        assert_eq!(list(total - 2, None), all[all.len() - 2..]);
        assert_eq!(list(0, Some(0)), []);
        assert_eq!(list(total, Some(10)), []);
        assert_eq!(list(u64::MAX, Some(u64::MAX)), []);
    }
}
