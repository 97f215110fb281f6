//! A volume in memory that plan scripts run over, and that real tools are then shown as a folder.

use mintage_engine::{
    Diagnostic, Limits, LogLine, PlanHost, PlanWorld, RunControl, RunMemory, Value,
};
use mintage_volume::filesystem::{FileKind, Ownership, Timestamp};
use mintage_volume::tree::VolumeTree;
use plan_stdlib::StandardLibrary;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the runs take for now: 2026-01-01.
const TIME: Timestamp = Timestamp {
    seconds: 1_767_225_600,
    nanoseconds: 0,
};

/// The most entries that are shown to a tool.
const MAX_ENTRIES: usize = 100_000;

/// The volume of the server `web01`.
#[derive(Debug)]
pub struct Guest {
    tree: VolumeTree,
    attributes: BTreeMap<String, Value>,
    identity: BTreeMap<String, Value>,
    templates: BTreeMap<String, String>,
    memory: RunMemory,
}

impl Guest {
    /// With the layout of a real distribution, `rhel-9`.
    ///
    /// # Panics
    /// When there is none of this name.
    pub fn layout(name: &str) -> Self {
        Self::text(mintage_trees::layout(name).expect("a layout of this name"))
    }

    /// With the files of a tree text.
    ///
    /// # Panics
    /// When it is none.
    pub fn text(text: &str) -> Self {
        Self {
            tree: mintage_volume::text::read(text, TIME).expect("a tree text"),
            attributes: BTreeMap::new(),
            identity: BTreeMap::new(),
            templates: BTreeMap::new(),
            memory: RunMemory::default(),
        }
    }

    /// With this content in a file, and the directories above it.
    ///
    /// # Panics
    /// When the volume does not take it.
    pub fn with_file(mut self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let (parent, _) = path.rsplit_once('/').expect("an absolute path");
        let root = Ownership::root(0o755);
        let made = self.tree.make_dirs(format!("{parent}/"), root);
        made.expect("a directory");
        let written = self
            .tree
            .write(path, content.as_ref(), Ownership::root(0o644));
        written.expect("a file");
        self
    }

    /// With a value of a custom attribute.
    pub fn with_attribute(mut self, name: &str, value: Value) -> Self {
        self.attributes.insert(name.to_owned(), value);
        self
    }

    /// With one thing of the server's identity.
    pub fn with_identity(mut self, name: &str, value: Value) -> Self {
        self.identity.insert(name.to_owned(), value);
        self
    }

    /// With a template of the plan library.
    pub fn with_template(mut self, name: &str, text: &str) -> Self {
        self.templates.insert(name.to_owned(), text.to_owned());
        self
    }

    /// Runs a script over the volume.
    ///
    /// # Panics
    /// When it cannot be compiled, or the run does not end in order.
    pub fn run(self, script: &str) -> (Self, Result<(), Box<Diagnostic>>) {
        let host = PlanHost::new(&StandardLibrary, Limits::default());
        let script = host
            .compile("scripts/test.rhai", script)
            .unwrap_or_else(|diagnostic| panic!("{diagnostic:#?}"));
        let world = Arc::new(Mutex::new(self));
        let control = RunControl::new(Duration::from_secs(60));
        let result = host.run(&script, world.clone(), &control);
        let world = Arc::into_inner(world).expect("the run is over");
        (world.into_inner().expect("the run did not panic"), result)
    }

    /// Runs a script that must succeed.
    ///
    /// # Panics
    /// When it does not.
    pub fn ran(self, script: &str) -> Self {
        let (guest, result) = self.run(script);
        if let Err(diagnostic) = result {
            panic!("{script}\n{diagnostic:#?}");
        }
        guest
    }

    /// The volume.
    pub fn tree(&self) -> &VolumeTree {
        &self.tree
    }

    /// The text of a file.
    ///
    /// # Panics
    /// When there is none.
    pub fn read(&self, path: &str) -> String {
        let content = self.tree.read(path, 1 << 30);
        let content = content.unwrap_or_else(|error| panic!("{error}"));
        String::from_utf8(content).expect("a text")
    }

    /// Writes the volume's directories, files and links into a new folder of the host, with their
    /// modes, and gives the folder. Owners and attributes are not taken over; device nodes are
    /// left out.
    ///
    /// # Panics
    /// When the host does not take it.
    pub fn export(&self, folder: impl Into<PathBuf>) -> PathBuf {
        let folder = folder.into();
        let entries = self.tree.walk("/", MAX_ENTRIES).expect("a walk");
        for entry in &entries {
            let path = entry.path.as_bytes();
            let at = below(&folder, path);
            match entry.metadata.kind {
                FileKind::Directory => fs::create_dir_all(&at).expect("a directory"),
                FileKind::File => {
                    let content = self.tree.read(path, 1 << 30).expect("a content");
                    fs::write(&at, content).expect("a file");
                    let mode = fs::Permissions::from_mode(entry.metadata.mode);
                    fs::set_permissions(&at, mode).expect("a mode");
                }
                FileKind::Symlink => {
                    let target = self.tree.read_link(path).expect("a target");
                    symlink(OsStr::from_bytes(&target), &at).expect("a link");
                }
                _ => {}
            }
        }
        folder
    }
}

fn below(folder: &Path, path: &[u8]) -> PathBuf {
    let relative = path.strip_prefix(b"/").unwrap_or(path);
    match relative {
        b"" => folder.to_owned(),
        relative => folder.join(OsStr::from_bytes(relative)),
    }
}

impl PlanWorld for Guest {
    fn tree(&mut self) -> &mut VolumeTree {
        &mut self.tree
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        self.attributes.get(name).cloned()
    }

    fn profile(&self) -> Value {
        Value::Map(BTreeMap::from([(
            "name".to_owned(),
            Value::Text("web01".to_owned()),
        )]))
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

    fn log(&mut self, _line: LogLine) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_script_writes_is_shown_as_a_folder() {
        let guest = Guest::text("/etc/\n/sbin -> usr/sbin\n")
            .with_file("/srv/www/index.html", "hello\n")
            .ran("file::write(\"/etc/motd\", \"hi\\n\", #{ mode: 0o600 });");
        assert_eq!(guest.read("/etc/motd"), "hi\n");
        let host = tempfile::tempdir().unwrap();
        let folder = guest.export(host.path().join("root"));
        let motd = folder.join("etc/motd");
        assert_eq!(fs::read_to_string(&motd).unwrap(), "hi\n");
        assert_eq!(
            fs::metadata(&motd).unwrap().permissions().mode() & 0o7777,
            0o600
        );
        assert_eq!(
            fs::read_link(folder.join("sbin")).unwrap(),
            Path::new("usr/sbin")
        );
        assert!(folder.join("srv/www/index.html").is_file());
    }
}
