//! Real disks for tests: the cached Debian images, and their partitions as the kernel mounts them.

use crate::environment::{Environment, project, succeed};
use crate::lane::cache;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

/// Where the root partition of the Debian disks starts, in bytes (tests/fixtures/debian-12/build).
pub const ROOT_START: u64 = 133_120 * 512;
/// Where their EFI system partition starts, and how long it is, in bytes.
pub const ESP: (u64, u64) = (1024 * 1024, 64 * 1024 * 1024);

/// One of the disks that tests/fixtures/debian-12/build makes: `debian-12`,
/// `ubuntu-24.04-features` or `debian-13`. Built when it is missing; never written to.
///
/// # Panics
/// When it cannot be built.
pub fn debian(name: &str) -> PathBuf {
    static BUILD: Mutex<()> = Mutex::new(());
    let _one_at_a_time = BUILD.lock();
    let folder = cache("debian-12");
    let image = folder.join(format!("{name}.img"));
    if !folder.join("built-by").exists() || !image.exists() {
        let script = project().join("tests/fixtures/debian-12/build");
        succeed(Command::new(script).arg(&folder));
    }
    image
}

/// A loop device over the part of a file from `start` on, taken away when dropped.
#[derive(Debug)]
pub struct LoopDevice {
    device: String,
}

impl LoopDevice {
    /// Attaches; `length` 0 means to the end.
    ///
    /// # Panics
    /// When the kernel refuses.
    pub fn attach(image: &Path, start: u64, length: u64) -> Self {
        let (start, length) = (start.to_string(), length.to_string());
        let mut command = Command::new("losetup");
        command
            .args(["-f", "--show", "-o", &start, "--sizelimit", &length])
            .arg(image);
        Self {
            device: succeed(&mut command).trim().to_owned(),
        }
    }

    /// Its path, `/dev/loop0`.
    pub fn path(&self) -> &Path {
        Path::new(&self.device)
    }
}

impl Drop for LoopDevice {
    fn drop(&mut self) {
        // A device that is busy is freed with its last user.
        let _ = Command::new("losetup").args(["-d", &self.device]).status();
    }
}

/// A filesystem that the kernel mounted, unmounted when dropped.
#[derive(Debug)]
pub struct Mounted {
    point: PathBuf,
    _device: LoopDevice,
}

impl Mounted {
    /// Mounts the filesystem at `start` of `image` on a new folder of `environment`.
    ///
    /// # Panics
    /// When the kernel refuses.
    pub fn new(environment: &Environment, image: &Path, start: u64, options: &str) -> Self {
        let device = LoopDevice::attach(image, start, 0);
        let name = device.device.trim_start_matches("/dev/").to_owned();
        let point = environment.path(&format!("mnt-{name}"));
        std::fs::create_dir_all(&point).expect("a folder to mount on");
        succeed(
            Command::new("mount")
                .args(["-o", options])
                .arg(device.path())
                .arg(&point),
        );
        Self {
            point,
            _device: device,
        }
    }

    /// Where it is mounted.
    pub fn point(&self) -> &Path {
        &self.point
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        unmount(&self.point);
    }
}

/// A new filesystem in a file, formatted and mounted by the kernel, unmounted when dropped.
#[derive(Debug)]
pub struct Formatted {
    point: PathBuf,
}

impl Formatted {
    /// Formats `size` bytes by `mkfs`, a program and its options, and mounts them.
    ///
    /// # Panics
    /// When the program or the kernel refuses.
    pub fn new(environment: &Environment, mkfs: &[&str], size: u64) -> Self {
        let (image, point) = (environment.path("disk"), environment.path("disk.mounted"));
        let file = std::fs::File::create(&image).expect("a file for the disk");
        file.set_len(size).expect("a sparse file");
        let (program, options) = mkfs.split_first().expect("a program that formats");
        succeed(environment.program(program).args(options).arg(&image));
        std::fs::create_dir(&point).expect("a folder to mount on");
        succeed(
            Command::new("mount")
                .args(["-o", "loop"])
                .arg(&image)
                .arg(&point),
        );
        Self { point }
    }

    /// Where it is mounted.
    pub fn point(&self) -> &Path {
        &self.point
    }
}

impl Drop for Formatted {
    fn drop(&mut self) {
        unmount(&self.point);
    }
}

/// Unmounts, with patience: a program that another test starts at this moment holds every open
/// file until it is itself, and a mount is busy as long.
fn unmount(point: &Path) {
    for _ in 0..100 {
        let unmounted = Command::new("umount").arg(point).output();
        if unmounted.is_ok_and(|output| output.status.success()) {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    // Whoever still holds it keeps it alone; the test's own assertion tells more than a failure.
    let _ = Command::new("umount").arg("--lazy").arg(point).status();
}

/// Copies an image so that holes stay holes.
///
/// # Panics
/// When the copy fails.
pub fn copy_sparse(from: &Path, to: &Path) {
    succeed(
        Command::new("cp")
            .args(["--sparse=always", "--reflink=auto"])
            .arg(from)
            .arg(to),
    );
}

/// Cuts `length` bytes from `start` of an image into a file of its own.
///
/// # Panics
/// When the copy fails.
pub fn extract(image: &Path, (start, length): (u64, u64), to: &Path) {
    let blocks = |bytes: u64| (bytes / 65536).to_string();
    let mut command = Command::new("dd");
    command
        .arg(format!("if={}", image.display()))
        .arg(format!("of={}", to.display()));
    command.args(["bs=64K", "conv=sparse", "status=none"]);
    command
        .arg(format!("skip={}", blocks(start)))
        .arg(format!("count={}", blocks(length)));
    succeed(&mut command);
}

/// A small golden image for tests that run hundreds of times: a bare ext4 with a Debian-like tree,
/// formatted by mke2fs from a folder, without root. `change` may add to the folder first.
///
/// # Panics
/// When mke2fs fails.
pub fn small(environment: &Environment, name: &str, change: impl FnOnce(&Path)) -> PathBuf {
    let tree = environment.path(&format!("{name}.tree"));
    for folder in [
        "etc/default",
        "etc/ssh",
        "usr/lib",
        "var/lib",
        "srv",
        "boot",
        "tmp",
        "root",
    ] {
        std::fs::create_dir_all(tree.join(folder)).expect("a folder");
    }
    for (path, text) in SMALL {
        std::fs::write(tree.join(path), text).expect("a file");
    }
    change(&tree);
    let image = environment.path(&format!("{name}.img"));
    let mut command = environment.program("mke2fs");
    command.args([
        "-q",
        "-F",
        "-t",
        "ext4",
        "-L",
        "root",
        "-E",
        "root_owner=0:0",
        "-d",
    ]);
    succeed(command.arg(&tree).arg(&image).arg("32M"));
    std::fs::remove_dir_all(&tree).expect("the folder goes");
    image
}

/// What the small image holds.
const SMALL: &[(&str, &str)] = &[
    ("etc/hostname", "golden\n"),
    ("etc/hosts", "127.0.0.1\tlocalhost\n127.0.1.1\tgolden\n"),
    ("etc/fstab", "LABEL=root / ext4 defaults 0 1\n"),
    ("etc/passwd", "root:x:0:0:root:/root:/bin/bash\n"),
    ("etc/group", "root:x:0:\n"),
    (
        "etc/os-release",
        "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n",
    ),
];
