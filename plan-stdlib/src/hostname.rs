//! `hostname`: the name of the machine.

use crate::file::access::{self, Access, Content};
use crate::hosts::{self, HOSTS, name, own, table};
use crate::os;
use crate::text::Edited;
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::Ownership;
use mintage_volume::tree::VolumeTree;
use rhai::Module;
use rhai::plugin::*;
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

/// The file.
const HOSTNAME: &str = "/etc/hostname";
/// The largest that is read, in bytes; comments may stand in it.
const MAX_HOSTNAME: usize = 64 * 1024;
/// The address under which Debian's machines have their own name.
pub(crate) const OWN_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 1, 1));

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("The name of the machine.");
    module
}

/// The name as it stands in the file; `None` without a file, or one without a name.
pub(crate) fn current(tree: &VolumeTree) -> Result<Option<String>, PlanError> {
    if access::look(tree, HOSTNAME)?.is_none() {
        return Ok(None);
    }
    let content = access::read(tree, HOSTNAME, MAX_HOSTNAME)?;
    let content = String::from_utf8_lossy(&content);
    let lines = content.lines().map(str::trim);
    let name = lines
        .into_iter()
        .find(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(name.map(str::to_owned))
}

fn get(tree: &VolumeTree) -> Result<String, PlanError> {
    current(tree)?.ok_or_else(|| {
        PlanError::new(Code::P2008, format!("`{HOSTNAME}` has no name")).at(HOSTNAME)
    })
}

fn set(tree: &mut VolumeTree, new: &str) -> Result<bool, PlanError> {
    name::check(new, name::MAX_HOST_NAME)?;
    // Asked first: a volume that cannot tell its family stays as it is.
    let is_debian = os::family(tree)? == "debian";
    let old = current(tree)?;
    let content = Content::Text(format!("{new}\n").into());
    let mut changed = access::write(tree, HOSTNAME, &content, Access::default())?;
    if is_debian {
        changed |= access::edit_or_create(tree, HOSTS, Ownership::root(0o644), |content| {
            rename(content, old.as_deref(), new)
        })?;
    }
    Ok(changed)
}

/// Sets the name of a machine whose address is known.
fn set_at(tree: &mut VolumeTree, new: &str, address: &str) -> Result<bool, PlanError> {
    name::check(new, name::MAX_HOST_NAME)?;
    let address = hosts::parse(address)?;
    os::family(tree)?;
    let old = current(tree)?;
    let content = Content::Text(format!("{new}\n").into());
    let changed = access::write(tree, HOSTNAME, &content, Access::default())?;
    let moved = access::edit_or_create(tree, HOSTS, Ownership::root(0o644), |content| {
        own::give(content, old.as_deref(), new, address)
    })?;
    Ok(changed || moved)
}

/// Gives the machine's own address its new name in place of the old one.
///
/// A new name without a domain takes over the domains that the old one has there, so that
/// `golden.example.com golden` becomes `web01.example.com web01`.
fn rename(content: &[u8], old: Option<&str>, new: &str) -> Edited {
    let new_label = label(new);
    let old_label = old.map(label);
    let mut is_first = true;
    let edited = table::map(content, |entry| {
        if entry.address != OWN_ADDRESS || !mem::take(&mut is_first) {
            return;
        }
        let names = entry.names.iter().map(Cow::as_ref);
        let (own, others): (Vec<&str>, Vec<&str>) = names.partition(|found| {
            let found = label(found);
            old_label.is_some_and(|old| found.eq_ignore_ascii_case(old)) || found == new_label
        });
        let mut renamed = own_names(&own, new);
        renamed.extend(others.into_iter().map(str::to_owned));
        entry.names = renamed.into_iter().map(Cow::Owned).collect();
    })?;
    if !is_first {
        return Ok(edited);
    }
    let names = own_names(&[], new);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    table::ensure(content, OWN_ADDRESS, &names)
}

/// The machine's names, full ones first.
pub(crate) fn own_names(old: &[&str], new: &str) -> Vec<String> {
    let short = label(new).to_owned();
    if new.contains('.') {
        return vec![new.to_owned(), short];
    }
    let domains = old.iter().filter_map(|name| name.split_once('.'));
    let mut names: Vec<String> = domains
        .map(|(_, domain)| format!("{new}.{domain}"))
        .collect();
    names.push(short);
    names
}

pub(crate) fn label(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

#[export_module]
mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::NativeCallContext;

    /// Gives the name of the machine, from `/etc/hostname`.
    ///
    /// # Errors
    /// - `P2008` when the volume has none.
    ///
    /// # Example
    /// ```rhai
    /// hostname::get() == "golden"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn get(ctx: NativeCallContext) -> RhaiResultOf<String> {
        ctx.call_world(|world| super::get(world.tree()))
    }

    /// Sets the name of the machine, with or without its domain.
    ///
    /// Writes `/etc/hostname`. In the Debian family the address 127.0.1.1 in `/etc/hosts` also gets
    /// the new name in place of the old one; a new name without a domain keeps the domain there.
    /// With an address of the machine, that address gets the full and the short name in every
    /// family, and no other line keeps the old name: neither 127.0.1.1 nor the address that the
    /// golden image had. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` for what is no host name by RFC 1123, or longer than 64 characters, and for what is
    ///   no address.
    /// - `P3001` when the volume has no os-release.
    ///
    /// # Example
    /// ```rhai
    /// hostname::set("web01");
    /// hosts::get("web01.example.com") == ["127.0.1.1"] && hosts::get("golden") == []
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn set(ctx: NativeCallContext, name: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::set(world.tree(), name))
    }

    #[rhai_fn(name = "set", volatile, return_raw)]
    pub fn set_at(ctx: NativeCallContext, name: &str, address: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::set_at(world.tree(), name, address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::TestWorld;

    fn renamed(hosts: &str, old: Option<&str>, new: &str) -> String {
        let edited = rename(hosts.as_bytes(), old, new).unwrap();
        String::from_utf8(edited.unwrap_or_else(|| hosts.into())).unwrap()
    }

    #[test]
    fn the_own_line_follows_the_name() {
        for (hosts, old, new, expected) in [
            (
                "127.0.1.1 golden\n",
                Some("golden"),
                "web01",
                "127.0.1.1 web01\n",
            ),
            (
                "127.0.1.1\tgolden.example.com golden other # own\n",
                Some("golden"),
                "web01",
                "127.0.1.1\tweb01.example.com web01 other # own\n",
            ),
            (
                "127.0.1.1 golden.old.net golden\n",
                Some("golden.old.net"),
                "web01.new.net",
                "127.0.1.1 web01.new.net web01\n",
            ),
            (
                "127.0.1.1 unknown\n",
                None,
                "web01",
                "127.0.1.1 web01 unknown\n",
            ),
            (
                "127.0.0.1 localhost\n::1 localhost\n",
                None,
                "web01",
                "127.0.0.1 localhost\n127.0.1.1\tweb01\n::1 localhost\n",
            ),
            (
                "127.0.1.1 web01\n",
                Some("web01"),
                "web01",
                "127.0.1.1 web01\n",
            ),
            (
                "",
                None,
                "web01.new.net",
                "127.0.1.1\tweb01.new.net web01\n",
            ),
        ] {
            assert_eq!(renamed(hosts, old, new), expected, "{hosts}");
        }
    }

    #[test]
    fn set_is_idempotent() {
        let mut tree = TestWorld::debian().tree;
        assert!(set(&mut tree, "web01").unwrap());
        assert!(!set(&mut tree, "web01").unwrap());
        assert_eq!(get(&tree).unwrap(), "web01");
    }

    #[test]
    fn other_families_keep_their_hosts() {
        let world = TestWorld::debian().with_file("/usr/lib/os-release", "ID=fedora\n");
        let mut tree = world.tree;
        let before = tree.read(HOSTS, 1000).unwrap();
        set(&mut tree, "web01").unwrap();
        assert_eq!(tree.read(HOSTS, 1000).unwrap(), before);
    }

    #[test]
    fn a_volume_without_a_family_stays_as_it_is() {
        let mut tree = TestWorld::debian().tree;
        tree.remove("/usr/lib/os-release").unwrap();
        assert_eq!(set(&mut tree, "web01").unwrap_err().code, Code::P3001);
        assert_eq!(get(&tree).unwrap(), "golden");
    }

    #[test]
    fn hostile_files_give_errors_or_nothing() {
        let mut tree = TestWorld::debian()
            .with_file(HOSTNAME, "# c\n\n \u{1b}[31m\n")
            .tree;
        assert_eq!(get(&tree).unwrap(), "\u{1b}[31m");
        assert!(set(&mut tree, "web01").unwrap());
        for bad in ["web01\n127.0.0.1 bank", "a\0", "../x", &"a".repeat(70_000)] {
            assert_eq!(set(&mut tree, bad).unwrap_err().code, Code::P2013);
        }
    }
}
