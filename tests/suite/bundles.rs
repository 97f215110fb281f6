//! Real artifact bundles: all of them are read, and nothing is lost as a folder or when written.
//!
//! They are nobody's to copy into this project: the tests read them from the folder that the
//! environment variable `MINTAGE_REAL_BUNDLES` names, or `../shared/data/bundles` beside it.

use mintage_plans::bundle::folder::load;
use mintage_plans::bundle::{BundleDiff, BundleFile, BundleLimits};
use mintage_test_support::lane;
use std::fs::{self, File};
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// The real bundles; none when they are not there, which is said loudly.
fn real_bundles() -> Vec<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/bundles");
    let named = std::env::var_os("MINTAGE_REAL_BUNDLES").map(PathBuf::from);
    let folder = named.clone().unwrap_or_else(|| beside.into());
    let Ok(entries) = fs::read_dir(&folder) else {
        assert!(named.is_none(), "{} is no folder", folder.display());
        let why = "no real bundles: set MINTAGE_REAL_BUNDLES to a folder with some";
        lane::say_skipped("real bundles", why);
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut bundles: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "zip"))
        .collect();
    bundles.sort();
    assert!(!bundles.is_empty(), "{} has no bundle", folder.display());
    bundles
}

fn open(path: &Path) -> BundleFile<File> {
    BundleFile::open(File::open(path).unwrap(), &BundleLimits::default()).unwrap()
}

#[test]
fn every_real_bundle_is_sound() {
    for path in real_bundles() {
        let mut file = open(&path);
        let images = file.check_images(tempfile::tempfile).unwrap();
        let bundle = file.bundle();
        assert_eq!(images.len(), bundle.golden_images.len());
        for plan in &bundle.build_plans {
            for step in &plan.steps {
                let script = step.script_id().and_then(|id| bundle.plan_script(id));
                assert!(script.is_some(), "{}: {step:?}", path.display());
            }
        }
        for plan in &bundle.deployment_plans {
            let mut names = bundle
                .build_plans
                .iter()
                .map(|plan| Some(plan.name.as_str()));
            assert!(names.any(|name| name == plan.build_plan.as_deref()));
        }
    }
}

#[test]
fn every_real_bundle_survives_as_a_folder() {
    for path in real_bundles() {
        let place = tempfile::tempdir().unwrap();
        let dir = |name: &str| {
            let dir = place.path().join(name);
            fs::create_dir(&dir).unwrap();
            dir
        };
        let (first, second) = (dir("first"), dir("second"));
        open(&path).unpack(&first, true).unwrap();
        let packed = load(&first)
            .unwrap()
            .pack(Cursor::new(Vec::new()))
            .unwrap()
            .into_inner();
        let mut packed_file =
            BundleFile::open(Cursor::new(&packed), &BundleLimits::default()).unwrap();
        assert_eq!(
            packed_file.bundle(),
            open(&path).bundle(),
            "{}",
            path.display()
        );
        packed_file.unpack(&second, true).unwrap();
        let folder = load(&second).unwrap();
        let repacked = folder.pack(Cursor::new(Vec::new())).unwrap().into_inner();
        assert!(packed == repacked, "{}", path.display());
        let facts = folder.image_facts().unwrap();
        let sides = (packed_file.bundle(), &facts);
        assert!(BundleDiff::between(sides, (folder.bundle(), &facts)).is_empty());
    }
}

#[test]
fn every_real_bundle_cut_off_or_damaged_is_refused_or_equal() {
    for path in real_bundles() {
        let whole = fs::read(&path).unwrap();
        let sound = open(&path);
        for step in 0..200 {
            let at = step * whole.len() / 200;
            let cut = BundleFile::open(Cursor::new(&whole[..at]), &BundleLimits::default());
            assert!(cut.is_err(), "{} cut at {at}", path.display());
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            let read = BundleFile::open(Cursor::new(&damaged), &BundleLimits::default());
            if let Ok(mut file) = read {
                assert_eq!(file.bundle(), sound.bundle(), "{} at {at}", path.display());
                let expected = open(&path).check_images(tempfile::tempfile).unwrap();
                if let Ok(images) = file.check_images(tempfile::tempfile) {
                    assert_eq!(images, expected);
                }
            }
        }
    }
}
