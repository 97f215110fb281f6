//! `Ceph`: a real Ceph cluster of its own for tests, one monitor, one manager and one store in memory, as
//! plain processes; it ends and its folder goes with the process that started it, however that ends.

use crate::lane::{Need, can_run};
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const NEEDS: [Need; 5] = [
    Need::Program("ceph-mon"),
    Need::Program("ceph-mgr"),
    Need::Program("ceph-osd"),
    Need::Program("rbd"),
    Need::Program("qemu-nbd"),
];
/// How long it may take to start, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running cluster.
#[derive(Debug)]
pub struct Ceph {
    folder: PathBuf,
    pools: AtomicU32,
    /// A shell that waits for the end of its input, which comes when this process is gone, and then ends
    /// the daemons by their numbers.
    keeper: Child,
    daemons: Vec<Child>,
}

impl Ceph {
    /// The one that a test binary shares, or none where Ceph is not installed, in which case the lane `name`
    /// is skipped loudly, and fails in CI.
    pub fn shared(name: &str) -> Option<&'static Self> {
        static SHARED: OnceLock<Ceph> = OnceLock::new();
        can_run(name, &NEEDS).then(|| SHARED.get_or_init(Self::start))
    }

    /// Starts a new one.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("mintage-ceph-").tempdir();
        let folder = folder.expect("a temporary folder").keep();
        let stop = "read -r _; for f in \"$1\"/*.number; do read -r n < \"$f\" && kill -9 \"$n\"; done; \
                    sleep 0.2; rm -rf \"$1\"";
        let keeper = Command::new("sh")
            .args(["-c", stop, "keeper"])
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C in the terminal ends the tests; the keeper must outlive them.
            .process_group(0)
            .spawn()
            .expect("sh");
        let mut cluster = Self {
            folder,
            pools: AtomicU32::new(0),
            keeper,
            daemons: Vec::new(),
        };
        let (one, two) = (free_port(), free_port());
        let addresses = format!("[v2:127.0.0.1:{one},v1:127.0.0.1:{two}]");
        let id = uuid();
        let text = configuration(&cluster.folder, &id, &addresses);
        std::fs::write(cluster.conf(), text).expect("ceph.conf");
        let map = cluster.path("monmap");
        cluster.run(
            "monmaptool",
            &["--create", "--addv", "a", &addresses, "--fsid", &id, &map],
        );
        cluster.run("ceph-mon", &["-i", "a", "--mkfs", "--monmap", &map]);
        cluster.daemon("ceph-mon", "a");
        cluster.daemon("ceph-mgr", "x");
        let store = uuid();
        let number = cluster.ceph(&["osd", "new", &store]);
        std::fs::create_dir(cluster.folder.join("osd")).expect("a folder");
        cluster.run("ceph-osd", &["-i", &number, "--mkfs", "--osd-uuid", &store]);
        cluster.daemon("ceph-osd", &number);
        cluster.wait_for("osd stat", "1 up");
        cluster
    }

    /// Its configuration file.
    pub fn conf(&self) -> PathBuf {
        self.folder.join("ceph.conf")
    }

    /// A new pool for images.
    pub fn pool(&self) -> String {
        let number = self.pools.fetch_add(1, Ordering::Relaxed);
        let name = format!("pool-{number}");
        self.ceph(&["osd", "pool", "create", &name, "8", "8"]);
        self.rbd(&["pool", "init", &name]);
        // Its space is known when the store has told of itself.
        self.wait_until("df --format json", |answer| {
            answer.contains(&format!("\"{name}\"")) && !answer.contains("\"max_avail\":0")
        });
        name
    }

    /// Calls `ceph`; returns what it prints.
    pub fn ceph(&self, arguments: &[&str]) -> String {
        self.run("ceph", arguments)
    }

    /// Calls `rbd`; returns what it prints.
    pub fn rbd(&self, arguments: &[&str]) -> String {
        self.run("rbd", arguments)
    }

    /// Waits until `ceph QUESTION` answers with `text` in it.
    ///
    /// # Panics
    /// When it does not in two minutes.
    pub fn wait_for(&self, question: &str, text: &str) {
        self.wait_until(question, |answer| answer.contains(text));
    }

    fn wait_until(&self, question: &str, is_it: impl Fn(&str) -> bool) {
        let arguments: Vec<&str> = question.split(' ').collect();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.ceph(&arguments);
            if is_it(&answer) {
                return;
            }
            assert!(Instant::now() < deadline, "`ceph {question}` says {answer}");
            thread::sleep(Duration::from_millis(100));
        }
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn daemon(&mut self, program: &str, id: &str) {
        let log = std::fs::File::create(self.folder.join(format!("{program}.out")));
        let log = log.expect("a file");
        let child = Command::new(program)
            .args(["-f", "-i", id, "--conf"])
            .arg(self.conf())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .process_group(0)
            .spawn()
            .expect(program);
        let number = self.folder.join(format!("{program}.number"));
        std::fs::write(number, format!("{}\n", child.id())).expect("a file");
        self.daemons.push(child);
    }

    fn run(&self, program: &str, arguments: &[&str]) -> String {
        // `monmaptool` wants to stand before its arguments.
        let output = Command::new("timeout")
            .args([&PATIENCE.as_secs().to_string(), program])
            .args(arguments)
            .env("CEPH_CONF", self.conf())
            .current_dir(&self.folder)
            .output()
            .expect("timeout");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_owned()
    }
}

impl Drop for Ceph {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // They are gone or they are not: nothing to do about it here.
        let _ = self.keeper.wait();
        for daemon in &mut self.daemons {
            let _ = daemon.wait();
        }
    }
}

/// A small cluster whose pools keep one copy. Nobody has to say who they are.
fn configuration(folder: &Path, id: &str, addresses: &str) -> String {
    let folder = folder.display();
    format!(
        "[global]
fsid = {id}
mon host = {addresses}
auth cluster required = none
auth service required = none
auth client required = none
auth allow insecure global id reclaim = false
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
run dir = {folder}
admin socket = {folder}/$name.$pid.asok
log file = {folder}/$name.log
mon cluster log file = {folder}/cluster.log
mon data = {folder}/mon
mgr data = {folder}/mgr
osd data = {folder}/osd
osd objectstore = memstore
memstore device bytes = 2147483648
osd pool default size = 1
osd pool default min size = 1
osd crush chooseleaf type = 0
osd crush update on start = true
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon allow pool delete = true
mon data avail crit = 1
mon data avail warn = 2
mgr initial modules =
rbd default features = 61
[client]
admin socket =
log file =
"
    )
}

fn uuid() -> String {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/uuid");
    id.expect("a uuid of the kernel").trim().to_owned()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}
