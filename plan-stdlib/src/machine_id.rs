//! `machine_id`: the number that systemd and D-Bus know an installation by.

use crate::file::access::{self, Access, Content};
use crate::seed;
use crate::values::shorten;
use mintage_engine::{Code, PlanError, PlanWorld, Value};
use mintage_volume::digits::hex;
use mintage_volume::filesystem::{FileKind, Ownership};
use mintage_volume::tree::VolumeTree;
use rhai::Module;
use rhai::plugin::*;

/// The file (machine-id(5)).
pub(crate) const MACHINE_ID: &str = "/etc/machine-id";
/// D-Bus's own, on older installations a copy and not a link.
const DBUS: &str = "/var/lib/dbus/machine-id";
/// What the file holds in an image whose next boot is its first.
pub(crate) const UNINITIALIZED: &str = "uninitialized";
/// The name of the server's own among its identity, and of what is derived.
const IDENTITY: &str = "machine-id";

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Sets or takes away the machine-id of the installation.");
    module
}

fn get(tree: &VolumeTree) -> Result<String, PlanError> {
    let found = match access::look(tree, MACHINE_ID)? {
        Some(_) => access::read_text(tree, MACHINE_ID, 4096)?.trim().to_owned(),
        None => String::new(),
    };
    if found.is_empty() || found == UNINITIALIZED {
        let message = "the volume has no machine-id";
        return Err(PlanError::new(Code::P2008, message).at(MACHINE_ID));
    }
    parse(&found).ok_or_else(|| {
        let message = format!("`{MACHINE_ID}` does not hold a machine-id");
        PlanError::new(Code::P2016, message).at(MACHINE_ID)
    })
}

/// The server's own: what it keeps across deployments, or else what its seed gives.
fn own(world: &dyn PlanWorld) -> Result<String, PlanError> {
    match world.identity(IDENTITY) {
        Some(Value::Text(text)) => checked(&text),
        Some(Value::Secret(secret)) => checked(secret.reveal()).map_err(|_| refused("[secret]")),
        Some(_) => Err(refused("a value of another type")),
        None => {
            let mut bytes: [u8; 16] = seed::derive(world, IDENTITY);
            // A UUID of version 4, as systemd makes them.
            bytes[6] = bytes[6] & 0x0f | 0x40;
            bytes[8] = bytes[8] & 0x3f | 0x80;
            Ok(hex(&bytes))
        }
    }
}

fn set(tree: &mut VolumeTree, id: &str) -> Result<bool, PlanError> {
    let content = Content::Text(format!("{id}\n").into());
    let mut changed = write(tree, &content)?;
    if is_copy(tree)? {
        changed |= access::write(tree, DBUS, &content, Access::default())?;
    }
    Ok(changed)
}

pub(crate) fn reset(tree: &mut VolumeTree, to: &str) -> Result<bool, PlanError> {
    let content = match to {
        "empty" => String::new(),
        UNINITIALIZED => format!("{UNINITIALIZED}\n"),
        _ => {
            let message = format!(
                "`{}` is no state of a machine-id without a value",
                shorten(to)
            );
            return Err(PlanError::new(Code::P2013, message)
                .help("it is `\"empty\"` or `\"uninitialized\"`"));
        }
    };
    let mut changed = write(tree, &Content::Text(content.into()))?;
    if is_copy(tree)? {
        tree.remove(DBUS)?;
        changed = true;
    }
    Ok(changed)
}

/// As systemd makes the file: nobody has to write it.
fn write(tree: &mut VolumeTree, content: &Content) -> Result<bool, PlanError> {
    access::write_bytes(tree, MACHINE_ID, content.as_bytes(), Ownership::root(0o444))
}

fn is_copy(tree: &VolumeTree) -> Result<bool, PlanError> {
    let found = access::look_at_link(tree, DBUS)?;
    Ok(found.is_some_and(|found| found.kind == FileKind::File))
}

fn checked(text: &str) -> Result<String, PlanError> {
    parse(text).ok_or_else(|| refused(&shorten(text)))
}

fn refused(shown: &str) -> PlanError {
    PlanError::new(Code::P2013, format!("`{shown}` cannot be a machine-id"))
        .help("it has 32 hexadecimal digits, not all of them 0")
}

/// As it stands in the file; a UUID's dashes and capitals are not meant otherwise.
fn parse(text: &str) -> Option<String> {
    let digits: String = match text.len() {
        36 => text.split('-').collect(),
        _ => text.to_owned(),
    };
    let is_id = digits.len() == 32
        && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        && digits.bytes().any(|byte| byte != b'0');
    is_id.then(|| digits.to_ascii_lowercase())
}

#[export_module]
mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::NativeCallContext;

    /// Gives the machine-id, from `/etc/machine-id`.
    ///
    /// # Errors
    /// - `P2008` when the volume has none: no file, an empty one, or one to be filled at boot.
    /// - `P2016` when the file holds something else.
    ///
    /// # Example
    /// ```rhai
    /// machine_id::set("0123456789abcdef0123456789abcdef");
    /// machine_id::get() == "0123456789abcdef0123456789abcdef"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn get(ctx: NativeCallContext) -> RhaiResultOf<String> {
        ctx.call_world(|world| super::get(world.tree()))
    }

    /// Sets the machine-id to the server's own.
    ///
    /// It is the `machine-id` of the server's identity, which it keeps across deployments, or else
    /// derived from the run's seed. Writes `/etc/machine-id`, and D-Bus's
    /// `/var/lib/dbus/machine-id` where that is a copy and not a link. Returns whether anything
    /// changed.
    ///
    /// # Errors
    /// - `P2013` when the identity has something that is no machine-id.
    ///
    /// # Example
    /// ```rhai
    /// machine_id::set() && !machine_id::set() && machine_id::get().len() == 32
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn set(ctx: NativeCallContext) -> RhaiResultOf<bool> {
        ctx.call_world(|world| {
            let id = own(world)?;
            super::set(world.tree(), &id)
        })
    }

    /// Sets the machine-id to this one: 32 hexadecimal digits, with the dashes of a UUID or without.
    ///
    /// Without an argument it is the server's own: the `machine-id` of its identity, which it keeps
    /// across deployments, or else one that is derived from the run's seed. Writes
    /// `/etc/machine-id`, and D-Bus's `/var/lib/dbus/machine-id` where that is a copy and not a
    /// link. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` for what is no machine-id.
    ///
    /// # Example
    /// ```rhai
    /// machine_id::set("01234567-89ab-cdef-0123-456789abcdef");
    /// file::read("/etc/machine-id") == "0123456789abcdef0123456789abcdef\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "set", volatile, return_raw)]
    pub fn set_to(ctx: NativeCallContext, id: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| {
            let id = checked(id)?;
            super::set(world.tree(), &id)
        })
    }

    #[rhai_fn(volatile, return_raw)]
    pub fn reset(ctx: NativeCallContext) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::reset(world.tree(), "empty"))
    }

    /// Takes the machine-id away, so that the next boot makes a new one.
    ///
    /// By `"empty"`, which is the default, `/etc/machine-id` becomes an empty file: the system
    /// boots as ever. By `"uninitialized"`, for systemd 247 and later, the next boot counts as the
    /// first one: units are enabled as the presets say, and what waits for a first boot starts.
    /// D-Bus's copy is removed; systemd makes a link of it. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` for any other state.
    ///
    /// # Example
    /// ```rhai
    /// machine_id::reset("uninitialized") && file::read("/etc/machine-id") == "uninitialized\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "reset", volatile, return_raw)]
    pub fn reset_to(ctx: NativeCallContext, state: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::reset(world.tree(), state))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::TestWorld;

    const ID: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn the_identity_wins_over_the_seed() {
        let derived = own(&TestWorld::debian()).unwrap();
        assert_eq!(derived.len(), 32);
        assert_eq!(derived.as_bytes()[12], b'4');
        let value = Value::Text("01234567-89AB-CDEF-0123-456789ABCDEF".to_owned());
        let world = TestWorld::debian().with_identity(IDENTITY, value);
        assert_eq!(own(&world).unwrap(), ID);
        let world = TestWorld::debian().with_identity(IDENTITY, Value::Text("x".to_owned()));
        assert_eq!(own(&world).unwrap_err().code, Code::P2013);
    }

    #[test]
    fn the_copy_of_dbus_follows() {
        let mut world = TestWorld::debian();
        world
            .tree
            .make_dirs("/var/lib/dbus", Ownership::root(0o755))
            .unwrap();
        let mut world = world.with_file(DBUS, "old\n");
        assert!(set(&mut world.tree, ID).unwrap());
        assert!(!set(&mut world.tree, ID).unwrap());
        assert_eq!(world.text(DBUS), format!("{ID}\n"));
        assert_eq!(world.tree.metadata(MACHINE_ID).unwrap().mode, 0o444);
        assert!(reset(&mut world.tree, "empty").unwrap());
        assert!(!reset(&mut world.tree, "empty").unwrap());
        assert!(access::look(&world.tree, DBUS).unwrap().is_none());
        assert_eq!(world.text(MACHINE_ID), "");
        assert_eq!(get(&world.tree).unwrap_err().code, Code::P2008);
    }

    #[test]
    fn only_machine_ids_are_taken() {
        for bad in [
            "",
            "0",
            &"0".repeat(32),
            &"g".repeat(32),
            &format!("{ID}\n"),
            &"-".repeat(36),
        ] {
            assert_eq!(checked(bad).unwrap_err().code, Code::P2013, "{bad}");
        }
        let mut tree = TestWorld::debian().with_file(MACHINE_ID, "text\n").tree;
        assert_eq!(get(&tree).unwrap_err().code, Code::P2016);
        assert_eq!(reset(&mut tree, "x").unwrap_err().code, Code::P2013);
    }
}
