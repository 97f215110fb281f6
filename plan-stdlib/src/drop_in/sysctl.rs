//! `sysctl`: settings of the kernel that are made at boot.

use super::{USUAL, files, path};
use crate::file::access;
use crate::options::Options;
use crate::text::edit;
use crate::text::{Edited, MAX_TEXT, lines};
use crate::values::{scalar, shorten};
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::Ownership;
use mintage_volume::tree::VolumeTree;
use rhai::plugin::*;
use rhai::{Dynamic, Map, Module};

const FOLDER: &str = "/etc/sysctl.d";
/// Read as `/etc/sysctl.d/99-sysctl.conf` where a link is there, or at the end by procps.
const OLD: &str = "/etc/sysctl.conf";
const PACKAGES: [&str; 2] = ["/usr/lib/sysctl.d", "/usr/local/lib/sysctl.d"];

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Sets settings of the kernel that are made at boot.");
    module
}

/// A key with `/` between its parts. As sysctl reads it: where the first of `.` and `/` is `.`,
/// each stands for the other (`net.ipv4.conf.eth0/1.forwarding`).
fn canonical(key: &str) -> String {
    let key = key.trim();
    match key.find(['.', '/']).and_then(|at| key.as_bytes().get(at)) {
        Some(b'.') => key
            .chars()
            .map(|c| match c {
                '.' => '/',
                '/' => '.',
                c => c,
            })
            .collect(),
        _ => key.to_owned(),
    }
}

fn check(key: &str) -> Result<(), PlanError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:@".contains(&byte);
    let parts = canonical(key);
    let is_path = parts.contains('/')
        && parts
            .split('/')
            .all(|part| !matches!(part, "" | "." | ".."));
    if is_path && key.len() <= 200 && !key.starts_with('-') && key.bytes().all(fits) {
        return Ok(());
    }
    let shown = shorten(key);
    let message = format!("`{shown}` cannot be a setting of the kernel");
    Err(PlanError::new(Code::P2013, message).help("for example `net.ipv4.ip_forward`"))
}

/// The key and the value of a line; a `-` in front says that a failure does not matter.
fn setting(line: &[u8]) -> Option<(String, String)> {
    let text = std::str::from_utf8(line).ok()?.trim();
    if text.starts_with(['#', ';']) {
        return None;
    }
    let (key, value) = text.split_once('=')?;
    let key = key.trim();
    Some((
        canonical(key.strip_prefix('-').unwrap_or(key)),
        value.trim().to_owned(),
    ))
}

fn has(content: &[u8], key: &str) -> bool {
    let mut lines = lines::split(content).into_iter();
    lines.any(|line| setting(line.text).is_some_and(|(found, _)| found == key))
}

fn without(content: &[u8], key: &str) -> Edited {
    let is_it = |line: &[u8]| setting(line).is_some_and(|(found, _)| found == key);
    Ok(edit::remove_lines(content, is_it)?.map(|(content, _)| content))
}

/// Sets it in the first line that does, or at the end, and takes other lines for it away.
fn with(content: &[u8], key: &str, line: &str) -> Edited {
    let key = canonical(key);
    let is_it = |line: &lines::Line<'_>| setting(line.text).is_some_and(|(found, _)| found == key);
    let mut all = lines::split(content);
    let first = all.iter().position(is_it);
    let mut index = 0;
    all.retain(|line| {
        let is_kept = Some(index) == first || !is_it(line);
        index += 1;
        is_kept
    });
    match first.and_then(|first| all.get_mut(first)) {
        Some(found) => found.text = line.as_bytes(),
        None => {
            let end = all.len();
            lines::insert(&mut all, end, line.as_bytes(), lines::line_break(content));
        }
    }
    let edited = lines::join(&all)?;
    Ok((edited != content).then_some(edited))
}

fn set(tree: &mut VolumeTree, key: &str, value: &Dynamic, options: Map) -> Result<bool, PlanError> {
    let options = Options::checked("sysctl::set", options, &["file"])?;
    check(key)?;
    let value = scalar(value)?;
    if value.is_empty()
        || value.trim() != value
        || value.contains(|c: char| c.is_control() && c != '\t')
    {
        let message = format!("the value of `{key}` must be one line without blanks around it");
        return Err(PlanError::new(Code::P2013, message));
    }
    let file = options.text("file")?;
    let path = path(FOLDER, file.as_deref().unwrap_or(USUAL))?;
    let name = path.rsplit('/').next().unwrap_or_default();
    refuse_hidden(tree, key, name)?;
    tree.make_dirs(FOLDER, Ownership::root(0o755))?;
    let line = format!("{key} = {value}");
    let mut has_changed = access::edit_or_create(tree, &path, Ownership::root(0o644), |content| {
        with(content, key, &line)
    })?;
    // What is read later would win.
    let wanted = canonical(key);
    for later in own_files(tree)? {
        if later != path && (later == OLD || later > path) {
            has_changed |= access::edit(tree, &later, |content| without(content, &wanted))?;
        }
    }
    Ok(has_changed)
}

/// # Errors
/// `P2013` when a file of a package is read later and sets the same.
fn refuse_hidden(tree: &VolumeTree, key: &str, name: &str) -> Result<(), PlanError> {
    let own = files(tree, FOLDER)?;
    for folder in PACKAGES {
        for later in files(tree, folder)? {
            let path = format!("{folder}/{later}");
            if later.as_str() <= name
                || own.contains(&later)
                || access::look(tree, &path)?.is_none()
            {
                continue;
            }
            if has(&access::read(tree, &path, MAX_TEXT)?, &canonical(key)) {
                let message = format!("`{path}` sets `{key}` too, and is read later");
                return Err(PlanError::new(Code::P2013, message)
                    .at(path)
                    .help("name a file that is read behind it: `#{ file: \"zz-plan\" }`"));
            }
        }
    }
    Ok(())
}

/// Every file of the volume's administrator.
fn own_files(tree: &VolumeTree) -> Result<Vec<String>, PlanError> {
    let mut paths = Vec::new();
    for name in files(tree, FOLDER)? {
        let path = format!("{FOLDER}/{name}");
        if access::look(tree, &path)?.is_some() {
            paths.push(path);
        }
    }
    if access::look(tree, OLD)?.is_some() {
        paths.push(OLD.to_owned());
    }
    Ok(paths)
}

fn remove(tree: &mut VolumeTree, key: &str) -> Result<bool, PlanError> {
    check(key)?;
    let wanted = canonical(key);
    let mut has_changed = false;
    for path in own_files(tree)? {
        has_changed |= access::edit(tree, &path, |content| without(content, &wanted))?;
    }
    Ok(has_changed)
}

#[export_module]
mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Dynamic, Map, NativeCallContext};

    #[rhai_fn(volatile, return_raw)]
    pub fn set(ctx: NativeCallContext, key: &str, value: Dynamic) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::set(world.tree(), key, &value, Map::new()))
    }

    /// Sets a setting of the kernel, from the next boot on.
    ///
    /// Writes `/etc/sysctl.d/90-plan.conf`, or `NAME.conf` beside it with the option `file`. Lines
    /// for the same key in files of `/etc` that are read later, `/etc/sysctl.conf` among them, are
    /// removed, so that this one holds. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2006` for a value of another type, a secret too.
    /// - `P2013` for what cannot be a key, a value or a file, and for a key that a file of a
    ///   package sets later.
    ///
    /// # Example
    /// ```rhai
    /// sysctl::set("net.ipv4.ip_forward", 1);
    /// sysctl::set("vm.swappiness", 10, #{ file: "50-database" });
    /// file::read("/etc/sysctl.d/90-plan.conf") == "net.ipv4.ip_forward = 1\n"
    ///     && !sysctl::set("net.ipv4.ip_forward", 1)
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "set", volatile, return_raw)]
    pub fn set_in(
        ctx: NativeCallContext,
        key: &str,
        value: Dynamic,
        options: Map,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::set(world.tree(), key, &value, options))
    }

    /// Removes a setting from every file of `/etc/sysctl.d` and from `/etc/sysctl.conf`.
    ///
    /// What packages set in `/usr/lib/sysctl.d` stays. Returns whether there was any.
    ///
    /// # Errors
    /// - `P2013` for what cannot be a key.
    ///
    /// # Example
    /// ```rhai
    /// sysctl::set("net.ipv4.ip_forward", 1);
    /// sysctl::remove("net/ipv4/ip_forward") && !sysctl::remove("net.ipv4.ip_forward")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove(ctx: NativeCallContext, key: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::remove(world.tree(), key))
    }
}
