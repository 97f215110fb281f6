//! A disk of 4 GiB into the real service and out of it again, in several formats, and how much memory
//! the service and its workers take for that.

use mintage_test_support::environment::succeed;
use mintage_test_support::{Environment, Need, Server, lane};
use serde_json::{Value as Json, json};
use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const NEEDS: &[Need] = &[
    Need::Program("curl"),
    Need::Program("mke2fs"),
    Need::Program("sfdisk"),
    Need::Program("python3"),
    Need::Program("sha256sum"),
    Need::Program("unzip"),
    Need::Program("zstd"),
];
/// The most memory that the service may ever have, in bytes.
const MEMORY: u64 = 100 << 20;
const DISK: u64 = 4 << 30;
/// An ext4 of 1 GiB begins at the first mebibyte; behind it come 320 MiB of noise in 80 places, which
/// no compression makes shorter.
const PLACES: u64 = 80;
const NOISE: usize = 4 << 20;
/// What must be free before the test begins, in bytes: the disk three times, without its zeros.
const SPACE: u64 = 4 << 30;

fn write_disk(environment: &Environment, path: &Path) {
    let tree = environment.path("tree");
    fs::create_dir_all(tree.join("etc")).unwrap();
    fs::write(tree.join("etc/os-release"), "PRETTY_NAME=\"Debian 12\"\n").unwrap();
    let file = File::create(path).unwrap();
    file.set_len(DISK).unwrap();
    let partitions = "label: gpt\nstart=1MiB, size=1GiB\nstart=1025MiB\n";
    fs::write(environment.path("partitions"), partitions).unwrap();
    let mut sfdisk = environment.program("sh");
    let script =
        "sfdisk -q \"$0\" < partitions && mke2fs -q -t ext4 -d tree -E offset=1048576 \"$0\" 1G";
    succeed(sfdisk.args(["-c", script]).arg(path));
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut noise = vec![0; NOISE];
    let second = 1025 << 20;
    for place in 0..PLACES {
        for word in noise.as_chunks_mut::<8>().0 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *word = state.to_le_bytes();
        }
        // None of the places begins with a mebibyte.
        let at = second + (DISK - second - (8 << 20)) / PLACES * place / 512 * 512 + 512;
        file.write_all_at(&noise, at).unwrap();
    }
}

/// Runs `script` with `mintage`, a `curl` that is set up for the service, in the environment's folder.
fn shell(environment: &Environment, server: &Server<'_>, script: &str) -> String {
    let set_up =
        "mintage() { curl -sS --fail-with-body --cacert \"$CERT\" -H \"auth: $AUTH\" \"$@\"; }";
    let mut command = environment.program("bash");
    command.args(["-euo", "pipefail", "-c", &format!("{set_up}\n{script}")]);
    command.env("CERT", server.certificate());
    command.env("AUTH", server.session.as_deref().unwrap());
    command.env("SERVICE", server.url());
    command.env("URL", format!("{}/rest/golden-images", server.url()));
    succeed(&mut command)
}

/// The golden image of a task that went well.
fn made(server: &Server<'_>, accepted: &str) -> Json {
    let accepted: Json = serde_json::from_str(accepted).unwrap();
    let uri = accepted["uri"].as_str().unwrap();
    let end = Instant::now() + Duration::from_secs(600);
    while Instant::now() < end {
        let task = server.get(&format!("{uri}?wait=20")).json();
        match task["taskState"].as_str().unwrap_or_default() {
            "Completed" => {
                let made = task["associatedResource"]["resourceUri"].as_str().unwrap();
                return server.get(made).json();
            }
            "Warning" | "Error" | "Terminated" => panic!("{task}"),
            _ => {}
        }
    }
    panic!("the task does not end: {}", server.get(uri).json());
}

/// The most memory that a worker of the service had at once, in bytes, as far as looking often tells.
#[derive(Default)]
struct Workers {
    most: AtomicU64,
    seen: AtomicBool,
    ended: AtomicBool,
}

impl Workers {
    fn watch(&self, server: u32) {
        while !self.ended.load(Ordering::Relaxed) {
            for process in fs::read_dir("/proc").unwrap().flatten() {
                // Most are none, or have ended meanwhile.
                let status = fs::read_to_string(process.path().join("status")).unwrap_or_default();
                let field = |name: &str| -> Option<u64> {
                    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
                    line.trim().trim_end_matches(" kB").parse().ok()
                };
                if field("PPid:") == Some(server.into()) {
                    self.seen.store(true, Ordering::Relaxed);
                    let peak = field("VmHWM:").unwrap_or_default() * 1024;
                    self.most.fetch_max(peak, Ordering::Relaxed);
                }
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

#[test]
fn four_gibibytes_in_and_out_with_less_than_100_mebibytes_of_memory() {
    if !lane::can_run("golden_images", NEEDS) {
        return;
    }
    let environment = Environment::as_released();
    lane::need_space(environment.folder(), SPACE);
    let server = Server::start(&environment, &[]);
    let workers = Workers::default();
    thread::scope(|scope| {
        scope.spawn(|| workers.watch(server.pid()));
        // The watch ends also when something fails.
        let _end = End(&workers.ended);
        every_format(&environment, &server);
    });
    let (server, worker) = (server.peak_memory(), workers.most.into_inner());
    println!(
        "peak of the service {} MiB, of a worker {} MiB",
        server >> 20,
        worker >> 20
    );
    assert!(server < MEMORY, "{server}");
    assert!(workers.seen.into_inner() && worker < MEMORY, "{worker}");
}

struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The lines of the documentation that compute the sum of a disk.
fn documented_python() -> String {
    let page = fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../docs/golden-images.md"
    ));
    let (_, rest) = page.as_ref().unwrap().split_once("```python\n").unwrap();
    let (python, _) = rest.split_once("```").unwrap();
    assert!(!python.contains('\''), "it goes into quotes of the shell");
    python.to_owned()
}

fn every_format(environment: &Environment, server: &Server<'_>) {
    write_disk(environment, &environment.path("disk.img"));
    let run = |what: &str, script: &str| {
        let told = shell(environment, server, script);
        let peak = server.peak_memory();
        assert!(peak < MEMORY, "{what}: {peak}");
        told
    };
    let sum = |script: &str| {
        run("sum", script)
            .split_whitespace()
            .next()
            .map(str::to_owned)
    };
    let sha256 = sum("sha256sum disk.img");
    let volume_sum = sum(&format!("python3 -c '{}' disk.img", documented_python()));
    let check = |image: &Json| {
        assert_eq!(
            (&image["size"], &image["volumeSum"]),
            (&json!(DISK), &json!(volume_sum))
        );
        assert_eq!(image["inspection"]["system"], "Debian 12", "{image}");
        image["id"].as_str().unwrap().to_owned()
    };

    let declared = json!({ "name": "pieces", "format": "raw", "size": DISK });
    let upload = server.post("/rest/golden-images/uploads", &declared).json();
    let uri = upload["uri"].as_str().unwrap();
    let pieces = format!(
        "for n in 0 1 2 3; do tail -c +$((n << 30 | 1)) disk.img | head -c 1G | \
         mintage -T - -H \"Content-Range: bytes $((n << 30))-$(((n + 1 << 30) - 1))/*\" \
         \"$SERVICE{uri}\" > answer; done; cat answer"
    );
    // `tail` may still write when `head` has enough.
    let accepted = run("raw up, in pieces", &format!("set +o pipefail; {pieces}"));
    let id = check(&made(server, &accepted));

    run(
        "down",
        &format!("mintage -o wire.zip \"$URL/download/{id}\""),
    );
    assert_eq!(sum("unzip -p wire.zip | sha256sum"), sha256);
    for (what, pack, form) in [
        ("wire", "true", "'file=@wire.zip' \"$URL?name=wire\""),
        (
            "zstd",
            "zstd -q -1 --rm disk.img",
            "'file=@disk.img.zst' \"$URL?name=zstd&format=zstd\"",
        ),
    ] {
        run(
            "delete",
            &format!("mintage -X DELETE \"$URL/{id}\" || true; {pack}"),
        );
        let accepted = run(what, &format!("mintage -F {form}"));
        check(&made(server, &accepted));
    }
    let left = fs::read_dir(server.data().join("incoming"))
        .unwrap()
        .count();
    assert_eq!(left, 0);
}
