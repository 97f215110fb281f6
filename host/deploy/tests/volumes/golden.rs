//! A small golden image: a bare ext4 filesystem.

use mintage_volume::VolumePath;
use mintage_volume::block::{BlockDevice, FileDevice};
use mintage_volume::filesystem::ext4::Ext4;
use mintage_volume::filesystem::{Ownership, Timestamp};

use mintage_volume::volume::{TreeOptions, Volume};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

const FILES: &[(&str, &str)] = &[
    ("/etc/os-release", "ID=testing\nPRETTY_NAME=\"Testing 1\"\n"),
    ("/etc/hostname", "golden\n"),
    ("/etc/passwd", "root:x:0:0::/root:/bin/sh\n"),
    ("/bin/sh", "a shell\n"),
    ("/usr/share/doc", "text\n"),
];

/// Makes the image in a new file.
pub fn build(path: &Path) {
    let file = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(path)
        .unwrap();
    file.set_len(16 << 20).unwrap();
    let device: Arc<dyn BlockDevice> = Arc::new(FileDevice::writable(file).unwrap());
    Ext4::format(Arc::clone(&device), "root", [7; 16]).unwrap();
    let options = TreeOptions {
        time: Timestamp::default(),
        ..TreeOptions::default()
    };
    let mut tree = Volume::open(device).unwrap().open_tree(&options).unwrap();
    for (path, text) in FILES {
        let parent = VolumePath::parse(path).unwrap().parent().unwrap();
        tree.make_dirs(&parent, Ownership::root(0o755)).unwrap();
        let owner = Ownership::root(0o644);
        tree.write(path, text.as_bytes(), owner).unwrap();
    }
    tree.finish().unwrap();
}

/// The content of a file of an image.
pub fn read(image: &Path, path: &str) -> Option<String> {
    let device = FileDevice::read_only(File::open(image).unwrap()).unwrap();
    let options = TreeOptions {
        read_only: true,
        ..TreeOptions::default()
    };
    let volume = Volume::open(Arc::new(device)).unwrap();
    let tree = volume.open_tree(&options).unwrap();
    let bytes = tree.read(path, 1 << 20).ok()?;
    Some(String::from_utf8(bytes).unwrap())
}
