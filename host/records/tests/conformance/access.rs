//! Users, sessions, API tokens, the audit log.

use crate::samples::author;
use crate::store::Store;
use mintage_records::access::{ApiToken, AuditEntry, AuditQuery, NewUser, Role, User};
use mintage_records::{Change, Id, Records, RecordsError, Result, Time};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

pub fn users_are_one_whatever_the_letter_case(store: &Store) {
    let records = store.open();
    let made = user(&records, "Ada.L", Role::ReadOnly);
    assert_eq!((made.version, made.name.as_str()), (1, "Ada.L"));
    let insert = |name: &str| change(&records, |change| change.insert_user(new(name, made.role)));
    let error = insert("ADA.l").unwrap_err();
    assert_eq!(error.to_string(), "there is a user `ADA.l` already");
    insert("bob").unwrap();
    let (found, all, none) = read(&records, |view| {
        Ok((view.user("ada.L")?, view.users()?, view.find_user("ada")?))
    });
    assert_eq!((found, none), (made, None));
    let names: Vec<&str> = all.iter().map(|user| user.name.as_str()).collect();
    assert_eq!(names, ["Ada.L", "bob"]);
    let changed = change(&records, |change| {
        let mut user = change.user("ada.l")?;
        user.full_name = "Ada".into();
        change.update_user(&user)
    });
    let changed = changed.unwrap();
    assert_eq!((changed.version, changed.full_name.as_str()), (2, "Ada"));
    for act in [
        |change: &mut Change<'_>| change.delete_user("carl"),
        |change: &mut Change<'_>| change.user("carl"),
    ] {
        let error = change(&records, act).unwrap_err();
        assert_eq!(error.to_string(), "there is no user `carl`");
    }
}

pub fn somebody_can_always_administer(store: &Store) {
    let records = store.open();
    let first = user(&records, "first", Role::InfrastructureAdministrator);
    user(&records, "other", Role::ServerAdministrator);
    let attempts: [fn(&mut User); 2] = [
        |user| user.role = Role::ServerAdministrator,
        |user| user.is_enabled = false,
    ];
    let refused = |outcome: Result<User>| {
        let error = outcome.unwrap_err().to_string();
        assert_eq!(error, "`first` is the last infrastructure administrator");
    };
    let attempt = |act: fn(&mut User)| {
        change(&records, |change| {
            let mut user = change.user("FIRST")?;
            act(&mut user);
            change.update_user(&user)
        })
    };
    // One who is disabled does not count.
    let mut disabled = new("disabled", Role::InfrastructureAdministrator);
    disabled.is_enabled = false;
    change(&records, |change| change.insert_user(disabled)).unwrap();
    for act in attempts {
        refused(attempt(act));
    }
    refused(change(&records, |change| change.delete_user("first")));
    assert_eq!(read(&records, |view| view.user("first")), first);
    user(&records, "second", Role::InfrastructureAdministrator);
    for act in attempts {
        attempt(act).unwrap();
    }
    change(&records, |change| change.delete_user("first")).unwrap();
}

pub fn sessions_end_when_they_should(store: &Store) {
    let records = store.open();
    user(&records, "ada", Role::ReadOnly);
    user(&records, "bob", Role::ReadOnly);
    let open = |user: &str, token: &str, idle| {
        change(&records, |change| change.open_session(user, token, idle)).unwrap();
    };
    let find = |token: &str| read(&records, |view| view.find_session(token));
    open("ada", "a", HOUR);
    let session = find("a").unwrap();
    assert_eq!(
        (session.user.name.as_str(), session.idle_timeout),
        ("ada", HOUR)
    );
    assert_eq!(find("b"), None);
    // By time: the last use is kept to the minute, and a user is not to lose by that.
    let used = session.last_used;
    let minute = Duration::from_secs(60);
    for (after, is_expired, wants_touch) in [
        (Duration::ZERO, false, false),
        (minute - Duration::from_millis(1), false, false),
        (minute, false, true),
        (HOUR + minute, false, true),
        (HOUR + minute + Duration::from_millis(1), true, true),
    ] {
        let now = used.plus(after);
        let got = (session.is_expired(now), session.wants_touch(now));
        assert_eq!(got, (is_expired, wants_touch), "{after:?}");
    }
    change(&records, |change| change.set_idle_timeout("a", minute)).unwrap();
    std::thread::sleep(Duration::from_millis(5));
    change(&records, |change| change.touch_session("a")).unwrap();
    let touched = find("a").unwrap();
    assert!(touched.last_used > used && touched.created == session.created);
    assert_eq!(touched.idle_timeout, minute);
    // By hand, and only that one.
    open("ada", "c", HOUR);
    change(&records, |change| change.close_session("a")).unwrap();
    assert!(find("a").is_none() && find("c").is_some());
    // With the user.
    open("bob", "d", HOUR);
    change(&records, |change| change.delete_user("ada")).unwrap();
    assert!(find("c").is_none() && find("d").is_some());
}

pub fn what_ends_with_a_change_of_a_user(store: &Store) {
    type Case = (fn(&mut User), bool, bool);
    let cases: [Case; 5] = [
        (|user| user.full_name = "Ada".into(), true, true),
        (|user| user.must_change_password = true, true, true),
        // Tokens are for programs, which do not know the password.
        (|user| user.password_hash = "other".into(), false, true),
        (|user| user.role = Role::ServerAdministrator, false, false),
        (|user| user.is_enabled = false, false, false),
    ];
    let records = store.open();
    for (index, (act, has_session, has_token)) in cases.into_iter().enumerate() {
        let name = format!("user-{index}");
        let made = user(&records, &name, Role::ReadOnly);
        let hash = format!("token-{index}");
        let entry = token(&name, None);
        let changed = change(&records, |change| {
            change.open_session(&name, &name, HOUR)?;
            change.insert_api_token(&entry, &hash)?;
            let mut user = made;
            act(&mut user);
            change.update_user(&user)?;
            // What has ended does not come back.
            user.is_enabled = true;
            change.update_user(&user)
        });
        changed.unwrap();
        let found = read(&records, |view| {
            let session = view.find_session(&name)?.is_some();
            Ok((session, view.find_api_token(&hash, Time::now())?.is_some()))
        });
        assert_eq!(found, (has_session, has_token), "{index}");
    }
}

pub fn tokens_are_found_until_they_end(store: &Store) {
    let records = store.open();
    user(&records, "ada", Role::ServerAdministrator);
    user(&records, "bob", Role::ReadOnly);
    let now = Time::now();
    let lasting = token("ada", None);
    let short = token("ada", Some(now.plus(HOUR)));
    let other = token("bob", None);
    for (entry, hash) in [(&lasting, "a"), (&short, "b"), (&other, "c")] {
        change(&records, |change| change.insert_api_token(entry, hash)).unwrap();
    }
    let find = |hash: &str, at| {
        let found = read(&records, |view| view.find_api_token(hash, at));
        found.map(|(token, user)| (token.id, user.name))
    };
    assert_eq!(find("a", now), Some((lasting.id.clone(), "ada".into())));
    assert_eq!(find("b", now), Some((short.id.clone(), "ada".into())));
    assert_eq!(find("b", now.plus(HOUR)), None);
    assert_eq!(find("d", now), None);
    let count = |user: Option<&str>| read(&records, |view| view.api_tokens(user)).len();
    assert_eq!(
        (count(None), count(Some("ada")), count(Some("eve"))),
        (3, 2, 0)
    );
    let ended = change(&records, |change| change.delete_api_token(&lasting.id));
    assert_eq!(ended.unwrap(), lasting);
    assert_eq!(find("a", now), None);
    let again = change(&records, |change| change.delete_api_token(&lasting.id));
    let text = format!("there is no API token `{}`", lasting.id);
    assert_eq!(again.unwrap_err().to_string(), text);
    change(&records, |change| change.delete_user("bob")).unwrap();
    assert_eq!((find("c", now), count(None)), (None, 1));
}

pub fn the_audit_log_is_read_newest_first(store: &Store) {
    let records = store.open();
    for number in 0..25_u16 {
        let entry = AuditEntry {
            user_name: ["ada", "bob"][usize::from(number % 2)].into(),
            path: format!("/{number}"),
            outcome: 200 + number,
            request_id: "what\0ever".into(),
            ..AuditEntry::default()
        };
        change(&records, |change| change.audit(&entry)).unwrap();
    }
    let page = |user: Option<&str>, start, count| {
        let user_name = user.map(str::to_owned);
        let query = AuditQuery {
            user_name,
            start,
            count,
        };
        let page = read(&records, |view| view.audit_log(&query));
        let numbers = page.members.iter().map(|entry| entry.outcome - 200);
        (page.total, numbers.collect::<Vec<_>>())
    };
    assert_eq!(page(None, 0, 3), (25, vec![24, 23, 22]));
    assert_eq!(page(None, 23, 10), (25, vec![1, 0]));
    assert_eq!(page(Some("bob"), 1, 2), (12, vec![21, 19]));
    assert_eq!(page(Some("eve"), 0, 2), (0, vec![]));
    assert_eq!(page(Some("' OR 1=1 --"), 0, 2), (0, vec![]));
    let newest = AuditQuery {
        count: 1,
        ..AuditQuery::default()
    };
    let entry = &read(&records, |view| view.audit_log(&newest)).members[0];
    assert!(entry.sequence >= 25 && entry.at.as_millis() > 0);
    assert_eq!(
        (entry.path.as_str(), entry.request_id.as_str()),
        ("/24", "what\u{fffd}ever")
    );
}

fn new(name: &str, role: Role) -> NewUser {
    NewUser {
        name: name.into(),
        full_name: String::new(),
        role,
        password_hash: "hash".into(),
        is_enabled: true,
        must_change_password: false,
    }
}

fn user(records: &Records, name: &str, role: Role) -> User {
    change(records, |change| change.insert_user(new(name, role))).unwrap()
}

fn token(user: &str, expires: Option<Time>) -> ApiToken {
    ApiToken {
        id: Id::generate(),
        name: "a name".into(),
        user_name: user.into(),
        role: Role::ReadOnly,
        created: Time::now(),
        expires,
    }
}

fn change<T>(records: &Records, act: impl FnOnce(&mut Change<'_>) -> Result<T>) -> Result<T> {
    records.change(&author(), act)
}

fn read<T>(records: &Records, act: impl FnOnce(&mut mintage_records::View<'_>) -> Result<T>) -> T {
    let read: Result<T, RecordsError> = records.read(act);
    read.unwrap()
}
