//! `first_boot`: what cannot be done offline, done once when the system starts for the first time.

use crate::file::access::{self, Content};
use crate::options::Options;
use crate::values::{scalar, shorten, type_name};
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::Ownership;
use mintage_volume::tree::VolumeTree;
use rhai::plugin::*;
use rhai::{Array, Dynamic, Map, Module};

/// Where the scripts are: SELinux policies label programs in `sbin` as `bin_t`, which systemd leaves
/// its own domain for; `/usr/local/libexec` is `usr_t` to them.
const SCRIPTS: &str = "/usr/local/sbin/first-boot";
/// Where the system says how they ended.
const STATUS: &str = "/var/lib/first-boot";
const UNITS: &str = "/etc/systemd/system";
/// What starts them.
const TARGET: &str = "multi-user.target";
/// The largest script, in bytes.
const MAX_SCRIPT: usize = 1024 * 1024;

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Has scripts run once, when the system starts for the first time.");
    module
}

fn add(
    tree: &mut VolumeTree,
    name: &str,
    script: &Dynamic,
    options: Map,
) -> Result<bool, PlanError> {
    check_name(name)?;
    let options = Options::checked("first_boot::add", options, &["network", "before"])?;
    let unit = unit(name, options.flag("network", true)?, &before(&options)?);
    let script = program(script)?;
    refuse_without_systemd(tree)?;
    let (program, unit_path, link) = (program_path(name), unit_path(name), link_path(name));
    for folder in [SCRIPTS, STATUS, UNITS] {
        tree.make_dirs(folder, Ownership::root(0o755))?;
    }
    tree.make_dirs(format!("{UNITS}/{TARGET}.wants"), Ownership::root(0o755))?;
    if script.is_secret() {
        tree.mark_secret(&program)?;
    }
    let mut has_changed =
        access::write_bytes(tree, &program, script.as_bytes(), Ownership::root(0o700))?;
    if tree.metadata(&program)?.mode != 0o700 {
        tree.set_mode(&program, 0o700)?;
        has_changed = true;
    }
    has_changed |= access::write_bytes(tree, &unit_path, unit.as_bytes(), Ownership::root(0o644))?;
    if access::look_at_link(tree, &link)?.is_none() {
        tree.symlink(&link, &unit_path, Ownership::root(0o777))?;
        has_changed = true;
    }
    Ok(has_changed)
}

fn remove(tree: &mut VolumeTree, name: &str) -> Result<bool, PlanError> {
    check_name(name)?;
    let mut has_changed = false;
    for path in [link_path(name), unit_path(name), program_path(name)] {
        if access::look_at_link(tree, &path)?.is_some() {
            tree.remove(&path)?;
            has_changed = true;
        }
    }
    Ok(has_changed)
}

fn names(tree: &VolumeTree) -> Result<Array, PlanError> {
    if access::look(tree, SCRIPTS)?.is_none() {
        return Ok(Array::new());
    }
    let entries = tree.read_dir(SCRIPTS)?.into_iter();
    let names = entries.filter_map(|entry| String::from_utf8(entry.name).ok());
    Ok(names.map(Dynamic::from).collect())
}

fn program_path(name: &str) -> String {
    format!("{SCRIPTS}/{name}")
}

fn unit_path(name: &str) -> String {
    format!("{UNITS}/first-boot-{name}.service")
}

fn link_path(name: &str) -> String {
    format!("{UNITS}/{TARGET}.wants/first-boot-{name}.service")
}

/// The unit runs the script, writes how it ended, and removes all of itself when it went well.
///
/// The name has no character that a unit or a shell takes for its own. `$$` is systemd's `$`.
fn unit(name: &str, network: bool, before: &[String]) -> String {
    let mut text = format!(
        "[Unit]\nDescription=First boot: {name}\nConditionPathExists={}\n",
        program_path(name)
    );
    if network {
        text.push_str("Wants=network-online.target\nAfter=network-online.target\n");
    }
    if !before.is_empty() {
        text.push_str(&format!("Before={}\n", before.join(" ")));
    }
    let all = [link_path(name), unit_path(name), program_path(name)].join(" ");
    text.push_str(&format!(
        "\n[Service]\nType=oneshot\nExecStart={}\n\
         ExecStopPost=/bin/sh -c 'echo \"$$SERVICE_RESULT $$EXIT_STATUS\" > {STATUS}/{name}; \
         if [ \"$$SERVICE_RESULT\" = success ]; then rm -f {all}; fi'\n\
         \n[Install]\nWantedBy={TARGET}\n",
        program_path(name)
    ));
    text
}

fn before(options: &Options) -> Result<Vec<String>, PlanError> {
    let Some(given) = options.value("before") else {
        return Ok(Vec::new());
    };
    let units: Vec<String> = match given.read_lock::<Array>() {
        Some(units) => units.iter().map(scalar).collect::<Result<_, _>>()?,
        None => vec![scalar(given)?],
    };
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b":-_.@".contains(&byte);
    for unit in &units {
        if unit.is_empty() || !unit.contains('.') || !unit.bytes().all(fits) {
            let shown = shorten(unit);
            let message = format!("`{shown}` cannot be the name of a unit");
            return Err(
                PlanError::new(Code::P2013, message).help("write it whole: `docker.service`")
            );
        }
    }
    Ok(units)
}

/// The script with the program that runs it in its first line.
fn program(given: &Dynamic) -> Result<Content, PlanError> {
    let content = Content::of(given)?;
    let bytes = content.as_bytes();
    if bytes.len() > MAX_SCRIPT {
        let message = format!("the script has more than {MAX_SCRIPT} bytes");
        return Err(PlanError::new(Code::P2003, message));
    }
    if bytes.starts_with(b"#!/") {
        return Ok(content);
    }
    match given.clone().into_immutable_string() {
        Ok(text) if !text.trim().is_empty() => {
            Ok(Content::Text(format!("#!/bin/sh\n{text}").into()))
        }
        Ok(_) => Err(PlanError::new(Code::P2013, "the script is empty")),
        Err(_) => {
            let found = type_name(given);
            let message = format!("a script given as a {found} must start with `#!/`");
            Err(PlanError::new(Code::P2013, message))
        }
    }
}

fn check_name(name: &str) -> Result<(), PlanError> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !name.is_empty() && name.len() <= 64 && !name.starts_with('-') && name.bytes().all(fits) {
        return Ok(());
    }
    let shown = shorten(name);
    Err(PlanError::new(
        Code::P2013,
        format!("`{shown}` cannot be the name of a first-boot script"),
    )
    .help("a name has lower-case letters, digits and `-`"))
}

fn refuse_without_systemd(tree: &VolumeTree) -> Result<(), PlanError> {
    for path in ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"] {
        if access::look(tree, path)?.is_some() {
            return Ok(());
        }
    }
    Err(PlanError::new(
        Code::P3001,
        "the volume has no systemd, which would run the script",
    ))
}

#[export_module]
mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Array, Dynamic, Map, NativeCallContext};

    #[rhai_fn(volatile, return_raw)]
    pub fn add(ctx: NativeCallContext, name: &str, script: Dynamic) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::add(world.tree(), name, &script, Map::new()))
    }

    /// Has a script run once when the system starts.
    ///
    /// For what cannot be done offline: it needs the running kernel, the network, or programs of
    /// the system itself. A script without a `#!` line is run by `/bin/sh`. It is run by a unit
    /// `first-boot-NAME.service` as root. How it ended is in `/var/lib/first-boot/NAME` on the
    /// server: `success 0`, or what systemd calls the failure and the script's status. After a
    /// success, script and unit remove themselves; after a failure the unit is failed and runs
    /// again at the next start. Options:
    /// - `network`: whether it waits for the network, `true` unless told otherwise;
    /// - `before`: units, whole names, that wait for it.
    ///
    /// A script may be a secret; it has mode 0700. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2003` for a script of more than 1 MiB.
    /// - `P2006` for an option or a script of another type.
    /// - `P2013` for a name that has more than lower-case letters, digits and `-`, or an empty script.
    /// - `P3001` when the volume has no systemd.
    ///
    /// # Example
    /// ```rhai
    /// first_boot::add("join", "realm join example.com\n", #{ before: ["sssd.service"] });
    /// file::read("/usr/local/sbin/first-boot/join") == "#!/bin/sh\nrealm join example.com\n"
    ///     && service::is_enabled("first-boot-join")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "add", volatile, return_raw)]
    pub fn add_with(
        ctx: NativeCallContext,
        name: &str,
        script: Dynamic,
        options: Map,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::add(world.tree(), name, &script, options))
    }

    /// Removes a script that would run when the system starts, and its unit.
    ///
    /// Returns whether there was one.
    ///
    /// # Errors
    /// - `P2013` for what cannot be a name.
    ///
    /// # Example
    /// ```rhai
    /// first_boot::add("join", "true\n");
    /// first_boot::remove("join") && first_boot::names() == [] && !first_boot::remove("join")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove(ctx: NativeCallContext, name: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::remove(world.tree(), name))
    }

    /// Gives the names of the scripts that will run when the system starts.
    ///
    /// # Errors
    /// - `P3003` when something else is where they are kept.
    ///
    /// # Example
    /// ```rhai
    /// first_boot::add("join", "true\n");
    /// first_boot::names() == ["join"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn names(ctx: NativeCallContext) -> RhaiResultOf<Array> {
        ctx.call_world(|world| super::names(world.tree()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::TestWorld;
    use mintage_engine::Secret;

    #[test]
    fn a_script_is_written_once_and_removed_whole() {
        let mut tree = TestWorld::debian().tree;
        let before = tree.walk("/", 10_000).unwrap().len();
        let script = Dynamic::from("#!/usr/bin/python3\nprint(1)\n");
        assert!(add(&mut tree, "a", &script, Map::new()).unwrap());
        assert!(!add(&mut tree, "a", &script, Map::new()).unwrap());
        assert_eq!(tree.metadata(program_path("a")).unwrap().mode, 0o700);
        assert!(remove(&mut tree, "a").unwrap());
        let left = tree.walk("/", 10_000).unwrap();
        assert!(
            left.iter()
                .all(|entry| !entry.path.to_string().contains("first-boot-a"))
        );
        assert!(left.len() > before, "the directories stay");
    }

    #[test]
    fn secrets_stay_secrets() {
        let mut tree = TestWorld::debian().tree;
        let secret = Dynamic::from(Secret::new("#!/bin/sh\nlogin correct-horse\n"));
        assert!(add(&mut tree, "a", &secret, Map::new()).unwrap());
        assert!(tree.holds_secret(program_path("a")));
    }

    #[test]
    fn nothing_breaks_out() {
        let mut tree = TestWorld::debian().tree;
        for name in ["", "A", "a b", "../x", "a'b", "a$b", "-a", "a\nb"] {
            assert_eq!(
                add(&mut tree, name, &"x".into(), Map::new())
                    .unwrap_err()
                    .code,
                Code::P2013,
                "{name}"
            );
        }
        for unit in ["", "a", "a.service\nExecStart=/x", "a.service b.service"] {
            let options = Map::from([("before".into(), unit.into())]);
            assert_eq!(
                add(&mut tree, "a", &"x".into(), options).unwrap_err().code,
                Code::P2013,
                "{unit}"
            );
        }
        assert_eq!(
            add(&mut tree, "a", &" \n".into(), Map::new())
                .unwrap_err()
                .code,
            Code::P2013
        );
        assert!(!tree.exists(SCRIPTS).unwrap());
    }
}
