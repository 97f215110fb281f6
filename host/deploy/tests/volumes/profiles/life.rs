//! The life of a server: deployed, redeployed, rolled back, changed, deleted.

use super::servers::{Servers, login, setting, wanted, wanted_on};
use crate::world::World;
use mintage_boot::power::{BootKind, PowerControl as _};
use mintage_deploy::golden_volume;
use mintage_deploy::server_profiles::{Profiles, Rules, Wanted};
use mintage_records::Time;
use mintage_records::model::{BootMethod, BuildPlan, OsVolume, ServerHardware, TaskState};
use mintage_records::{Change, Id, Kind, Match};
use mintage_storage::export::conformance::Bench as _;
use mintage_storage::export::{Exporter as _, Iqn};
use mintage_storage::store::conformance::file_of;
use serde_json::json;
use std::sync::atomic::Ordering;

/// Writes down who the server is.
const PLAN: &str = "\
hostname::set(attribute(\"HostName\"));
machine_id::set();
iscsi::set_initiator_name();
let portals = profile::value(\"iscsi.portals\");
file::write(\"/etc/target\", `${profile::value(\"iscsi.targetName\")} ${portals.len()}\n`);
";

/// Two servers' worth of artifacts: a plan, and one that fails.
pub fn world() -> (World, Id, Id) {
    let world = World::new();
    let plan = world.build_plan("web", "deploy", PLAN);
    let plan = world.deployment_plan("web", &plan, &world.golden);
    let broken = "hostname::set(attribute(\"HostName\"));\nthrow \"no\";";
    let broken = world.build_plan("broken", "deploy", broken);
    let broken = world.deployment_plan("broken", &broken, &world.golden);
    (world, plan, broken)
}

pub fn deployed() {
    let (world, plan, broken) = world();
    let servers = Servers::over(&world);
    let (id, task) = servers.create(wanted("web01", &plan)).unwrap();
    assert_eq!(task.task_state, TaskState::Completed, "{task:?}");
    assert_eq!(task.name, "Create");
    let steps: Vec<&str> = task.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(steps, ["customize", "export", "switch", "boot", "finish"]);
    for step in &task.steps {
        assert!(step.ended >= step.started && step.started.is_some());
    }
    servers.check();
    let profile = servers.profile(&id);
    let volume = profile.os_volume.unwrap();
    let volume = world
        .records
        .read(|view| view.get::<OsVolume>(&volume))
        .unwrap();
    let export = volume.body.export.clone().unwrap();
    assert_eq!(export.server_profile, id);
    assert_eq!(servers.read(&id, "/etc/hostname"), "web01\n");
    let initiator = format!("InitiatorName={}\n", profile.identity.initiator);
    assert_eq!(
        servers.read(&id, "/etc/iscsi/initiatorname.iscsi"),
        initiator
    );
    assert_eq!(
        servers.read(&id, "/etc/target"),
        format!("{} 2\n", export.target)
    );
    // Only it logs in.
    let own = login(&servers, &id);
    let portal = servers.exporter.portals()[1];
    let mut disk = servers.exporter.inner.log_in(portal, &own).unwrap();
    assert_eq!(disk.serial().unwrap(), volume.id.to_string());
    let mut other = own.clone();
    other.initiator = Iqn::parse("iqn.2026-11.com.example:other").unwrap();
    assert!(servers.exporter.inner.log_in(portal, &other).is_err());
    drop(disk);

    // Its plan and its volume stay, as long as it is there.
    let change = |act: &dyn Fn(&mut Change<'_>) -> bool| {
        world
            .records
            .change(&crate::world::author(), |change| {
                Ok::<_, mintage_records::RecordsError>(act(change))
            })
            .unwrap()
    };
    assert!(change(&|change| change
        .delete::<OsVolume>(&volume.id, &Match::Any)
        .is_err()));
    let uses = world
        .records
        .read(|view| view.used_by(Kind::DeploymentPlans, &plan));
    let uses = uses.unwrap();
    assert!(
        uses.iter()
            .any(|user| user.kind == Kind::ServerProfiles && user.name == "web01")
    );

    // One that fails leaves nothing.
    let (failed, task) = servers.create(wanted("web02", &broken)).unwrap();
    assert_eq!(task.task_state, TaskState::Error);
    let found = world
        .records
        .read(|view| view.find::<mintage_records::model::ServerProfile>(&failed));
    assert!(found.unwrap().is_none());
    servers.check();
}

pub fn redeployed() {
    let (world, plan, _) = world();
    let servers = Servers::over(&world);
    let (id, _) = servers.create(wanted("web01", &plan)).unwrap();
    let before = servers.profile(&id);
    let machine_id = servers.read(&id, "/etc/machine-id");

    // The same again is nothing.
    let (_, task) = servers.update(&id, wanted("web01", &plan)).unwrap();
    assert_eq!(task.task_state, TaskState::Completed);
    assert_eq!(servers.profile(&id), before);

    let changed = Wanted {
        deployment: Some((plan.clone(), vec![setting("HostName", "other")])),
        ..wanted("web01", &plan)
    };
    let (_, task) = servers.update(&id, changed).unwrap();
    assert_eq!(task.task_state, TaskState::Completed, "{task:?}");
    let after = servers.profile(&id);
    assert_ne!(after.os_volume, before.os_volume);
    assert_eq!(servers.read(&id, "/etc/hostname"), "other\n");
    assert_eq!(servers.read(&id, "/etc/machine-id"), machine_id);
    assert_eq!(after.identity, before.identity);
    assert_eq!(after.earlier_volumes.len(), 1);
    let days = after.earlier_volumes[0].until.since(Time::now()).as_secs() / 86_400;
    assert_eq!(days, 6, "7 days, and a moment less");
    servers.check();

    // Back and forth, without making anything.
    for (host_name, volume) in [("web01", &before.os_volume), ("other", &after.os_volume)] {
        let (_, task) = servers.roll_back(&id).unwrap();
        assert_eq!(task.task_state, TaskState::Completed, "{task:?}");
        let now = servers.profile(&id);
        assert_eq!(&now.os_volume, volume);
        assert_eq!(servers.read(&id, "/etc/hostname"), format!("{host_name}\n"));
        assert_eq!(now.earlier_volumes.len(), 1);
        servers.check();
    }
    // What was rolled back to is what is compared with.
    servers.roll_back(&id).unwrap();
    servers.update(&id, wanted("web01", &plan)).unwrap();
    assert_eq!(servers.profile(&id).os_volume, before.os_volume);

    // A new host, which can go back to the old one.
    let (_, task) = servers.redeploy(&id, true).unwrap();
    assert_eq!(task.task_state, TaskState::Completed, "{task:?}");
    assert_ne!(servers.read(&id, "/etc/machine-id"), machine_id);
    let new = servers.profile(&id);
    assert_ne!(new.identity.initiator, before.identity.initiator);
    servers.check();
    servers.roll_back(&id).unwrap();
    assert_eq!(servers.profile(&id).identity, before.identity);
    assert_eq!(servers.read(&id, "/etc/machine-id"), machine_id);
    servers.check();

    // The oldest go when they become too many.
    let mut had = Vec::new();
    for _ in 0..Rules::default().most_old_volumes + 2 {
        had.extend(servers.profile(&id).os_volume);
        servers.redeploy(&id, false).unwrap();
    }
    let kept = servers.profile(&id).earlier_volumes;
    let kept: Vec<Id> = kept.into_iter().map(|earlier| earlier.os_volume).collect();
    assert_eq!(kept, had[2..]);
    servers.check();
}

pub fn failed() {
    let (world, plan, broken) = world();
    let servers = Servers::over(&world);
    let (id, _) = servers.create(wanted("web01", &plan)).unwrap();
    let before = servers.profile(&id);
    let (_, task) = servers.update(&id, wanted("web01", &broken)).unwrap();
    assert_eq!(task.task_state, TaskState::Error);
    assert_eq!(servers.profile(&id), before);
    servers.check();
    // What cannot be is refused before a task begins.
    let wrong = Wanted {
        deployment: Some((plan.clone(), vec![setting("HostName", "a.b")])),
        ..wanted("web01", &plan)
    };
    let refused = servers.update(&id, wrong).unwrap_err();
    assert_eq!(refused.problems()[0].error_code, "P4003");
    assert_eq!(servers.profile(&id), before);
    servers.create(wanted("web02", &plan)).unwrap();
    for refused in [
        servers.create(wanted("WEB01", &plan)).unwrap_err(),
        servers.update(&id, wanted("web02", &plan)).unwrap_err(),
    ] {
        assert!(refused.to_string().contains("with the name"), "{refused}");
    }
    let refused = servers.roll_back(&id).unwrap_err();
    assert_eq!(refused.problems()[0].error_code, "NO_EARLIER_VOLUME");
    servers.check();
}

pub fn out_of_reach() {
    let (world, plan, _) = world();
    let servers = Servers::over(&world);
    let (id, _) = servers.create(wanted("web01", &plan)).unwrap();
    servers.redeploy(&id, false).unwrap();
    let before = servers.profile(&id);
    // With nobody who offers volumes, neither a new volume nor an old one becomes the server's.
    servers.exporter.is_down.store(true, Ordering::Relaxed);
    let (_, rolled_back) = servers.roll_back(&id).unwrap();
    assert_eq!(rolled_back.task_state, TaskState::Error);
    assert_eq!(servers.profile(&id), before);
    let (_, redeployed) = servers.redeploy(&id, false).unwrap();
    assert_eq!(redeployed.task_state, TaskState::Error);
    assert_eq!(servers.profile(&id), before);
    // And no task that has ended holds the profile.
    servers.exporter.is_down.store(false, Ordering::Relaxed);
    let (_, rolled_back) = servers
        .carry_out(|profiles, change| {
            let begun = profiles.roll_back(change, &id, false)?;
            // Two changes at a time are one too many.
            let busy = profiles.redeploy(change, &id, false, false).unwrap_err();
            let busy = &busy.problems()[0];
            assert_eq!(busy.error_code, "PROFILE_BUSY");
            assert!(busy.recommended_actions[0].contains(begun.task.id.as_str()));
            Ok(begun)
        })
        .unwrap();
    assert_eq!(rolled_back.task_state, TaskState::Completed);
    servers.check();
}

pub fn hidden() {
    let world = World::new();
    let script = format!("{PLAN}file::write(\"/etc/key\", attribute(\"Passphrase\"));\n");
    let build_plan = world.build_plan("web", "deploy", &script);
    let plan = world.deployment_plan("web", &build_plan, &world.golden);
    let servers = Servers::over(&world);
    let with = |host_name, passphrase| Wanted {
        deployment: Some((
            plan.clone(),
            vec![
                setting("HostName", host_name),
                setting("Passphrase", passphrase),
            ],
        )),
        ..wanted("web01", &plan)
    };
    let (id, task) = servers.create(with("web01", "s3cret-text")).unwrap();
    assert_eq!(task.task_state, TaskState::Completed);
    crate::world::change(&world.records, |change| {
        let mut plan = change.get::<BuildPlan>(&build_plan)?.body;
        for attribute in &mut plan.custom_attributes {
            if attribute.name == "Passphrase" {
                attribute.kind = "string".to_owned();
            }
        }
        change.update(&build_plan, &Match::Any, plan)
    });
    // It would stand in the diff and the log of the run now.
    for refused in [
        servers.redeploy(&id, false).unwrap_err(),
        servers.update(&id, with("web02", "********")).unwrap_err(),
    ] {
        assert_eq!(refused.problems()[0].error_code, "SECRET_EXPOSED");
    }
    let (_, task) = servers.update(&id, with("web02", "no secret")).unwrap();
    assert_eq!(task.task_state, TaskState::Completed);
    servers.check();
}

pub fn live() {
    let (world, plan, _) = world();
    let servers = Servers::over(&world);
    let (id, _) = servers.create(wanted("web01", &plan)).unwrap();
    let before = servers.profile(&id);
    let portal = servers.exporter.portals()[0];
    let disk = servers
        .exporter
        .inner
        .log_in(portal, &login(&servers, &id))
        .unwrap();
    let volume = before.os_volume.clone().unwrap();
    let busy = servers
        .profiles
        .check_idle(&world.records, &volume)
        .unwrap_err();
    assert_eq!(busy.problems()[0].error_code, "TARGET_IN_USE");
    // A server that has logged in since is not cut off either.
    for (_, task) in [
        servers.redeploy(&id, false).unwrap(),
        servers.delete(&id, false).unwrap(),
    ] {
        assert_eq!(task.task_state, TaskState::Error);
        assert_eq!(task.errors[0].error_code, "TARGET_IN_USE");
        assert_eq!(servers.profile(&id), before);
        servers.check();
    }
    // Nor does it go to other hardware with its disk in use: two machines would write to it.
    let hardware = json!({"name": "bay 1", "ports": [], "powerState": "Off", "status": "OK"});
    let hardware: ServerHardware = serde_json::from_value(hardware).unwrap();
    let bay = crate::world::change(&world.records, |change| change.insert(hardware)).id;
    let moved = Wanted {
        server_hardware: Some(bay),
        ..wanted("web01", &plan)
    };
    let (_, task) = servers.update(&id, moved).unwrap();
    assert_eq!(task.errors[0].error_code, "TARGET_IN_USE");
    assert_eq!(servers.profile(&id), before);
    servers.check();
    assert_eq!(
        servers
            .exporter
            .sessions(&login(&servers, &id).target)
            .unwrap()
            .len(),
        1
    );
    let (_, task) = servers.delete(&id, true).unwrap();
    assert_eq!(
        (task.task_state, task.name.as_str()),
        (TaskState::Completed, "Delete")
    );
    drop(disk);
    servers.check();
    assert_eq!(servers.exporter.list().unwrap(), []);
}

pub fn changed() {
    let (world, plan, _) = world();
    let servers = Servers::over(&world);
    let bare = Wanted {
        deployment: None,
        ..wanted("web01", &plan)
    };
    let (id, task) = servers.create(bare.clone()).unwrap();
    assert_eq!(task.task_state, TaskState::Completed);
    assert_eq!(servers.profile(&id).os_volume, None);
    servers.update(&id, wanted("web01", &plan)).unwrap();
    let volume = servers.profile(&id).os_volume;
    assert!(volume.is_some());
    let connections = json!({"connections": [{"id": 1, "mac": "52:54:00:00:00:01"}]});
    let renamed = Wanted {
        name: "web02".to_owned(),
        description: Some("renamed".to_owned()),
        other: connections.as_object().unwrap().clone(),
        deployment: wanted("web01", &plan).deployment,
        ..bare.clone()
    };
    servers.update(&id, renamed).unwrap();
    let profile = servers.profile(&id);
    assert_eq!(
        (&profile.name, &profile.os_volume),
        (&"web02".to_owned(), &volume)
    );
    assert_eq!(profile.other["connections"][0]["id"], 1);
    servers.redeploy(&id, false).unwrap();
    // Without a deployment it has no volume any more, and no earlier one.
    servers.update(&id, bare).unwrap();
    servers.check();
    assert_eq!(servers.profile(&id).volumes().count(), 0);
    servers.delete(&id, false).unwrap();
    servers.check();
    assert_eq!(
        world.files(),
        [file_of(world.folder.store(), &golden_volume(&world.golden))]
    );
}

pub fn addressed() {
    let world = World::new();
    let network = world.network();
    let script = "hostname::set(attribute(\"HostName\"));\n\
        let nic = attribute(\"NIC1\");\n\
        file::write(\"/etc/address\", `${nic.cidr} ${nic.gateway} ${nic.dns.len()}\n`);\n";
    let plan = world.build_plan("web", "deploy", script);
    let plan = world.deployment_plan("web", &plan, &world.golden);
    let servers = Servers::over(&world);
    let address = |id: &Id| servers.read(id, "/etc/address");
    let wanted = |name: &str| wanted_on(name, &plan, &network);
    let (first, task) = servers.create(wanted("web01")).unwrap();
    assert_eq!(task.task_state, TaskState::Completed, "{task:?}");
    assert_eq!(address(&first), "192.0.2.10/24 192.0.2.1 1\n");
    let (second, _) = servers.create(wanted("web02")).unwrap();
    assert_eq!(address(&second), "192.0.2.11/24 192.0.2.1 1\n");
    servers.check();
    // It keeps it, whatever becomes of its volume.
    let mut other = Wanted {
        name: "web01".to_owned(),
        ..wanted("other")
    };
    // Also when an old address comes with what asks for one of the pool.
    let (_, settings) = other.deployment.as_mut().unwrap();
    settings.push(setting("NIC1.constraint", "auto"));
    settings.push(setting("NIC1.ipaddress", "192.0.2.99"));
    servers.update(&first, other).unwrap();
    assert_eq!(address(&first), "192.0.2.10/24 192.0.2.1 1\n");
    servers.check();
    // A third one, and then there is none left; nobody loses one by that.
    servers.create(wanted("web03")).unwrap();
    let refused = servers.create(wanted("web04")).unwrap_err();
    assert!(refused.to_string().contains("production"), "{refused}");
    servers.check();
    // One of its own: that of the pool is kept for the earlier volume, and given back after it.
    let own = ["NIC1.ipaddress=198.51.100.7", "NIC1.netmask=255.255.255.0"];
    let mut fixed = wanted("web02");
    let (_, settings) = fixed.deployment.as_mut().unwrap();
    for text in own {
        let (name, value) = text.split_once('=').unwrap();
        settings.push(setting(name, value));
    }
    let (_, task) = servers.update(&second, fixed).unwrap();
    assert_eq!(task.task_state, TaskState::Completed, "{task:?}");
    servers.check();
    assert!(servers.create(wanted("web04")).is_err());
    servers.roll_back(&second).unwrap();
    assert_eq!(address(&second), "192.0.2.11/24 192.0.2.1 1\n");
    servers.delete(&second, false).unwrap();
    servers.check();
    let (fourth, _) = servers.create(wanted("web04")).unwrap();
    assert_eq!(address(&fourth), "192.0.2.11/24 192.0.2.1 1\n");
}

pub fn started() {
    let (world, plan, _) = world();
    let servers = Servers::over(&world);
    let hardware = |name: &str, bmc: &str| {
        let password = world.sealer.seal("secret").unwrap();
        let bmc = json!({"url": bmc, "user": "admin", "password": password, "system": null,
            "trust": {"by": "insecure"}});
        let hardware = json!({"name": name, "ports": [], "powerState": "Off", "status": "OK",
            "bmc": bmc});
        let hardware: ServerHardware = serde_json::from_value(hardware).unwrap();
        crate::world::change(&world.records, |change| change.insert(hardware)).id
    };
    let on = |name: &str, hardware: &Id| Wanted {
        server_hardware: Some(hardware.clone()),
        ..wanted(name, &plan)
    };
    let bay = hardware("bay 1", "https://bmc");
    let fixed = "iqn.2026-11.com.example:bay-2";
    let (id, task) = servers.create(on("web01", &bay)).unwrap();
    assert_eq!(task.task_state, TaskState::Completed, "{task:?}");
    let power = &servers.power.0;
    assert_eq!(power.starts(), 1);
    assert_eq!(power.boot().unwrap().unwrap().kind, BootKind::Iscsi);
    // It runs now, and is known to.
    let refused = servers.redeploy(&id, false).unwrap_err();
    assert_eq!(refused.problems()[0].error_code, "SERVER_RUNNING");
    let forced =
        |profiles: &Profiles, change: &mut Change<'_>| profiles.redeploy(change, &id, false, true);
    let (_, task) = servers.carry_out(forced).unwrap();
    assert_eq!((task.task_state, power.starts()), (TaskState::Completed, 2));
    servers.check();
    // By the network, where the BMC is to use that.
    for (method, kind) in [
        (BootMethod::Pxe, BootKind::Pxe),
        (
            BootMethod::Http {
                uri: "https://boot.example/ipxe.efi".to_owned(),
            },
            BootKind::UefiHttp,
        ),
    ] {
        crate::world::change(&world.records, |change| {
            let mut body = change.get::<ServerHardware>(&bay)?.body;
            body.bmc.as_mut().unwrap().boot_method = method.clone();
            change.update(&bay, &Match::Any, body)
        });
        let (_, task) = servers.carry_out(forced).unwrap();
        assert_eq!(task.task_state, TaskState::Completed, "{task:?}");
        assert_eq!(power.boot().unwrap().unwrap().kind, kind);
    }
    // A BMC that cannot be used keeps nobody from its volume.
    let nowhere = hardware("bay 2", "nowhere");
    // Its firmware has a name of its own, under which it logs in.
    crate::world::change(&world.records, |change| {
        let mut body = change.get::<ServerHardware>(&nowhere)?.body;
        body.initiator = Some(fixed.to_owned());
        change.update(&nowhere, &Match::Any, body)
    });
    let (second, task) = servers.create(on("web02", &nowhere)).unwrap();
    assert_eq!(task.task_state, TaskState::Warning);
    assert_eq!(task.warnings[0].error_code, "BOOT");
    assert_eq!(login(&servers, &second).initiator.as_str(), fixed);
    servers.check();
}
