//! A world to test functions in: a small Debian-like volume in memory, with inputs.

use mintage_engine::{
    CompiledScript, Diagnostic, Limits, LogLine, PlanHost, PlanWorld, RunControl, RunMemory,
    Secret, Value,
};
use mintage_volume::filesystem::{Memory, Ownership, Timestamp};
use mintage_volume::path::VolumePath;
use mintage_volume::tree::{LastLink, Mount, VolumeTree};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// What runs here take for now: 2026-01-01.
pub(crate) const TIME: Timestamp = Timestamp {
    seconds: 1_767_225_600,
    nanoseconds: 0,
};

const DIRECTORIES: [&str; 17] = [
    "/boot/efi",
    "/etc/default",
    "/etc/firewalld",
    "/etc/ssh",
    "/etc/systemd",
    "/home/ops",
    "/root",
    "/run",
    "/srv",
    "/tmp",
    "/usr/bin",
    "/usr/lib/firewalld/services",
    "/usr/lib/firewalld/zones",
    "/usr/lib/systemd",
    "/usr/sbin",
    "/usr/share/zoneinfo/Europe",
    "/var/log/apt",
];

const LINKS: [(&str, &str); 5] = [
    ("/bin", "usr/bin"),
    ("/lib", "usr/lib"),
    ("/sbin", "usr/sbin"),
    ("/etc/os-release", "../usr/lib/os-release"),
    ("/usr/sbin/init", "../lib/systemd/systemd"),
];

const FILES: [(&str, &str); 22] = [
    (
        "/etc/default/grub",
        "GRUB_DEFAULT=0\nGRUB_TIMEOUT=5\nGRUB_DISTRIBUTOR=`lsb_release -i -s`\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n",
    ),
    (
        "/etc/firewalld/firewalld.conf",
        "DefaultZone=public\nLogDenied=off\n",
    ),
    (
        "/etc/group",
        "root:x:0:\nadm:x:4:ops\nshadow:x:42:\nops:x:1000:\n",
    ),
    ("/etc/hostname", "golden\n"),
    (
        "/etc/hosts",
        "127.0.0.1\tlocalhost\n127.0.1.1\tgolden.example.com golden\n\n# IPv6\n::1\tlocalhost ip6-localhost ip6-loopback\n",
    ),
    (
        "/etc/motd",
        "The programs included with this system are free software.\n",
    ),
    (
        "/etc/passwd",
        "root:x:0:0:root:/root:/bin/bash\nops:x:1000:1000:Operator,,,:/home/ops:/bin/bash\n",
    ),
    (
        "/etc/shadow",
        "root:*:20000:0:99999:7:::\nops:!:20000:0:99999:7:::\n",
    ),
    ("/etc/ssh/ssh_host_ed25519_key", "not a key\n"),
    (
        "/etc/ssh/sshd_config",
        "Include /etc/ssh/sshd_config.d/*.conf\n#PermitRootLogin prohibit-password\nUsePAM yes\n",
    ),
    (
        "/etc/systemd/timesyncd.conf",
        "# Defaults are commented out.\n\n[Time]\n#NTP=\nFallbackNTP=0.debian.pool.ntp.org\n",
    ),
    (
        "/usr/bin/ping",
        "\u{7f}ELF\u{2}\u{1}\u{1}\0\0\0\0\0\0\0\0\0\u{3}\0\u{3e}\0",
    ),
    (
        "/usr/bin/sh",
        "\u{7f}ELF\u{2}\u{1}\u{1}\0\0\0\0\0\0\0\0\0\u{3}\0\u{3e}\0",
    ),
    (
        "/usr/lib/os-release",
        "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nID=debian\n",
    ),
    (
        "/usr/lib/firewalld/services/http.xml",
        "<service>\n</service>\n",
    ),
    (
        "/usr/lib/firewalld/services/ssh.xml",
        "<service>\n</service>\n",
    ),
    (
        "/usr/lib/firewalld/zones/drop.xml",
        "<zone target=\"DROP\">\n</zone>\n",
    ),
    (
        "/usr/lib/firewalld/zones/public.xml",
        "<zone>\n  <service name=\"ssh\"/>\n</zone>\n",
    ),
    ("/usr/lib/systemd/systemd", ""),
    ("/usr/share/zoneinfo/Europe/Berlin", "TZif2"),
    ("/usr/share/zoneinfo/UTC", "TZif2"),
    ("/var/log/apt/history.log", "one\n"),
];

/// A world whose parts tests can set.
pub(crate) struct TestWorld {
    /// The volume.
    pub(crate) tree: VolumeTree,
    /// What was logged.
    pub(crate) lines: Vec<LogLine>,
    attributes: BTreeMap<String, Value>,
    profile: Value,
    identity: BTreeMap<String, Value>,
    templates: BTreeMap<String, String>,
    memory: RunMemory,
}

impl TestWorld {
    /// The small Debian-like volume, for the server `web01`.
    pub(crate) fn debian() -> Self {
        let mut world = Self::on(tree());
        world.fill().expect("the volume in memory takes all this");
        world
    }

    /// The layout of a real distribution, `rhel-9`, for the server `web01`.
    pub(crate) fn layout(name: &str) -> Self {
        let text = mintage_trees::layout(name).expect("a layout of this name");
        Self::on(mintage_volume::text::read(text, TIME).expect("the layout is a tree text"))
    }

    fn on(tree: VolumeTree) -> Self {
        let world = Self {
            tree,
            lines: Vec::new(),
            attributes: attributes(),
            profile: profile(),
            identity: BTreeMap::new(),
            templates: BTreeMap::new(),
            memory: RunMemory::default(),
        };
        world.with_template("motd.j2", "Rack {{ rack }}\n")
    }

    /// With one thing of the server's identity.
    pub(crate) fn with_identity(mut self, name: &str, value: Value) -> Self {
        self.identity.insert(name.to_owned(), value);
        self
    }

    /// With one more value in the server profile.
    pub(crate) fn with_profile(mut self, key: &str, value: Value) -> Self {
        if let Value::Map(entries) = &mut self.profile {
            entries.insert(key.to_owned(), value);
        }
        self
    }

    /// With one more template.
    pub(crate) fn with_template(mut self, name: &str, source: &str) -> Self {
        self.templates.insert(name.to_owned(), source.to_owned());
        self
    }

    /// With this content in a file.
    pub(crate) fn with_file(mut self, path: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Self {
        let written = self
            .tree
            .write(path, content.as_ref(), Ownership::root(0o644));
        written.expect("the volume in memory takes all this");
        self
    }

    /// The text of a file.
    pub(crate) fn text(&self, path: &str) -> String {
        String::from_utf8(self.tree.read(path, 1 << 30).unwrap()).unwrap()
    }

    fn fill(&mut self) -> mintage_volume::error::Result<()> {
        for path in DIRECTORIES {
            self.tree.make_dirs(path, Ownership::root(0o755))?;
        }
        for (path, target) in LINKS {
            self.tree.symlink(path, target, Ownership::root(0o777))?;
        }
        for (path, text) in FILES {
            self.tree
                .write(path, text.as_bytes(), Ownership::root(0o644))?;
        }
        self.tree
            .write("/var/log/apt/term.log", b"two\n", Ownership::root(0o644))?;
        self.tree
            .set_owner("/home/ops", 1000, 1000, LastLink::Follow)?;
        self.tree.set_mode("/etc/shadow", 0o640)?;
        self.tree
            .set_owner("/etc/shadow", 0, 42, LastLink::Follow)?;
        self.tree
            .set_xattr("/usr/bin/ping", "security.capability", &[1, 0, 0, 2])
    }
}

fn tree() -> VolumeTree {
    VolumeTree::new(Mount {
        point: VolumePath::root(),
        filesystem: Box::new(Memory::new(TIME)),
        read_only: false,
        source: "a test".to_owned(),
    })
}

fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    let entries = entries
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value));
    Value::Map(entries.collect())
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn attributes() -> BTreeMap<String, Value> {
    BTreeMap::from([
        ("HostName".to_owned(), text("web01")),
        (
            "OpsPassword".to_owned(),
            Value::Secret(Secret::new("correct horse")),
        ),
        (
            "ManagementNIC".to_owned(),
            map([
                ("mac", text("52:54:00:00:00:01")),
                ("cidr", text("192.0.2.10/24")),
            ]),
        ),
    ])
}

fn profile() -> Value {
    map([
        ("name", text("web01")),
        ("labels", map([("rack", text("r12"))])),
        ("hardware", map([("cpus", Value::Number(64))])),
    ])
}

impl PlanWorld for TestWorld {
    fn tree(&mut self) -> &mut VolumeTree {
        &mut self.tree
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        self.attributes.get(name).cloned()
    }

    fn profile(&self) -> Value {
        self.profile.clone()
    }

    fn identity(&self, name: &str) -> Option<Value> {
        self.identity.get(name).cloned()
    }

    fn template(&self, name: &str) -> Option<String> {
        self.templates.get(name).cloned()
    }

    fn seed(&self) -> &str {
        "web01"
    }

    fn time(&self) -> Timestamp {
        TIME
    }

    fn memory(&mut self) -> &mut RunMemory {
        &mut self.memory
    }

    fn log(&mut self, line: LogLine) {
        self.lines.push(line);
    }
}

/// Runs a script in a world, and gives the world back with what became of it.
pub(crate) fn run_in(world: TestWorld, source: &str) -> (TestWorld, Result<(), Box<Diagnostic>>) {
    let host = PlanHost::new(&crate::StandardLibrary, Limits::default());
    let script: CompiledScript = match host.compile("scripts/test.rhai", source) {
        Ok(script) => script,
        Err(diagnostic) => return (world, Err(diagnostic)),
    };
    let world = Arc::new(Mutex::new(world));
    let control = RunControl::new(std::time::Duration::from_secs(60));
    let result = host.run(&script, world.clone(), &control);
    let world = Arc::into_inner(world).expect("the run is over");
    (world.into_inner().expect("the run did not panic"), result)
}

/// Runs a script that must succeed in the Debian-like world.
pub(crate) fn run(source: &str) -> TestWorld {
    let (world, result) = run_in(TestWorld::debian(), source);
    if let Err(diagnostic) = result {
        panic!("{diagnostic:#?}");
    }
    world
}
