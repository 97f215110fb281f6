//! Filesystems whose structures lie: every walk ends, with an error that says why.

use super::*;
use crate::filesystem::{DirEntry, FileSystemInfo, Metadata};

/// A filesystem in which every path leads to a directory with the one entry `name`.
#[derive(Debug)]
struct Endless {
    name: Vec<u8>,
    /// The number that all directories have but the root, which has 1.
    inode: u64,
    /// Whether what is listed is missing when it is looked for.
    missing: bool,
}

/// Nothing here gets as far as a change.
macro_rules! refuse_changes {
    ($($method:ident($($kind:ty),*)),* $(,)?) => {
        $(fn $method(&mut self, path: &VolumePath, $(_: $kind),*) -> Result<()> {
            Err(VolumeError::cannot(Kind::ReadOnly, "change", path, "this is not for changing"))
        })*
    };
}

impl FileSystem for Endless {
    fn info(&self) -> Result<FileSystemInfo> {
        Memory::new(Timestamp::default()).info()
    }

    fn metadata(&self, path: &VolumePath) -> Result<Metadata> {
        if self.missing && !path.is_root() {
            return Err(VolumeError::cannot(
                Kind::NotFound,
                "look up",
                path,
                "it is not there",
            ));
        }
        let mut root = Memory::new(Timestamp::default()).metadata(&VolumePath::root())?;
        root.inode = if path.is_root() { 1 } else { self.inode };
        Ok(root)
    }

    fn read_dir(&self, _: &VolumePath) -> Result<Vec<DirEntry>> {
        let name = self.name.clone();
        let kind = FileKind::Directory;
        Ok(vec![DirEntry { name, kind }])
    }

    fn read_at(&self, _: &VolumePath, _: u64, _: &mut [u8]) -> Result<usize> {
        Ok(0)
    }

    fn read_link(&self, _: &VolumePath) -> Result<Vec<u8>> {
        Ok(Vec::new())
    }

    fn xattrs(&self, _: &VolumePath) -> Result<BTreeMap<String, Vec<u8>>> {
        Ok(BTreeMap::new())
    }

    refuse_changes! {
        create_file(Ownership),
        create_dir(Ownership),
        create_symlink(&[u8], Ownership),
        create_node(FileKind, (u32, u32), Ownership),
        write_at(u64, &[u8]),
        set_len(u64),
        link(&VolumePath),
        rename(&VolumePath),
        remove_file(),
        remove_dir(),
        set_mode(u32),
        set_owner(u32, u32),
        set_times(Timestamp, Timestamp),
        set_xattr(&str, &[u8]),
        remove_xattr(&str),
    }

    fn finish(&mut self) -> Result<()> {
        Ok(())
    }
}

#[test]
fn directories_without_end_are_walked_to_an_error() {
    for (name, inode, missing, kind, why) in [
        ("d", 1, false, Kind::Damaged, "directories form a loop"),
        ("d", 7, false, Kind::Damaged, "directories form a loop"),
        ("d", 0, false, Kind::InvalidPath, "longer than 4096 bytes"),
        ("d", 0, true, Kind::Damaged, "but it is not there"),
        (
            "..",
            0,
            false,
            Kind::Damaged,
            "a name that no file can have",
        ),
        (
            "a/b",
            0,
            false,
            Kind::Damaged,
            "a name that no file can have",
        ),
        ("", 0, false, Kind::Damaged, "a name that no file can have"),
    ] {
        let name = name.as_bytes().to_vec();
        let mut tree = tree(&["/m/"]);
        let filesystem = Box::new(Endless {
            name,
            inode,
            missing,
        });
        tree.mount(Mount {
            filesystem,
            ..mount("/m")
        })
        .unwrap();
        for ended in [tree.walk("/", 10_000).map(drop), tree.copy("/m", "/copy")] {
            let error = ended.unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().contains(why), "{error}");
        }
        assert!(!tree.exists("/copy").unwrap());
    }
}

#[test]
fn a_walk_without_inodes_ends_at_its_limit() {
    let mut tree = tree(&["/m/"]);
    let filesystem = Box::new(Endless {
        name: b"d".to_vec(),
        inode: 0,
        missing: false,
    });
    tree.mount(Mount {
        filesystem,
        ..mount("/m")
    })
    .unwrap();
    assert_eq!(tree.walk("/m", 100).unwrap_err().kind(), Kind::LimitReached);
}
