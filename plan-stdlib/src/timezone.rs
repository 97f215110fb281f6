//! `timezone`: the local time of the machine.

use crate::file::{access, link};
use crate::os;
use crate::shell_vars::setting;
use crate::values::shorten;
use access::{Access, Content};
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::FileKind;
use mintage_volume::tree::{LastLink, VolumeTree};
use rhai::Module;
use rhai::plugin::*;

/// The link whose target is the zone.
const LOCALTIME: &str = "/etc/localtime";
/// Where the image has its zones.
const ZONES: &str = "/usr/share/zoneinfo";
/// The zone's name as text, in the Debian family.
const TIMEZONE: &str = "/etc/timezone";
/// SUSE's older place for the name.
const SUSE_CLOCK: &str = "/etc/sysconfig/clock";
/// How a file with a zone starts (RFC 9636).
const MAGIC: &[u8] = b"TZif";

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Sets the time zone of the machine.");
    module
}

fn get(tree: &VolumeTree) -> Result<String, PlanError> {
    if let Some(zone) = linked_zone(tree)? {
        return Ok(zone);
    }
    if access::look(tree, TIMEZONE)?.is_some() {
        let content = access::read_text(tree, TIMEZONE, 4096)?;
        let zone = content.trim();
        if is_name(zone) {
            return Ok(zone.to_owned());
        }
    }
    // systemd takes a missing link for UTC; a copied file has no name.
    match access::look_at_link(tree, LOCALTIME)? {
        None => Ok("UTC".to_owned()),
        Some(_) => {
            let message = format!("`{LOCALTIME}` does not tell the name of its zone");
            Err(PlanError::new(Code::P2016, message)
                .at(LOCALTIME)
                .help("it is a copy; `timezone::set` makes a link of it"))
        }
    }
}

/// The zone that the link names.
fn linked_zone(tree: &VolumeTree) -> Result<Option<String>, PlanError> {
    let found = access::look_at_link(tree, LOCALTIME)?;
    if found.is_none_or(|found| found.kind != FileKind::Symlink) {
        return Ok(None);
    }
    let target = String::from_utf8(tree.read_link(LOCALTIME)?).unwrap_or_default();
    let zone = target.split_once("/zoneinfo/").map(|(_, zone)| zone);
    Ok(zone.filter(|zone| is_name(zone)).map(str::to_owned))
}

fn set(tree: &mut VolumeTree, zone: &str) -> Result<bool, PlanError> {
    check(tree, zone)?;
    // Asked first: a volume that cannot tell its family stays as it is.
    let is_debian = os::family(tree)? == "debian";
    let mut changed = false;
    if linked_zone(tree)?.as_deref() != Some(zone) {
        let found = access::look_at_link(tree, LOCALTIME)?;
        if found.is_some_and(|found| found.kind == FileKind::File) {
            tree.remove(LOCALTIME)?;
        }
        // Relative, as systemd writes it: it also leads there from outside of the volume.
        changed = link::symlink(tree, LOCALTIME, &format!("..{ZONES}/{zone}"))?;
    }
    if is_debian || access::look(tree, TIMEZONE)?.is_some() {
        let content = Content::Text(format!("{zone}\n").into());
        changed |= access::write(tree, TIMEZONE, &content, Access::default())?;
    }
    if setting::value(tree, SUSE_CLOCK, "TIMEZONE")?.is_some() {
        changed |= setting::set_all(tree, SUSE_CLOCK, &[("TIMEZONE", Some(zone))])?;
    }
    Ok(changed)
}

/// A zone is a file of the image that has one in it.
fn check(tree: &VolumeTree, zone: &str) -> Result<(), PlanError> {
    let shown = shorten(zone);
    if !is_name(zone) {
        let message = format!("`{shown}` cannot be the name of a time zone");
        return Err(PlanError::new(Code::P2013, message)
            .help("it is a region and a city, as `Europe/Berlin`, or `UTC`"));
    }
    let path = format!("{ZONES}/{zone}");
    let mut head = [0; MAGIC.len()];
    let is_zone = access::look(tree, &path)?.is_some_and(|found| found.kind == FileKind::File)
        && tree.read_at(&path, 0, &mut head)? == MAGIC.len()
        && head == MAGIC;
    if is_zone {
        return Ok(());
    }
    let message = format!("the volume has no time zone `{shown}`");
    Err(PlanError::new(Code::P2013, message).at(&path).help(
        match tree.resolve(ZONES, LastLink::Follow) {
            Ok(_) => "the names are those of the files below `/usr/share/zoneinfo`",
            Err(_) => "the image has no package with time zones, as `tzdata` is one",
        },
    ))
}

fn is_name(zone: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+');
    let is_part = |part: &str| !part.is_empty() && part.chars().all(is_plain);
    zone.len() <= 64 && zone.split('/').all(is_part)
}

#[export_module]
mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::NativeCallContext;

    /// Gives the name of the time zone.
    ///
    /// It is what the link `/etc/localtime` leads to, or what stands in `/etc/timezone`; without
    /// either it is `UTC`.
    ///
    /// # Errors
    /// - `P2016` when `/etc/localtime` is a copy of a zone that nothing names.
    ///
    /// # Example
    /// ```rhai
    /// timezone::get() == "UTC"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn get(ctx: NativeCallContext) -> RhaiResultOf<String> {
        ctx.call_world(|world| super::get(world.tree()))
    }

    /// Sets the time zone, one that the image has below `/usr/share/zoneinfo`.
    ///
    /// Links `/etc/localtime` to it, and writes its name into `/etc/timezone` in the Debian family
    /// and wherever that file is, and into SUSE's `/etc/sysconfig/clock` where it has `TIMEZONE`.
    /// Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` for a zone that the image does not have.
    /// - `P3001` when the volume has no os-release.
    ///
    /// # Example
    /// ```rhai
    /// timezone::set("Europe/Berlin");
    /// timezone::get() == "Europe/Berlin" && file::read("/etc/timezone") == "Europe/Berlin\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn set(ctx: NativeCallContext, zone: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::set(world.tree(), zone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::TestWorld;

    #[test]
    fn set_is_idempotent_and_takes_the_place_of_a_copy() {
        let world = TestWorld::debian().with_file(LOCALTIME, "TZif2 a copy");
        let mut tree = world.tree;
        assert_eq!(get(&tree).unwrap_err().code, Code::P2016);
        assert!(set(&mut tree, "Europe/Berlin").unwrap());
        assert!(!set(&mut tree, "Europe/Berlin").unwrap());
        let target = tree.read_link(LOCALTIME).unwrap();
        assert_eq!(target, b"../usr/share/zoneinfo/Europe/Berlin");
    }

    #[test]
    fn an_absolute_link_to_the_zone_is_kept() {
        let mut tree = TestWorld::debian().tree;
        link::symlink(&mut tree, LOCALTIME, "/usr/share/zoneinfo/Europe/Berlin").unwrap();
        set(&mut tree, "Europe/Berlin").unwrap();
        let target = tree.read_link(LOCALTIME).unwrap();
        assert_eq!(target, b"/usr/share/zoneinfo/Europe/Berlin");
    }

    #[test]
    fn suse_keeps_its_own_copy_of_the_name() {
        let mut world = TestWorld::debian()
            .with_file("/usr/lib/os-release", "ID=sles\n")
            .with_file("/etc/x", "");
        world
            .tree
            .make_dirs(
                "/etc/sysconfig",
                mintage_volume::filesystem::Ownership::root(0o755),
            )
            .unwrap();
        let mut world = world.with_file(SUSE_CLOCK, "# c\nTIMEZONE=\"UTC\"\n");
        set(&mut world.tree, "Europe/Berlin").unwrap();
        assert_eq!(world.text(SUSE_CLOCK), "# c\nTIMEZONE=\"Europe/Berlin\"\n");
        assert!(access::look(&world.tree, TIMEZONE).unwrap().is_none());
    }

    #[test]
    fn only_zones_of_the_image_are_taken() {
        let mut tree = TestWorld::debian()
            .with_file("/usr/share/zoneinfo/zone.tab", "no zone\n")
            .tree;
        for bad in [
            "",
            "Mars/Base",
            "Europe",
            "zone.tab",
            "../../../etc/passwd",
            "Europe/Berlin\nx",
            "/UTC",
            "Europe//Berlin",
        ] {
            assert_eq!(set(&mut tree, bad).unwrap_err().code, Code::P2013, "{bad}");
        }
        assert!(access::look_at_link(&tree, LOCALTIME).unwrap().is_none());
    }
}
