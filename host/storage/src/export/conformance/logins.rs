//! Checks of who is let in.

use super::{Case, Login};
use crate::export::{Chap, Iqn};

pub(super) fn another_initiator_is_refused(case: &Case<'_>) {
    let export = case.export("web01");
    case.publish(&export);
    let right = Login::of(&export);
    for name in [
        "iqn.2026-11.com.example.host:web02",
        "iqn.2026-11.com.example.host:web0",
        "iqn.2026-11.com.example.host:web011",
    ] {
        let initiator = Iqn::parse(name).unwrap();
        case.refused(&Login {
            initiator,
            ..right.clone()
        });
    }
    drop(case.log_in(&right));
    case.unpublish(&export);
}

pub(super) fn without_the_right_secret_nobody_gets_in(case: &Case<'_>) {
    let export = case.export("web01");
    case.publish(&export);
    let right = Login::of(&export);
    let user = right.chap.as_ref().unwrap().user.clone();
    let wrong = [
        None,
        Some(Chap::new(&user, "secret-of-wek").unwrap()),
        Some(Chap::new(&user, "secret-of-web0").unwrap()),
        Some(Chap::new("somebody-else", "secret-of-web").unwrap()),
    ];
    for chap in wrong {
        case.refused(&Login {
            chap,
            ..right.clone()
        });
    }
    drop(case.log_in(&right));
    case.unpublish(&export);
}

pub(super) fn without_chap_the_name_is_enough(case: &Case<'_>) {
    let mut export = case.export("web01");
    export.chap = None;
    case.publish(&export);
    let right = Login::of(&export);
    drop(case.log_in(&right));
    let initiator = Iqn::parse("iqn.2026-11.com.example.host:web02").unwrap();
    case.refused(&Login { initiator, ..right });
    case.unpublish(&export);
}

pub(super) fn the_target_proves_itself_too(case: &Case<'_>) {
    let mut export = case.export("web01");
    export.mutual = Some(Chap::new("target-of-web01", "secret-of-target").unwrap());
    case.publish(&export);
    let right = Login::of(&export);
    drop(case.log_in(&right));
    for wrong in ["secret-of-targeu", "secret-of-targe"] {
        let mutual = Some(Chap::new("target-of-web01", wrong).unwrap());
        let login = Login {
            mutual,
            ..right.clone()
        };
        case.refused(&login);
    }
    case.unpublish(&export);
}

pub(super) fn an_initiator_sees_only_its_own(case: &Case<'_>) {
    let (first, second) = (case.export("web01"), case.export("web02"));
    case.publish(&first);
    case.publish(&second);
    let stranger = Iqn::parse("iqn.2026-11.com.example.host:stranger").unwrap();
    for portal in case.exporter().portals() {
        for export in [&first, &second] {
            let seen = case.bench.discover(portal, &export.initiator);
            assert_eq!(
                seen.as_slice(),
                std::slice::from_ref(&export.target),
                "{portal}"
            );
        }
        assert_eq!(case.bench.discover(portal, &stranger), []);
    }
    case.unpublish(&first);
    case.unpublish(&second);
}
