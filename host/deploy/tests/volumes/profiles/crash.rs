//! The service is killed at every commit, and before and after every change of what is exported: what is
//! left then is what lies on the disk. Another service goes on from each such state, once by itself, once
//! with the wish to stop the task.

use super::servers::{Servers, wanted_on};
use crate::world::{World, author};
use mintage_deploy::os_volumes::DeployError;
use mintage_deploy::server_profiles::{Begun, Profiles, Wanted};
use mintage_deploy::{DataFolder, sweep};
use mintage_records::model::{ServerProfile, Task, TaskState};
use mintage_records::{Change, DatabaseUrl, Id, Match, Records};
use mintage_storage::export::{Export, ExportSource};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

const PLAN: &str = "hostname::set(attribute(\"HostName\"));\nmachine_id::set();\n\
    file::write(\"/etc/address\", attribute(\"NIC1\").address);\n";

/// What a kill leaves.
struct Left {
    folder: TempDir,
    exports: Vec<Export>,
}

type Begin = fn(&Profiles, &mut Change<'_>, &Id, Wanted) -> Result<Begun, DeployError>;

pub fn everywhere() {
    let scenarios: [(&str, Begin); 4] = [
        ("create", |profiles, change, _, wanted| {
            profiles.create(change, wanted)
        }),
        ("redeploy", |profiles, change, id, _| {
            profiles.redeploy(change, id, true, false)
        }),
        ("roll back", |profiles, change, id, _| {
            profiles.roll_back(change, id, false)
        }),
        ("delete", |profiles, change, id, _| {
            profiles.delete(change, id, &Match::Any, false)
        }),
    ];
    for (name, begin) in scenarios {
        let world = World::new();
        let plan = world.build_plan("web", "deploy", PLAN);
        let plan = world.deployment_plan("web", &plan, &world.golden);
        let network = world.network();
        let servers = Servers::over(&world);
        let (id, _) = servers.create(wanted_on("web01", &plan, &network)).unwrap();
        servers.redeploy(&id, false).unwrap();
        let before = servers.profile(&id);
        let left = watch(&world, &servers);
        let another = wanted_on("web02", &plan, &network);
        let (about, task) = servers
            .carry_out(|profiles, change| begin(profiles, change, &id, another))
            .unwrap();
        assert_eq!(task.task_state, TaskState::Completed, "{name}: {task:?}");
        let after = find(&world.records, &about);
        let left = std::mem::take(&mut *left.lock().unwrap());
        assert!(left.len() > 6, "{name}: only {} places", left.len());
        for (place, left) in left.iter().enumerate() {
            for stop in [false, true] {
                let place = format!("{name}, place {place}, stop {stop}");
                go_on(&world, left, stop, &about, &place, |now, is_done| {
                    let expected = match is_done {
                        true => after.as_ref(),
                        false => Some(&before).filter(|_| about == id),
                    };
                    assert_eq!(now.is_some(), expected.is_some(), "{place}");
                    if let (Some(now), Some(expected)) = (now, expected) {
                        assert_eq!(now.os_volume, expected.os_volume, "{place}");
                        assert_eq!(now.identity, expected.identity, "{place}");
                        assert_eq!(now.state, expected.state, "{place}");
                    }
                });
            }
        }
    }
}

/// Keeps what a kill would leave, at every place from now on.
fn watch(world: &World, servers: &Servers) -> Arc<Mutex<Vec<Left>>> {
    let all = Arc::<Mutex<Vec<Left>>>::default();
    let keep = {
        let (all, exporter) = (Arc::clone(&all), Arc::clone(&servers.exporter));
        let root = world.directory.path().to_owned();
        move || {
            let exports = exporter
                .published
                .lock()
                .unwrap()
                .values()
                .cloned()
                .collect();
            let folder = tempfile::tempdir().unwrap();
            copy(&root, folder.path());
            all.lock().unwrap().push(Left { folder, exports });
        }
    };
    *servers.exporter.watch.lock().unwrap() = Arc::new(keep.clone());
    world.records.observe(move |_| keep());
    all
}

/// Goes on from what a kill left, and checks what comes of it.
fn go_on(
    world: &World,
    left: &Left,
    stop: bool,
    about: &Id,
    place: &str,
    check: impl FnOnce(Option<ServerProfile>, bool),
) {
    let folder = tempfile::tempdir().unwrap();
    copy(left.folder.path(), folder.path());
    let url = DatabaseUrl::Sqlite(folder.path().join("records.db"));
    let records = Arc::new(Records::open(&url, "another").unwrap());
    let data = Arc::new(DataFolder::open(folder.path()).unwrap());
    sweep(&records, &data).unwrap();
    let tasks = records.read(|view| view.all::<Task>()).unwrap();
    let task = tasks.into_iter().max_by_key(|task| task.created).unwrap();
    if stop && !task.body.task_state.is_final() {
        let asked = Task {
            cancel_requested: true,
            ..task.body.clone()
        };
        let stored = records.change(&author(), |change| {
            change.update(&task.id, &Match::Any, asked)
        });
        stored
            .map_err(|error: mintage_records::RecordsError| error)
            .unwrap();
    }
    // Volumes are where they are in the new folder.
    let exports = left.exports.iter().filter_map(|export| {
        let ExportSource::File(path) = &export.volume else {
            return None;
        };
        let path: PathBuf = data
            .root()
            .join("os-volumes")
            .join(path.file_name().unwrap());
        let volume = ExportSource::File(path.clone());
        path.exists().then(|| Export {
            volume,
            ..export.clone()
        })
    });
    let exports = exports.collect();
    let sealer = Arc::clone(&world.sealer);
    let servers = Servers::start(Arc::clone(&records), sealer, data, folder.path(), exports);
    let ended = servers.ended(&task.id);
    let is_done = match ended.task_state {
        TaskState::Completed => true,
        TaskState::Terminated if stop => false,
        _ => panic!("{place}: {ended:?}"),
    };
    let now = find(&records, about);
    // Who wants a deletion stopped when the profile is gone is too late.
    let is_gone = now.is_none() && ended.name == "Delete";
    servers.check();
    check(now, is_done || is_gone);
}

fn find(records: &Records, id: &Id) -> Option<ServerProfile> {
    let found = records.read(|view| view.find::<ServerProfile>(id)).unwrap();
    found.map(|stored| stored.body)
}

/// Copies a data folder; volumes are never written to once they have a name, so they are linked.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let (entry, name) = (entry.as_ref().unwrap(), entry.as_ref().unwrap().file_name());
        let (source, target) = (entry.path(), to.join(&name));
        if source.is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&source, &target);
        } else if target
            .extension()
            .is_some_and(|extension| extension == "img")
        {
            fs::hard_link(&source, &target).unwrap();
        } else if !name.to_string_lossy().ends_with("-shm") {
            fs::copy(&source, &target).unwrap();
        }
    }
}
