//! Images with broken structures: every call ends, with a typed error where it cannot work.

use super::tests::{TIME, formatted, path};
use super::*;
use crate::block::MemoryDevice;
use fs_ext4::features::FsFlavor;
use std::time::{Duration, Instant};

/// How long everything may take that is done with one image. Far more than is needed: what it
/// must catch is a loop over a number that the image names.
const LIMIT: Duration = Duration::from_secs(20);

/// The generator SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

/// A filesystem with directories, a link, attributes, and a file of many extents.
fn populated(flavor: FsFlavor) -> Vec<u8> {
    let device = formatted(flavor, 4096);
    let mut fs = Ext4::open(device.clone(), TIME).unwrap();
    fs.create_dir(&path("/etc"), Ownership::root(0o755))
        .unwrap();
    for number in 0..30 {
        let file = path(format!("/etc/{number}-{}", "x".repeat(200)));
        fs.create_file(&file, Ownership::root(0o644)).unwrap();
        fs.write_at(&file, 0, format!("content {number}").as_bytes())
            .unwrap();
    }
    fs.create_file(&path("/sparse"), Ownership::root(0o644))
        .unwrap();
    for number in 0..12 {
        fs.write_at(&path("/sparse"), number * 20_000, b"part")
            .unwrap();
    }
    fs.set_xattr(&path("/etc"), "user.long", &[b'v'; 2000])
        .unwrap();
    fs.create_symlink(&path("/link"), &[b't'; 200], Ownership::root(0))
        .unwrap();
    fs.finish().unwrap();
    let mut image = vec![0; usize::try_from(device.len()).unwrap()];
    device.read_at(0, &mut image).unwrap();
    image
}

/// Where metadata lies: the superblock, and every block that is not zero, the first ones (group
/// descriptors, inode tables, directories) more often.
fn place(random: &mut Random, used: &[usize]) -> usize {
    let within = |random: &mut Random, len| usize::try_from(random.below(len)).unwrap();
    match random.below(10) {
        0..3 => 1024 + within(random, 1024),
        3..5 => 4096 + within(random, 64),
        5..8 => used[within(random, used.len().min(24) as u64)] * 4096 + within(random, 4096),
        _ => used[within(random, used.len() as u64)] * 4096 + within(random, 4096),
    }
}

fn mutate(random: &mut Random, image: &mut [u8], used: &[usize]) {
    for _ in 0..=random.below(4) {
        let at = place(random, used).min(image.len() - 4);
        let number =
            u32::from_le_bytes(random.below(1 << 32).to_le_bytes()[..4].try_into().unwrap());
        let bytes = match random.below(5) {
            0 => number.to_le_bytes(),
            1 => [0xff; 4],
            2 => (number % 4096).to_le_bytes(),
            3 => [0; 4],
            _ => {
                image[at] ^= 1 << random.below(8);
                continue;
            }
        };
        let len = usize::try_from(1 + random.below(4)).unwrap();
        image[at..at + len].copy_from_slice(&bytes[..len]);
    }
}

/// Opens, walks with a bound, edits and finishes; every failure must be one of these kinds.
fn exercise(image: &[u8]) -> Result<()> {
    let mut fs = Ext4::open(Arc::new(MemoryDevice::from(image)), TIME)?;
    let mut folders = vec![VolumePath::root()];
    let mut seen = 0;
    let mut kept: Result<()> = fs.info().map(drop);
    while let Some(folder) = folders.pop().filter(|_| seen < 300) {
        for entry in fs
            .read_dir(&folder)
            .unwrap_or_default()
            .into_iter()
            .take(100)
        {
            seen += 1;
            let Ok(child) = folder.join(&entry.name) else {
                continue;
            };
            let mut part = [0; 8192];
            kept = kept
                .and(fs.metadata(&child).map(drop))
                .and(fs.xattrs(&child).map(drop));
            let _ = fs.read_at(&child, 0, &mut part);
            let _ = fs.read_at(&child, 220_000, &mut part);
            let _ = fs.read_link(&child);
            if entry.kind == FileKind::Directory {
                folders.push(child);
            }
        }
    }
    edit(&mut fs).and(fs.finish()).and(kept)
}

fn edit(fs: &mut Ext4) -> Result<()> {
    let new = path("/etc/new");
    fs.create_file(&new, Ownership::root(0o644))?;
    fs.replace_content(&new, &mut [b'n'; 50_000].as_slice())?;
    fs.set_xattr(&new, "user.long", &[b'v'; 2000])?;
    fs.write_at(&path("/sparse"), 100_000, &[b's'; 30_000])?;
    fs.set_len(&path("/sparse"), 9000)?;
    fs.create_dir(&path("/dir"), Ownership::root(0o755))?;
    fs.rename(&path("/etc/new"), &path("/dir/new"))?;
    fs.rename(&path("/dir"), &path("/etc/dir"))?;
    fs.remove_file(&path("/link"))?;
    fs.set_mode(&path("/etc"), 0o700)
}

#[test]
fn broken_images_end_in_typed_errors() {
    use VolumeErrorKind as Kind;
    let mut random = Random(20_261_122);
    let (mut refused, mut panicked) = (0, 0);
    for flavor in [FsFlavor::Ext4, FsFlavor::Ext3, FsFlavor::Ext2] {
        let sound = populated(flavor);
        exercise(&sound).unwrap();
        let used: Vec<usize> = (0..sound.len() / 4096)
            .filter(|block| sound[block * 4096..][..4096].iter().any(|b| *b != 0))
            .collect();
        for number in 0..200 {
            let mut image = sound.clone();
            mutate(&mut random, &mut image, &used);
            let started = Instant::now();
            let result = exercise(&image);
            let took = started.elapsed();
            assert!(
                took < LIMIT,
                "{flavor:?} {number} took {took:?}: {result:?}"
            );
            let Err(error) = result else { continue };
            refused += 1;
            panicked += usize::from(error.to_string().contains("so badly"));
            assert!(
                matches!(
                    error.kind(),
                    Kind::Damaged
                        | Kind::UnsupportedFeature
                        | Kind::Encrypted
                        | Kind::ReadBackMismatch
                        | Kind::NotFound
                        | Kind::NotADirectory
                        | Kind::NotAFile
                        | Kind::IsADirectory
                        | Kind::AlreadyExists
                        | Kind::DirectoryNotEmpty
                        | Kind::InvalidArgument
                        | Kind::NotSupported
                        | Kind::LimitReached
                        | Kind::NoSpace
                ),
                "{flavor:?} {number}: {error:?}"
            );
        }
    }
    println!("600 images, {refused} with an error, {panicked} caught panics of a library");
    assert!(
        refused > 150,
        "only {refused} of the mutations hit anything"
    );
}
