//! Tests of opening volumes: whole disks with filesystems that libraries format in memory.

use super::*;
use crate::block::{Fault, FaultyDevice, FileDevice, MemoryDevice, Overlay};
use crate::filesystem::Ownership;
use crate::inspect::Format;
use disks::{Holds, MIB, ROOT_UUID, TIME, XFS, disk, fill, path, server};
use proptest::prelude::*;

mod disks;

fn options() -> TreeOptions {
    TreeOptions {
        time: TIME,
        ..TreeOptions::default()
    }
}

fn open_tree(device: &Arc<dyn BlockDevice>) -> Result<VolumeTree> {
    Volume::open(device.clone())?.open_tree(&options())
}

fn mounted(tree: &VolumeTree) -> Vec<(String, &str, bool)> {
    let mounts = tree.mounts().iter();
    mounts
        .map(|mount| {
            (
                mount.point.to_string(),
                mount.source.as_str(),
                mount.read_only,
            )
        })
        .collect()
}

fn at(point: &str, source: &'static str, read_only: bool) -> (String, &'static str, bool) {
    (point.to_owned(), source, read_only)
}

const FSTAB: &str = "\
UUID=07070707-0707-0707-0707-070707070707 / ext4 errors=remount-ro 0 1
LABEL=data /srv/my\\040data ext4 ro 0 2
UUID=CAFE-F00D /boot/efi vfat umask=0077 0 1
/dev/vda4 /var/big xfs defaults 0 2
/dev/mapper/vg-home /home ext4 defaults 0 2
tmpfs /tmp tmpfs defaults 0 0
UUID=07070707-0707-0707-0707-070707070707 /var/root2 ext4 defaults 0 2
";

#[test]
fn a_server_is_mounted_as_its_fstab_says() {
    let tree = open_tree(&server(FSTAB)).unwrap();
    let expected = [
        at("/", "partition 2", false),
        at("/boot/efi", "partition 1", false),
        at("/srv/my data", "partition 3", true),
    ];
    assert_eq!(mounted(&tree), expected);
    assert_eq!(tree.read("/srv/my data/hello", 100).unwrap(), b"from data");
}

#[test]
fn what_cannot_be_mounted_is_an_error_for_every_path_into_it() {
    let device = server(FSTAB);
    let mut tree = open_tree(&device).unwrap();
    for (path, why) in [
        ("/var/big/file", "partition 4: cannot open XFS"),
        (
            "/home/ops/.profile",
            "`/dev/mapper/vg-home` is no partition of this volume",
        ),
        ("/var/root2/x", "is mounted at `/` already"),
    ] {
        let error = tree.write(path, b"x", Ownership::root(0o644)).unwrap_err();
        assert_eq!(error.kind(), VolumeErrorKind::UnsupportedFeature, "{error}");
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[test]
fn a_missing_mount_point_does_not_look_like_missing_files() {
    let tree = open_tree(&server("LABEL=data /data ext4 defaults 0 2\n")).unwrap();
    let error = tree.metadata("/data/hello").unwrap_err();
    assert_eq!(error.kind(), VolumeErrorKind::UnsupportedFeature);
    assert!(error.help_text().unwrap().contains("make the directory"));
}

#[test]
fn a_second_mount_at_one_point_is_skipped_and_the_first_stays() {
    let fstab = "/dev/sda3 /srv/my\\040data ext4\n/dev/sda1 /srv/my\\040data vfat\n";
    let volume = Volume::open(server(fstab)).unwrap();
    let (tree, plan) = volume.mount(&options()).unwrap();
    assert_eq!(mounted(&tree)[1], at("/srv/my data", "partition 3", false));
    assert_eq!(plan.skipped[0].line, 2);
    assert!(plan.skipped[0].why.contains("an earlier line"));
}

#[test]
fn a_read_only_root_is_honoured() {
    let mut tree = open_tree(&server("PARTUUID=1234abcd-02 / ext4 ro 0 1\n")).unwrap();
    let error = tree
        .write("/etc/hostname", b"x", Ownership::root(0o644))
        .unwrap_err();
    assert_eq!(error.kind(), VolumeErrorKind::ReadOnly);
}

#[test]
fn the_root_that_was_found_counts_against_another_one_in_fstab() {
    let volume = Volume::open(server("LABEL=data / ext4 defaults 0 1\n")).unwrap();
    let (tree, plan) = volume.mount(&options()).unwrap();
    assert_eq!(mounted(&tree), [at("/", "partition 2", false)]);
    assert_eq!(
        plan.skipped[0].why,
        "the root that was found is partition 2"
    );
}

#[test]
fn changes_reach_their_own_partition_only() {
    let device = server(FSTAB);
    let overlay = Overlay::new(
        device.clone(),
        Arc::new(MemoryDevice::new(device.len())),
        u64::MAX,
    );
    let overlay = Arc::new(overlay.unwrap());
    let opened: Arc<dyn BlockDevice> = overlay.clone();
    let mut tree = open_tree(&opened).unwrap();
    tree.write("/boot/efi/CONFIG", b"boot", Ownership::root(0o700))
        .unwrap();
    tree.write("/etc/hostname", b"web01\n", Ownership::root(0o644))
        .unwrap();
    tree.finish().unwrap();
    overlay.settle().unwrap();
    for range in overlay.changed() {
        let (esp, root) = (MIB..9 * MIB, 10 * MIB..18 * MIB);
        let inside = |area: &Range<u64>| area.start <= range.start && range.end <= area.end;
        assert!(inside(&esp) || inside(&root), "{range:?}");
    }
    assert_eq!(
        open_tree(&opened)
            .unwrap()
            .read("/etc/hostname", 100)
            .unwrap(),
        b"web01\n"
    );
    assert_eq!(
        open_tree(&device)
            .unwrap()
            .read("/etc/hostname", 100)
            .unwrap(),
        b"golden\n"
    );
}

#[test]
fn opening_writes_nothing() {
    let device = Arc::new(FaultyDevice::new(server(FSTAB)).with(Fault::WritesFrom(0)));
    let opened: Arc<dyn BlockDevice> = device.clone();
    open_tree(&opened).unwrap();
    Volume::open(opened).unwrap().report(&options()).unwrap();
    assert_eq!(device.traffic().writes, 0);
}

fn no_root(holds: &[Holds]) -> VolumeError {
    open_tree(&disk(holds)).unwrap_err()
}

#[test]
fn no_root_lists_what_there_is() {
    let error = no_root(&[
        Holds::Vfat(1),
        Holds::Ext4(1, "", &[("/hello", "")]),
        Holds::Raw(0, b""),
    ]);
    assert_eq!(error.kind(), VolumeErrorKind::NoRoot);
    assert_eq!(
        error.to_string(),
        "found no root filesystem: partition 1 is vfat; partition 2 is ext4 without a system in \
         it; partition 3 holds no known filesystem"
    );
    assert!(
        error
            .help_text()
            .unwrap()
            .contains("declare the mounts in the build plan")
    );
}

#[test]
fn two_roots_are_one_too_many() {
    let root = || Holds::Ext4(1, "", &[("/usr/lib/os-release", "ID=debian")]);
    let error = no_root(&[root(), Holds::Vfat(1), root()]);
    assert_eq!(error.kind(), VolumeErrorKind::NoRoot);
    assert_eq!(
        error.to_string(),
        "found more than one root filesystem: partition 1, partition 3"
    );
}

#[test]
fn the_only_area_that_may_be_the_root_says_why_it_is_not() {
    let error = no_root(&[Holds::Vfat(1), Holds::Raw(0, b"LUKS\xba\xbe\0\x02")]);
    assert_eq!(error.kind(), VolumeErrorKind::Encrypted);
    assert!(
        error
            .to_string()
            .starts_with("partition 2: cannot open LUKS"),
        "{error}"
    );
    let error = no_root(&[XFS]);
    assert_eq!(error.kind(), VolumeErrorKind::UnsupportedFeature);
    let error = no_root(&[XFS, Holds::Raw(65600, b"_BHRfS_M")]);
    assert_eq!(error.kind(), VolumeErrorKind::NoRoot);
    assert!(
        error.to_string().contains("partition 2: cannot open btrfs"),
        "{error}"
    );
}

#[test]
fn a_bare_filesystem_is_its_own_root() {
    let device: Arc<dyn BlockDevice> = Arc::new(MemoryDevice::new(8 * MIB));
    fill(device.clone(), &Holds::Ext4(1, "", &[("/hello", "bare")]));
    let tree = open_tree(&device).unwrap();
    assert_eq!(mounted(&tree), [at("/", "the whole device", false)]);
    assert_eq!(tree.read("/hello", 10).unwrap(), b"bare");
}

#[test]
fn a_device_that_cannot_be_written_to_is_mounted_read_only() {
    let file = tempfile::tempfile().unwrap();
    file.set_len(8 * MIB).unwrap();
    let writable = FileDevice::writable(file.try_clone().unwrap()).unwrap();
    fill(
        Arc::new(writable),
        &Holds::Ext4(1, "", &[("/hello", "file")]),
    );
    let device: Arc<dyn BlockDevice> = Arc::new(FileDevice::read_only(file).unwrap());
    let mut tree = open_tree(&device).unwrap();
    let error = tree
        .write("/hello", b"x", Ownership::root(0o644))
        .unwrap_err();
    assert_eq!(error.kind(), VolumeErrorKind::ReadOnly);
}

fn declared(mounts: &[(&str, Source)]) -> Result<VolumeTree> {
    let mounts = mounts.iter().map(|(point, source)| DeclaredMount {
        point: path(point),
        source: source.clone(),
        read_only: false,
    });
    let options = TreeOptions {
        mounts: mounts.collect(),
        ..options()
    };
    Volume::open(server(FSTAB))?.open_tree(&options)
}

#[test]
fn declared_mounts_replace_fstab() {
    let label = |label: &str| Source::Label(label.to_owned());
    let tree = declared(&[("/boot/efi", Source::Partition(1)), ("/", label("root"))]).unwrap();
    let expected = [
        at("/", "partition 2", false),
        at("/boot/efi", "partition 1", false),
    ];
    assert_eq!(mounted(&tree), expected);
    assert!(tree.blocked_mounts().is_empty());
    let root = || ("/", Source::Partition(2));
    for (mounts, kind, why) in [
        (
            vec![("/boot/efi", Source::Partition(1))],
            VolumeErrorKind::NoRoot,
            "nothing of `/`",
        ),
        (
            vec![("/", Source::Partition(9))],
            VolumeErrorKind::InvalidArgument,
            "this volume has no `partition 9`",
        ),
        (
            vec![root(), ("/var/big", Source::Partition(2))],
            VolumeErrorKind::InvalidArgument,
            "it is declared to be mounted elsewhere",
        ),
        (
            vec![root(), ("/", Source::Partition(3))],
            VolumeErrorKind::InvalidArgument,
            "something else is declared",
        ),
        (
            vec![root(), ("/var/big", Source::Partition(4))],
            VolumeErrorKind::UnsupportedFeature,
            "partition 4: cannot open XFS",
        ),
        (
            vec![root(), ("/missing", Source::Partition(3))],
            VolumeErrorKind::NotFound,
            "/missing",
        ),
    ] {
        let error = declared(&mounts).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[test]
fn a_name_that_fits_two_partitions_fits_none() {
    let fstab = "UUID=07070707-0707-0707-0707-070707070707 / ext4\nLABEL=twin /mnt ext4\n";
    let device = disk(&[
        Holds::Ext4(7, "root", &[("/etc/fstab", fstab), ("/mnt/", "")]),
        Holds::Ext4(1, "twin", &[]),
        Holds::Ext4(2, "twin", &[]),
    ]);
    let error = open_tree(&device).unwrap().metadata("/mnt/x").unwrap_err();
    assert!(
        error
            .to_string()
            .contains("names both partition 2 and partition 3"),
        "{error}"
    );
}

#[test]
fn an_image_of_another_format_is_refused() {
    let device = Arc::new(MemoryDevice::new(MIB));
    device.write_at(0, b"QFI\xfb").unwrap();
    let error = Volume::open(device).unwrap_err();
    assert_eq!(error.kind(), VolumeErrorKind::UnsupportedFeature);
}

#[test]
fn the_report_has_everything_and_changes_nothing() {
    let report = Volume::open(server(FSTAB))
        .unwrap()
        .report(&options())
        .unwrap();
    let formats: Vec<_> = report
        .areas
        .iter()
        .map(|area| area.contents.format)
        .collect();
    assert_eq!(
        formats,
        [Format::Vfat, Format::Ext4, Format::Ext4, Format::Xfs]
    );
    assert_eq!(report.areas[1].contents.uuid, ROOT_UUID);
    let kinds = report
        .areas
        .iter()
        .map(|area| area.filesystem.as_ref().map(|info| info.kind));
    let expected = [Some("vfat"), Some("ext4"), Some("ext4"), None];
    assert_eq!(kinds.collect::<Vec<_>>(), expected);
    assert!(report.areas[3].problem.is_some());
    let mounts: Vec<_> = report
        .mounts
        .iter()
        .map(|mount| (mount.point.to_string(), mount.read_only))
        .collect();
    let mount = |point: &str, read_only| (point.to_owned(), read_only);
    let expected = [
        mount("/", false),
        mount("/boot/efi", false),
        mount("/srv/my data", true),
    ];
    assert_eq!(mounts, expected);
    assert_eq!(report.not_mounted.len(), 3);
    assert_eq!(report.skipped[0].why, "made by the kernel");
    assert_eq!(report.problem, None);
    let broken = Volume::open(disk(&[XFS]))
        .unwrap()
        .report(&options())
        .unwrap();
    assert!(broken.problem.is_some() && broken.mounts.is_empty());
}

#[test]
fn an_fstab_without_end_is_refused() {
    let error = open_tree(&server(&"/dev/md0 /srv ext4\n".repeat(1001))).unwrap_err();
    assert_eq!(error.kind(), VolumeErrorKind::LimitReached);
}

#[test]
fn mutated_disks_are_opened_or_refused() {
    let base = server(FSTAB);
    // The table, the boot sector of vfat, and the superblock and group descriptors of ext4.
    let place = prop_oneof![
        440..512u64,
        MIB..MIB + 512,
        10 * MIB + 1024..10 * MIB + 2048,
        10 * MIB + 4096..10 * MIB + 4160,
    ];
    let byte = prop_oneof![any::<u8>(), Just(0), Just(0xff)];
    let changes = prop::collection::vec((place, byte), 1..6);
    proptest!(ProptestConfig::with_cases(200), |(changes in changes)| {
        let scratch = Arc::new(MemoryDevice::new(base.len()));
        let overlay = Overlay::new(base.clone(), scratch, u64::MAX).unwrap();
        for (at, byte) in changes {
            overlay.write_at(at, &[byte]).unwrap();
        }
        let device: Arc<dyn BlockDevice> = Arc::new(overlay);
        if let Ok(volume) = Volume::open(device) {
            let _ = volume.open_tree(&options());
            volume.report(&options()).unwrap();
        }
    });
}
