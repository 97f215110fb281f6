//! FAT filesystems that are damaged on purpose: an error with a name, soon, and never a panic.

use super::*;
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// Blocks that are not zeros, by their offsets: what a copy of a filesystem costs.
struct Template {
    len: u64,
    blocks: Vec<(u64, Vec<u8>)>,
}

impl Template {
    /// A filesystem with files in directories, one file in several pieces.
    fn new(width: FatType, len: u64, cluster: u32) -> Self {
        let device = formatted(width, len, cluster);
        let mut vfat = open(Arc::clone(&device));
        let owner = Ownership::root(0o755);
        for dir in ["/EFI", "/EFI/debian", "/EFI/boot", "/empty"] {
            vfat.create_dir(&path(dir), owner).unwrap();
        }
        for file in [
            "/EFI/debian/a long name.cfg",
            "/EFI/boot/BOOT.EFI",
            "/x",
            "/y",
        ] {
            vfat.create_file(&path(file), owner).unwrap();
        }
        for turn in 0..8 {
            let offset = u64::from(cluster) * turn;
            let data = vec![b'd'; cluster as usize];
            vfat.write_at(&path("/x"), offset, &data).unwrap();
            vfat.write_at(&path("/EFI/boot/BOOT.EFI"), offset, &data)
                .unwrap();
        }
        vfat.finish().unwrap();
        let read = |n: u64| {
            let mut block = vec![0; 4096];
            device.read_at(n * 4096, &mut block).unwrap();
            (n * 4096, block)
        };
        let blocks = (0..len / 4096).map(read);
        Self {
            len,
            blocks: blocks.filter(|(_, b)| b.iter().any(|b| *b != 0)).collect(),
        }
    }

    fn device(&self) -> Arc<MemoryDevice> {
        let device = MemoryDevice::new(self.len);
        for (offset, block) in &self.blocks {
            device.write_at(*offset, block).unwrap();
        }
        Arc::new(device)
    }

    /// The offset of the stored short name, which must be in one directory only.
    fn entry(&self, short: &[u8; 11]) -> u64 {
        let mut all = self.blocks.iter().flat_map(|(offset, block)| {
            let slots = block.chunks(32).enumerate();
            let found = slots.filter(|(_, slot)| slot.starts_with(short));
            found.map(move |(n, _)| offset + n as u64 * 32)
        });
        all.next().unwrap()
    }
}

fn path(text: &str) -> VolumePath {
    VolumePath::parse(text).unwrap()
}

fn small() -> Template {
    Template::new(FatType::Fat12, 1 << 20, 2048)
}

#[track_caller]
fn refused(device: Arc<MemoryDevice>, kind: Kind) {
    let error = Vfat::open(device, TIME).expect_err("a damaged filesystem");
    assert_eq!(error.kind(), kind, "{error}");
}

#[test]
fn impossible_boot_sectors_are_damage() {
    let template = small();
    for (what, offset, bytes) in [
        ("0 bytes in a sector", 11, &[0, 0][..]),
        ("513 bytes in a sector", 11, &[1, 2]),
        ("0 sectors in a cluster", 13, &[0]),
        ("3 sectors in a cluster", 13, &[3]),
        ("no reserved sectors", 14, &[0, 0]),
        ("all sectors reserved", 14, &[0xff, 0xff]),
        ("no table", 16, &[0]),
        ("255 tables", 16, &[255]),
        ("too many root entries", 17, &[0xff, 0xff]),
        ("no sectors at all", 19, &[0, 0]),
        ("more sectors than the device", 19, &[0xff, 0xff]),
        ("no media byte", 21, &[0]),
        ("a table of no length", 22, &[0, 0]),
        ("no signature", 510, &[0, 0]),
    ] {
        let device = template.device();
        device.write_at(offset, bytes).unwrap();
        let result = Vfat::open(device, TIME);
        let kind = result.map(|_| ()).map_err(|error| error.kind());
        assert_eq!(kind, Err(Kind::Damaged), "{what}");
    }
    refused(Arc::new(MemoryDevice::new(100)), Kind::Damaged);
    refused(Arc::new(MemoryDevice::new(1 << 20)), Kind::Damaged);
}

#[test]
fn files_and_directories_that_meet_or_loop_are_damage() {
    let template = small();
    let (x, boot) = (
        template.entry(b"X          "),
        template.entry(b"BOOT    EFI"),
    );
    let (efi, empty) = (
        template.entry(b"EFI        "),
        template.entry(b"EMPTY      "),
    );
    let first = |entry: u64| {
        let mut cluster = [0; 2];
        template.device().read_at(entry + 26, &mut cluster).unwrap();
        cluster
    };
    for (what, entry, cluster) in [
        ("two files hold one cluster", x, first(boot)),
        ("a directory is a file's content", empty, first(x)),
        ("a directory is its own parent", empty, first(efi)),
        ("a file starts where nothing is", x, [0xee, 0x0e]),
        ("a file starts at a reserved number", x, [1, 0]),
        ("a directory starts nowhere", empty, [0, 0]),
    ] {
        let device = template.device();
        device.write_at(entry + 26, &cluster).unwrap();
        let result = Vfat::open(device, TIME).map(|_| ());
        let kind = result.map_err(|error| error.kind());
        assert_eq!(kind, Err(Kind::Damaged), "{what}");
    }
    let device = template.device();
    device.write_at(x + 28, &[0xff; 4]).unwrap();
    refused(device, Kind::Damaged);
}

#[test]
fn a_chain_that_loops_is_damage() {
    let template = small();
    let device = template.device();
    let vfat = open(Arc::clone(&device));
    let x = vfat.find("find", &path("/x")).unwrap();
    let chain = vfat.node(x).unwrap().chain.clone();
    let (first, second) = (chain[0], chain[1]);
    let mut pair = [0; 2];
    for copy in [0, vfat.geometry.table_len] {
        // In FAT12 two entries share three bytes; the second of the chain leads back.
        let at = vfat.geometry.table + copy + u64::from(second) * 3 / 2;
        device.read_at(at, &mut pair).unwrap();
        let old = u16::from_le_bytes(pair);
        let to = u16::try_from(first).unwrap();
        let new = match second % 2 {
            0 => (old & 0xf000) | to,
            _ => (old & 0x000f) | (to << 4),
        };
        device.write_at(at, &new.to_le_bytes()).unwrap();
    }
    refused(device, Kind::Damaged);
}

#[test]
fn tables_that_differ_are_damage() {
    let device = small().device();
    let at = Geometry::read(device.as_ref()).unwrap().table + 40;
    device.write_at(at, &[0x55]).unwrap();
    refused(device, Kind::Damaged);
}

#[test]
fn hostile_names_give_way_to_short_ones() {
    let template = small();
    let device = template.device();
    // The one long entry before the short name: `a long name.cfg` has two.
    let short = template.entry(b"ALONGN~1CFG");
    for (unit, at) in [(u16::from(b'/'), 1), (0xd800, 3)] {
        device
            .write_at(short - 32 + at, &u16::to_le_bytes(unit))
            .unwrap();
        let vfat = open(Arc::clone(&device));
        let entries = vfat.read_dir(&path("/EFI/debian")).unwrap();
        assert_eq!(entries[0].name, b"ALONGN~1.CFG");
    }
    device.write_at(short, b"A/").unwrap();
    refused(device, Kind::Damaged);
}

#[test]
fn a_dirty_filesystem_opens_and_says_so() {
    let device = small().device();
    device.write_at(37, &[1]).unwrap();
    let mut vfat = open(Arc::clone(&device));
    assert_eq!(vfat.info().unwrap().features, ["FAT12", "dirty"]);
    vfat.remove_file(&path("/y")).unwrap();
    vfat.finish().unwrap();
    assert_eq!(open(device).info().unwrap().features, ["FAT12", "dirty"]);
}

/// Does everything once to whatever the filesystem is. Errors are as good as success.
fn exercise(device: Arc<MemoryDevice>) {
    let Ok(mut vfat) = Vfat::open(device, TIME) else {
        return;
    };
    let owner = Ownership::root(0o644);
    let mut waiting = vec![VolumePath::root()];
    let mut all = Vec::new();
    while let Some(path) = waiting.pop() {
        let Ok(metadata) = vfat.metadata(&path) else {
            continue;
        };
        if metadata.kind == FileKind::Directory {
            let entries = vfat.read_dir(&path).unwrap();
            waiting.extend(entries.iter().filter_map(|e| path.join(&e.name).ok()));
        } else {
            let mut buf = vec![0; 100_000];
            vfat.read_at(&path, metadata.len / 2, &mut buf).unwrap();
        }
        all.push(path);
    }
    for (n, path) in all.iter().enumerate() {
        let new = VolumePath::root().join(format!("new name {n}")).unwrap();
        let _ = vfat.create_file(&new, owner);
        let _ = vfat.write_at(path, 5000, b"some bytes");
        let _ = match n % 3 {
            0 => vfat.remove_file(path),
            1 => vfat.rename(path, &new),
            _ => vfat.set_len(path, 10_000),
        };
        let _ = vfat.create_dir(&path.join("below").unwrap(), owner);
    }
    let _ = vfat.finish();
}

/// Changes of single bytes; most in the boot sector, the tables and the directories.
fn mutations() -> impl Strategy<Value = Vec<(bool, usize, u8)>> {
    prop::collection::vec((any::<bool>(), any::<usize>(), any::<u8>()), 1..12)
}

fn survives(template: &Template, changes: &[(bool, usize, u8)]) {
    let device = template.device();
    let geometry = Geometry::read(device.as_ref()).unwrap();
    for (boot, place, value) in changes {
        if *boot {
            // The fields with a meaning.
            let at = [11, 13, 14, 16, 17, 19, 22, 32, 36, 40, 44, 48][place % 12];
            device.write_at(at, &[*value]).unwrap();
            continue;
        }
        let (offset, block) = &template.blocks[place % template.blocks.len()];
        let at = offset + (place / 7 % block.len()) as u64;
        device.write_at(at, &[*value]).unwrap();
        // Into both tables alike, half of the time, so that what follows is reached.
        let second = at + geometry.table_len;
        let in_first = (geometry.table..geometry.table + geometry.table_len).contains(&at);
        if in_first && value % 2 == 0 {
            device.write_at(second, &[*value]).unwrap();
        }
    }
    let start = Instant::now();
    exercise(device);
    assert!(start.elapsed() < Duration::from_secs(20));
}

fn mutate(template: &Template, cases: u32) {
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let runner = &mut proptest::test_runner::TestRunner::new(config);
    runner
        .run(&mutations(), |changes| {
            survives(template, &changes);
            Ok(())
        })
        .unwrap();
}

#[test]
fn mutated_fat12_is_survived() {
    mutate(&small(), 400);
}

#[test]
fn mutated_fat16_is_survived() {
    mutate(&Template::new(FatType::Fat16, 4 << 20, 512), 200);
}

#[test]
fn mutated_fat32_is_survived() {
    mutate(&Template::new(FatType::Fat32, 40 << 20, 512), 100);
}
