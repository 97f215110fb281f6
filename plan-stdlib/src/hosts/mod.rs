//! `hosts`: names and addresses in `/etc/hosts`.

pub(crate) mod name;
pub(crate) mod own;
pub(crate) mod table;

use crate::file::access;
use crate::text::MAX_TEXT;
use crate::values::{shorten, type_name};
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::Ownership;
use mintage_volume::tree::VolumeTree;
use rhai::plugin::*;
use rhai::{Array, Dynamic, Module};
use std::net::IpAddr;

/// The file.
pub(crate) const HOSTS: &str = "/etc/hosts";
/// How many names one call gives to an address.
const MAX_NAMES: usize = 64;

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Edits the names and addresses in `/etc/hosts`.");
    module
}

fn ensure(tree: &mut VolumeTree, address: &str, names: &Dynamic) -> Result<bool, PlanError> {
    let address = parse(address)?;
    let names = names_of(names)?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    access::edit_or_create(tree, HOSTS, Ownership::root(0o644), |content| {
        table::ensure(content, address, &names)
    })
}

fn remove(tree: &mut VolumeTree, name_or_address: &str) -> Result<bool, PlanError> {
    let address: Option<IpAddr> = name_or_address.parse().ok();
    if address.is_none() {
        name::check(name_or_address, name::MAX_DOMAIN_NAME)?;
    }
    if access::look(tree, HOSTS)?.is_none() {
        return Ok(false);
    }
    access::edit(tree, HOSTS, |content| match address {
        Some(address) => table::remove_address(content, address),
        None => table::remove_name(content, name_or_address),
    })
}

fn get(tree: &VolumeTree, name: &str, limit: usize) -> Result<Array, PlanError> {
    if access::look(tree, HOSTS)?.is_none() {
        return Ok(Array::new());
    }
    let content = access::read(tree, HOSTS, MAX_TEXT)?;
    let addresses = table::addresses(&content, name);
    if addresses.len() > limit {
        let shown = shorten(name);
        let message = format!("`{HOSTS}` has more than {limit} addresses for `{shown}`");
        return Err(PlanError::new(Code::P2003, message).at(HOSTS));
    }
    Ok(addresses
        .into_iter()
        .map(|address| address.to_string().into())
        .collect())
}

/// An address from a script.
///
/// # Errors
/// `P2013`.
pub(crate) fn parse(address: &str) -> Result<IpAddr, PlanError> {
    address.parse().map_err(|_| {
        let shown = shorten(address);
        PlanError::new(Code::P2013, format!("`{shown}` is not an IP address"))
            .help("an address has no prefix length here: `192.0.2.1`, `2001:db8::1`")
    })
}

/// One name, or an array of them.
fn names_of(given: &Dynamic) -> Result<Vec<String>, PlanError> {
    let wrong = |value: &Dynamic| {
        let found = type_name(value);
        let message =
            format!("the names are a string or an array of strings, not of type `{found}`");
        PlanError::new(Code::P2006, message)
    };
    let given = match given.read_lock::<Array>() {
        Some(array) => array.to_vec(),
        None => vec![given.clone()],
    };
    if given.is_empty() || given.len() > MAX_NAMES {
        let message = format!(
            "an address gets 1 to {MAX_NAMES} names, not {}",
            given.len()
        );
        return Err(PlanError::new(Code::P2013, message));
    }
    let mut names = Vec::with_capacity(given.len());
    for item in given {
        let name = item
            .clone()
            .into_immutable_string()
            .map_err(|_| wrong(&item))?;
        name::check(&name, name::MAX_DOMAIN_NAME)?;
        names.push(name.to_string());
    }
    Ok(names)
}

#[export_module]
mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Array, Dynamic, NativeCallContext};

    /// Makes sure that an address has a name, or an array of names.
    ///
    /// Names that are added keep the order of the array: the first of them is the canonical name.
    /// Other addresses of the same kind (IPv4 or IPv6) lose these names. Names that the address has
    /// besides stay, as do comments and all other lines. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2006` for a value of another type.
    /// - `P2013` for what is no address or no host name.
    ///
    /// # Example
    /// ```rhai
    /// hosts::ensure("192.0.2.5", ["db.example.com", "db"]) && !hosts::ensure("192.0.2.5", "db")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn ensure(ctx: NativeCallContext, address: &str, names: Dynamic) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::ensure(world.tree(), address, &names))
    }

    /// Removes a name from all addresses, or an address with all its names.
    ///
    /// Returns whether there was any.
    ///
    /// # Errors
    /// - `P2013` for what is neither an address nor a host name.
    ///
    /// # Example
    /// ```rhai
    /// hosts::remove("127.0.1.1") && hosts::get("golden") == []
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove(ctx: NativeCallContext, name_or_address: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::remove(world.tree(), name_or_address))
    }

    /// Gives the addresses of a name, in the order of the file; an empty array when it has none.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    ///
    /// # Example
    /// ```rhai
    /// hosts::get("localhost") == ["127.0.0.1", "::1"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn get(ctx: NativeCallContext, name: &str) -> RhaiResultOf<Array> {
        let limit = ctx.engine().max_array_size();
        ctx.call_world(|world| super::get(world.tree(), name, limit))
    }
}
