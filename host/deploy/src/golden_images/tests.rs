//! Files that arrive, and what is left of them, over a real store. What a worker finds in an image is
//! tested with the whole program.

use super::*;
use crate::golden_volume;
use crate::os_volumes::DeployError;
use crate::{DataFolder, Limits};
use mintage_records::model::{DeploymentPlan, GoldenImage, State};
use mintage_records::{Author, DatabaseUrl, Id, Match, Records, RecordsError};
use mintage_storage::store::conformance::file_of;
use mintage_storage::{Expansion, ImageFormat};
use mintage_volume::VolumeSum;
use mintage_worker::Cancellation;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

/// A store and a data folder.
struct World {
    records: Records,
    folder: DataFolder,
    limits: Limits,
    directory: TempDir,
}

impl World {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::Sqlite(directory.path().join("records.db"));
        Self {
            records: Records::open(&url, "test").unwrap(),
            folder: DataFolder::open(&directory.path().join("data")).unwrap(),
            limits: Limits::default(),
            directory,
        }
    }

    /// Lets `file` arrive, and begins its intake.
    fn arrive(&self, file: &[u8], declared: &Declared) -> Result<Intake, DeployError> {
        let id = Id::generate();
        let mut incoming = Incoming::create(&self.folder, &id, self.limits.image_file())?;
        for piece in file.chunks(1000) {
            incoming.append(piece)?;
        }
        let received = incoming.complete()?;
        let begun = self.records.change(&author(), |change| {
            Intake::begin(change, &id, declared, &received)
        });
        let (_, intake) = begun?;
        received.hand_over();
        Ok(intake)
    }

    fn expand(&self, intake: &Intake) -> Result<Expansion, DeployError> {
        intake.expand(&self.folder, &self.limits, None, &mut |_| {})
    }

    fn image(&self, id: &Id) -> GoldenImage {
        let found = self.records.read(|view| view.get::<GoldenImage>(id));
        found.unwrap().body
    }

    fn images(&self) -> usize {
        let all = self.records.read(|view| view.all::<GoldenImage>());
        all.unwrap().len()
    }

    /// All files of the data folder.
    fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        for folder in ["golden-volumes", "incoming"] {
            let folder = self.directory.path().join("data").join(folder);
            let entries = std::fs::read_dir(folder).unwrap();
            files.extend(entries.map(|e| e.unwrap().file_name().into_string().unwrap()));
        }
        files
    }
}

fn author() -> Author {
    Author::user("ada")
}

fn declared(name: &str) -> Declared {
    Declared {
        name: name.to_owned(),
        description: Some("a disk".to_owned()),
        format: ImageFormat::Raw,
        sha256: None,
    }
}

fn disk() -> Vec<u8> {
    let mut disk = vec![0; 64 << 10];
    disk[8192..12288].fill(7);
    disk
}

fn sha256(bytes: &[u8]) -> String {
    let sum = Sha256::digest(bytes);
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_file_becomes_a_golden_image() {
    let world = World::new();
    let declared = Declared {
        sha256: Some(sha256(&disk()).to_uppercase()),
        ..declared("debian")
    };
    let intake = world.arrive(&disk(), &declared).unwrap();
    let id = &intake.golden_image;
    assert_eq!(world.image(id).state, State::Creating);
    // Each step is done twice: a crash may come between it and its record.
    for _ in 0..2 {
        let expansion = world.expand(&intake).unwrap();
        assert_eq!(expansion.volume_sum, VolumeSum::of(&disk()));
    }
    let expansion = world.expand(&intake).unwrap();
    for _ in 0..2 {
        let inspection = json!({ "system": "Debian" });
        finish(
            &world.records,
            &world.folder,
            &author(),
            &intake,
            &expansion,
            inspection,
        )
        .unwrap();
    }
    let image = world.image(id);
    assert_eq!(image.state, State::Ok);
    assert_eq!((image.size, image.used), (64 << 10, 4096));
    assert_eq!(image.check_sum, Some(sha256(&disk())));
    assert_eq!(image.inspection, Some(json!({ "system": "Debian" })));
    assert_eq!(
        std::fs::read(file_of(world.folder.store(), &golden_volume(id))).unwrap(),
        disk()
    );
    assert_eq!(world.files(), [format!("{id}.img")]);

    delete(&world.records, &world.folder, &author(), id, &Match::Any).unwrap();
    assert_eq!((world.images(), world.files().len()), (0, 0));
}

#[test]
fn what_is_wrong_with_a_file_is_told_and_nothing_is_left() {
    let zip = |_: &mut Declared| {};
    type Case = (&'static str, Vec<u8>, fn(&mut Declared));
    let cases: [Case; 4] = [
        ("IMAGE_FORMAT_MISMATCH", b"PK\x03\x04".to_vec(), zip),
        ("IMAGE_FORMAT_MISMATCH", disk(), |d| {
            d.format = ImageFormat::Qcow2
        }),
        ("IMAGE_REFUSED", vec![1; 100], zip),
        ("CHECKSUM_MISMATCH", disk(), |d| {
            d.sha256 = Some("0".repeat(64))
        }),
    ];
    for (code, file, edit) in cases {
        let world = World::new();
        let mut declared = declared("debian");
        edit(&mut declared);
        let intake = world.arrive(&file, &declared).unwrap();
        let error = world.expand(&intake).unwrap_err();
        assert_eq!(error.problems()[0].error_code, code, "{error}");
        for _ in 0..2 {
            undo(&world.records, &world.folder, &author(), &intake).unwrap();
        }
        assert_eq!((world.images(), world.files().len()), (0, 0), "{code}");
    }
}

#[test]
fn a_cancelled_expansion_leaves_nothing() {
    let world = World::new();
    let intake = world.arrive(&disk(), &declared("debian")).unwrap();
    let cancelled = Cancellation::when(|| true);
    let expanded = intake.expand(&world.folder, &world.limits, Some(&cancelled), &mut |_| {});
    assert!(matches!(expanded, Err(DeployError::Cancelled)));
    assert_eq!(
        world.files().len(),
        1,
        "the incoming file, until it is undone"
    );
}

#[test]
fn a_file_that_does_not_arrive_whole_or_has_no_place_is_gone() {
    let mut world = World::new();
    world.limits.image_upload = 60 << 10;
    let code = |result: Result<Intake, DeployError>| match result.unwrap_err() {
        DeployError::Records(error) => error.to_string(),
        error => error.problems()[0].error_code.clone(),
    };
    assert_eq!(
        code(world.arrive(&disk(), &declared("debian"))),
        "UPLOAD_TOO_LONG"
    );
    world.limits.image_upload = 64 << 10;
    assert_eq!(code(world.arrive(&disk(), &declared(" "))), "NAME_MISSING");
    let wrong = Declared {
        sha256: Some("abc".to_owned()),
        ..declared("debian")
    };
    assert_eq!(code(world.arrive(&disk(), &wrong)), "INVALID_CHECKSUM");
    assert_eq!((world.images(), world.files().len()), (0, 0));
    world.arrive(&disk(), &declared("debian")).unwrap();
    let taken = code(world.arrive(&disk(), &declared("Debian")));
    assert!(taken.contains("with the name `Debian` already"), "{taken}");
    assert_eq!((world.images(), world.files().len()), (1, 1));
}

#[test]
fn an_image_in_use_is_not_deleted() {
    let world = World::new();
    let intake = world.arrive(&disk(), &declared("debian")).unwrap();
    let id = &intake.golden_image;
    let remove = || delete(&world.records, &world.folder, &author(), id, &Match::Any);
    let error = remove().unwrap_err();
    assert_eq!(error.problems()[0].error_code, "IMAGE_NOT_READY");
    let expansion = world.expand(&intake).unwrap();
    finish(
        &world.records,
        &world.folder,
        &author(),
        &intake,
        &expansion,
        json!({}),
    )
    .unwrap();
    use_image(&world, id);
    let error = remove().unwrap_err();
    assert!(
        matches!(error, DeployError::Records(RecordsError::InUse { .. })),
        "{error}"
    );
    assert_eq!(world.files().len(), 1);
}

/// Makes a deployment plan that names the image.
fn use_image(world: &World, id: &Id) {
    let plan = json!({ "name": "web", "oeBuildPlanType": "deploy", "steps": [],
        "customAttributes": [], "hpProvided": false, "mounts": {} });
    let made = world.records.change(&author(), |change| {
        let build_plan = change
            .insert(serde_json::from_value::<mintage_records::model::BuildPlan>(plan).unwrap())?;
        change.insert(DeploymentPlan {
            name: "web".to_owned(),
            description: None,
            build_plan: build_plan.id,
            golden_image: Some(id.clone()),
            custom_attributes: Vec::new(),
            hp_provided: false,
        })
    });
    made.unwrap();
}

#[test]
fn an_upload_goes_on_where_it_was_cut_off() {
    let world = World::new();
    let disk = disk();
    let whole = disk.len() as u64;
    let declared = Declared {
        sha256: Some(sha256(&disk)),
        ..declared("debian")
    };
    let image = world
        .records
        .change(&author(), |change| {
            upload::declare(change, &declared, whole, &world.limits)
        })
        .unwrap();
    let id = &image.id;
    let piece = |start: u64, end: u64| {
        let upload = world.records.read(|view| upload::find(view, id)).unwrap().1;
        upload::Piece::begin(&world.folder, id, upload, start, end)
    };
    assert_eq!(upload::arrived(&world.folder, id).unwrap(), 0);
    for (start, end, code) in [(1, 10, "WRONG_OFFSET"), (0, whole + 1, "WRONG_RANGE")] {
        let error = piece(start, end).unwrap_err();
        assert_eq!(error.problems()[0].error_code, code);
    }

    let mut first = piece(0, 30_000).unwrap();
    let error = piece(0, 30_000).unwrap_err();
    assert_eq!(error.problems()[0].error_code, "UPLOAD_BUSY");
    first.append(&disk[..20_000]).unwrap();
    assert!(!first.is_whole());
    // Cut off, and the service starts again.
    assert!(first.end().unwrap().is_none());
    sweep(&world.records, &world.folder).unwrap();
    assert_eq!(upload::arrived(&world.folder, id).unwrap(), 20_000);

    let mut second = piece(20_000, 40_000).unwrap();
    assert!(
        second.append(&disk[20_000..40_001]).is_err(),
        "more than the piece has"
    );
    drop(second);
    let mut third = piece(20_000, whole).unwrap();
    third.append(&disk[20_000..]).unwrap();
    assert!(third.is_whole());
    let received = third.end().unwrap().unwrap();
    let intake = world
        .records
        .change(&author(), |change| upload::complete(change, id))
        .unwrap();
    received.hand_over();
    assert!(world.records.read(|view| upload::find(view, id)).is_err());
    assert_eq!(world.expand(&intake).unwrap().source_sha256, sha256(&disk));
}

#[test]
fn an_upload_that_nobody_wants_any_more_is_deleted() {
    let world = World::new();
    let image = world
        .records
        .change(&author(), |change| {
            upload::declare(change, &declared("debian"), 10, &world.limits)
        })
        .unwrap();
    let upload = world.records.read(|view| upload::find(view, &image.id));
    let upload = upload.unwrap().1;
    let mut piece = upload::Piece::begin(&world.folder, &image.id, upload, 0, 10).unwrap();
    piece.append(b"12345").unwrap();
    piece.end().unwrap();
    assert_eq!(world.files().len(), 1);
    delete(
        &world.records,
        &world.folder,
        &author(),
        &image.id,
        &Match::Any,
    )
    .unwrap();
    assert_eq!((world.images(), world.files().len()), (0, 0));
}

#[test]
fn files_that_belong_to_nothing_are_removed_at_the_start() {
    let world = World::new();
    let kept = world.arrive(&disk(), &declared("debian")).unwrap();
    world.expand(&kept).unwrap();
    let stray = Id::generate();
    std::fs::write(file_of(world.folder.store(), &golden_volume(&stray)), b"x").unwrap();
    std::fs::write(world.folder.incoming(&stray), b"x").unwrap();
    let hidden = world
        .folder
        .root()
        .join("golden-volumes/.x.img.mintage-1-0");
    std::fs::write(hidden, b"x").unwrap();
    crate::sweep(&world.records, &world.folder).unwrap();
    let id = &kept.golden_image;
    assert_eq!(world.files(), [format!("{id}.img"), format!("{id}.part")]);
}
