//! A service with server profiles, as far as they go: its store, its tasks, and an exporter in memory.

use crate::world::{World, author};
use mintage_boot::power::memory::MemoryPower;
use mintage_boot::power::{Boot, BootNow, Power, PowerControl, PowerError, PowerState};
use mintage_deploy::export::restore;
use mintage_deploy::os_volume;
use mintage_deploy::os_volumes::{DeployError, Setting};
use mintage_deploy::server_profiles::{
    Begun, ChangeProfile, Controls, DeployProfile, Offers, Profiles, Rules, Wanted,
};
use mintage_deploy::task::{Feed, Tasks, Verbs};
use mintage_deploy::{DataFolder, server_profiles};
use mintage_records::model::{AllocatedAddress, Bmc, OsVolume, ProfileState, ServerProfile, Task};
use mintage_records::{Change, Id, Match, Records, Sealer};
use mintage_storage::export::memory::MemoryExporter;
use mintage_storage::export::{
    Export, ExportError, Exporter, Force, Iqn, Portal, Published, Session,
};
use mintage_storage::store::conformance::file_of;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A running service.
pub struct Servers {
    pub records: Arc<Records>,
    pub exporter: Arc<Watched>,
    pub profiles: Arc<Profiles>,
    pub power: Arc<OneServer>,
    tasks: Arc<Tasks>,
    runtime: tokio::runtime::Runtime,
}

/// An exporter in memory that tells before and after it has changed something.
pub struct Watched {
    pub inner: MemoryExporter,
    pub published: Mutex<BTreeMap<Iqn, Export>>,
    pub watch: Mutex<Arc<dyn Fn() + Send + Sync>>,
    /// Whether nobody answers.
    pub is_down: AtomicBool,
}

/// The power of the only machine that has a BMC; at the address `nowhere` there is none.
#[derive(Debug, Default)]
pub struct OneServer(pub Arc<MemoryPower>);

#[derive(Debug)]
struct Control(Arc<MemoryPower>);

impl Controls for OneServer {
    fn open(&self, bmc: &Bmc, _: &Sealer) -> Result<Box<dyn PowerControl>, PowerError> {
        match bmc.url.as_str() {
            "nowhere" => Err(PowerError::Settings("it is nowhere".to_owned())),
            _ => Ok(Box::new(Control(Arc::clone(&self.0)))),
        }
    }
}

impl PowerControl for Control {
    fn state(&self) -> Result<PowerState, PowerError> {
        self.0.state()
    }

    fn power(&self, power: Power) -> Result<(), PowerError> {
        self.0.power(power)
    }

    fn set_boot(&self, boot: &Boot) -> Result<(), PowerError> {
        self.0.set_boot(boot)
    }

    fn boot(&self) -> Result<Option<BootNow>, PowerError> {
        self.0.boot()
    }
}

impl std::fmt::Debug for Watched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watched")
    }
}

impl Watched {
    fn tell(&self) {
        let watch = Arc::clone(&self.watch.lock().unwrap());
        watch();
    }

    fn answer(&self) -> Result<(), ExportError> {
        match self.is_down.load(Ordering::Relaxed) {
            false => Ok(()),
            true => Err(ExportError::Unavailable {
                daemon: "tgtd 1".to_owned(),
                why: "nobody answers".to_owned(),
            }),
        }
    }
}

impl Exporter for Watched {
    fn publish(&self, export: &Export) -> Result<Published, ExportError> {
        self.answer()?;
        self.tell();
        let is_second =
            |other: &&Export| other.initiator == export.initiator && other.target != export.target;
        let second = {
            let published = self.published.lock().unwrap();
            published.values().find(is_second).cloned()
        };
        assert_eq!(second, None, "a server finds two disks");
        let published = self.inner.publish(export)?;
        let name = export.target.clone();
        self.published.lock().unwrap().insert(name, export.clone());
        self.tell();
        Ok(published)
    }

    fn unpublish(&self, target: &Iqn, force: Force) -> Result<(), ExportError> {
        self.answer()?;
        self.tell();
        self.inner.unpublish(target, force)?;
        self.published.lock().unwrap().remove(target);
        self.tell();
        Ok(())
    }

    fn sessions(&self, target: &Iqn) -> Result<Vec<Session>, ExportError> {
        self.answer()?;
        self.inner.sessions(target)
    }

    fn list(&self) -> Result<Vec<Iqn>, ExportError> {
        self.answer()?;
        self.inner.list()
    }

    fn portals(&self) -> Vec<Portal> {
        self.inner.portals()
    }
}

impl Servers {
    /// Over the store and folder of `world`.
    pub fn over(world: &World) -> Self {
        let (records, sealer) = (Arc::clone(&world.records), Arc::clone(&world.sealer));
        Self::start(
            records,
            sealer,
            Arc::clone(&world.folder),
            world.directory.path(),
            Vec::new(),
        )
    }

    /// Over what another one left; `published` is what the exporter still has.
    pub fn start(
        records: Arc<Records>,
        sealer: Arc<Sealer>,
        folder: Arc<DataFolder>,
        directory: &Path,
        published: Vec<Export>,
    ) -> Self {
        let portals = ["192.0.2.1:3260", "198.51.100.1:3260"];
        let portals = portals.map(|portal| Portal(portal.parse().unwrap()));
        let exporter = Arc::new(Watched {
            inner: MemoryExporter::new(directory, portals.to_vec()),
            published: Mutex::default(),
            watch: Mutex::new(Arc::new(|| {})),
            is_down: AtomicBool::new(false),
        });
        for export in published {
            exporter.publish(&export).unwrap();
        }
        let power = Arc::new(OneServer::default());
        let profiles = Arc::new(Profiles {
            sealer,
            folder,
            exporter: Arc::clone(&exporter) as Arc<dyn Exporter>,
            offers: Offers::default(),
            controls: Arc::clone(&power) as Arc<dyn Controls>,
            rules: Rules::default(),
        });
        restore(&records, &profiles).unwrap();
        let verbs = Verbs::new()
            .with(DeployProfile(Arc::clone(&profiles)))
            .with(ChangeProfile(Arc::clone(&profiles)));
        let tasks = Tasks::start(Arc::clone(&records), verbs, Feed::of(&records), 2).unwrap();
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        Self {
            records,
            exporter,
            profiles,
            power,
            tasks,
            runtime: runtime.enable_all().build().unwrap(),
        }
    }

    /// Begins something, and waits until its task has ended.
    pub fn carry_out(
        &self,
        begin: impl FnOnce(&Profiles, &mut Change<'_>) -> Result<Begun, DeployError>,
    ) -> Result<(Id, Task), DeployError> {
        let begun = self
            .records
            .change(&author(), |change| begin(&self.profiles, change))?;
        let (_, profile) = begun.task.body.resource.unwrap();
        Ok((profile, self.ended(&begun.task.id)))
    }

    pub fn ended(&self, task: &Id) -> Task {
        let wait = self.tasks.wait(task, None, Duration::from_secs(60));
        let task = self.runtime.block_on(wait).unwrap().body;
        assert!(task.task_state.is_final(), "{task:?}");
        task
    }

    pub fn create(&self, wanted: Wanted) -> Result<(Id, Task), DeployError> {
        self.carry_out(|profiles, change| profiles.create(change, wanted))
    }

    pub fn update(&self, id: &Id, wanted: Wanted) -> Result<(Id, Task), DeployError> {
        self.carry_out(|profiles, change| profiles.update(change, id, &Match::Any, wanted, false))
    }

    pub fn redeploy(&self, id: &Id, new_identity: bool) -> Result<(Id, Task), DeployError> {
        self.carry_out(|profiles, change| profiles.redeploy(change, id, new_identity, false))
    }

    pub fn roll_back(&self, id: &Id) -> Result<(Id, Task), DeployError> {
        self.carry_out(|profiles, change| profiles.roll_back(change, id, false))
    }

    pub fn delete(&self, id: &Id, force: bool) -> Result<(Id, Task), DeployError> {
        self.carry_out(|profiles, change| profiles.delete(change, id, &Match::Any, force))
    }

    pub fn profile(&self, id: &Id) -> ServerProfile {
        self.records
            .read(|view| view.get::<ServerProfile>(id))
            .unwrap()
            .body
    }

    /// The content of a file of the volume that a server has.
    pub fn read(&self, id: &Id, path: &str) -> String {
        let volume = self.profile(id).os_volume.unwrap();
        crate::golden::read(
            &file_of(self.profiles.folder.store(), &os_volume(&volume)),
            path,
        )
        .unwrap()
    }

    /// Checks that nothing belongs to nobody, and that what is offered is what profiles say.
    pub fn check(&self) {
        let (profiles, volumes) = self
            .records
            .read(|view| {
                Ok::<_, DeployError>((view.all::<ServerProfile>()?, view.all::<OsVolume>()?))
            })
            .unwrap();
        let mut owned = BTreeSet::new();
        let mut offered = BTreeSet::new();
        for profile in &profiles {
            assert_eq!(profile.body.state, ProfileState::Normal);
            assert_eq!(
                profile.body.deployment.is_some(),
                profile.body.os_volume.is_some()
            );
            owned.extend(profile.body.volumes().cloned());
            offered.extend(profile.body.os_volume.clone());
        }
        let rows: BTreeSet<Id> = volumes.iter().map(|volume| volume.id.clone()).collect();
        assert_eq!(rows, owned, "volumes without a profile");
        for volume in &volumes {
            assert_eq!(volume.body.state, mintage_records::model::State::Ok);
        }
        let folder = self.profiles.folder.root().join("os-volumes");
        let files = std::fs::read_dir(folder).unwrap();
        let files: BTreeSet<_> = files.map(|entry| entry.unwrap().path()).collect();
        let expected = rows
            .iter()
            .map(|id| file_of(self.profiles.folder.store(), &os_volume(id)));
        assert_eq!(files, expected.collect(), "files without a volume");
        let held = self
            .records
            .read(|view| view.all::<AllocatedAddress>())
            .unwrap();
        for held in &held {
            let (_, owner) = held.body.owner().unwrap();
            let field = format!("{}.ipaddress", held.body.nic().unwrap());
            let owner = profiles.iter().find(|profile| profile.id == owner);
            let owner = &owner.unwrap().body;
            let earlier = owner
                .earlier_volumes
                .iter()
                .map(|earlier| &earlier.deployment);
            let mut used = owner.deployment.iter().chain(earlier);
            let address = held.body.address().to_string();
            assert!(
                used.any(|used| used.filled.get(&field) == Some(&address)),
                "an address that is not used"
            );
        }
        let targets = volumes.iter().filter(|volume| offered.contains(&volume.id));
        let targets = targets.map(|volume| volume.body.export.as_ref().unwrap().target.clone());
        let there = self.exporter.list().unwrap();
        let there: BTreeSet<String> = there.into_iter().map(String::from).collect();
        assert_eq!(there, targets.collect(), "targets");
    }
}

/// A server with this name, deployed by `plan` with it as its host name.
pub fn wanted(name: &str, plan: &Id) -> Wanted {
    Wanted {
        name: name.to_owned(),
        description: None,
        server_hardware: None,
        template: None,
        deployment: Some((plan.clone(), vec![setting("HostName", name)])),
        other: serde_json::Map::new(),
    }
}

/// The same with a nic on a network.
pub fn wanted_on(name: &str, plan: &Id, network: &str) -> Wanted {
    let mut wanted = wanted(name, plan);
    let (_, settings) = wanted.deployment.as_mut().unwrap();
    settings.push(setting("NIC1.networkuri", network));
    wanted
}

pub fn setting(name: &str, value: &str) -> Setting {
    Setting {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

/// How a server of a volume logs in.
pub fn login(servers: &Servers, profile: &Id) -> mintage_storage::export::conformance::Login {
    let profile = servers.profile(profile);
    let volume = profile.os_volume.clone().unwrap();
    let volume = servers
        .records
        .read(|view| view.get::<OsVolume>(&volume))
        .unwrap();
    let export = servers.profiles.export(&volume, &profile.identity).unwrap();
    assert_eq!(
        export.chap.as_ref().unwrap().user,
        server_profiles::chap_name(&volume.id)
    );
    mintage_storage::export::conformance::Login {
        target: export.target,
        initiator: export.initiator,
        chap: export.chap,
        mutual: export.mutual,
    }
}
