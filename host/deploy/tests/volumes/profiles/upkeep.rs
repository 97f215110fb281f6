//! What is looked after besides the tasks: volumes whose time is over, targets that nobody has to find, and
//! profiles that cannot be read.

use super::life::world;
use super::servers::{Servers, login, wanted};
use mintage_deploy::alerts::ACTIVE;
use mintage_deploy::export::{Restored, remove_strays, restore};
use mintage_records::model::{Alert, OsVolume, ServerProfile};
use mintage_records::{Match, Sealed, Sealer, Time};
use mintage_storage::export::conformance::Bench as _;
use mintage_storage::export::{Exporter as _, Force};

pub fn expired() {
    let (world, plan, _) = world();
    let servers = Servers::over(&world);
    let (id, _) = servers.create(wanted("web01", &plan)).unwrap();
    servers.redeploy(&id, false).unwrap();
    servers.redeploy(&id, false).unwrap();
    assert_eq!(servers.profiles.remove_expired(&world.records).unwrap(), 0);
    crate::world::change(&world.records, |change| {
        let mut profile = change.get::<ServerProfile>(&id)?.body;
        profile.earlier_volumes[0].until = Time::now();
        change.update(&id, &Match::Any, profile)
    });
    // Somebody has made its target again by hand, and uses it.
    let expired = servers.profile(&id).earlier_volumes[0].os_volume.clone();
    let identity = servers.profile(&id).identity;
    let export = world.records.read(|view| {
        let volume = view.get::<OsVolume>(&expired)?;
        servers.profiles.export(&volume, &identity)
    });
    let export = export.unwrap();
    servers.exporter.inner.publish(&export).unwrap();
    let mut login = login(&servers, &id);
    (login.target, login.chap) = (export.target.clone(), export.chap.clone());
    let portal = servers.exporter.portals()[0];
    let disk = servers.exporter.inner.log_in(portal, &login).unwrap();
    assert_eq!(servers.profiles.remove_expired(&world.records).unwrap(), 0);
    assert_eq!(remove_strays(&world.records, &servers.profiles).unwrap(), 0);
    drop(disk);
    assert_eq!(remove_strays(&world.records, &servers.profiles).unwrap(), 1);
    servers.exporter.inner.publish(&export).unwrap();
    assert_eq!(servers.profiles.remove_expired(&world.records).unwrap(), 1);
    assert_eq!(servers.profile(&id).volumes().count(), 2);
    assert_eq!(servers.exporter.list().unwrap().len(), 1);
    servers.check();
}

pub fn unreadable() {
    let (world, plan, _) = world();
    let servers = Servers::over(&world);
    let (bad, _) = servers.create(wanted("web01", &plan)).unwrap();
    let (good, _) = servers.create(wanted("web02", &plan)).unwrap();
    let spoil = |secret: Sealed| {
        crate::world::change(&world.records, |change| {
            let mut profile = change.get::<ServerProfile>(&bad)?.body;
            let before = std::mem::replace(&mut profile.identity.chap_secret, secret.clone());
            change.update(&bad, &Match::Any, profile).map(|_| before)
        })
    };
    let secret = spoil(Sealer::new(&[9; 32]).seal("of another key").unwrap());
    let target = login(&servers, &good).target;
    servers
        .exporter
        .inner
        .unpublish(&target, Force::No)
        .unwrap();
    // One whose secret cannot be opened keeps no other from its disk, and is told of.
    let restored = restore(&world.records, &servers.profiles).unwrap();
    assert_eq!(restored, Restored::All);
    assert!(servers.exporter.list().unwrap().contains(&target));
    assert_eq!(remove_strays(&world.records, &servers.profiles).unwrap(), 0);
    let alerts = || {
        let all = world.records.read(|view| view.all::<Alert>()).unwrap();
        let all = all.into_iter().map(|alert| alert.body);
        all.filter(|alert| alert.alert_state == ACTIVE)
            .collect::<Vec<_>>()
    };
    assert!(alerts()[0].description.contains("`web01` is not offered"));
    spoil(secret);
    restore(&world.records, &servers.profiles).unwrap();
    assert_eq!(alerts(), []);
}
