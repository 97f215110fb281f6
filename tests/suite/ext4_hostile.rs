//! Images that `mkfs.ext4` and the kernel made, with broken bytes in their structures: indexed
//! directories, checksums, journals with changes in them. Whatever the driver is asked, it ends.

use mintage_test_support::disk::Mounted;
use mintage_test_support::environment::succeed;
use mintage_test_support::random::Random;
use mintage_test_support::{Environment, Need, lane};
use mintage_volume::block::MemoryDevice;
use mintage_volume::filesystem::{Ext4, FileKind, FileSystem, Ownership, Timestamp};
use mintage_volume::{Result, VolumeErrorKind, VolumePath};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(30);
const IMAGES: u64 = 100;

/// What the image holds when its machine loses its power.
fn image(environment: &Environment, name: &str, options: &[&str]) -> Vec<u8> {
    let image = environment.path(name);
    let mut command = Command::new("mkfs.ext4");
    command.args(["-q", "-F"]).args(options);
    succeed(command.arg(&image).arg("16M"));
    let mounted = Mounted::new(environment, &image, 0, "rw");
    let at = |name: &str| mounted.point().join(name);
    std::fs::create_dir(at("many")).unwrap();
    for number in 0..300 {
        let name = format!("many/{number}-{}", "n".repeat(60));
        std::fs::write(at(&name), format!("content {number}")).unwrap();
    }
    std::fs::write(at("file"), vec![b'x'; 400_000]).unwrap();
    std::os::unix::fs::symlink("t".repeat(300), at("link")).unwrap();
    let point = mounted.point();
    let sync = |point: &Path| succeed(Command::new("sync").arg("-f").arg(point));
    sync(point);
    std::fs::remove_file(at("many/7-").with_file_name(format!("7-{}", "n".repeat(60)))).unwrap();
    std::fs::write(at("last"), "last").unwrap();
    sync(point);
    std::fs::read(&image).unwrap()
}

/// Numbers of the KiB that are not all zeros.
fn used(image: &[u8]) -> Vec<usize> {
    let zeros = [0; 1024];
    let blocks = image.chunks(1024).enumerate();
    blocks
        .filter(|(_, block)| *block != zeros)
        .map(|(number, _)| number)
        .collect()
}

/// Breaks some bytes, mostly near the start: superblock, descriptors, bitmaps, inodes.
fn mutate(random: &mut Random, image: &mut [u8], used: &[usize]) {
    let index = |number: u64| usize::try_from(number).unwrap();
    for _ in 0..=random.below(5) {
        let block = match random.below(10) {
            0..2 => 1,
            2..6 => used[index(random.below(used.len().min(150) as u64))],
            _ => *random.pick(used),
        };
        let at = block * 1024 + index(random.below(1020));
        let len = index(1 + random.below(4));
        let bytes = match random.below(4) {
            0 => vec![0xff; len],
            1 => vec![0; len],
            2 => vec![image[at] ^ 1 << random.below(8)],
            _ => random.bytes(len as u64),
        };
        image[at..at + bytes.len()].copy_from_slice(&bytes);
    }
}

fn path(text: &str) -> VolumePath {
    VolumePath::parse(text).unwrap()
}

/// Opens, looks at everything up to a bound, changes and finishes.
fn exercise(image: &[u8]) -> Result<()> {
    let time = Timestamp::default();
    let mut fs = Ext4::open(Arc::new(MemoryDevice::from(image)), time)?;
    let mut folders = vec![VolumePath::root()];
    let mut first: Result<()> = Ok(());
    for _ in 0..10 {
        let Some(folder) = folders.pop() else { break };
        for entry in fs
            .read_dir(&folder)
            .unwrap_or_default()
            .into_iter()
            .take(60)
        {
            let Ok(child) = folder.join(&entry.name) else {
                continue;
            };
            first = first.and(fs.metadata(&child).map(drop));
            first = first.and(fs.xattrs(&child).map(drop));
            let _ = fs.read_at(&child, 300_000, &mut [0; 70_000]);
            let _ = fs.read_link(&child);
            if entry.kind == FileKind::Directory {
                folders.push(child);
            }
        }
    }
    change(&mut fs).and(fs.finish()).and(first)
}

fn change(fs: &mut dyn FileSystem) -> Result<()> {
    for number in 0..20 {
        let new = path(&format!("/many/new-{number}"));
        fs.create_file(&new, Ownership::root(0o644))?;
    }
    fs.replace_content(&path("/many/new-1"), &mut [b'n'; 80_000].as_slice())?;
    fs.set_xattr(&path("/file"), "user.long", &[b'v'; 800])?;
    fs.set_len(&path("/file"), 5000)?;
    fs.write_at(&path("/file"), 200_000, b"far")?;
    fs.create_dir(&path("/many/dir"), Ownership::root(0o755))?;
    fs.rename(&path("/many/new-1"), &path("/many/dir/new"))?;
    fs.rename(&path("/many/dir"), &path("/dir"))?;
    fs.remove_file(&path("/link"))
}

#[test]
fn broken_images_end_in_errors() {
    let needs = [
        Need::Root,
        Need::Program("mkfs.ext4"),
        Need::Program("mount"),
    ];
    if !lane::can_run("hostile ext4 images", &needs) {
        return;
    }
    let environment = Environment::new();
    let variants: &[(&str, &[&str])] = &[
        ("checksums", &["-O", "^orphan_file"]),
        ("plain", &["-O", "^metadata_csum,^64bit,^orphan_file"]),
        ("ext3", &["-t", "ext3"]),
        ("4k", &["-b", "4096", "-O", "^metadata_csum,^orphan_file"]),
    ];
    let mut random = Random::new(19_700_101);
    let mut refused = 0;
    for (name, options) in variants {
        let sound = image(&environment, name, options);
        exercise(&sound).unwrap_or_else(|error| panic!("{name}: {error}"));
        let used = used(&sound);
        for number in 0..IMAGES {
            let mut broken = sound.clone();
            mutate(&mut random, &mut broken, &used);
            let started = Instant::now();
            let result = exercise(&broken);
            let took = started.elapsed();
            assert!(took < LIMIT, "{name} {number} took {took:?}: {result:?}");
            if let Err(error) = result {
                refused += 1;
                let lied = error.kind() == VolumeErrorKind::Io;
                assert!(!lied, "{name} {number}: the device did not fail: {error}");
            }
        }
    }
    println!("{} images, {refused} with an error", 4 * IMAGES);
    assert!(refused > 50, "only {refused} of the mutations hit anything");
}
