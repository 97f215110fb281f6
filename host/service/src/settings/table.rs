//! `table`: every setting, described once: for `--help`, `mintage config show`, the documentation,
//! and for reading it.

use super::form::Form;
use mintage_deploy::Limits;
use std::sync::LazyLock;

/// The port where a service that is not root's listens.
const USER_PORT: &str = "127.0.0.1:8443";

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// `listen`; in a section: `log.level`.
    pub name: String,
    /// As a flag, without the dashes: `log-level`.
    pub flag: String,
    /// As a variable of the environment: `MINTAGE_LOG_LEVEL`.
    pub variable: String,
    /// How its value is written.
    pub form: Form,
    /// What it is when nobody says.
    pub default: Default,
    /// Whether its value is never shown.
    pub secret: bool,
    /// What it is for, in sentences.
    pub help: String,
}

/// What a setting is when nobody says.
#[derive(Debug)]
pub enum Default {
    /// Not set; then this happens.
    Unset(&'static str),
    /// A value.
    Value(String),
    /// A value that depends on the machine or user, and how that is described.
    Computed(fn() -> String, &'static str),
}

impl Default {
    /// The value, as it would be written.
    pub fn value(&self) -> Option<String> {
        match self {
            Self::Unset(_) => None,
            Self::Value(value) => Some(value.clone()),
            Self::Computed(compute, _) => Some(compute()),
        }
    }

    /// The same for every user and machine.
    pub fn description(&self) -> &str {
        match self {
            Self::Unset(what) | Self::Computed(_, what) => what,
            Self::Value(value) => value,
        }
    }
}

impl Setting {
    fn new(name: &str, form: Form, default: Default, help: &str) -> Self {
        let flag = name.replace('.', "-");
        Self {
            name: name.to_owned(),
            variable: format!("MINTAGE_{}", flag.replace('-', "_").to_uppercase()),
            flag,
            form,
            default,
            secret: false,
            help: help.to_owned(),
        }
    }

    /// Its section, and its key there.
    pub fn place(&self) -> (Option<&str>, &str) {
        match self.name.split_once('.') {
            Some((section, key)) => (Some(section), key),
            None => (None, &self.name),
        }
    }
}

/// Every setting, section by section.
pub fn table() -> &'static [Setting] {
    static TABLE: LazyLock<Vec<Setting>> = LazyLock::new(|| {
        let mut all = general();
        all.extend(http());
        all.extend(operation());
        all.extend(retention());
        all.extend(export());
        all.extend(boot());
        all.extend(limits());
        all
    });
    &TABLE
}

fn general() -> Vec<Setting> {
    let value = |text: &str| Default::Value(text.to_owned());
    vec![
        Setting::new(
            "listen",
            Form::Address,
            Default::Computed(
                || (if is_root() { "[::]:443" } else { USER_PORT }).to_owned(),
                "[::]:443 as root, else 127.0.0.1:8443",
            ),
            "Where HTTPS is served. Port 0 is any free one.",
        ),
        Setting::new(
            "data",
            Form::Folder,
            Default::Computed(
                data_folder,
                "$STATE_DIRECTORY, else /var/lib/mintage as root, else ~/.local/share/mintage",
            ),
            "Where images, the database, the certificate and the keys are kept. One process at a time.",
        ),
        Setting::new(
            "store",
            Form::Text("URL"),
            value("file:"),
            "Where volumes are kept: file: is the data folder, file:/PATH another folder, rbd://POOL a Ceph pool. Clones share blocks on XFS and btrfs.",
        ),
        Setting {
            secret: true,
            ..Setting::new(
                "database",
                Form::Text("URL"),
                Default::Unset("records.db in the data folder"),
                "Where the records are: sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME.",
            )
        },
        Setting::new(
            "ready-file",
            Form::File,
            Default::Unset("none is written"),
            "A file that is written when the service is ready: its URL and certificate, as JSON.",
        ),
        Setting::new(
            "tls.certificate",
            Form::File,
            Default::Unset("the service makes its own"),
            "The certificate in PEM, with those between it and its authority.",
        ),
        Setting::new(
            "tls.key",
            Form::File,
            Default::Unset("the service makes its own"),
            "The private key of `tls.certificate`, in PEM.",
        ),
        Setting::new(
            "tls.names",
            Form::Text("NAMES"),
            Default::Unset("the name and addresses of the machine"),
            "More names and addresses for the certificate that the service makes, with commas between.",
        ),
        Setting::new(
            "log.level",
            Form::Text("FILTER"),
            value("info"),
            "What is logged: off, error, warn, info, debug, trace; of one part: info,mintage_deploy=debug.",
        ),
        Setting::new(
            "log.format",
            Form::Choice(&["human", "json"]),
            value("human"),
            "How log lines look.",
        ),
    ]
}

fn http() -> Vec<Setting> {
    let value = |text: &str| Default::Value(text.to_owned());
    vec![
        Setting::new(
            "http.connections",
            Form::Count,
            value("1000"),
            "The most connections at the same time; more are closed at once.",
        ),
        Setting::new(
            "http.handshake-timeout",
            Form::Duration,
            value("10 s"),
            "How long a TLS handshake may take.",
        ),
        Setting::new(
            "http.header-timeout",
            Form::Duration,
            value("30 s"),
            "How long the head of a request may take, and a connection may wait for the next.",
        ),
        Setting::new(
            "http.body-timeout",
            Form::Duration,
            value("60 s"),
            "How long the body of a request or reply may pause.",
        ),
        Setting::new(
            "http.linger",
            Form::Duration,
            value("10 s"),
            "How long what a client still sends is thrown away when its request is refused: many hear the refusal only then.",
        ),
        Setting::new(
            "http.grace",
            Form::Duration,
            value("30 s"),
            "How long requests may go on after the service was asked to stop.",
        ),
    ]
}

fn operation() -> Vec<Setting> {
    vec![
        Setting::new(
            "metrics.listen",
            Form::Address,
            Default::Unset("only with the API, to users who may read"),
            "Where metrics are served as well, by plain HTTP and to everybody: only for a network that is trusted.",
        ),
        Setting::new(
            "health.free-space",
            Form::Size,
            Default::Value("1 GiB".to_owned()),
            "The service is not ready when the data folder has less free space.",
        ),
        Setting::new(
            "health.store-space",
            Form::Size,
            Default::Value("10 GiB".to_owned()),
            "An alert tells when the store of volumes has less free space.",
        ),
    ]
}

fn retention() -> Vec<Setting> {
    let value = |text: &str| Default::Value(text.to_owned());
    vec![
        Setting::new(
            "retention.tasks",
            Form::Duration,
            value("365 d"),
            "How long a task that has ended is kept.",
        ),
        Setting::new(
            "retention.events",
            Form::Count,
            value("1000000"),
            "How many events are kept, the newest.",
        ),
        Setting::new(
            "retention.old-volumes",
            Form::Duration,
            value("7 d"),
            "How long the volume is kept that a server had before its redeployment. With 0 s it is \
             removed at once, and nothing can be rolled back.",
        ),
        Setting::new(
            "retention.old-volumes-at-most",
            Form::Count,
            value("5"),
            "How many of them a server has: with one more, the oldest is removed.",
        ),
    ]
}

fn export() -> Vec<Setting> {
    let value = |text: &str| Default::Value(text.to_owned());
    vec![
        Setting::new(
            "export.daemons",
            Form::Choice(&["off", "own", "external"]),
            value("off"),
            "Who offers OS volumes to their servers over iSCSI: nobody, daemons (tgtd) that the service starts, or such that run already.",
        ),
        Setting::new(
            "export.portals",
            Form::Addresses,
            Default::Unset("must be set to export volumes"),
            "Where servers reach their volumes, with commas between. Each is a path of its own: with own daemons, each has one.",
        ),
        Setting::new(
            "export.control-ports",
            Form::Ports,
            Default::Unset("must be set for external daemons"),
            "The control port (tgtd -C) of the external daemon of each portal, with commas between.",
        ),
        Setting::new(
            "export.iqn-prefix",
            Form::IscsiName,
            Default::Unset("iqn.2026-11.internal.mintage; must be set for external daemons"),
            "What the names of targets and initiators begin with. No other service may use it at the same daemons.",
        ),
        Setting::new(
            "export.mutual-chap",
            Form::Choice(&["no", "yes"]),
            value("no"),
            "Whether targets prove themselves to servers too, in profiles that are made from now on. \
             Such servers cannot boot by iPXE with BIOS: its iBFT has no space for the names.",
        ),
    ]
}

fn boot() -> Vec<Setting> {
    vec![Setting::new(
        "boot.listen",
        Form::Address,
        Default::Unset("only by HTTPS, with the API"),
        "Where iPXE scripts, and nothing else, are served by plain HTTP as well. A script has the CHAP secret of its \
         server, and whoever listens on the way reads it: only on a network for provisioning that nobody else is in.",
    )]
}

fn limits() -> Vec<Setting> {
    let defaults = serde_json::to_value(Limits::default()).unwrap_or_default();
    let rows = Limits::DESCRIPTIONS.iter().map(|(field, help)| {
        let key = field.replace('_', "-");
        let default = defaults[&key].as_u64().unwrap_or_default();
        let form = match help.contains("in bytes") {
            true => Form::Size,
            false => Form::Count,
        };
        let default = Default::Value(form.written(default));
        Setting::new(&format!("limits.{key}"), form, default, help.trim())
    });
    rows.collect()
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn data_folder() -> String {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    // systemd gives a service its folder by this name; of several, the first.
    let given = variable("STATE_DIRECTORY");
    if let Some(first) = given.as_deref().and_then(|list| list.split(':').next()) {
        return first.to_owned();
    }
    if is_root() {
        return "/var/lib/mintage".to_owned();
    }
    let home = variable("HOME").unwrap_or_default();
    let share = variable("XDG_DATA_HOME").unwrap_or_else(|| format!("{home}/.local/share"));
    format!("{share}/mintage")
}
