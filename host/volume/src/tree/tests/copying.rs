//! Copies and moves, within a filesystem and from one to another.

use super::*;
use crate::block::{BlockDevice, MemoryDevice};
use crate::filesystem::vfat::Vfat;

#[test]
fn a_copy_is_complete_within_and_across_mounts() {
    for target in ["/copy", "/other/copy"] {
        let mut tree = tree(&["/from/sub/", "/from/a", "/from/link -> /from/a", "/other/"]);
        tree.mount(mount("/other")).unwrap();
        tree.hard_link("/from/a", "/from/sub/b").unwrap();
        tree.make_node(
            "/from/null",
            FileKind::CharDevice,
            (1, 3),
            Ownership::root(0o666),
        )
        .unwrap();
        tree.set_xattr("/from/a", "user.note", b"kept").unwrap();
        tree.set_owner("/from/sub", 7, 8, LastLink::Follow).unwrap();
        let time = Timestamp {
            seconds: 77,
            nanoseconds: 5,
        };
        tree.set_times("/from/sub", time, time).unwrap();
        tree.mark_secret("/from/a").unwrap();
        tree.copy("/from", target).unwrap();

        let at = |name: &str| format!("{target}{name}");
        let meta = |name: &str| tree.symlink_metadata(at(name)).unwrap();
        assert_eq!(tree.read(at("/sub/b"), 99).unwrap(), b"/from/a");
        assert_eq!(
            (meta("/a").inode, meta("/a").links),
            (meta("/sub/b").inode, 2)
        );
        assert_eq!(tree.read_link(at("/link")).unwrap(), b"/from/a");
        assert_eq!(
            (meta("/null").kind, meta("/null").device),
            (FileKind::CharDevice, (1, 3))
        );
        assert_eq!((meta("/sub").uid, meta("/sub").modified), (7, time));
        assert_eq!(
            tree.xattrs(at("/a"), LastLink::Keep).unwrap()["user.note"],
            b"kept"
        );
        assert!(tree.touched()[&path(&at("/a"))]);
    }
}

#[test]
fn a_long_copy_keeps_content_and_holes() {
    let mut tree = tree(&["/sparse"]);
    let len = 5 * limits::CHUNK as u64 / 2;
    tree.set_len("/sparse", len).unwrap();
    tree.copy("/sparse", "/copy").unwrap();
    assert_eq!(tree.metadata("/copy").unwrap().len, len);
    assert_eq!(
        tree.read("/copy", len).unwrap(),
        tree.read("/sparse", len).unwrap()
    );
    tree.write("/old", b"old", ROOT).unwrap();
    tree.copy("/sparse", "/old").unwrap();
    assert_eq!(tree.metadata("/old").unwrap().len, len);
}

#[test]
fn moves_touch_all_that_they_move() {
    for (to, seen) in [("/e", "/e"), ("/other/e", "/other/e")] {
        let mut tree = tree(&["/d/", "/d/f", "/d/g", "/other/"]);
        tree.mount(mount("/other")).unwrap();
        tree.mark_secret("/d/g").unwrap();
        tree.rename("/d", to).unwrap();
        assert!(!tree.exists("/d").unwrap());
        assert_eq!(tree.read(format!("{to}/f"), 9).unwrap(), b"/d/f");
        let expected = [
            "/d",
            "/d/f",
            "/d/g",
            seen,
            &format!("{seen}/f"),
            &format!("{seen}/g"),
        ];
        assert_eq!(touched(&tree), expected);
        assert!(tree.touched()[&path(&format!("{seen}/g"))]);
    }
}

#[test]
fn a_move_across_mounts_replaces_as_rename_does() {
    let mut tree = tree(&["/f", "/d/", "/other/"]);
    tree.mount(mount("/other")).unwrap();
    fill(&mut tree, &["/other/file", "/other/dir/", "/other/full/x/"]);
    assert_eq!(
        tree.rename("/f", "/other/dir").unwrap_err().kind(),
        Kind::IsADirectory
    );
    assert_eq!(
        tree.rename("/d", "/other/file").unwrap_err().kind(),
        Kind::NotADirectory
    );
    assert_eq!(
        tree.rename("/d", "/other/full").unwrap_err().kind(),
        Kind::DirectoryNotEmpty
    );
    tree.rename("/d", "/other/dir").unwrap();
    tree.rename("/f", "/other/file").unwrap();
    assert_eq!(tree.read("/other/file", 9).unwrap(), b"/f");
    assert!(!tree.exists("/f").unwrap() && !tree.exists("/d").unwrap());
}

/// A tree with an empty FAT filesystem at `/boot/efi`.
fn with_vfat(entries: &[&str]) -> VolumeTree {
    let mut image = std::io::Cursor::new(vec![0; 8 << 20]);
    fatfs::format_volume(&mut image, fatfs::FormatVolumeOptions::new()).unwrap();
    let device = MemoryDevice::new(8 << 20);
    device.write_at(0, image.get_ref()).unwrap();
    let time = Timestamp {
        seconds: 1_767_225_600,
        nanoseconds: 0,
    };
    let vfat = Vfat::open(Arc::new(device), time).unwrap();
    let mut tree = tree(&["/boot/efi/"]);
    tree.mount(Mount {
        filesystem: Box::new(vfat),
        ..mount("/boot/efi")
    })
    .unwrap();
    fill(&mut tree, entries);
    tree.touched = Touched::default();
    tree
}

#[test]
fn names_in_any_case_are_one_file_where_the_filesystem_says_so() {
    let mut tree = with_vfat(&["/boot/efi/EFI/", "/boot/efi/EFI/Kernel", "/boot/efi/other"]);
    tree.write("/boot/efi/efi/KERNEL", b"new", ROOT).unwrap();
    tree.write("/boot/efi/Efi/Added", b"new", ROOT).unwrap();
    assert_eq!(
        touched(&tree),
        ["/boot/efi/EFI/Added", "/boot/efi/EFI/Kernel"]
    );
    for (from, to) in [
        ("/boot/efi/EFI/Kernel", "/boot/efi/efi/kernel"),
        ("/boot/efi/EFI", "/boot/efi/efi/inside"),
    ] {
        let refused = tree.copy(from, to).unwrap_err();
        assert_eq!(refused.kind(), Kind::InvalidArgument, "{refused}");
    }
    tree.rename("/boot/efi/efi/kernel", "/boot/efi/EFI/KERNEL")
        .unwrap();
    let names: Vec<_> = tree.read_dir("/boot/efi/efi").unwrap();
    let names: Vec<_> = names.iter().map(|entry| entry.name.as_slice()).collect();
    assert_eq!(names, [&b"Added"[..], b"KERNEL"]);
    assert_eq!(tree.read("/boot/efi/efi/kernel", 9).unwrap(), b"new");
}

#[test]
fn a_copy_leaves_behind_what_only_a_label_or_a_time_loses() {
    let mut tree = with_vfat(&["/kernel", "/secured"]);
    let long_ago = Timestamp::default();
    tree.set_times("/kernel", long_ago, long_ago).unwrap();
    tree.set_xattr("/kernel", "security.selinux", b"label\0")
        .unwrap();
    tree.copy("/kernel", "/boot/efi/kernel").unwrap();
    assert_eq!(tree.read("/boot/efi/kernel", 9).unwrap(), b"/kernel");
    tree.set_xattr("/secured", "user.note", b"x").unwrap();
    let refused = tree.copy("/secured", "/boot/efi/secured").unwrap_err();
    assert_eq!(refused.kind(), Kind::NotSupported);
    assert_eq!(refused.path(), Some(&path("/boot/efi/secured")));
    assert!(!tree.exists("/boot/efi/secured").unwrap());
    tree.rename("/kernel", "/boot/efi/moved").unwrap();
    assert!(!tree.exists("/kernel").unwrap());
}
