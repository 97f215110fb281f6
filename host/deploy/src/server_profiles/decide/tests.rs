//! What each kind of change comes to.

use super::*;
use mintage_records::Sealer;
use mintage_records::model::{GivenAttribute, ProfileState, ServerIdentity};
use serde_json::Map;

/// What the first deployment gave, in the form in which clients send it.
const GIVEN: &[(&str, &str)] = &[
    ("HostName", "web01"),
    ("EnableSSH", "true"),
    ("NIC1.connectionid", "3"),
    ("NIC1.networkuri", "/rest/ethernet-networks/1"),
    ("NIC2.constraint", "userspecified"),
    ("NIC2.ipaddress", "198.51.100.7"),
    ("NIC2.netmask", "255.255.255.0"),
];

/// What the service filled in.
const FILLED: &[(&str, &str)] = &[
    ("NIC1.constraint", "auto"),
    ("NIC1.ipaddress", "192.0.2.10"),
    ("NIC1.netmask", "255.255.255.0"),
    ("NIC1.gateway", "192.0.2.1"),
    ("NIC1.dns1", "192.0.2.2"),
    ("NIC1.mac", "52:54:00:00:00:01"),
];

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn sealed(secret: &str) -> mintage_records::Sealed {
    Sealer::new(&[7; 32]).seal(secret).unwrap()
}

fn deployment(plan: &str, given: &[(&str, &str)]) -> OsDeployment {
    let attributes = given.iter().map(|(name, value)| GivenAttribute {
        name: (*name).to_owned(),
        value: Some(AttributeValue::Plain((*value).to_owned())).filter(|_| !value.is_empty()),
    });
    OsDeployment {
        deployment_plan: id(plan),
        attributes: attributes.collect(),
        filled: BTreeMap::new(),
    }
}

fn profile(deployment: Option<OsDeployment>) -> ServerProfile {
    ServerProfile {
        name: "web01".to_owned(),
        description: None,
        state: ProfileState::Normal,
        server_hardware: Some(id("bay1")),
        template: None,
        deployment,
        os_volume: Some(id("volume")),
        earlier_volumes: Vec::new(),
        identity: ServerIdentity {
            seed: sealed("seed"),
            initiator: "iqn.2026-11.com.example:web01".to_owned(),
            chap_secret: sealed("secret"),
            mutual_secret: None,
        },
        other: Map::new(),
    }
}

/// The profile as it is after its first deployment.
fn deployed() -> ServerProfile {
    let mut deployment = deployment("plan", GIVEN);
    let filled = FILLED.iter();
    deployment.filled = filled
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    profile(Some(deployment))
}

/// What was given first, with `changes`; an empty value takes one away.
fn with(changes: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let mut given = GIVEN.to_vec();
    for (name, value) in changes {
        given.retain(|(other, _)| other != name);
        if !value.is_empty() {
            given.push((name, value));
        }
    }
    given
}

#[test]
fn what_is_the_same_server_is_left_alone() {
    let everything = [GIVEN, FILLED].concat();
    let reversed: Vec<_> = everything.iter().rev().copied().collect();
    let tables = [
        ("what was sent first", with(&[])),
        ("everything that is shown", everything),
        ("in another order", reversed),
        (
            "what holds anyway",
            with(&[
                ("NIC1.constraint", "auto"),
                ("NIC1.dhcp", "False"),
                ("NIC1.ipv4disable", "false"),
                ("NIC1.vlanid", "0"),
                ("NIC2.dhcp", "FALSE"),
            ]),
        ),
        (
            "an unused nic, as clients send it",
            with(&[("NIC3.constraint", "auto"), ("NIC3.dhcp", "false")]),
        ),
        (
            "an address of the pool's that is out of date",
            with(&[
                ("NIC1.constraint", "auto"),
                ("NIC1.ipaddress", "192.0.2.99"),
            ]),
        ),
    ];
    for (what, given) in tables {
        let wanted = profile(Some(deployment("plan", &given)));
        assert_eq!(decide(&deployed(), &wanted), Decision::Nothing, "{what}");
    }
}

#[test]
fn another_plan_or_value_is_a_redeployment() {
    for (changes, reasons) in [
        (&[("HostName", "web02")][..], "HostName"),
        (&[("EnableSSH", "false")], "EnableSSH"),
        // Whether it is a boolean, `given` knows.
        (&[("EnableSSH", "True")], "EnableSSH"),
        (&[("HostName", "")], "HostName"),
        (&[("Extra", "1")], "Extra"),
        (&[("NIC2.ipaddress", "198.51.100.8")], "NIC2.ipaddress"),
        (
            &[("NIC2.constraint", "auto")],
            "NIC2.constraint NIC2.ipaddress NIC2.netmask",
        ),
        (
            &[
                ("NIC1.networkuri", "/rest/ethernet-networks/2"),
                ("NIC1.connectionid", "4"),
            ],
            "NIC1.connectionid NIC1.networkuri",
        ),
        (&[("NIC1.dns1", "192.0.2.3")], "NIC1.dns1"),
        (&[("NIC1.vlanid", "7")], "NIC1.vlanid"),
        (&[("NIC1.dhcp", "true")], "NIC1.constraint"),
        (&[("NIC1.constraint", "DHCP")], "NIC1.constraint"),
        (&[("NIC1.ipv4disable", "True")], "NIC1.ipv4disable"),
        // The address is the profile's own from now on.
        (
            &[
                ("NIC1.constraint", "userspecified"),
                ("NIC1.ipaddress", "192.0.2.10"),
            ],
            "NIC1.constraint NIC1.ipaddress",
        ),
    ] {
        let wanted = profile(Some(deployment("plan", &with(changes))));
        let Decision::Redeploy(found) = decide(&deployed(), &wanted) else {
            panic!("{changes:?} is no redeployment");
        };
        let expected: Vec<_> = reasons
            .split(' ')
            .map(|name| Reason::Attribute(name.into()))
            .collect();
        assert_eq!(found, expected, "{changes:?}");
    }
    let other = profile(Some(deployment(
        "other plan".replace(' ', "-").as_str(),
        GIVEN,
    )));
    assert_eq!(
        decide(&deployed(), &other),
        Decision::Redeploy(vec![Reason::DeploymentPlan])
    );
}

#[test]
fn a_secret_counts_by_its_sealed_form() {
    let secret = |sealed: &mintage_records::Sealed| {
        let mut profile = deployed();
        profile
            .deployment
            .as_mut()
            .unwrap()
            .attributes
            .push(GivenAttribute {
                name: "Password".to_owned(),
                value: Some(AttributeValue::Sealed(sealed.clone())),
            });
        profile
    };
    let (one, other) = (sealed("one"), sealed("other"));
    assert_eq!(decide(&secret(&one), &secret(&one)), Decision::Nothing);
    let reason = Reason::Attribute("Password".to_owned());
    assert_eq!(reason.to_string(), "attribute `Password`");
    for (old, new) in [
        (secret(&one), secret(&other)),
        (secret(&one), deployed()),
        (deployed(), secret(&one)),
    ] {
        assert_eq!(decide(&old, &new), Decision::Redeploy(vec![reason.clone()]));
    }
}

#[test]
fn moving_renaming_and_editing_keep_the_volume() {
    let wanted = |change: &dyn Fn(&mut ServerProfile)| {
        let mut wanted = profile(Some(deployment("plan", GIVEN)));
        change(&mut wanted);
        wanted
    };
    let bare = profile(None);
    let unassigned = wanted(&|profile| profile.server_hardware = None);
    let mac = [("NIC1.mac", "52:54:00:00:00:99")];
    let tables: [(&str, ServerProfile, ServerProfile, Decision); 10] = [
        (
            "unassigned",
            deployed(),
            unassigned.clone(),
            Decision::Move(Assignment::Unassign),
        ),
        (
            "assigned, renamed and edited",
            unassigned,
            wanted(&|profile| {
                profile.name = "web02".into();
                profile.description = Some("the second".into());
            }),
            Decision::Move(Assignment::Assign(id("bay1"))),
        ),
        (
            "moved",
            deployed(),
            wanted(&|profile| profile.server_hardware = Some(id("bay2"))),
            Decision::Move(Assignment::Move(id("bay2"))),
        ),
        (
            "renamed",
            deployed(),
            wanted(&|profile| profile.name = "web02".into()),
            Decision::Rename,
        ),
        (
            "described",
            deployed(),
            wanted(&|profile| profile.description = Some("the first".into())),
            Decision::Edit,
        ),
        (
            "another connection",
            deployed(),
            wanted(&|profile| {
                profile
                    .other
                    .insert("connections".into(), serde_json::json!([{"id": 4}]));
            }),
            Decision::Edit,
        ),
        (
            "another MAC address",
            deployed(),
            profile(Some(deployment("plan", &with(&mac)))),
            Decision::Edit,
        ),
        ("deployed", bare.clone(), deployed(), Decision::Deploy),
        (
            "no deployment any more",
            deployed(),
            bare.clone(),
            Decision::RemoveDeployment,
        ),
        (
            "without a deployment",
            bare.clone(),
            bare,
            Decision::Nothing,
        ),
    ];
    for (what, old, wanted, decision) in tables {
        assert_eq!(decide(&old, &wanted), decision, "{what}");
    }
}
