//! `Checker`: proves that nothing belongs to nothing, when nothing is under way and the service does not
//! run. What holds of every service is asked of the lane that kills under mixed requests.

use super::farm::DAEMONS;
use super::targets::{self, Target};
use crate::kill::stored::Place;
use crate::kill::workers;
use mintage_records::model::{
    AllocatedAddress, OsDeployment, OsVolume, ProfileState, ServerProfile,
};
use mintage_records::{DatabaseUrl, Id, Records, RecordsError, Stored};
use mintage_test_support::Environment;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

/// What the tests put into the folder of the service's temporary files.
const KNOWN: [&str; 2] = ["data", "ready.json"];

/// A stopped service: its store, its folders, its daemons, and who worked for it.
pub struct Checker<'a> {
    pub environment: &'a Environment,
    pub database: &'a str,
    pub data: PathBuf,
    pub cut_off: &'a BTreeSet<Id>,
    pub workers: &'a [u32],
}

/// What is stored of servers.
struct Rows {
    profiles: Vec<Stored<ServerProfile>>,
    volumes: Vec<Stored<OsVolume>>,
    addresses: Vec<Stored<AllocatedAddress>>,
}

impl Checker<'_> {
    /// Everything that should not be.
    pub fn findings(&self) -> Vec<String> {
        let place = Place {
            database: self.database,
            data: &self.data,
        };
        let mut findings = place.findings_at_rest(self.cut_off);
        findings.extend(self.of_profiles());
        findings
    }

    /// What should not be of profiles and of what belongs to them.
    pub fn of_profiles(&self) -> Vec<String> {
        let mut findings = Vec::new();
        let rows = self.rows();
        findings.extend(busy(&rows));
        findings.extend(owners(&rows));
        findings.extend(addresses(&rows));
        for daemon in 1..=DAEMONS {
            findings.extend(self.targets(&rows, daemon));
        }
        findings.extend(self.scratch());
        let living = self.workers.iter().filter(|pid| workers::is_worker(**pid));
        findings.extend(living.map(|pid| format!("worker {pid} lives on")));
        findings
    }

    pub fn records(&self) -> Records {
        let url = DatabaseUrl::parse(self.database).unwrap();
        Records::open(&url, "the lane").unwrap()
    }

    /// All OS volumes.
    pub fn volumes(&self) -> Vec<Stored<OsVolume>> {
        self.rows().volumes
    }

    fn rows(&self) -> Rows {
        let rows = self.records().read(|view| {
            Ok::<_, RecordsError>(Rows {
                profiles: view.all()?,
                volumes: view.all()?,
                addresses: view.all()?,
            })
        });
        rows.unwrap()
    }

    /// A daemon offers the volume of each profile to that server, and nothing else to anybody.
    fn targets(&self, rows: &Rows, daemon: u16) -> Vec<String> {
        let there = match targets::of(self.environment, &self.data, daemon) {
            Ok(there) => there,
            Err(error) => return vec![error],
        };
        let wanted = self.wanted(rows);
        let mut findings = Vec::new();
        for (name, wanted) in &wanted {
            match there.get(name) {
                None => findings.push(format!("daemon {daemon} lacks target {name}")),
                Some(there) if there != wanted => findings.push(format!(
                    "daemon {daemon} has another target {name}: {there:?}, not {wanted:?}"
                )),
                Some(_) => {}
            }
        }
        let strays = there.keys().filter(|name| !wanted.contains_key(*name));
        findings.extend(strays.map(|name| format!("daemon {daemon} has orphan target {name}")));
        findings
    }

    /// The targets that must be there.
    fn wanted(&self, rows: &Rows) -> BTreeMap<String, Target> {
        let find = |id: &Id| rows.volumes.iter().find(|volume| volume.id == *id);
        let current = rows.profiles.iter();
        let current = current.filter_map(|profile| find(profile.body.os_volume.as_ref()?));
        let target = |volume: &Stored<OsVolume>| {
            let export = volume.body.export.as_ref()?;
            let file = self.data.join(format!("os-volumes/{}.img", volume.id));
            let target = Target {
                files: vec![file.display().to_string()],
                accounts: vec![format!("server-{}", volume.id)],
                admitted: vec![export.initiator.clone()],
                is_used: false,
            };
            Some((export.target.clone(), target))
        };
        current.filter_map(target).collect()
    }

    /// Temporary files.
    fn scratch(&self) -> Vec<String> {
        let entries = fs::read_dir(self.environment.folder()).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        let is_known = |path: &PathBuf| KNOWN.iter().any(|known| path.ends_with(known));
        let left = paths.filter(|path| !is_known(path));
        left.map(|path| format!("left {}", path.display()))
            .collect()
    }
}

/// Profiles that a task seems to work at.
fn busy(rows: &Rows) -> Vec<String> {
    let busy = rows.profiles.iter();
    let busy = busy.filter(|profile| profile.body.state != ProfileState::Normal);
    busy.map(|profile| format!("profile {} is {:?}", profile.id, profile.body.state))
        .collect()
}

/// Each volume is one profile's, each profile has its volume, each hardware is one server.
fn owners(rows: &Rows) -> Vec<String> {
    let mut owners = BTreeMap::<&Id, usize>::new();
    let mut findings = Vec::new();
    for profile in &rows.profiles {
        for volume in profile.body.volumes() {
            *owners.entry(volume).or_default() += 1;
        }
        if profile.body.os_volume.is_none() {
            findings.push(format!("profile {} has no volume", profile.id));
        }
    }
    for volume in &rows.volumes {
        match owners.get(&volume.id) {
            Some(1) => {}
            None => findings.push(format!("orphan volume {}", volume.id)),
            Some(_) => findings.push(format!("volume {} is of two profiles", volume.id)),
        }
    }
    let mut hardware = BTreeSet::new();
    let twice = rows.profiles.iter().filter_map(|profile| {
        let id = profile.body.server_hardware.as_ref()?;
        (!hardware.insert(id)).then(|| format!("hardware {id} is two servers"))
    });
    findings.extend(twice);
    findings
}

/// Each address is held by the nic that has it, and by no other.
fn addresses(rows: &Rows) -> Vec<String> {
    let mut held = BTreeSet::new();
    let mut findings = Vec::new();
    for address in &rows.addresses {
        let of = address.body.owner().map(|(_, id)| id);
        let key = (
            of,
            address.body.nic().map(str::to_owned),
            address.body.address(),
        );
        let place = format!("{key:?}");
        let is_used = rows.profiles.iter().any(|profile| {
            Some(&profile.id) == key.0.as_ref()
                && deployments(&profile.body)
                    .any(|deployment| address_of(deployment) == Some(key.2.to_string()))
        });
        if !is_used {
            findings.push(format!("orphan address {place}"));
        }
        held.insert((key.0, key.2.to_string()));
    }
    for profile in &rows.profiles {
        for deployment in deployments(&profile.body) {
            let address = address_of(deployment).unwrap_or_default();
            if !held.contains(&(Some(profile.id.clone()), address.clone())) {
                findings.push(format!("profile {} does not hold {address:?}", profile.id));
            }
        }
    }
    findings
}

/// What a server is deployed with, and was.
fn deployments(profile: &ServerProfile) -> impl Iterator<Item = &OsDeployment> {
    let earlier = profile.earlier_volumes.iter();
    let earlier = earlier.map(|earlier| &earlier.deployment);
    profile.deployment.iter().chain(earlier)
}

fn address_of(deployment: &OsDeployment) -> Option<String> {
    deployment.filled.get("NIC1.ipaddress").cloned()
}
