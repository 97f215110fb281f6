//! The NBD client with a real server: qemu-nbd.

use mintage_test_support::{Environment, Need, lane};
use mintage_volume::block::nbd::dial;
use mintage_volume::block::{BlockDevice, NbdDevice, Slice, conformance, open_descriptor};
use std::cell::Cell;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::{Duration, Instant};

const NEEDS: &[Need] = &[Need::Program("qemu-nbd")];

/// Servers over files of a folder, which end with their last client.
struct Servers {
    environment: Environment,
    started: Cell<u32>,
}

impl Servers {
    fn new() -> Self {
        Self {
            environment: Environment::new(),
            started: Cell::new(0),
        }
    }

    /// Starts one over a file of `len` bytes without data; its socket.
    fn start(&self, len: u64, options: &[&str]) -> (PathBuf, File, Child) {
        let number = self.started.replace(self.started.get() + 1);
        let path = |name: &str| self.environment.path(&format!("{name}-{number}"));
        let (image, socket) = (path("image"), path("socket"));
        let file = File::create_new(&image).unwrap();
        file.set_len(len).unwrap();
        let child = Command::new("qemu-nbd")
            .args(["--format=raw", "--shared=4"])
            .args(options)
            .arg("--socket")
            .args([&socket, &image])
            .spawn()
            .unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while !socket.exists() {
            assert!(Instant::now() < deadline, "qemu-nbd does not start");
            std::thread::sleep(Duration::from_millis(5));
        }
        (socket, file, child)
    }
}

#[test]
fn a_device_of_qemu_nbd_conforms() {
    if lane::can_run("nbd", NEEDS) {
        let servers = Servers::new();
        conformance::check(|len| {
            let (socket, _, _) = servers.start(len, &[]);
            let device = NbdDevice::writable(dial(&socket).unwrap()).unwrap();
            // It serves whole sectors.
            assert_eq!(device.len(), len.next_multiple_of(512));
            Slice::new(Arc::new(device), 0, len).unwrap()
        });
        conformance::check_read_only(|len| {
            let (socket, _, _) = servers.start(len, &[]);
            NbdDevice::read_only(dial(&socket).unwrap()).unwrap()
        });
    }
}

#[test]
fn holes_are_known_over_the_wire() {
    if lane::can_run("nbd", NEEDS) {
        let servers = Servers::new();
        let (socket, file, _server) = servers.start(8 << 30, &["--read-only"]);
        file.write_all_at(&[7; 65_536], 5 << 30).unwrap();
        let device = open_descriptor(File::from(dial(&socket).unwrap())).unwrap();
        assert_eq!(device.len(), 8 << 30);
        let data = (5 << 30)..(5 << 30) + 65_536;
        assert_eq!(device.next_data(0).unwrap(), Some(data.clone()));
        assert_eq!(device.next_data(data.end).unwrap(), None);
        let refused = NbdDevice::writable(dial(&socket).unwrap()).unwrap_err();
        assert!(refused.to_string().contains("read-only"), "{refused}");
    }
}

#[test]
fn a_server_that_is_killed_is_an_error() {
    if lane::can_run("nbd", NEEDS) {
        let servers = Servers::new();
        let (socket, _, mut server) = servers.start(1 << 20, &[]);
        let device = NbdDevice::writable(dial(&socket).unwrap()).unwrap();
        device.write_at(3, b"there").unwrap();
        server.kill().unwrap();
        server.wait().unwrap();
        for _ in 0..2 {
            let error = device.read_at(3, &mut [0; 5]).unwrap_err();
            assert!(error.to_string().contains("NBD server is lost"), "{error}");
        }
    }
}
