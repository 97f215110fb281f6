//! `journal`: how systemd-journald keeps what the system says.

use super::{USUAL, path};
use crate::file::access;
use crate::ini::document::Document;
use crate::values::{scalar, shorten};
use mintage_engine::nearest::nearest;
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::Ownership;
use mintage_volume::tree::VolumeTree;
use rhai::plugin::*;
use rhai::{Dynamic, Module};

const FOLDER: &str = "/etc/systemd/journald.conf.d";
const SECTION: &str = "Journal";

/// The settings of journald.conf(5), up to systemd 257.
const KEYS: [&str; 32] = [
    "Audit",
    "Compress",
    "ForwardToConsole",
    "ForwardToKMsg",
    "ForwardToSocket",
    "ForwardToSyslog",
    "ForwardToWall",
    "LineMax",
    "MaxFileSec",
    "MaxLevelConsole",
    "MaxLevelKMsg",
    "MaxLevelSocket",
    "MaxLevelStore",
    "MaxLevelSyslog",
    "MaxLevelWall",
    "MaxRetentionSec",
    "RateLimitBurst",
    "RateLimitIntervalSec",
    "ReadKMsg",
    "RuntimeKeepFree",
    "RuntimeMaxFileSize",
    "RuntimeMaxFiles",
    "RuntimeMaxUse",
    "Seal",
    "SplitMode",
    "Storage",
    "SyncIntervalSec",
    "SystemKeepFree",
    "SystemMaxFileSize",
    "SystemMaxFiles",
    "SystemMaxUse",
    "TTYPath",
];

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Sets how systemd-journald keeps what the system says.");
    module
}

fn check(key: &str) -> Result<(), PlanError> {
    if KEYS.contains(&key) {
        return Ok(());
    }
    let shown = shorten(key);
    let message = match nearest(key, KEYS.iter().copied()) {
        Some(near) => format!("`{shown}` is no setting of journald, did you mean `{near}`?"),
        None => format!("`{shown}` is no setting of journald"),
    };
    Err(PlanError::new(Code::P2013, message).help("see journald.conf(5)"))
}

fn set(tree: &mut VolumeTree, key: &str, value: &Dynamic) -> Result<bool, PlanError> {
    check(key)?;
    let value = match value.as_bool() {
        Ok(true) => "yes".to_owned(),
        Ok(false) => "no".to_owned(),
        Err(_) => scalar(value)?,
    };
    // A backslash at the end would take the next line in.
    if value.is_empty()
        || value.trim() != value
        || value.ends_with('\\')
        || value.contains(char::is_control)
    {
        let message = format!("the value of `{key}` must be one line without blanks around it");
        return Err(PlanError::new(Code::P2013, message));
    }
    tree.make_dirs(FOLDER, Ownership::root(0o755))?;
    let path = path(FOLDER, USUAL)?;
    access::edit_or_create(tree, &path, Ownership::root(0o644), |content| {
        Document::parse(content)?.set(SECTION, key, &value)
    })
}

fn remove(tree: &mut VolumeTree, key: &str) -> Result<bool, PlanError> {
    check(key)?;
    let path = path(FOLDER, USUAL)?;
    if access::look(tree, &path)?.is_none() {
        return Ok(false);
    }
    access::edit(tree, &path, |content| {
        Document::parse(content)?.remove_key(SECTION, key)
    })
}

#[export_module]
mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Dynamic, NativeCallContext};

    /// Sets a setting of journald.
    ///
    /// Writes `/etc/systemd/journald.conf.d/90-plan.conf`. `true` and `false` become `yes` and
    /// `no`. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2006` for a value of another type, a secret too.
    /// - `P2013` for a setting that journald does not have, or what cannot be a value.
    /// - `P2016` when the file is no journald.conf.
    ///
    /// # Example
    /// ```rhai
    /// journal::set("Storage", "persistent");
    /// file::read("/etc/systemd/journald.conf.d/90-plan.conf") == "[Journal]\nStorage=persistent\n"
    ///     && !journal::set("Storage", "persistent")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn set(ctx: NativeCallContext, key: &str, value: Dynamic) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::set(world.tree(), key, &value))
    }

    /// Removes a setting of journald that `journal::set` has made.
    ///
    /// Returns whether there was any.
    ///
    /// # Errors
    /// - `P2013` for a setting that journald does not have.
    /// - `P2016` when the file is no journald.conf.
    ///
    /// # Example
    /// ```rhai
    /// journal::set("SystemMaxUse", "200M");
    /// journal::remove("SystemMaxUse") && !journal::remove("SystemMaxUse")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove(ctx: NativeCallContext, key: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::remove(world.tree(), key))
    }
}
