//! Addresses: the store itself gives none twice, and remembers who has which.

use crate::samples::{author, get, put, range, subnet};
use crate::store::Store;
use mintage_records::model::{AllocatedAddress, Ipv4Range, Ipv4Subnet};
use mintage_records::{Filter, Id, Kind, Match, Query, RecordsError};
use std::net::Ipv4Addr;

pub fn an_address_is_given_once(store: &Store) {
    let records = store.open();
    let subnet = put(&records, subnet("production")).id;
    let range = put(&records, range("web", &subnet)).id;
    let address = Ipv4Addr::new(10, 0, 0, 10);
    let given = AllocatedAddress::new(subnet.clone(), address, Some(range.clone()));
    let id = AllocatedAddress::id_of(&subnet, address).unwrap();
    let owners = ["p1", "p2", "p3", "p4"].map(|id| Id::parse(id).unwrap());
    let take = |owner: &Id| {
        let body = given.clone().owned_by(Kind::OsVolumes, owner, "nic1");
        // Under its own id, and under another.
        records
            .change(&author(), |change| {
                change.insert_as(id.clone(), body.clone())
            })
            .or_else(|_| records.change(&author(), |change| change.insert(body)))
    };
    let taken: Vec<_> = std::thread::scope(|scope| {
        let threads = owners.each_ref().map(|owner| scope.spawn(|| take(owner)));
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let (given, refused): (Vec<_>, Vec<_>) = taken.into_iter().partition(Result::is_ok);
    assert_eq!(given.len(), 1);
    for error in refused {
        let name = format!("{subnet}/10.0.0.10");
        let text = format!("there is a pool address with the name `{name}` already");
        assert_eq!(error.unwrap_err().to_string(), text);
    }

    // Who has it is found by its owner, in another process too.
    let stored = get::<AllocatedAddress>(&records, &id).unwrap();
    let (kind, owner) = stored.body.owner().unwrap();
    drop(records);
    let records = store.open();
    let query = Query {
        filters: vec![Filter::equal(
            "owner",
            AllocatedAddress::owner_key(kind, &owner),
        )],
        ..Query::default()
    };
    let found = records.read(|view| view.list::<AllocatedAddress>(&query));
    assert_eq!(found.unwrap().members, [stored]);

    // What it was taken from stays until it is released.
    let delete_pool = || {
        records.change(&author(), |change| {
            change.delete::<Ipv4Range>(&range, &Match::Any)?;
            change.delete::<Ipv4Subnet>(&subnet, &Match::Any)
        })
    };
    assert!(matches!(delete_pool(), Err(RecordsError::InUse { .. })));
    let released = records.change(&author(), |change| {
        change.delete::<AllocatedAddress>(&id, &Match::Any)
    });
    released.unwrap();
    delete_pool().unwrap();
}
