//! `Machine`: a PC in QEMU that boots from an iSCSI target, and what it says on its console.

use mintage_test_support::Environment;
use mintage_test_support::lane::cache;
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// What the tiny Linux says when it is up, at the beginning of a line.
pub const BOOTED: &str = "BOOT-OK ";
/// How long a boot may take: the processor is emulated.
const PATIENCE: Duration = Duration::from_secs(180);

/// A disk behind an iSCSI target, and how to get to it.
#[derive(Debug, Clone)]
pub struct Disk {
    /// Its paths, `ADDRESS:PORT`.
    pub portals: Vec<String>,
    pub target: String,
    pub lun: u64,
    pub initiator: String,
    pub user: String,
    pub secret: String,
}

impl Disk {
    /// As the tools of libiscsi take it.
    pub fn url(&self) -> String {
        let Self {
            target,
            lun,
            user,
            secret,
            ..
        } = self;
        let portal = &self.portals[0];
        format!("iscsi://{user}%{secret}@{portal}/{target}/{lun}")
    }
}

/// A running machine. It is off when this is dropped.
#[derive(Debug)]
pub struct Machine {
    process: Child,
    pieces: Receiver<Vec<u8>>,
    console: String,
}

impl Machine {
    /// Switches on one whose firmware boots from the disk by its first path.
    pub fn start(environment: &Environment, disk: &Disk) -> Self {
        let secret = environment.path("chap-secret");
        fs::write(&secret, &disk.secret).unwrap();
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
        let object = format!("secret,id=chap,file={}", secret.display());
        let Disk {
            target,
            lun,
            initiator,
            user,
            ..
        } = disk;
        let drive = format!(
            "driver=iscsi,node-name=disk,transport=tcp,portal={},target={target},lun={lun},\
             initiator-name={initiator},user={user},password-secret=chap",
            disk.portals[0]
        );
        let scsi = [
            "-device",
            "virtio-scsi-pci",
            "-device",
            "scsi-hd,drive=disk,bootindex=0",
        ];
        let args = [["-object", &object, "-blockdev", &drive], scsi].concat();
        Self::switch_on(environment, &args)
    }

    /// Switches on one whose kernel reaches the disk itself, by all its paths.
    pub fn start_by_all_paths(environment: &Environment, disk: &Disk) -> Self {
        let Disk {
            target,
            initiator,
            user,
            secret,
            ..
        } = disk;
        let mut words = format!(
            "console=ttyS0 quiet ip4=10.0.2.15 initiator={initiator} target={target} user={user} \
             password={secret}"
        );
        let mut network = "user,id=net,restrict=on".to_owned();
        // QEMU tells what it forwards apart by the port alone.
        for (port, portal) in (3260..).zip(&disk.portals) {
            words += &format!(" portal=10.0.2.100:{port}");
            network += &format!(",guestfwd=tcp:10.0.2.100:{port}-tcp:{portal}");
        }
        let [kernel, initrd] = ["vmlinuz", "initrd"]
            .map(|name| cache(&format!("tiny-linux/{name}")).display().to_string());
        let boot = ["-kernel", &kernel, "-initrd", &initrd, "-append", &words];
        let card = ["-netdev", &network, "-device", "virtio-net-pci,netdev=net"];
        Self::switch_on(environment, &[boot.as_slice(), &card].concat())
    }

    /// Switches on one whose network card starts iPXE, with what DHCP tells as the boot file. `network` are more
    /// options of QEMU's own network.
    pub fn start_by_ipxe(environment: &Environment, boot_file: &str, network: &str) -> Self {
        let network = format!("user,id=net,bootfile={boot_file}{network}");
        let card = "virtio-net-pci,netdev=net,bootindex=0";
        Self::switch_on(environment, &["-netdev", &network, "-device", card])
    }

    fn switch_on(environment: &Environment, args: &[&str]) -> Self {
        let mut qemu = environment.program("qemu-system-x86_64");
        qemu.args([
            "-nographic",
            "-nodefaults",
            "-no-reboot",
            "-serial",
            "stdio",
        ]);
        // The processor of the host hangs where it is virtual itself.
        qemu.args(["-accel", "tcg", "-smp", "1", "-cpu", "max", "-m", "512"]);
        qemu.args(args);
        qemu.stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        let mut process = qemu.spawn().unwrap();
        let mut output = process.stdout.take().unwrap();
        let (send, pieces) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = output.read(&mut buffer) {
                if send.send(buffer[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            process,
            pieces,
            console: String::new(),
        }
    }

    /// What was on the console up to what was waited for.
    pub fn console(&self) -> &str {
        &self.console
    }

    /// The first whole line that begins with `beginning`.
    pub fn wait_for(&mut self, beginning: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let whole = self
                .console
                .rsplit_once('\n')
                .map_or("", |(whole, _)| whole);
            // The console ends a line twice.
            let mut lines = whole.lines().map(str::trim);
            let found = lines.find(|line| line.starts_with(beginning));
            if let Some(line) = found {
                return line.to_owned();
            }
            let rest = end.saturating_duration_since(Instant::now());
            let Ok(piece) = self.pieces.recv_timeout(rest) else {
                panic!("no `{beginning}` on the console:\n{}", self.console);
            };
            self.console.push_str(&String::from_utf8_lossy(&piece));
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
