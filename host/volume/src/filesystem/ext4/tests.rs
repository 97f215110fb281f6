//! The driver over filesystems that the writer's library formats in memory.

use super::border::LibraryDevice;
use super::*;
use crate::block::MemoryDevice;
use crate::filesystem::conformance::{self, Capabilities};
use fs_ext4::features::FsFlavor;

const TIME: Timestamp = conformance::TIME;

fn formatted(flavor: FsFlavor, block_size: u32) -> Arc<MemoryDevice> {
    let len = 16 << 20;
    let device = Arc::new(MemoryDevice::new(len));
    let border = LibraryDevice::new(device.clone(), true);
    let uuid = Some([7; 16]);
    fs_ext4::mkfs::format_filesystem_with_flavor(
        border.as_ref(),
        Some("root"),
        uuid,
        len,
        block_size,
        flavor,
    )
    .unwrap();
    device
}

fn path(text: impl AsRef<[u8]>) -> VolumePath {
    VolumePath::parse(text).unwrap()
}

fn read(fs: &Ext4, at: &VolumePath) -> Vec<u8> {
    let len = fs.metadata(at).unwrap().len;
    let mut content = vec![0; usize::try_from(len).unwrap()];
    assert_eq!(fs.read_at(at, 0, &mut content).unwrap() as u64, len);
    content
}

/// An empty filesystem of its own for each check of the conformance suite.
fn empty(flavor: FsFlavor) -> Box<dyn FileSystem> {
    let mut fs = Ext4::open(formatted(flavor, 4096), TIME).unwrap();
    fs.remove_dir(&path("/lost+found")).unwrap();
    Box::new(fs)
}

mod conforming_ext4 {
    use super::*;
    crate::filesystem_conformance!(|| empty(FsFlavor::Ext4), Capabilities::LINUX);
}

mod conforming_ext3 {
    use super::*;
    crate::filesystem_conformance!(|| empty(FsFlavor::Ext3), BLOCK_MAPPED);
}

mod conforming_ext2 {
    use super::*;
    crate::filesystem_conformance!(|| empty(FsFlavor::Ext2), BLOCK_MAPPED);
}

/// The library formats ext2 and ext3 with inodes of 128 bytes: times are whole seconds there.
const BLOCK_MAPPED: Capabilities = Capabilities {
    sparse: false,
    time_step: 1_000_000_000,
    ..Capabilities::LINUX
};

const FLAVORS: [(FsFlavor, u32, &str); 3] = [
    (FsFlavor::Ext2, 4096, "ext2"),
    (FsFlavor::Ext3, 4096, "ext3"),
    (FsFlavor::Ext4, 4096, "ext4"),
];

#[test]
fn files_come_back_on_every_flavor() {
    for (flavor, block_size, name) in FLAVORS {
        let device = formatted(flavor, block_size);
        let mut fs = Ext4::open(device.clone(), TIME).unwrap();
        assert_eq!(fs.info().unwrap().kind, name);
        let (dir, file) = (path("/etc"), path("/etc/hostname"));
        fs.create_dir(&dir, Ownership::root(0o755)).unwrap();
        let owner = Ownership {
            mode: 0o4640,
            uid: 100_000,
            gid: 70_000,
        };
        fs.create_file(&file, owner).unwrap();
        fs.replace_content(&file, &mut b"golden\n".as_slice())
            .unwrap();
        fs.write_at(&file, 3, b"DEN and more").unwrap();
        fs.set_len(&file, 9).unwrap();
        fs.finish().unwrap();
        let again = Ext4::open(device, TIME).unwrap();
        assert_eq!(read(&again, &file), b"golDEN an", "{name}");
        let found = again.metadata(&file).unwrap();
        assert_eq!(
            (found.mode, found.uid, found.gid),
            (0o4640, 100_000, 70_000)
        );
        assert_eq!((found.modified, found.links), (TIME, 1));
        assert_eq!(again.metadata(&dir).unwrap().links, 2);
    }
}

#[test]
fn attributes_work_on_names_that_are_not_text() {
    let device = formatted(FsFlavor::Ext4, 4096);
    let mut fs = Ext4::open(device, TIME).unwrap();
    let dir = path(b"/d\xff");
    let file = path(b"/d\xff/f\xfe");
    fs.create_dir(&dir, Ownership::root(0o755)).unwrap();
    fs.create_file(&file, Ownership::root(0o644)).unwrap();
    let long = vec![b'x'; 3000];
    let before = fs.info().unwrap().free_bytes;
    for at in [&dir, &file] {
        fs.set_xattr(at, "security.selinux", b"label\0").unwrap();
        fs.set_xattr(at, "user.long", &long).unwrap();
        let all = fs.xattrs(at).unwrap();
        assert_eq!(all["security.selinux"], b"label\0");
        assert_eq!(all["user.long"], long);
        fs.remove_xattr(at, "user.long").unwrap();
        assert_eq!(fs.xattrs(at).unwrap().len(), 1);
        let gone = fs.remove_xattr(at, "user.long").unwrap_err();
        assert_eq!(gone.kind(), VolumeErrorKind::NotFound);
    }
    assert_eq!(fs.info().unwrap().free_bytes, before);
    let names: Vec<_> = fs
        .read_dir(&path("/"))
        .unwrap()
        .into_iter()
        .map(|e| e.name)
        .collect();
    assert_eq!(names, [b"d\xff".to_vec(), b"lost+found".to_vec()]);
}

#[test]
fn a_new_filesystem_is_empty_and_the_same_every_time() {
    let make = || {
        let device = Arc::new(MemoryDevice::new(8 << 20));
        Ext4::format(device.clone(), "root", [7; 16]).unwrap();
        device
    };
    let content = |device: &MemoryDevice| {
        let mut bytes = vec![0; 8 << 20];
        device.read_at(0, &mut bytes).unwrap();
        bytes
    };
    let device = make();
    assert!(content(&device) == content(&make()));
    let info = Ext4::open(device, TIME).unwrap().info().unwrap();
    assert_eq!((info.kind, info.label.as_str()), ("ext4", "root"));
    assert_eq!(info.uuid, "07070707-0707-0707-0707-070707070707");
    let error = Ext4::format(Arc::new(MemoryDevice::new(4096)), "root", [7; 16]).unwrap_err();
    assert_eq!(error.kind(), VolumeErrorKind::InvalidArgument);
}
