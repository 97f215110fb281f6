//! `iscsi`: the name under which the server logs in to its volumes, and how long it waits for them.

mod name;

use crate::file::access;
use crate::generalize::sweep;
use crate::os;
use crate::seed;
use crate::text::edit::{self, Placement};
use crate::text::pattern::Pattern;
use crate::text::{MAX_TEXT, lines};
use crate::values::{scalar, shorten};
use mintage_engine::{Code, PlanError, PlanWorld, Secret, Value};
use mintage_volume::digits::hex;
use mintage_volume::filesystem::Ownership;
use mintage_volume::tree::VolumeTree;
use rhai::plugin::*;
use rhai::{Dynamic, Module};

const INITIATOR: &str = "/etc/iscsi/initiatorname.iscsi";
const ISCSID: &str = "/etc/iscsi/iscsid.conf";

/// Where open-iscsi keeps the targets that it has found, on the distributions that there are.
const RECORDS: [&str; 8] = [
    "/etc/iscsi/isns",
    "/etc/iscsi/nodes",
    "/etc/iscsi/send_targets",
    "/etc/iscsi/static",
    "/var/lib/iscsi/isns",
    "/var/lib/iscsi/nodes",
    "/var/lib/iscsi/send_targets",
    "/var/lib/iscsi/static",
];

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Sets the name of the iSCSI initiator and how it waits, and forgets targets.");
    module
}

fn initiator_name(tree: &VolumeTree) -> Result<String, PlanError> {
    let missing =
        || PlanError::new(Code::P2008, format!("`{INITIATOR}` has no name")).at(INITIATOR);
    if access::look(tree, INITIATOR)?.is_none() {
        return Err(missing());
    }
    let text = access::read_text(tree, INITIATOR, MAX_TEXT)?;
    let mut names = text
        .lines()
        .filter_map(|line| line.strip_prefix("InitiatorName="));
    names
        .next()
        .map(|name| name.trim().to_owned())
        .ok_or_else(missing)
}

/// The name that the server keeps, else one of its own in the form of its distribution.
fn own_name(world: &mut dyn PlanWorld) -> Result<String, PlanError> {
    if let Some(Value::Text(name)) = world.identity("initiator-name") {
        return Ok(name);
    }
    let prefix = match os::family(world.tree())?.as_str() {
        "redhat" => "iqn.1994-05.com.redhat:",
        "suse" => "iqn.1996-04.de.suse:01:",
        _ => "iqn.1993-08.org.debian:01:",
    };
    // As long as the part that iscsi-iname makes.
    let unique: [u8; 6] = seed::derive(world, "iscsi-initiator-name");
    Ok(format!("{prefix}{}", hex(&unique)))
}

fn set_initiator_name(tree: &mut VolumeTree, name: &str) -> Result<bool, PlanError> {
    name::check(name)?;
    tree.make_dirs("/etc/iscsi", Ownership::root(0o755))?;
    let line = format!("InitiatorName={name}");
    let old = Pattern::parse("InitiatorName=*")?;
    access::edit_or_create(tree, INITIATOR, Ownership::root(0o600), |content| {
        let named = edit::ensure_line(content, line.as_bytes(), Some(&old), &Placement::default())?;
        // Debian's note that a name is still to be made: its boot would replace ours.
        let current = named.as_deref().unwrap_or(content);
        let cleaned = edit::remove_lines(current, |line| line.starts_with(b"GenerateName="))?;
        Ok(cleaned.map(|(content, _)| content).or(named))
    })
}

/// Sets a setting of iscsid where it stands, behind the comment that shows it, or at the end.
fn set(tree: &mut VolumeTree, key: &str, value: &Dynamic) -> Result<bool, PlanError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-[]".contains(&byte);
    if key.is_empty() || !key.contains('.') || !key.bytes().all(fits) {
        let shown = shorten(key);
        let message = format!("`{shown}` cannot be a setting of iscsid");
        return Err(PlanError::new(Code::P2013, message)
            .help("for example `node.session.timeo.replacement_timeout`"));
    }
    let secret = value.read_lock::<Secret>().map(|secret| secret.clone());
    let text = match &secret {
        Some(secret) => secret.reveal().to_owned(),
        None => scalar(value)?,
    };
    if text.is_empty() || text.trim() != text || text.contains(char::is_control) {
        return Err(PlanError::new(
            Code::P2013,
            format!("the value of `{key}` must be one line without blanks around it"),
        ));
    }
    tree.make_dirs("/etc/iscsi", Ownership::root(0o755))?;
    if secret.is_some() {
        tree.mark_secret(ISCSID)?;
    }
    let line = format!("{key} = {text}");
    access::edit_or_create(tree, ISCSID, Ownership::root(0o600), |content| {
        setting(content, key, &line)
    })
}

fn setting(content: &[u8], key: &str, line: &str) -> crate::text::Edited {
    let mut all = lines::split(content);
    let key_of = |line: &[u8]| {
        let text = String::from_utf8_lossy(line).into_owned();
        text.split_once('=').map(|(key, _)| key.trim().to_owned())
    };
    let is_it = |found: &lines::Line<'_>| key_of(found.text).is_some_and(|found| found == key);
    let is_shown = |found: &lines::Line<'_>| {
        key_of(found.text).is_some_and(|found| found.trim_start_matches(['#', ' ']) == key)
    };
    let last = all.iter().rposition(is_it);
    match last.and_then(|index| all.get_mut(index)) {
        Some(found) if found.text == line.as_bytes() => return Ok(None),
        Some(found) => found.text = line.as_bytes(),
        None => {
            let after = all
                .iter()
                .rposition(is_shown)
                .map_or(all.len(), |index| index + 1);
            lines::insert(&mut all, after, line.as_bytes(), lines::line_break(content));
        }
    }
    lines::join(&all).map(Some)
}

fn forget_targets(tree: &mut VolumeTree) -> Result<i64, PlanError> {
    let mut removed = 0;
    for folder in RECORDS {
        let Some(folder) = sweep::real_directory(tree, folder.as_bytes())? else {
            continue;
        };
        for entry in tree.read_dir(folder.as_bytes())? {
            let path = [folder.as_bytes(), b"/", &entry.name].concat();
            tree.remove_all(path)?;
            removed += 1;
        }
    }
    Ok(removed)
}

#[export_module]
mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Dynamic, NativeCallContext};

    /// Gives the name of the initiator, from `/etc/iscsi/initiatorname.iscsi`.
    ///
    /// # Errors
    /// - `P2008` when the volume has none.
    /// - `P2016` when the file is not UTF-8.
    ///
    /// # Example
    /// ```rhai
    /// iscsi::set_initiator_name("iqn.2024-01.com.example:web01");
    /// iscsi::initiator_name() == "iqn.2024-01.com.example:web01"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn initiator_name(ctx: NativeCallContext) -> RhaiResultOf<String> {
        ctx.call_world(|world| super::initiator_name(world.tree()))
    }

    #[rhai_fn(volatile, return_raw)]
    pub fn set_initiator_name(ctx: NativeCallContext) -> RhaiResultOf<bool> {
        ctx.call_world(|world| {
            let name = own_name(world)?;
            super::set_initiator_name(world.tree(), &name)
        })
    }

    /// Sets the name of the initiator.
    ///
    /// Without a name it is the one of the server's identity, which outlives a redeploy; where
    /// there is none, one is made from the seed, in the form that the distribution's own tool
    /// gives it. Writes `/etc/iscsi/initiatorname.iscsi`, mode 0600 where it is new. Returns
    /// whether anything changed.
    ///
    /// # Errors
    /// - `P2013` for what is no name by RFC 3720.
    /// - `P3001` when the volume has no os-release.
    ///
    /// # Example
    /// ```rhai
    /// iscsi::set_initiator_name();
    /// iscsi::initiator_name().starts_with("iqn.1993-08.org.debian:01:") && !iscsi::set_initiator_name()
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "set_initiator_name", volatile, return_raw)]
    pub fn set_initiator_name_to(ctx: NativeCallContext, name: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::set_initiator_name(world.tree(), name))
    }

    /// Sets a setting of iscsid, in `/etc/iscsi/iscsid.conf`.
    ///
    /// A setting that stands there is changed, a new one goes behind the comment that shows it, or
    /// to the end. With a secret, the file becomes one. Records of targets that were found before
    /// keep their own settings: `iscsi::forget_targets`. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2006` for a value of another type.
    /// - `P2013` for what cannot be a setting or a value.
    ///
    /// # Example
    /// ```rhai
    /// iscsi::set("node.session.timeo.replacement_timeout", 86400)
    ///     && file::read("/etc/iscsi/iscsid.conf") == "node.session.timeo.replacement_timeout = 86400\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn set(ctx: NativeCallContext, key: &str, value: Dynamic) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::set(world.tree(), key, &value))
    }

    /// Removes the records of targets that were found by the golden image's own server.
    ///
    /// They are in `nodes`, `send_targets`, `static` and `isns` below `/etc/iscsi` and
    /// `/var/lib/iscsi`. Returns how many there were.
    ///
    /// # Errors
    /// - `P3012` when they are on a filesystem that is mounted read-only.
    ///
    /// # Example
    /// ```rhai
    /// file::make_dir("/var/lib/iscsi/nodes/iqn.2024-01.com.example:old");
    /// iscsi::forget_targets() == 1 && iscsi::forget_targets() == 0
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn forget_targets(ctx: NativeCallContext) -> RhaiResultOf<i64> {
        ctx.call_world(|world| super::forget_targets(world.tree()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::TestWorld;

    #[test]
    fn each_distribution_has_its_form_and_the_identity_wins() {
        for (layout, prefix) in [
            ("debian-12", "iqn.1993-08.org.debian:01:"),
            ("ubuntu-24.04", "iqn.1993-08.org.debian:01:"),
            ("rhel-9", "iqn.1994-05.com.redhat:"),
            ("sles-15", "iqn.1996-04.de.suse:01:"),
        ] {
            let mut world = TestWorld::layout(layout);
            let name = own_name(&mut world).unwrap();
            assert!(name.starts_with(prefix), "{name}");
            assert_eq!(name.len(), prefix.len() + 12);
            assert!(set_initiator_name(&mut world.tree, &name).unwrap());
            assert!(!set_initiator_name(&mut world.tree, &name).unwrap());
            assert_eq!(initiator_name(&world.tree).unwrap(), name);
            let kept = Value::Text("iqn.2024-01.com.example:kept".to_owned());
            let mut world = world.with_identity("initiator-name", kept);
            assert_eq!(
                own_name(&mut world).unwrap(),
                "iqn.2024-01.com.example:kept"
            );
        }
    }

    #[test]
    fn comments_stay_and_the_order_to_make_a_name_goes() {
        let file = "## DO NOT EDIT\nGenerateName=yes\nInitiatorName=iqn.1993-08.org.debian:01:old\nInitiatorAlias=x\n";
        let mut tree = TestWorld::debian().tree;
        tree.make_dirs("/etc/iscsi", Ownership::root(0o755))
            .unwrap();
        tree.write(INITIATOR, file.as_bytes(), Ownership::root(0o600))
            .unwrap();
        assert!(set_initiator_name(&mut tree, "iqn.2024-01.com.example:a").unwrap());
        let expected =
            "## DO NOT EDIT\nInitiatorName=iqn.2024-01.com.example:a\nInitiatorAlias=x\n";
        assert_eq!(tree.read(INITIATOR, 1000).unwrap(), expected.as_bytes());
    }

    #[test]
    fn settings_go_where_they_are_shown() {
        for (content, expected) in [
            ("a.b = 1\nc.d = 2\n", "a.b = 5\nc.d = 2\n"),
            ("# a.b = 1\nc.d = 2\n", "# a.b = 1\na.b = 5\nc.d = 2\n"),
            ("c.d = 2", "c.d = 2\na.b = 5"),
        ] {
            let edited = setting(content.as_bytes(), "a.b", "a.b = 5")
                .unwrap()
                .unwrap();
            assert_eq!(edited, expected.as_bytes());
            assert_eq!(
                setting(expected.as_bytes(), "a.b", "a.b = 5").unwrap(),
                None
            );
        }
        let mut tree = TestWorld::debian().tree;
        for (key, value) in [("a b", "1"), ("x", "1"), ("a.b", "1\nc.d = 2"), ("a.b", "")] {
            assert_eq!(
                set(&mut tree, key, &value.into()).unwrap_err().code,
                Code::P2013
            );
        }
        let secret = Dynamic::from(Secret::new("correct horse"));
        set(&mut tree, "node.session.auth.password", &secret).unwrap();
        assert!(tree.holds_secret(ISCSID));
        assert_eq!(tree.metadata(ISCSID).unwrap().mode, 0o600);
    }

    #[test]
    fn records_are_removed_where_they_are_and_nowhere_else() {
        let mut tree = TestWorld::debian().tree;
        tree.make_dirs("/var/lib/iscsi/nodes/iqn.x", Ownership::root(0o700))
            .unwrap();
        tree.make_dirs("/etc/iscsi", Ownership::root(0o755))
            .unwrap();
        let new = Ownership::root(0o777);
        tree.symlink("/etc/iscsi/nodes", "/var/lib/iscsi/nodes", new)
            .unwrap();
        assert_eq!(forget_targets(&mut tree).unwrap(), 1);
        tree.symlink("/etc/iscsi/static", "/etc", new).unwrap();
        assert_eq!(forget_targets(&mut tree).unwrap_err().code, Code::P3003);
        assert!(tree.exists("/etc/passwd").unwrap());
    }
}
