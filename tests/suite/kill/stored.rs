//! What must hold of the store and the data folder, whatever the clients know. The service does not run.

use mintage_records::model::{
    ArtifactBundle, Backup, GoldenImage, OsVolume, State, Task, TaskState,
};
use mintage_records::{DatabaseUrl, Id, Records, RecordsError, Stored};
use mintage_storage::volume_sum;
use mintage_volume::VolumeSum;
use mintage_volume::block::FileDevice;
use mintage_volume::digits::hex;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The folders with files of resources.
const FOLDERS: [&str; 6] = [
    "golden-volumes",
    "os-volumes",
    "artifact-bundles",
    "backups",
    "boot-tests",
    "incoming",
];

/// The store and the data folder of a service.
pub struct Place<'a> {
    pub database: &'a str,
    pub data: &'a Path,
}

/// All rows that have to do with files.
struct Rows {
    images: Vec<Stored<GoldenImage>>,
    volumes: Vec<Stored<OsVolume>>,
    bundles: Vec<Stored<ArtifactBundle>>,
    backups: Vec<Stored<Backup>>,
    tasks: Vec<Stored<Task>>,
}

/// The file of a complete resource, and what must be known of it.
struct Kept {
    path: PathBuf,
    size: u64,
    sum: Option<String>,
}

impl Place<'_> {
    fn records(&self) -> Records {
        let url = DatabaseUrl::parse(self.database).unwrap();
        Records::open(&url, "the lane").unwrap()
    }

    /// What must hold at every moment.
    pub fn findings(&self) -> Vec<String> {
        let records = self.records();
        let found = records.check().unwrap();
        let mut findings: Vec<String> = found.iter().map(ToString::to_string).collect();
        let rows = rows(&records);
        findings.extend(self.kept(&rows).iter().filter_map(Kept::differs));
        findings
    }

    /// What must hold when nothing is under way, besides. `started` are tasks that a kill cut off.
    pub fn findings_at_rest(&self, started: &BTreeSet<Id>) -> Vec<String> {
        let rows = rows(&self.records());
        let mut findings = self.findings();
        findings.extend(self.orphans(&rows));
        findings.extend(half_made(&rows));
        findings.extend(rows.tasks.iter().filter_map(|task| untold(task, started)));
        findings
    }

    /// Tasks that had begun, and not ended.
    pub fn cut_off(&self) -> BTreeSet<Id> {
        let tasks = rows(&self.records()).tasks.into_iter();
        let cut_off =
            tasks.filter(|task| task.body.started.is_some() && !task.body.task_state.is_final());
        cut_off.map(|task| task.id).collect()
    }

    /// The files that complete resources must have.
    fn kept(&self, rows: &Rows) -> Vec<Kept> {
        let file =
            |folder: &str, id: &Id, end: &str| self.data.join(folder).join(format!("{id}.{end}"));
        let images = rows.images.iter().filter(|row| row.body.state == State::Ok);
        let images = images.map(|row| Kept {
            path: file("golden-volumes", &row.id, "img"),
            size: row.body.size,
            sum: row.body.volume_sum.clone(),
        });
        let volumes = rows
            .volumes
            .iter()
            .filter(|row| row.body.state == State::Ok);
        let volumes = volumes.map(|row| Kept {
            path: file("os-volumes", &row.id, "img"),
            size: row.body.size,
            sum: None,
        });
        let bundles = rows
            .bundles
            .iter()
            .filter(|row| row.body.state == State::Ok);
        let bundles = bundles.map(|row| Kept {
            path: file("artifact-bundles", &row.id, "zip"),
            size: row.body.size,
            sum: row.body.checksum.clone(),
        });
        let backups = rows
            .backups
            .iter()
            .filter(|row| row.body.state == State::Ok);
        let backups = backups.map(|row| Kept {
            path: file("backups", &row.id, "zip"),
            size: row.body.size,
            sum: row.body.checksum.clone(),
        });
        images
            .chain(volumes)
            .chain(bundles)
            .chain(backups)
            .collect()
    }

    /// Files that belong to nothing.
    fn orphans(&self, rows: &Rows) -> Vec<String> {
        let mut wanted: BTreeSet<PathBuf> =
            self.kept(rows).into_iter().map(|kept| kept.path).collect();
        let arriving = rows.images.iter().filter(|row| row.body.upload.is_some());
        wanted.extend(arriving.map(|row| {
            let name = format!("{}.part", row.id);
            self.data.join("incoming").join(name)
        }));
        let mut findings = Vec::new();
        for folder in FOLDERS {
            let there = entries(&self.data.join(folder)).into_iter();
            let orphans = there.filter(|path| !wanted.contains(path));
            findings.extend(orphans.map(|path| format!("orphan file {}", path.display())));
        }
        let known = [
            "lock",
            "sealing.key",
            "certificate.pem",
            "certificate.key",
            "records.db",
            "records.db-wal",
            "records.db-shm",
            "tgt",
        ];
        for path in entries(self.data) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let is_known = FOLDERS.iter().chain(&known).any(|known| *known == name);
            if !is_known {
                findings.push(format!("orphan file {}", path.display()));
            }
        }
        findings
    }
}

impl Kept {
    fn differs(&self) -> Option<String> {
        let path = self.path.display();
        let Ok(file) = File::open(&self.path) else {
            return Some(format!("row without its file {path}"));
        };
        let length = file.metadata().unwrap().len();
        if length != self.size {
            return Some(format!("{path} has {length} bytes, not {}", self.size));
        }
        let sum = self.sum.as_ref()?;
        // Those of golden volumes say how they are computed.
        let found = match sum.starts_with(VolumeSum::PREFIX) {
            true => volume_sum(&FileDevice::read_only(file).unwrap()).unwrap(),
            false => sha256(file),
        };
        (found != *sum).then(|| format!("{path} has another checksum than its row"))
    }
}

/// Rows of what nobody makes any more.
fn half_made(rows: &Rows) -> Vec<String> {
    let images = rows.images.iter().filter(|row| row.body.upload.is_none());
    let states = images.map(|row| (row.id.to_string(), row.body.state));
    let states = states.chain(
        rows.volumes
            .iter()
            .map(|row| (row.id.to_string(), row.body.state)),
    );
    let states = states.chain(
        rows.bundles
            .iter()
            .map(|row| (row.id.to_string(), row.body.state)),
    );
    let states = states.chain(
        rows.backups
            .iter()
            .map(|row| (row.id.to_string(), row.body.state)),
    );
    let left = states.filter(|(_, state)| *state != State::Ok);
    left.map(|(id, state)| format!("{id} is left in the state {state:?}"))
        .collect()
}

/// What a task does not say that it must.
fn untold(task: &Stored<Task>, started: &BTreeSet<Id>) -> Option<String> {
    let Stored { id, body, .. } = task;
    let said: Vec<&str> = body.log.iter().map(|line| line.text.as_str()).collect();
    let state = body.task_state;
    let is_wanted = match state {
        TaskState::Completed => true,
        TaskState::Terminated => body.cancel_requested,
        _ => false,
    };
    let cause = body.errors.first().map(|error| error.error_code.as_str());
    if !is_wanted {
        return Some(format!(
            "task {id} ({}) ends as {state:?} for {cause:?}: {said:#?}",
            body.verb
        ));
    }
    let tells = said.iter().any(|line| {
        line.starts_with("The service has started again") || line.starts_with("The service ended")
    });
    (started.contains(id) && !tells).then(|| format!("task {id} does not say that it was cut off"))
}

fn rows(records: &Records) -> Rows {
    let rows = records.read(|view| {
        Ok::<_, RecordsError>(Rows {
            images: view.all()?,
            volumes: view.all()?,
            bundles: view.all()?,
            backups: view.all()?,
            tasks: view.all()?,
        })
    });
    rows.unwrap()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// SHA-256, lower-case hex.
fn sha256(mut source: impl Read) -> String {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match source.read(&mut buffer).unwrap() {
            0 => break,
            read => hash.update(&buffer[..read]),
        }
    }
    hex(&hash.finalize())
}
