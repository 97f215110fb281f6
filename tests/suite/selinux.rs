//! SELinux labels: those of our matching, and of files that a run makes on a real disk, equal those
//! of libselinux with Debian's policy.

use mintage_test_support::disk::small;
use mintage_test_support::environment::succeed;
use mintage_test_support::{Environment, Need, lane};
use mintage_volume::filesystem::FileKind;
use mintage_volume::selinux::{Labels, PolicyFiles};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const NEEDS: &[Need] = &[Need::Program("matchpathcon")];

/// Where `selinux-policy-default` builds its policy when it is installed.
const POLICY: &str = "/etc/selinux/default/contexts";

/// What an administrator adds; in forms that the policy itself has few of.
const LOCAL: &str = "\
    /srv/www(/.*)?  system_u:object_r:httpd_sys_content_t:s0\n\
    /srv/[]a-c-]x{2,3}  --  system_u:object_r:var_t:s0-s0:c0.c1023\n\
    /srv/{plain}\\+  system_u:object_r:etc_t:s0\n\
    /srv/a|/srv/b.*  system_u:object_r:usr_t:s0\n\
    /srv/[[:digit:]]+\\.\\w  -d  system_u:object_r:lib_t:s0\n\
    /srv/dir  -d  system_u:object_r:bin_t:s0\n\
    /srv/dir  --  <<none>>\n\
    /opt/own/.*?\\.conf$  --  system_u:object_r:etc_t:s0\n";
const SUBS: &str = "/export/home /home\n/data /srv/www\n/opt/root /\n";

const KINDS: [(&str, FileKind); 7] = [
    ("file", FileKind::File),
    ("dir", FileKind::Directory),
    ("lnk_file", FileKind::Symlink),
    ("chr_file", FileKind::CharDevice),
    ("blk_file", FileKind::BlockDevice),
    ("pipe", FileKind::Fifo),
    ("sock_file", FileKind::Socket),
];

/// A policy as an image has it, in a folder.
struct Policy {
    contexts: PathBuf,
}

impl Policy {
    /// Debian's with local additions, whose compiled forms are left out.
    fn in_folder(contexts: PathBuf) -> Self {
        fs::create_dir_all(contexts.join("files")).unwrap();
        for name in [
            "files/file_contexts",
            "files/file_contexts.homedirs",
            "files/file_contexts.subs_dist",
            "customizable_types",
        ] {
            fs::copy(Path::new(POLICY).join(name), contexts.join(name)).unwrap();
        }
        let policy = Self { contexts };
        fs::write(policy.file("file_contexts.local"), LOCAL).unwrap();
        fs::write(policy.file("file_contexts.subs"), SUBS).unwrap();
        policy
    }

    fn file(&self, name: &str) -> PathBuf {
        self.contexts.join("files").join(name)
    }

    fn labels(&self) -> Labels {
        let read = |name| fs::read(self.file(name)).unwrap();
        let files = PolicyFiles {
            file_contexts: read("file_contexts"),
            homedirs: read("file_contexts.homedirs"),
            local: read("file_contexts.local"),
            subs: read("file_contexts.subs"),
            subs_dist: read("file_contexts.subs_dist"),
            ..PolicyFiles::default()
        };
        Labels::parse(&files).unwrap()
    }

    /// What libselinux says, a label for each path.
    fn matchpathcon(&self, kind: &str, paths: &[Vec<u8>]) -> Vec<String> {
        let mut labels = Vec::new();
        for paths in paths.chunks(1000) {
            let mut command = Command::new("matchpathcon");
            command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
            command.arg("-n").arg("-m").arg(kind);
            command.arg("-f").arg(self.file("file_contexts"));
            command.args(paths.iter().map(|path| OsStr::from_bytes(path)));
            let said = succeed(&mut command);
            labels.extend(said.lines().map(str::to_owned));
        }
        assert_eq!(labels.len(), paths.len(), "a label for each path");
        labels
    }
}

/// Paths that the patterns of a policy are about, each in a few forms: whether or not they match
/// does not matter, only that they come near.
fn paths_near(patterns: &str) -> BTreeSet<Vec<u8>> {
    let mut paths = BTreeSet::new();
    for line in patterns.lines().filter(|line| line.starts_with('/')) {
        let pattern = line.split_whitespace().next().unwrap_or_default();
        for (all, some, one) in [
            ("", "a", "b"),
            ("/x/y.z", "1.2-3", "x"),
            ("/cgi-bin/logs", "so", "0"),
        ] {
            let path = pattern
                .replace("(/.*)?", all)
                .replace("(/.+)?", all)
                .replace("(.*/)?", if all.is_empty() { "" } else { "deep/er/" })
                .replace(".*", some)
                .replace(".+", some)
                .replace("[^/]*", some)
                .replace("[^/]+", one)
                .replace("[0-9]+", "7")
                .replace("[0-9]*", "")
                .replace("[0-9]", "3")
                .replace("\\.", "\u{1}")
                .replace('.', one)
                .replace('\u{1}', ".");
            let plain: String = alternatives(&path)
                .chars()
                .filter(|c| !"\\()?*+^$[]{}".contains(*c))
                .collect();
            // The tool cuts these itself.
            let plain = plain.replace("//", "/");
            let plain = plain.trim_end_matches('/');
            if plain.starts_with('/') {
                paths.insert(plain.as_bytes().to_vec());
            }
        }
    }
    paths
}

/// The first of all alternatives.
fn alternatives(pattern: &str) -> String {
    let mut text = String::new();
    let mut skipping = false;
    for c in pattern.chars() {
        match c {
            '|' => skipping = true,
            ')' => skipping = false,
            _ => {}
        }
        if !skipping {
            text.push(c);
        }
    }
    text
}

#[test]
fn labels_are_those_of_libselinux() {
    if !lane::can_run("selinux", NEEDS) {
        return;
    }
    let environment = Environment::new();
    let policy = Policy::in_folder(environment.path("contexts"));
    let mut paths = BTreeSet::new();
    for name in [
        "file_contexts",
        "file_contexts.homedirs",
        "file_contexts.local",
        "file_contexts.subs",
        "file_contexts.subs_dist",
    ] {
        paths.append(&mut paths_near(
            &fs::read_to_string(policy.file(name)).unwrap(),
        ));
    }
    let more = [
        "/",
        "/etc",
        "/etc/shadow",
        "/home",
        "/home/bob",
        "/home/bob/.ssh/authorized_keys",
        "/root/.ssh/id",
        "/export/home/bob/.ssh/id",
        "/data/x",
        "/opt/root/etc/shadow",
        "/lib64/ld.so",
        "/lib640",
        "/srv/]xx",
        "/srv/bxxx",
        "/srv/-xx",
        "/srv/dxx",
        "/srv/{plain}+",
        "/srv/ab",
        "/srv/xsrv/b",
        "/srv/12.x",
        "/srv/dir",
        "/opt/own/a/b.conf",
        "/opt/own/a.conf.d",
        "/etc/a b",
        "/etc/caf\u{e9}",
        "/proc/1",
        "/nowhere",
        "/var/run/x",
        "/etc/hosts\u{7f}",
    ];
    paths.extend(more.map(|path| path.as_bytes().to_vec()));
    paths.insert(b"/home/bob/\xff\xfe".to_vec());
    let paths: Vec<Vec<u8>> = paths.into_iter().collect();
    assert!(paths.len() > 5000, "{} paths", paths.len());
    let mut labels = policy.labels();
    for (name, kind) in KINDS {
        // All paths as files; of other kinds, which few specifications name, every eighth.
        let step = if kind == FileKind::File { 1 } else { 8 };
        let paths: Vec<Vec<u8>> = paths.iter().step_by(step).cloned().collect();
        let theirs = policy.matchpathcon(name, &paths);
        let known = theirs.iter().filter(|label| *label != "<<none>>").count();
        assert!(known > 500, "{known} labels for {name}");
        for (path, theirs) in paths.iter().zip(theirs) {
            let ours = labels.label(path, kind).unwrap().unwrap_or("<<none>>");
            assert_eq!(ours, theirs, "{name} {}", path.escape_ascii());
        }
    }
}

/// Makes files in every way that a script has.
const SCRIPT: &str = r#"
    hostname::set("web01");
    file::write("/etc/shadow-", "x\n");
    file::write("/etc/cron.d/job", "* * * * * root true\n");
    file::make_dir("/etc/ssh/sshd_config.d");
    file::append("/etc/ssh/sshd_config.d/10-own.conf", "PermitRootLogin no\n");
    file::symlink("/etc/localtime", "../usr/share/zoneinfo/UTC");
    file::write("/root/.ssh/authorized_keys", "ssh-ed25519 AAAA\n");
    file::write("/home/bob/.ssh/authorized_keys", "ssh-ed25519 AAAA\n");
    file::render("/var/www/html/index.html", "page.j2", #{});
    file::copy("/etc/hosts", "/var/www/html/hosts");
    file::write("/tmp/moved", "x");
    file::move("/tmp/moved", "/usr/local/bin/tool");
    file::make_dir("/srv/tree/below");
    file::write("/srv/tree/below/file", "x");
    file::copy("/srv/tree", "/var/lib/tree");
    file::move("/srv/tree", "/opt/tree");
    file::ensure_line("/etc/fstab", "tmpfs /tmp tmpfs defaults 0 0");
"#;

/// What the script makes or changes, and whether it is a file, a directory or a link.
const MADE: &[(&str, &str)] = &[
    ("/etc/hostname", "file"),
    ("/etc/hosts", "file"),
    ("/etc/fstab", "file"),
    ("/etc/shadow-", "file"),
    ("/etc/cron.d/job", "file"),
    ("/etc/ssh/sshd_config.d", "dir"),
    ("/etc/ssh/sshd_config.d/10-own.conf", "file"),
    ("/etc/localtime", "lnk_file"),
    ("/root/.ssh/authorized_keys", "file"),
    ("/home/bob/.ssh/authorized_keys", "file"),
    ("/var/www/html/index.html", "file"),
    ("/var/www/html/hosts", "file"),
    ("/usr/local/bin/tool", "file"),
    ("/var/lib/tree", "dir"),
    ("/var/lib/tree/below", "dir"),
    ("/var/lib/tree/below/file", "file"),
    ("/opt/tree", "dir"),
    ("/opt/tree/below/file", "file"),
];

#[test]
fn files_of_a_run_have_the_labels_of_libselinux() {
    let needs = [NEEDS, &[Need::Program("mke2fs"), Need::Program("debugfs")]].concat();
    if !lane::can_run("selinux", &needs) {
        return;
    }
    let environment = Environment::new();
    let policy = Policy::in_folder(environment.path("contexts"));
    let golden = small(&environment, "golden", |root| {
        let folder = root.join("etc/selinux/default");
        fs::create_dir_all(&folder).unwrap();
        fs::write(
            root.join("etc/selinux/config"),
            "SELINUX=enforcing\nSELINUXTYPE=default\n",
        )
        .unwrap();
        Policy::in_folder(folder.join("contexts"));
        for made in [
            "etc/cron.d",
            "root/.ssh",
            "home/bob/.ssh",
            "var/www/html",
            "usr/local/bin",
            "opt",
        ] {
            fs::create_dir_all(root.join(made)).unwrap();
        }
    });
    let library = environment.path("library");
    fs::create_dir_all(library.join("scripts")).unwrap();
    fs::create_dir_all(library.join("templates")).unwrap();
    let plan = "name = \"Labels\"\ntype = \"deploy\"\nsteps = [\"scripts/one.rhai\"]\n";
    fs::write(library.join("build-plan.toml"), plan).unwrap();
    fs::write(library.join("scripts/one.rhai"), SCRIPT).unwrap();
    fs::write(library.join("templates/page.j2"), "hello\n").unwrap();
    let out = environment.path("out.img");
    let mut run = environment.mintage(["run", "--seed", "x", "--image"]);
    succeed(run.arg(&golden).arg("--out").arg(&out).arg(&library));
    for (path, kind) in MADE {
        let value = environment.path("label");
        let request = format!("ea_get -f {} {path} security.selinux", value.display());
        succeed(
            environment
                .program("debugfs")
                .arg("-R")
                .arg(request)
                .arg(&out),
        );
        let stored = fs::read(&value).unwrap();
        fs::remove_file(&value).unwrap();
        let expected = policy.matchpathcon(kind, &[path.as_bytes().to_vec()]);
        let expected = format!("{}\0", expected[0]);
        assert_eq!(String::from_utf8_lossy(&stored), expected, "{path}");
    }
}
