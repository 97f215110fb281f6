//! `motd`: what people read when they log in, and before.

use crate::file::access::{self, Access, Content};
use mintage_engine::PlanError;
use mintage_volume::filesystem::{FileKind, Ownership};
use mintage_volume::tree::VolumeTree;
use rhai::Module;
use rhai::plugin::*;

/// Shown after the login.
const MOTD: &str = "/etc/motd";
/// Shown before the login on a console.
const ISSUE: &str = "/etc/issue";
/// For additions to it where the file itself is made at boot.
const ISSUE_ADDITIONS: &str = "/etc/issue.d";

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Sets what people read before and after they log in.");
    module
}

fn set(tree: &mut VolumeTree, text: &str) -> Result<bool, PlanError> {
    access::write(tree, MOTD, &whole_lines(text), Access::default())
}

/// SUSE makes the file at boot and links to it; what an administrator has to say goes beside it.
fn set_issue(tree: &mut VolumeTree, text: &str) -> Result<bool, PlanError> {
    let found = access::look_at_link(tree, ISSUE)?;
    let is_made_at_boot = found.is_some_and(|found| found.kind == FileKind::Symlink)
        && tree
            .read_link(ISSUE)?
            .windows(4)
            .any(|part| part == b"run/");
    if !is_made_at_boot {
        return access::write(tree, ISSUE, &whole_lines(text), Access::default());
    }
    let made = tree.make_dirs(ISSUE_ADDITIONS, Ownership::root(0o755))?;
    let path = format!("{ISSUE_ADDITIONS}/90-local.issue");
    Ok(access::write(tree, &path, &whole_lines(text), Access::default())? || made)
}

/// The prompt comes on a line of its own.
fn whole_lines(text: &str) -> Content {
    Content::Text(match text.is_empty() || text.ends_with('\n') {
        true => text.into(),
        false => format!("{text}\n").into(),
    })
}

#[export_module]
mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::NativeCallContext;

    /// Sets the text that is shown after a login, `/etc/motd`.
    ///
    /// A line break is added at its end where it has none. What the image shows besides, as
    /// Ubuntu's `/etc/update-motd.d` does, stays. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P3004` when a directory is at the path.
    ///
    /// # Example
    /// ```rhai
    /// motd::set("Rack r12") && file::read("/etc/motd") == "Rack r12\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn set(ctx: NativeCallContext, text: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::set(world.tree(), text))
    }

    /// Sets the text that is shown on a console before a login, `/etc/issue`.
    ///
    /// Where that is a link to a file made at boot, as on SUSE, it goes into
    /// `/etc/issue.d/90-local.issue`. Backslashes in it mean what agetty takes them for: `\n` is
    /// the host's name, `\4` an address. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P3004` when a directory is at the path.
    ///
    /// # Example
    /// ```rhai
    /// motd::set_issue("Authorized use only") && file::read("/etc/issue") == "Authorized use only\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn set_issue(ctx: NativeCallContext, text: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::set_issue(world.tree(), text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::TestWorld;

    #[test]
    fn texts_end_with_a_line_break_and_stay() {
        let mut world = TestWorld::debian();
        for (text, expected) in [("a", "a\n"), ("a\n", "a\n"), ("", "")] {
            set(&mut world.tree, text).unwrap();
            assert!(!set(&mut world.tree, text).unwrap());
            assert_eq!(world.text(MOTD), expected);
        }
    }

    #[test]
    fn an_issue_made_at_boot_gets_an_addition() {
        let mut world = TestWorld::debian();
        world
            .tree
            .symlink(ISSUE, "../run/issue", Ownership::root(0o777))
            .unwrap();
        assert!(set_issue(&mut world.tree, "a").unwrap());
        assert!(!set_issue(&mut world.tree, "a").unwrap());
        assert_eq!(world.text("/etc/issue.d/90-local.issue"), "a\n");
        assert_eq!(world.tree.read_link(ISSUE).unwrap(), b"../run/issue");
    }
}
