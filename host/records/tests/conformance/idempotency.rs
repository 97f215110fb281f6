//! Idempotency keys: what another request, another user and another process see of one.

use crate::samples::{author, script};
use crate::store::Store;
use mintage_records::{Records, RecordsError, RequestKey, Reservation, StoredReply};

fn key(user: &str, key: &str) -> RequestKey {
    RequestKey {
        user: user.to_owned(),
        key: key.to_owned(),
    }
}

fn reserve(records: &Records, key: &RequestKey, hash: &str) -> Reservation {
    let reserved = records.change(&author(), |change| change.reserve_key(key, hash));
    reserved.unwrap()
}

/// Does the work of a key: a script.
fn work(records: &Records, key: &RequestKey, name: &str) -> String {
    let author = author().with_key(Some(key.clone()));
    let made = records.change(&author, |change| change.insert(script(name)));
    format!("/rest/plan-scripts/{}", made.unwrap().id)
}

pub fn a_key_is_used_once(store: &Store) {
    let records = store.open();
    let (own, others) = (key("ada", "k"), key("bob", "k"));
    assert_eq!(reserve(&records, &own, "hash"), Reservation::Reserved);
    assert_eq!(reserve(&records, &own, "else"), Reservation::Other);
    assert_eq!(reserve(&records, &others, "else"), Reservation::Reserved);
    let uri = work(&records, &own, "one");
    let made = Reservation::Made(Some(uri.clone()));
    assert_eq!(reserve(&records, &own, "hash"), made);
    let reply = StoredReply {
        status: 201,
        location: None,
        body: b"\x00\xffbody".to_vec(),
    };
    records
        .change(&author(), |change| change.keep_reply(&own, &reply))
        .unwrap();
    let kept = StoredReply {
        location: Some(uri),
        ..reply
    };
    assert_eq!(reserve(&records, &own, "hash"), Reservation::Done(kept));
    assert_eq!(reserve(&records, &own, "else"), Reservation::Other);
    // What did nothing may be tried again; what did something may not.
    let release = |key| records.change(&author(), |change| change.release_key(key));
    assert!(release(&others).unwrap());
    assert_eq!(reserve(&records, &others, "new"), Reservation::Reserved);
    assert!(!release(&own).unwrap());
}

pub fn after_a_crash_a_key_tells_whether_its_work_was_done(store: &Store) {
    let (nothing, something) = (key("ada", "nothing"), key("ada", "something"));
    let before = store.open();
    assert_eq!(reserve(&before, &nothing, "hash"), Reservation::Reserved);
    assert_eq!(reserve(&before, &something, "hash"), Reservation::Reserved);
    let uri = work(&before, &something, "one");
    // Work that was not committed is not done.
    let failed = before.change(&author().with_key(Some(nothing.clone())), |change| {
        change.insert(script("two"))?;
        Err::<(), _>(RecordsError::Unseal)
    });
    assert!(failed.is_err());
    drop(before);

    let after = store.open();
    let made = Reservation::Made(Some(uri));
    assert_eq!(reserve(&after, &something, "hash"), made);
    assert_eq!(reserve(&after, &something, "else"), Reservation::Other);
    assert_eq!(reserve(&after, &nothing, "hash"), Reservation::Reserved);
}

pub fn what_has_no_resource_is_noted_too(store: &Store) {
    for (uri, expected) in [
        (None, None),
        (Some("/rest/users/ada"), Some("/rest/users/ada")),
    ] {
        let key = key("ada", expected.unwrap_or("none"));
        let records = store.open();
        assert_eq!(reserve(&records, &key, "hash"), Reservation::Reserved);
        let author = author().with_key(Some(key.clone()));
        let done = records.change(&author, |change| {
            if let Some(uri) = uri {
                change.made_at(uri);
            }
            Ok::<_, RecordsError>(())
        });
        done.unwrap();
        let made = Reservation::Made(expected.map(str::to_owned));
        assert_eq!(reserve(&records, &key, "hash"), made);
        let reply = StoredReply {
            status: 201,
            location: None,
            body: b"body".to_vec(),
        };
        let kept = records.change(&author, |change| change.keep_reply(&key, &reply));
        kept.unwrap();
        let location = expected.map(str::to_owned);
        let reply = StoredReply { location, ..reply };
        assert_eq!(reserve(&records, &key, "hash"), Reservation::Done(reply));
    }
}

pub fn a_key_is_forgotten_after_a_day(store: &Store) {
    let records = store.open();
    let key = key("ada", "k");
    assert_eq!(reserve(&records, &key, "hash"), Reservation::Reserved);
    let shift = |hours: i64| {
        let millis = hours * 60 * 60 * 1000;
        store.sql(&format!(
            "UPDATE idempotency SET created = created - {millis}"
        ));
    };
    shift(23);
    assert_eq!(reserve(&records, &key, "else"), Reservation::Other);
    shift(2);
    assert_eq!(reserve(&records, &key, "else"), Reservation::Reserved);
}
