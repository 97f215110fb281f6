//! The driver over filesystems that the writer's library formats in memory.

use super::border::LibraryDevice;
use super::*;
use crate::block::MemoryDevice;
use crate::filesystem::conformance::{self, Capabilities};
use fs_ext4::features::FsFlavor;

pub(super) const TIME: Timestamp = conformance::TIME;

pub(super) fn formatted(flavor: FsFlavor, block_size: u32) -> Arc<MemoryDevice> {
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

pub(super) fn path(text: impl AsRef<[u8]>) -> VolumePath {
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

/// A driver over a filesystem with a directory, a file, a link and a node that it has just made.
fn changed() -> (Ext4, expected::Expected) {
    let mut fs = Ext4::open(formatted(FsFlavor::Ext4, 4096), TIME).unwrap();
    let owner = Ownership::root(0o644);
    fs.create_dir(&path("/d"), Ownership::root(0o755)).unwrap();
    fs.create_file(&path("/d/f"), owner).unwrap();
    fs.replace_content(&path("/d/f"), &mut [b'f'; 9000].as_slice())
        .unwrap();
    fs.create_symlink(&path("/d/l"), b"f", owner).unwrap();
    let node = path("/d/n");
    fs.create_node(&node, FileKind::CharDevice, (1, 3), owner)
        .unwrap();
    fs.remove_dir(&path("/lost+found")).unwrap();
    let expected = expected::collect(fs.library.as_ref().unwrap(), &fs.changes).unwrap();
    fs.finish().unwrap();
    (fs, expected)
}

#[test]
fn what_differs_is_found_when_it_is_read_back() {
    type Change = fn(&mut expected::Expected);
    fn at<'e>(expected: &'e mut expected::Expected, name: &str) -> &'e mut expected::Expectation {
        expected.get_mut(&path(name)).unwrap().as_mut().unwrap()
    }
    let changes: &[(&str, Change)] = &[
        ("its content differs", |e| {
            at(e, "/d/f").content.as_mut().unwrap().digest[0] ^= 1;
        }),
        ("its inode is", |e| at(e, "/d/f").metadata.len += 1),
        ("its inode is", |e| at(e, "/d/n").metadata.device = (1, 5)),
        ("links to something else", |e| {
            at(e, "/d/l").target = Some(b"g".to_vec())
        }),
        ("extended attributes differ", |e| {
            at(e, "/d").xattrs.insert("user.a".into(), Vec::new());
        }),
        ("an entry is missing", |e| {
            let kind = FileKind::File;
            let name = b"z".to_vec();
            at(e, "/d")
                .entries
                .as_mut()
                .unwrap()
                .push(DirEntry { name, kind });
        }),
        ("unexpected entry `n`", |e| {
            at(e, "/d").entries.as_mut().unwrap().pop();
        }),
        ("still there", |e| {
            e.insert(path("/d/f"), None);
        }),
        ("missing", |e| {
            let file = e.remove(&path("/d/f")).unwrap();
            e.insert(path("/lost+found"), file);
        }),
    ];
    for (why, change) in changes {
        let (fs, mut expected) = changed();
        let fresh = fs.library.as_ref().unwrap();
        let view = view::open(&fs.device).unwrap();
        readback::compare(&view, fresh, &expected).unwrap();
        change(&mut expected);
        let error = readback::compare(&view, fresh, &expected).unwrap_err();
        assert_eq!(error.kind(), VolumeErrorKind::ReadBackMismatch, "{error}");
        assert!(
            error.to_string().contains(why),
            "`{error}` does not say `{why}`"
        );
    }
}

/// A device that forgets blocks which are all `f`.
#[derive(Debug)]
struct Forgetful(Arc<MemoryDevice>);

impl BlockDevice for Forgetful {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        self.0.read_at(offset, buf)
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> Result<()> {
        match data.iter().all(|b| *b == b'f') {
            true => Ok(()),
            false => self.0.write_at(offset, data),
        }
    }

    fn is_writable(&self) -> bool {
        true
    }

    fn flush(&self) -> Result<()> {
        Ok(())
    }
}

#[test]
fn a_device_that_forgets_is_noticed() {
    let device = Forgetful(formatted(FsFlavor::Ext4, 4096));
    let mut fs = Ext4::open(Arc::new(device), TIME).unwrap();
    let file = path("/f");
    fs.create_file(&file, Ownership::root(0o644)).unwrap();
    fs.replace_content(&file, &mut [b'f'; 8192].as_slice())
        .unwrap();
    let error = fs.finish().unwrap_err();
    assert_eq!(error.kind(), VolumeErrorKind::ReadBackMismatch);
    insta::assert_snapshot!(error, @"cannot read back `/f`: its content differs from what was written");
    assert!(fs.metadata(&file).is_err(), "it must not be used any more");
}

#[test]
fn a_directory_that_contains_itself_is_damage() {
    let device = formatted(FsFlavor::Ext2, 4096);
    let mut fs = Ext4::open(device.clone(), TIME).unwrap();
    fs.create_dir(&path("/outer"), Ownership::root(0o755))
        .unwrap();
    fs.create_dir(&path("/outer/inner"), Ownership::root(0o755))
        .unwrap();
    let number = |name: &str| u32::try_from(fs.metadata(&path(name)).unwrap().inode).unwrap();
    let (outer, inner) = (number("/outer"), number("/outer/inner"));
    fs.finish().unwrap();
    let mut image = vec![0; usize::try_from(device.len()).unwrap()];
    device.read_at(0, &mut image).unwrap();
    let entry = [&inner.to_le_bytes()[..], &[0xe8, 0x0f, 5, 2], b"inner"].concat();
    let offset = image
        .windows(entry.len())
        .position(|bytes| bytes == entry)
        .unwrap();
    device
        .write_at(offset as u64, &outer.to_le_bytes())
        .unwrap();
    let fs = Ext4::open(device, TIME).unwrap();
    for result in [
        fs.read_dir(&path("/outer")).map(drop),
        fs.metadata(&path("/outer/inner")).map(drop),
        fs.read_dir(&path("/outer/inner/inner/inner")).map(drop),
    ] {
        assert_eq!(result.unwrap_err().kind(), VolumeErrorKind::Damaged);
    }
}

#[test]
fn the_same_run_writes_the_same_bytes() {
    let bytes = || {
        let (fs, _) = changed();
        let mut image = vec![0; usize::try_from(fs.device.len()).unwrap()];
        fs.device.read_at(0, &mut image).unwrap();
        image
    };
    assert!(bytes() == bytes());
}

#[test]
fn what_ext2_cannot_do_says_so() {
    let mut fs = Ext4::open(formatted(FsFlavor::Ext2, 4096), TIME).unwrap();
    let file = path("/f");
    fs.create_file(&file, Ownership::root(0o644)).unwrap();
    let error = fs.set_len(&file, (16 << 20) + 1).unwrap_err();
    assert_eq!(error.kind(), VolumeErrorKind::LimitReached);
    insta::assert_snapshot!(error, @"cannot write `/f`: it is mapped by block pointers as in ext2 and ext3, and such files can be changed up to 16 MiB only");
    assert!(error.help_text().is_some());
}

#[test]
fn a_file_of_terabytes_costs_what_is_in_it() {
    let mut fs = Ext4::open(formatted(FsFlavor::Ext4, 4096), TIME).unwrap();
    let file = path("/big");
    fs.create_file(&file, Ownership::root(0o644)).unwrap();
    fs.set_len(&file, 8 << 40).unwrap();
    // Not further: the view steps over a hole block by block when it reads back what is behind it.
    fs.write_at(&file, (256 << 30) + 1, b"far away").unwrap();
    let mut found = [0; 10];
    assert_eq!(fs.read_at(&file, 256 << 30, &mut found).unwrap(), 10);
    assert_eq!(&found, b"\0far away\0");
    fs.finish().unwrap();
    assert_eq!(fs.metadata(&file).unwrap().len, 8 << 40);
}

/// Directories change their names and leave their numbers to others; no name may stay behind.
#[test]
fn names_lead_where_they_lead_now() {
    let mut fs = Ext4::open(formatted(FsFlavor::Ext4, 4096), TIME).unwrap();
    let owner = Ownership::root(0o755);
    let there = |fs: &Ext4, at: &str| fs.metadata(&path(at)).map(|found| found.inode).ok();
    for dir in ["/a", "/b", "/a/sub"] {
        fs.create_dir(&path(dir), owner).unwrap();
    }
    fs.create_file(&path("/a/sub/x"), owner).unwrap();
    let (sub, x) = (there(&fs, "/a/sub"), there(&fs, "/a/sub/x"));
    assert!(sub.is_some() && x.is_some());
    fs.rename(&path("/a/sub"), &path("/b/sub")).unwrap();
    assert_eq!(there(&fs, "/a/sub/x"), None);
    assert_eq!(there(&fs, "/b/sub/x"), x);
    fs.link(&path("/b/sub/x"), &path("/a/x")).unwrap();
    fs.remove_file(&path("/b/sub/x")).unwrap();
    assert_eq!((there(&fs, "/b/sub/x"), there(&fs, "/a/x")), (None, x));
    fs.remove_dir(&path("/b/sub")).unwrap();
    fs.create_dir(&path("/new"), owner).unwrap();
    assert_eq!(there(&fs, "/new"), sub, "the number was to be used again");
    assert_eq!(there(&fs, "/new/x"), None);
    fs.rename(&path("/new"), &path("/b")).unwrap();
    assert_eq!((there(&fs, "/new"), there(&fs, "/b")), (None, sub));
    let refused = fs.remove_dir(&path("/a")).unwrap_err();
    assert_eq!(refused.kind(), VolumeErrorKind::DirectoryNotEmpty);
    assert_eq!(there(&fs, "/a/x"), x);
    fs.finish().unwrap();
    assert_eq!((there(&fs, "/a/x"), there(&fs, "/b/x")), (x, None));
}

#[test]
fn a_wipe_takes_what_is_gone_and_no_more() {
    for flavor in [FsFlavor::Ext4, FsFlavor::Ext3, FsFlavor::Ext2] {
        let device = formatted(flavor, 4096);
        crate::filesystem::remains::tests::a_wipe_takes_what_is_gone_and_no_more(
            &device,
            |device| Box::new(Ext4::open(device, TIME).unwrap()),
        );
    }
}
