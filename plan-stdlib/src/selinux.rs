//! `selinux`: the mode of SELinux, and labels of files.
//!
//! What a run makes gets its label by itself (`host/volume/src/tree/labels.rs`); these functions
//! are for what is labelled otherwise, or was there before.

use crate::file::access;
use crate::options::Options;
use crate::text::Edited;
use crate::values::shorten;
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::Ownership;
use mintage_volume::selinux::{Config, Mode};
use mintage_volume::tree::{Relabel, VolumeTree};
use rhai::plugin::*;
use rhai::{ImmutableString, Map, Module};

/// The file at whose sight the guest relabels everything when it boots, and removes the file.
const AUTORELABEL: &str = "/.autorelabel";

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc(
        "SELinux: its mode, and the labels of files. What a run makes, copies or moves gets the \
         label that the image's own policy gives to its path, by itself, and a file whose content \
         changes keeps the label that it has.",
    );
    module
}

/// The mode; `disabled` without a configuration.
pub(crate) fn mode(tree: &VolumeTree) -> Result<&'static str, PlanError> {
    let config = tree.selinux_config()?;
    Ok(config.map_or(Mode::Disabled, |config| config.mode).as_str())
}

fn set_mode(tree: &mut VolumeTree, mode: &str) -> Result<bool, PlanError> {
    let known = Mode::ALL.map(Mode::as_str);
    if !known.contains(&mode) {
        let message = format!("`{}` is no mode of SELinux", shorten(mode));
        let help = "a mode is `enforcing`, `permissive` or `disabled`";
        return Err(PlanError::new(Code::P2013, message).help(help));
    }
    let Some(config) = tree.selinux_config()? else {
        let message = format!(
            "`{}` does not exist: the volume has no SELinux",
            Config::PATH
        );
        return Err(PlanError::new(Code::P3001, message)
            .at(Config::PATH)
            .help("install a policy into the golden image first"));
    };
    // A volume that nobody labelled would not boot when its rules are enforced.
    let was_off = config.mode == Mode::Disabled;
    let new = Ownership::root(0o644);
    let changed = access::edit_or_create(tree, Config::PATH, new, |text| with_mode(text, mode))?;
    if was_off && mode != Mode::Disabled.as_str() && tree.label("/")?.is_none() {
        relabel_at_boot(tree)?;
    }
    Ok(changed)
}

/// The configuration with this mode: the last line that sets one counts, and is changed.
fn with_mode(text: &[u8], mode: &str) -> Edited {
    const KEY: &[u8] = b"SELINUX=";
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let sets = |line: &&[u8]| line.trim_ascii_start().starts_with(KEY);
    let line = [KEY, mode.as_bytes(), b"\n"].concat();
    let Some(at) = lines.iter().rposition(sets) else {
        let end: &[u8] = match text.last() {
            None | Some(b'\n') => b"",
            Some(_) => b"\n",
        };
        return Ok(Some([text, end, &line].concat()));
    };
    if lines[at].trim_ascii() == line.trim_ascii() {
        return Ok(None);
    }
    Ok(Some(
        [&lines[..at].concat(), &line[..], &lines[at + 1..].concat()].concat(),
    ))
}

fn label(tree: &VolumeTree, path: &str) -> Result<String, PlanError> {
    let label = tree.label(path)?;
    label.ok_or_else(|| {
        PlanError::new(
            Code::P2008,
            format!("`{}` has no SELinux label", shorten(path)),
        )
        .at(path)
    })
}

fn set_label(tree: &mut VolumeTree, path: &str, label: &str) -> Result<bool, PlanError> {
    if mintage_volume::selinux::Context::parse(label).is_none() {
        let message = format!("`{}` has not the form of a label", shorten(label));
        return Err(PlanError::new(Code::P2013, message).help(
            "a label is a user, a role, a type and perhaps a range: `system_u:object_r:etc_t:s0`",
        ));
    }
    if tree.label(path)?.as_deref() == Some(label) {
        return Ok(false);
    }
    tree.set_label(path, label)?;
    Ok(true)
}

/// What `restorecon` would give to what is at `path`.
fn policy_label(tree: &mut VolumeTree, path: &str) -> Result<Option<String>, PlanError> {
    let kind = tree.symlink_metadata(path)?.kind;
    Ok(tree.policy_label(path, kind)?)
}

fn relabel(tree: &mut VolumeTree, path: &str, options: &Options) -> Result<i64, PlanError> {
    let force = options.flag("force", false)?;
    let changed = tree.relabel(path, Relabel { force })?;
    Ok(i64::try_from(changed).unwrap_or(i64::MAX))
}

fn relabel_at_boot(tree: &mut VolumeTree) -> Result<bool, PlanError> {
    if tree.exists(AUTORELABEL)? {
        return Ok(false);
    }
    tree.write(AUTORELABEL, b"", Ownership::root(0o644))?;
    Ok(true)
}

#[export_module]
mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::NativeCallContext;

    /// Gives the mode that `/etc/selinux/config` sets: `enforcing`, `permissive` or `disabled`.
    ///
    /// It is `disabled` in a volume without the file, as in most of Debian and Ubuntu.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 8 MiB.
    ///
    /// # Example
    /// ```rhai
    /// selinux::mode() == "disabled"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn mode(ctx: NativeCallContext) -> RhaiResultOf<ImmutableString> {
        ctx.call_world(|world| Ok(super::mode(world.tree())?.into()))
    }

    /// Sets the mode in `/etc/selinux/config`: `enforcing`, `permissive` or `disabled`.
    ///
    /// A volume that was `disabled` and has no labels is relabelled when it boots, as by
    /// `selinux::relabel_at_boot`: without labels it could not start. Returns whether the file
    /// changed.
    ///
    /// # Errors
    /// - `P2013` for another mode.
    /// - `P3001` when the volume has no SELinux.
    ///
    /// # Example
    /// ```rhai
    /// file::make_dir("/etc/selinux");
    /// file::write("/etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=targeted\n");
    /// selinux::set_mode("permissive") && selinux::mode() == "permissive"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn set_mode(ctx: NativeCallContext, mode: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::set_mode(world.tree(), mode))
    }

    /// Gives the label of what is at a path; of a link, its own.
    ///
    /// # Errors
    /// - `P2008` when it has none.
    /// - `P3001` when there is nothing.
    ///
    /// # Example
    /// ```rhai
    /// selinux::set_label("/etc/motd", "system_u:object_r:etc_t:s0");
    /// selinux::label("/etc/motd") == "system_u:object_r:etc_t:s0"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn label(ctx: NativeCallContext, path: &str) -> RhaiResultOf<String> {
        ctx.call_world(|world| super::label(world.tree(), path))
    }

    /// Sets the label of what is at a path, as `chcon -h` does.
    ///
    /// A relabelling of the guest sets it back, unless the policy takes the type for one that an
    /// administrator chooses; what lasts is a line in the policy's `file_contexts.local`. Whether
    /// the policy knows the label is not checked. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` for what has not the form of a label.
    /// - `P3001` when there is nothing.
    ///
    /// # Example
    /// ```rhai
    /// let label = "system_u:object_r:httpd_sys_content_t:s0";
    /// selinux::set_label("/srv", label) && !selinux::set_label("/srv", label)
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn set_label(ctx: NativeCallContext, path: &str, label: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::set_label(world.tree(), path, label))
    }

    /// Gives the label that the volume's policy has for what is at a path, as `matchpathcon` does;
    /// `()` when it has none.
    ///
    /// # Errors
    /// - `P3001` when there is nothing.
    ///
    /// # Example
    /// ```rhai
    /// selinux::policy_label("/etc/motd") == ()
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn policy_label(ctx: NativeCallContext, path: &str) -> RhaiResultOf<Dynamic> {
        ctx.call_world(|world| {
            let label = super::policy_label(world.tree(), path)?;
            Ok(label.map_or(Dynamic::UNIT, Dynamic::from))
        })
    }

    #[rhai_fn(name = "relabel", volatile, return_raw)]
    pub fn relabel_plain(ctx: NativeCallContext, path: &str) -> RhaiResultOf<i64> {
        relabel(ctx, path, Map::new())
    }

    /// Gives everything at a path and below it the label of the volume's policy, as
    /// `restorecon -R` does.
    ///
    /// Only the type of a label changes, and types that the policy leaves to administrators stay.
    /// With the option `force`, whole labels are set and none stays, as with `restorecon -RF`. It
    /// is for what was there before the run: what the run makes has its label already. Returns how
    /// many labels changed; 0 in a volume that does not use SELinux.
    ///
    /// # Errors
    /// - `P2006` for an option of another type.
    /// - `P2013` for an unknown option.
    /// - `P3001` when there is nothing.
    ///
    /// # Example
    /// ```rhai
    /// let files = "/etc/selinux/targeted/contexts/files";
    /// file::make_dir(files);
    /// file::write("/etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=targeted\n");
    /// file::write(files + "/file_contexts", "/srv(/.*)?  system_u:object_r:var_t:s0\n");
    /// selinux::relabel("/srv", #{ force: true }) > 0 && selinux::label("/srv") == "system_u:object_r:var_t:s0"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn relabel(ctx: NativeCallContext, path: &str, options: Map) -> RhaiResultOf<i64> {
        ctx.call_world(|world| {
            let options = Options::checked("selinux::relabel", options, &["force"])?;
            super::relabel(world.tree(), path, &options)
        })
    }

    /// Makes the guest relabel all its files when it boots next, by the file `/.autorelabel`.
    ///
    /// That takes minutes, and the guest boots twice. Returns whether it would not have done so
    /// anyway.
    ///
    /// # Errors
    /// - `P3005` when the root filesystem cannot be written.
    ///
    /// # Example
    /// ```rhai
    /// selinux::relabel_at_boot() && file::exists("/.autorelabel")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn relabel_at_boot(ctx: NativeCallContext) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::relabel_at_boot(world.tree()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::TestWorld;

    fn guest(config: &str) -> VolumeTree {
        let mut tree = TestWorld::debian().tree;
        tree.make_dirs("/etc/selinux", Ownership::root(0o755))
            .unwrap();
        let written = tree.write(Config::PATH, config.as_bytes(), Ownership::root(0o644));
        written.unwrap();
        tree
    }

    #[test]
    fn the_mode_is_set_in_its_line_and_nothing_else() {
        for (config, mode, expected) in [
            (
                "# SELINUX=x\nSELINUX=enforcing\nSELINUXTYPE=a\n",
                "disabled",
                "# SELINUX=x\nSELINUX=disabled\nSELINUXTYPE=a\n",
            ),
            (
                "SELINUXTYPE=a",
                "enforcing",
                "SELINUXTYPE=a\nSELINUX=enforcing\n",
            ),
            (
                "SELINUX=disabled\nSELINUX=permissive",
                "enforcing",
                "SELINUX=disabled\nSELINUX=enforcing\n",
            ),
            ("", "permissive", "SELINUX=permissive\n"),
        ] {
            let mut tree = guest(config);
            assert!(set_mode(&mut tree, mode).unwrap());
            assert!(!set_mode(&mut tree, mode).unwrap());
            assert_eq!(tree.read(Config::PATH, 1000).unwrap(), expected.as_bytes());
            assert_eq!(super::mode(&tree).unwrap(), mode);
        }
    }

    #[test]
    fn a_volume_without_labels_is_relabelled_when_it_is_switched_on() {
        let mut tree = guest("SELINUX=disabled\n");
        set_mode(&mut tree, "enforcing").unwrap();
        assert!(tree.exists(AUTORELABEL).unwrap());
        let mut tree = guest("SELINUX=disabled\n");
        tree.set_label("/", "u:r:root_t:s0").unwrap();
        set_mode(&mut tree, "enforcing").unwrap();
        assert!(!tree.exists(AUTORELABEL).unwrap());
        let mut tree = guest("SELINUX=permissive\n");
        set_mode(&mut tree, "enforcing").unwrap();
        assert!(!tree.exists(AUTORELABEL).unwrap());
    }

    #[test]
    fn what_is_wrong_is_refused() {
        let mut tree = guest("SELINUX=enforcing\n");
        for bad in ["Enforcing", "", "enforcing\nSELINUXTYPE=x"] {
            assert_eq!(set_mode(&mut tree, bad).unwrap_err().code, Code::P2013);
        }
        for bad in ["etc_t", "a:b:c\n", ""] {
            assert_eq!(
                set_label(&mut tree, "/etc", bad).unwrap_err().code,
                Code::P2013
            );
        }
        assert_eq!(label(&tree, "/etc").unwrap_err().code, Code::P2008);
        assert_eq!(label(&tree, "/nope").unwrap_err().code, Code::P3001);
        let mut plain = TestWorld::debian().tree;
        assert_eq!(
            set_mode(&mut plain, "enforcing").unwrap_err().code,
            Code::P3001
        );
        let options = Options::checked("selinux::relabel", Map::new(), &[]).unwrap();
        assert_eq!(relabel(&mut plain, "/etc", &options).unwrap(), 0);
    }

    #[test]
    fn the_boot_relabels_once_asked() {
        let mut tree = guest("SELINUX=enforcing\n");
        assert!(relabel_at_boot(&mut tree).unwrap());
        assert!(!relabel_at_boot(&mut tree).unwrap());
    }
}
