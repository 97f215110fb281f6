//! The contract over a host directory, and links that try to leave it.

use super::*;
use crate::filesystem::conformance::{Capabilities, TIME};
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use rustix::fs::XattrFlags;
use std::cell::RefCell;
use std::os::unix::fs::symlink;
use tempfile::TempDir;

thread_local! {
    /// The directories of this thread's tests; removed with the thread.
    static KEPT: RefCell<Vec<TempDir>> = const { RefCell::new(Vec::new()) };
}

fn handle(path: &std::path::Path) -> Dir {
    Dir::open_ambient_dir(path, ambient_authority()).unwrap()
}

fn empty() -> Box<dyn FileSystem> {
    let folder = TempDir::new().unwrap();
    let directory = Directory::open(handle(folder.path()), TIME, Owners::Root);
    KEPT.with_borrow_mut(|kept| kept.push(folder));
    Box::new(directory)
}

/// The namespaces that an ordinary user may use here: not every filesystem of the host has any.
fn namespaces() -> &'static [&'static str] {
    let folder = TempDir::new().unwrap();
    match fs::setxattr(folder.path(), "user.probe", b"", XattrFlags::empty()) {
        Ok(()) => &["user"],
        Err(_) => &[],
    }
}

// What an ordinary user may do on any filesystem of the host.
crate::filesystem_conformance!(
    empty,
    Capabilities {
        owners: false,
        xattrs: namespaces(),
        devices: false,
        sparse: false,
        ..Capabilities::LINUX
    }
);

fn path(text: &str) -> VolumePath {
    VolumePath::parse(text).unwrap()
}

#[test]
fn nothing_outside_is_reached_by_links() {
    let folder = TempDir::new().unwrap();
    let (inside, outside) = (folder.path().join("in"), folder.path().join("out"));
    for folder in [&inside, &outside] {
        std::fs::create_dir(folder).unwrap();
    }
    std::fs::write(outside.join("secret"), "secret").unwrap();
    symlink(&outside, inside.join("absolute")).unwrap();
    symlink("../out", inside.join("relative")).unwrap();
    symlink("/proc/self/root", inside.join("magic")).unwrap();
    symlink(outside.join("secret"), inside.join("file")).unwrap();
    let mut directory = Directory::open(handle(&inside), TIME, Owners::Root);
    for link in ["/absolute/secret", "/relative/secret", "/magic/etc/passwd"] {
        let path = path(link);
        let error = directory.read_at(&path, 0, &mut [0; 8]).unwrap_err();
        assert_eq!(error.kind(), Kind::NotADirectory, "{link}");
        assert!(directory.remove_file(&path).is_err());
        assert!(directory.set_mode(&path, 0o777).is_err());
    }
    let error = directory.write_at(&path("/file"), 0, b"x").unwrap_err();
    assert_eq!(error.kind(), Kind::NotAFile);
    let content = std::fs::read_to_string(outside.join("secret")).unwrap();
    assert_eq!(content, "secret");
}

#[test]
fn a_link_that_flickers_never_leads_outside() {
    let folder = TempDir::new().unwrap();
    let (inside, outside) = (folder.path().join("in"), folder.path().join("out"));
    for folder in [&inside, &outside] {
        std::fs::create_dir(folder).unwrap();
    }
    let real = inside.join("real");
    std::fs::create_dir(&real).unwrap();
    symlink(&outside, inside.join("link")).unwrap();
    let mut directory = Directory::open(handle(&inside), TIME, Owners::Root);
    std::thread::scope(|scope| {
        let flicker = scope.spawn(|| {
            for _ in 0..3000 {
                // `at` is a directory, then a link to the outside, and so on.
                std::fs::rename(&real, inside.join("at")).unwrap();
                std::fs::rename(inside.join("at"), &real).unwrap();
                std::fs::rename(inside.join("link"), inside.join("at")).unwrap();
                std::fs::rename(inside.join("at"), inside.join("link")).unwrap();
            }
        });
        let mut n = 0;
        while !flicker.is_finished() {
            n += 1;
            let _ = directory.create_file(&path(&format!("/at/{n}")), Ownership::root(0o644));
        }
    });
    assert_eq!(std::fs::read_dir(outside).unwrap().count(), 0);
}
