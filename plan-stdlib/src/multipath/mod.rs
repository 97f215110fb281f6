//! `multipath`: which disks have several paths, how they are used, and what they are called.

mod document;

use crate::file::access;
use crate::text::MAX_TEXT;
use crate::values::{scalar, shorten};
use document::{Document, Inner, Place};
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::{FileKind, Ownership};
use mintage_volume::tree::VolumeTree;
use rhai::plugin::*;
use rhai::{Dynamic, Map, Module};

/// The main file.
const MAIN: &str = "/etc/multipath.conf";
/// Files that are read behind it, and win.
const FOLDER: &str = "/etc/multipath/conf.d";

/// What multipathd has found on the machine that it ran on.
const FOUND: [&str; 2] = ["/etc/multipath/bindings", "/etc/multipath/wwids"];

/// Sections with one value to an attribute.
const SETTINGS: [&str; 2] = ["defaults", "overrides"];
/// Sections with any number of patterns to an attribute.
const LISTS: [&str; 2] = ["blacklist", "blacklist_exceptions"];

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Edits `/etc/multipath.conf`: disks that are reached on several paths.");
    module
}

/// The files that there are, in the order in which they are read.
fn files(tree: &VolumeTree) -> Result<Vec<String>, PlanError> {
    let mut paths = Vec::new();
    if access::look(tree, MAIN)?.is_some() {
        paths.push(MAIN.to_owned());
    }
    if access::look(tree, FOLDER)?.is_some_and(|found| found.kind == FileKind::Directory) {
        let names = tree.read_dir(FOLDER)?.into_iter();
        let names = names.filter_map(|entry| String::from_utf8(entry.name).ok());
        let mut names: Vec<String> = names.filter(|name| name.ends_with(".conf")).collect();
        names.sort();
        paths.extend(names.into_iter().map(|name| format!("{FOLDER}/{name}")));
    }
    Ok(paths)
}

/// The last file in which `is_there` finds what it looks for, which is the one that counts.
fn home(
    tree: &VolumeTree,
    is_there: impl Fn(&Document<'_>) -> bool,
) -> Result<Option<String>, PlanError> {
    for path in files(tree)?.into_iter().rev() {
        let content = access::read(tree, &path, MAX_TEXT)?;
        let document =
            Document::parse(&content).map_err(|error| access::named(error, "read", &path))?;
        if is_there(&document) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

fn edit(
    tree: &mut VolumeTree,
    path: &str,
    edited: impl FnOnce(&Document<'_>) -> crate::text::Edited,
) -> Result<bool, PlanError> {
    access::edit_or_create(tree, path, Ownership::root(0o644), |content| {
        edited(&Document::parse(content)?)
    })
}

/// Edits every file that there is.
fn edit_all(
    tree: &mut VolumeTree,
    edited: impl Fn(&Document<'_>) -> crate::text::Edited,
) -> Result<bool, PlanError> {
    let mut has_changed = false;
    for path in files(tree)? {
        has_changed |= edit(tree, &path, &edited)?;
    }
    Ok(has_changed)
}

fn get(tree: &VolumeTree, section: &str, key: &str) -> Result<Option<String>, PlanError> {
    let place = Place::section(one_of(section, &SETTINGS)?);
    for path in files(tree)?.into_iter().rev() {
        let content = access::read(tree, &path, MAX_TEXT)?;
        let document =
            Document::parse(&content).map_err(|error| access::named(error, "read", &path))?;
        if let Some(value) = document.get(place, key) {
            return Ok(Some(value.to_owned()));
        }
    }
    Ok(None)
}

fn missing(section: &str, key: &str) -> PlanError {
    let [section, key] = [section, key].map(shorten);
    let message = format!("`{MAIN}` has no `{key}` in the section `{section}`");
    PlanError::new(Code::P2008, message)
        .at(MAIN)
        .help("give a default as the last argument")
}

fn set_in(
    tree: &mut VolumeTree,
    place: Place<'_>,
    key: &str,
    value: &str,
) -> Result<bool, PlanError> {
    let path = match home(tree, |document| document.get(place, key).is_some())? {
        Some(path) => Some(path),
        None => home(tree, |document| document.has(place))?,
    };
    let path = path.unwrap_or_else(|| MAIN.to_owned());
    edit(tree, &path, |document| document.set(place, key, value))
}

fn set(
    tree: &mut VolumeTree,
    section: &str,
    key: &str,
    value: &Dynamic,
) -> Result<bool, PlanError> {
    let place = Place::section(one_of(section, &SETTINGS)?);
    check_key(key)?;
    set_in(tree, place, key, &checked(value)?)
}

fn remove(tree: &mut VolumeTree, section: &str, key: &str) -> Result<bool, PlanError> {
    let place = Place::section(one_of(section, &SETTINGS)?);
    edit_all(tree, |document| {
        document.remove(place, |found, _| found == key)
    })
}

fn ensure_item(
    tree: &mut VolumeTree,
    section: &str,
    key: &str,
    value: &str,
) -> Result<bool, PlanError> {
    let place = Place::section(one_of(section, &LISTS)?);
    check_key(key)?;
    document::written(value)?;
    let is_there = |document: &Document<'_>| document.items(place, key).contains(&value);
    if home(tree, is_there)?.is_some() {
        return Ok(false);
    }
    edit(tree, MAIN, |document| document.add(place, key, value))
}

fn remove_item(
    tree: &mut VolumeTree,
    section: &str,
    key: &str,
    value: &str,
) -> Result<bool, PlanError> {
    let place = Place::section(one_of(section, &LISTS)?);
    edit_all(tree, |document| {
        document.remove(place, |found, set_to| (found, set_to) == (key, value))
    })
}

/// Makes sure that an inner section has these attributes; others in it stay.
fn ensure_inner(
    tree: &mut VolumeTree,
    section: &str,
    inner: Inner<'_>,
    attributes: &Map,
) -> Result<bool, PlanError> {
    let mut values = Vec::new();
    for (key, value) in attributes {
        check_key(key)?;
        if inner
            .known_by
            .iter()
            .any(|(known, _)| *known == key.as_str())
        {
            let message = format!("`{key}` is told by an argument of its own");
            return Err(PlanError::new(Code::P2013, message));
        }
        values.push((key.as_str(), checked(value)?));
    }
    for (_, value) in inner.known_by {
        document::written(value)?;
    }
    let place = Place {
        section,
        inner: Some(inner),
    };
    let mut has_changed = false;
    if home(tree, |document| document.has(place))?.is_none() {
        has_changed = edit(tree, MAIN, |document| document.ensure(place))?;
    }
    for (key, value) in values {
        has_changed |= set_in(tree, place, key, &value)?;
    }
    Ok(has_changed)
}

fn remove_inner(tree: &mut VolumeTree, section: &str, inner: Inner<'_>) -> Result<bool, PlanError> {
    let place = Place {
        section,
        inner: Some(inner),
    };
    edit_all(tree, |document| document.remove_blocks(place))
}

fn ensure_multipath(
    tree: &mut VolumeTree,
    wwid: &str,
    attributes: &Map,
) -> Result<bool, PlanError> {
    if let Some(alias) = attributes.get("alias") {
        check_alias(tree, wwid, &scalar(alias)?)?;
    }
    let inner = Inner {
        name: "multipath",
        known_by: &[("wwid", wwid)],
    };
    ensure_inner(tree, "multipaths", inner, attributes)
}

/// An alias becomes a name in `/dev/mapper`, which only one disk can have.
fn check_alias(tree: &VolumeTree, wwid: &str, alias: &str) -> Result<(), PlanError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:+-".contains(&byte);
    if alias.is_empty() || alias.len() > 127 || alias.starts_with('.') || !alias.bytes().all(fits) {
        let shown = shorten(alias);
        let message = format!("`{shown}` cannot be the alias of a disk");
        return Err(PlanError::new(Code::P2013, message)
            .help("it becomes a name in `/dev/mapper`: letters, digits and `_.:+-`"));
    }
    let is_taken = |document: &Document<'_>| {
        let named = document.inner_values("multipaths", "multipath", ["wwid", "alias"]);
        let mut named = named.into_iter();
        named.any(|[known, found]| found == Some(alias) && known != Some(wwid))
    };
    match home(tree, is_taken)? {
        None => Ok(()),
        Some(path) => {
            let message = format!("`{alias}` is the alias of another disk already");
            Err(PlanError::new(Code::P2013, message).at(path))
        }
    }
}

fn forget(tree: &mut VolumeTree) -> Result<bool, PlanError> {
    let mut has_changed = false;
    for path in FOUND {
        if access::look_at_link(tree, path)?.is_some() {
            tree.remove(path)?;
            has_changed = true;
        }
    }
    Ok(has_changed)
}

fn one_of<'s>(section: &'s str, known: &[&str]) -> Result<&'s str, PlanError> {
    if known.contains(&section) {
        return Ok(section);
    }
    let shown = shorten(section);
    let message = format!("`{shown}` is no section that this function edits");
    Err(PlanError::new(Code::P2013, message).help(format!("it edits `{}`", known.join("` and `"))))
}

fn check_key(key: &str) -> Result<(), PlanError> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    match !key.is_empty() && key.len() <= 64 && key.bytes().all(fits) {
        true => Ok(()),
        false => {
            let shown = shorten(key);
            let message = format!("`{shown}` cannot be an attribute in `multipath.conf`");
            Err(PlanError::new(Code::P2013, message).help("for example `path_grouping_policy`"))
        }
    }
}

/// `yes` and `no` are what multipathd calls true and false.
fn checked(value: &Dynamic) -> Result<String, PlanError> {
    let text = match value.as_bool() {
        Ok(true) => "yes".to_owned(),
        Ok(false) => "no".to_owned(),
        Err(_) => scalar(value)?,
    };
    document::written(&text)?;
    Ok(text)
}

#[export_module]
mod exported {
    use super::Inner;
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Dynamic, Map, NativeCallContext};

    #[rhai_fn(volatile, return_raw)]
    pub fn get(ctx: NativeCallContext, section: &str, key: &str) -> RhaiResultOf<String> {
        ctx.call_world(|world| {
            super::get(world.tree(), section, key)?.ok_or_else(|| super::missing(section, key))
        })
    }

    /// Gives the value of an attribute in the section `defaults` or `overrides`, or the default.
    ///
    /// Files in `/etc/multipath/conf.d` win over `/etc/multipath.conf`, as they do for multipathd.
    ///
    /// # Errors
    /// - `P2008` when there is none, and no default is given.
    /// - `P2013` for another section.
    /// - `P2016` for a file that multipathd would not understand.
    ///
    /// # Example
    /// ```rhai
    /// multipath::set("defaults", "user_friendly_names", true);
    /// multipath::get("defaults", "user_friendly_names") == "yes"
    ///     && multipath::get("defaults", "find_multipaths", "off") == "off"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "get", volatile, return_raw)]
    pub fn get_or(
        ctx: NativeCallContext,
        section: &str,
        key: &str,
        default: Dynamic,
    ) -> RhaiResultOf<Dynamic> {
        ctx.call_world(|world| {
            Ok(super::get(world.tree(), section, key)?.map_or(default, Dynamic::from))
        })
    }

    /// Sets an attribute in the section `defaults` or `overrides`.
    ///
    /// It is changed where it stands: in the last file of `/etc/multipath/conf.d` that has it, or
    /// in `/etc/multipath.conf`, where the section is made when it is missing. `true` and `false`
    /// become `yes` and `no`; a value that is no plain word is quoted. Comments and all else stay.
    /// Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2006` for a value of another type, a secret too.
    /// - `P2013` for another section, or what cannot be an attribute or a value.
    /// - `P2016` for a file that multipathd would not understand.
    ///
    /// # Example
    /// ```rhai
    /// multipath::set("defaults", "path_selector", "service-time 0");
    /// file::read("/etc/multipath.conf") == "defaults {\n\tpath_selector \"service-time 0\"\n}\n"
    ///     && !multipath::set("defaults", "path_selector", "service-time 0")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn set(
        ctx: NativeCallContext,
        section: &str,
        key: &str,
        value: Dynamic,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::set(world.tree(), section, key, &value))
    }

    /// Removes an attribute from the section `defaults` or `overrides`, in all files.
    ///
    /// Returns whether there was any.
    ///
    /// # Errors
    /// - `P2013` for another section.
    /// - `P2016` for a file that multipathd would not understand.
    ///
    /// # Example
    /// ```rhai
    /// multipath::set("overrides", "no_path_retry", "queue");
    /// multipath::remove("overrides", "no_path_retry") && !multipath::remove("overrides", "no_path_retry")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove(ctx: NativeCallContext, section: &str, key: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::remove(world.tree(), section, key))
    }

    /// Makes sure that the section `blacklist` or `blacklist_exceptions` has a pattern.
    ///
    /// The attribute is `devnode`, `wwid`, `property` or `protocol`; its patterns are the regular
    /// expressions of multipathd. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` for another section, or what cannot be an attribute or a value.
    /// - `P2016` for a file that multipathd would not understand.
    ///
    /// # Example
    /// ```rhai
    /// multipath::ensure_item("blacklist", "devnode", "^vd[a-z]");
    /// file::read("/etc/multipath.conf") == "blacklist {\n\tdevnode \"^vd[a-z]\"\n}\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn ensure_item(
        ctx: NativeCallContext,
        section: &str,
        key: &str,
        value: &str,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::ensure_item(world.tree(), section, key, value))
    }

    /// Removes a pattern from the section `blacklist` or `blacklist_exceptions`, in all files.
    ///
    /// Returns whether there was any.
    ///
    /// # Errors
    /// - `P2013` for another section.
    /// - `P2016` for a file that multipathd would not understand.
    ///
    /// # Example
    /// ```rhai
    /// multipath::ensure_item("blacklist", "wwid", ".*");
    /// multipath::remove_item("blacklist", "wwid", ".*") && !multipath::remove_item("blacklist", "wwid", ".*")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove_item(
        ctx: NativeCallContext,
        section: &str,
        key: &str,
        value: &str,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::remove_item(world.tree(), section, key, value))
    }

    /// Makes sure that disks of a vendor and product are used with these attributes.
    ///
    /// It is the `device` in the section `devices` with exactly this vendor and product, made when
    /// it is missing; attributes that are not given stay. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2006` for a value of another type, a secret too.
    /// - `P2013` for what cannot be an attribute or a value.
    /// - `P2016` for a file that multipathd would not understand.
    ///
    /// # Example
    /// ```rhai
    /// let queue = #{ no_path_retry: "queue", path_grouping_policy: "group_by_prio" };
    /// multipath::ensure_device("LIO-ORG", ".*", queue) && !multipath::ensure_device("LIO-ORG", ".*", queue)
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn ensure_device(
        ctx: NativeCallContext,
        vendor: &str,
        product: &str,
        attributes: Map,
    ) -> RhaiResultOf<bool> {
        let inner = Inner {
            name: "device",
            known_by: &[("vendor", vendor), ("product", product)],
        };
        ctx.call_world(|world| super::ensure_inner(world.tree(), "devices", inner, &attributes))
    }

    /// Removes the `device` of a vendor and product from the section `devices`, in all files.
    ///
    /// Returns whether there was any.
    ///
    /// # Errors
    /// - `P2016` for a file that multipathd would not understand.
    ///
    /// # Example
    /// ```rhai
    /// multipath::ensure_device("LIO-ORG", ".*", #{ no_path_retry: 5 });
    /// multipath::remove_device("LIO-ORG", ".*") && !multipath::remove_device("LIO-ORG", ".*")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove_device(
        ctx: NativeCallContext,
        vendor: &str,
        product: &str,
    ) -> RhaiResultOf<bool> {
        let inner = Inner {
            name: "device",
            known_by: &[("vendor", vendor), ("product", product)],
        };
        ctx.call_world(|world| super::remove_inner(world.tree(), "devices", inner))
    }

    /// Makes sure that the disk with a WWID has these attributes.
    ///
    /// It is the `multipath` in the section `multipaths` with this WWID, made when it is missing;
    /// attributes that are not given stay. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2006` for a value of another type, a secret too.
    /// - `P2013` for what cannot be an attribute or a value, and for the alias of another disk.
    /// - `P2016` for a file that multipathd would not understand.
    ///
    /// # Example
    /// ```rhai
    /// multipath::ensure_multipath("36001405abc", #{ alias: "data", no_path_retry: 12 });
    /// file::read("/etc/multipath.conf").contains("\t\twwid 36001405abc\n\t\talias data\n")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn ensure_multipath(
        ctx: NativeCallContext,
        wwid: &str,
        attributes: Map,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::ensure_multipath(world.tree(), wwid, &attributes))
    }

    /// Removes what is said of the disk with a WWID in the section `multipaths`, in all files.
    ///
    /// Returns whether there was anything.
    ///
    /// # Errors
    /// - `P2016` for a file that multipathd would not understand.
    ///
    /// # Example
    /// ```rhai
    /// multipath::alias("36001405abc", "data");
    /// multipath::remove_multipath("36001405abc") && !multipath::remove_multipath("36001405abc")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove_multipath(ctx: NativeCallContext, wwid: &str) -> RhaiResultOf<bool> {
        let inner = Inner {
            name: "multipath",
            known_by: &[("wwid", wwid)],
        };
        ctx.call_world(|world| super::remove_inner(world.tree(), "multipaths", inner))
    }

    /// Gives the disk with a WWID its name in `/dev/mapper`.
    ///
    /// Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` for what cannot be a WWID or a name, and for the alias of another disk.
    /// - `P2016` for a file that multipathd would not understand.
    ///
    /// # Example
    /// ```rhai
    /// multipath::alias("36001405abc", "data") && !multipath::alias("36001405abc", "data")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn alias(ctx: NativeCallContext, wwid: &str, alias: &str) -> RhaiResultOf<bool> {
        let attributes = Map::from([("alias".into(), alias.to_owned().into())]);
        ctx.call_world(|world| super::ensure_multipath(world.tree(), wwid, &attributes))
    }

    /// Removes what multipathd has found on the golden image's own server.
    ///
    /// It is `bindings` and `wwids` in `/etc/multipath`, which multipathd makes anew. Returns
    /// whether there was any.
    ///
    /// # Errors
    /// - `P3012` when they are on a filesystem that is mounted read-only.
    ///
    /// # Example
    /// ```rhai
    /// file::make_dir("/etc/multipath");
    /// file::write("/etc/multipath/wwids", "/36001405abc/\n");
    /// multipath::forget() && !multipath::forget()
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn forget(ctx: NativeCallContext) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::forget(world.tree()))
    }
}

#[cfg(test)]
mod tests;
