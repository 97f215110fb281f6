//! `keyboard`: its layout, on the console and in X11.

use crate::file::access::{self, Access, Content};
use crate::options::Options;
use crate::os;
use crate::shell_vars::setting;
use crate::values::shorten;
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::{FileKind, Ownership};
use mintage_volume::tree::VolumeTree;
use rhai::plugin::*;
use rhai::{ImmutableString, Map, Module};

/// The console's, by systemd (vconsole.conf(5)).
const VCONSOLE: &str = "/etc/vconsole.conf";
/// Both of Debian (keyboard(5)).
const DEBIAN_KEYBOARD: &str = "/etc/default/keyboard";
/// Where X11 has its configuration, in images that have X11.
const X11: &str = "/etc/X11";
/// The file in it that localectl writes.
const X11_KEYBOARD: &str = "/etc/X11/xorg.conf.d/00-keyboard.conf";
/// Where images have the console's keymaps.
const KEYMAPS: [&str; 2] = ["/usr/share/kbd/keymaps", "/usr/lib/kbd/keymaps"];
/// More files than any keymaps have.
const MAX_KEYMAPS: usize = 20_000;

/// A keyboard as the four values of XKB, and a keymap of the console.
#[derive(Debug)]
struct Keyboard {
    keymap: ImmutableString,
    layout: ImmutableString,
    model: Option<ImmutableString>,
    variant: Option<ImmutableString>,
    options: Option<ImmutableString>,
}

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Sets the layout of the keyboard.");
    module
}

impl Keyboard {
    fn from_options(layout: &str, options: Map) -> Result<Self, PlanError> {
        let known = ["keymap", "model", "options", "variant"];
        let options = Options::checked("keyboard::set", options, &known)?;
        let keyboard = Self {
            keymap: options.text("keymap")?.unwrap_or_else(|| layout.into()),
            layout: layout.into(),
            model: options.text("model")?,
            variant: options.text("variant")?,
            options: options.text("options")?,
        };
        check("keymap", &keyboard.keymap)?;
        for (_, value) in keyboard.xkb() {
            check("keyboard", value.unwrap_or("us"))?;
        }
        Ok(keyboard)
    }

    /// Names as in the files of shell variables, with their values.
    fn xkb(&self) -> [(&'static str, Option<&str>); 4] {
        [
            ("XKBLAYOUT", Some(self.layout.as_str())),
            ("XKBMODEL", Some(self.model.as_deref().unwrap_or("pc105"))),
            ("XKBVARIANT", self.variant.as_deref()),
            ("XKBOPTIONS", self.options.as_deref()),
        ]
    }

    /// The file as localectl writes it, so that it also reads it.
    fn x11(&self) -> String {
        let mut text = "# Read by systemd-localed and Xorg; localectl(1) changes it.\n\
            Section \"InputClass\"\n        Identifier \"system-keyboard\"\n        \
            MatchIsKeyboard \"on\"\n"
            .to_owned();
        let names = ["XkbLayout", "XkbModel", "XkbVariant", "XkbOptions"];
        for (name, (_, value)) in names.into_iter().zip(self.xkb()) {
            if let Some(value) = value {
                text.push_str(&format!("        Option \"{name}\" \"{value}\"\n"));
            }
        }
        text + "EndSection\n"
    }
}

fn set(tree: &mut VolumeTree, keyboard: &Keyboard) -> Result<bool, PlanError> {
    check_keymap(tree, &keyboard.keymap)?;
    // Asked first: a volume that cannot tell its family stays as it is.
    let is_debian = os::family(tree)? == "debian";
    let mut changed = false;
    if is_debian {
        // Debian's own file always has all four.
        let xkb = keyboard
            .xkb()
            .map(|(name, value)| (name, Some(value.unwrap_or_default())));
        let is_new = access::look(tree, DEBIAN_KEYBOARD)?.is_none();
        changed |= setting::set_all(tree, DEBIAN_KEYBOARD, &xkb)?;
        if is_new {
            setting::set_all(tree, DEBIAN_KEYBOARD, &[("BACKSPACE", Some("guess"))])?;
        }
    }
    if !is_debian || access::look(tree, VCONSOLE)?.is_some() {
        let keymap = [("KEYMAP", Some(keyboard.keymap.as_str()))];
        changed |= setting::set_all(tree, VCONSOLE, &keymap)?;
    }
    if !is_debian && access::look(tree, X11)?.is_some() {
        tree.make_dirs("/etc/X11/xorg.conf.d", Ownership::root(0o755))?;
        let content = Content::Text(keyboard.x11().into());
        changed |= access::write(tree, X11_KEYBOARD, &content, Access::default())?;
    }
    Ok(changed)
}

/// A keymap is a file of the image, in those that have any.
fn check_keymap(tree: &VolumeTree, keymap: &str) -> Result<(), PlanError> {
    let names = [".map", ".map.gz"].map(|ending| format!("{keymap}{ending}"));
    let mut has_any = false;
    for folder in KEYMAPS {
        if access::look(tree, folder)?.is_none_or(|found| found.kind != FileKind::Directory) {
            continue;
        }
        for entry in tree.walk(folder, MAX_KEYMAPS)? {
            let name = entry.path.file_name().unwrap_or_default();
            if names.iter().any(|wanted| wanted.as_bytes() == name) {
                return Ok(());
            }
            has_any |= name.ends_with(b".map.gz") || name.ends_with(b".map");
        }
    }
    if !has_any {
        return Ok(());
    }
    let message = format!(
        "the volume has no keymap `{}` for the console",
        shorten(keymap)
    );
    Err(PlanError::new(Code::P2013, message)
        .help("name the one that goes with the layout: `#{ keymap: \"de-nodeadkeys\" }`"))
}

fn check(what: &str, text: &str) -> Result<(), PlanError> {
    let is_plain = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ',' | ':' | '+' | '(' | ')')
    };
    if !text.is_empty() && text.len() <= 128 && text.chars().all(is_plain) {
        return Ok(());
    }
    let message = format!("`{}` cannot be a value of a {what}", shorten(text));
    Err(PlanError::new(Code::P2013, message).help("the layout of Germany is `de`"))
}

#[export_module]
mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Map, NativeCallContext};

    #[rhai_fn(volatile, return_raw)]
    pub fn set(ctx: NativeCallContext, layout: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| {
            let keyboard = Keyboard::from_options(layout, Map::new())?;
            super::set(world.tree(), &keyboard)
        })
    }

    /// Sets the layout of the keyboard, by its name in XKB.
    ///
    /// The options `model`, `variant` and `options` are those of XKB; `keymap` is the console's,
    /// where it has not the name of the layout. Writes `/etc/default/keyboard` in the Debian
    /// family; elsewhere `/etc/vconsole.conf`, and `/etc/X11/xorg.conf.d/00-keyboard.conf` in
    /// images with X11. The keymap must be one of the image, if it has any. Returns whether
    /// anything changed.
    ///
    /// # Errors
    /// - `P2013` for a name that none can have, a keymap that the image has not, or an unknown
    ///   option.
    /// - `P3001` when the volume has no os-release.
    ///
    /// # Example
    /// ```rhai
    /// keyboard::set("de", #{ variant: "nodeadkeys" });
    /// shell_vars::get("/etc/default/keyboard", "XKBVARIANT") == "nodeadkeys"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "set", volatile, return_raw)]
    pub fn set_with(ctx: NativeCallContext, layout: &str, options: Map) -> RhaiResultOf<bool> {
        ctx.call_world(|world| {
            let keyboard = Keyboard::from_options(layout, options)?;
            super::set(world.tree(), &keyboard)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::TestWorld;

    fn german() -> Keyboard {
        let options = Map::from([
            ("variant".into(), "nodeadkeys".into()),
            ("keymap".into(), "de-nodeadkeys".into()),
        ]);
        Keyboard::from_options("de", options).unwrap()
    }

    #[test]
    fn debian_has_one_file_for_both() {
        let mut world = TestWorld::debian();
        assert!(set(&mut world.tree, &german()).unwrap());
        assert!(!set(&mut world.tree, &german()).unwrap());
        let text = world.text(DEBIAN_KEYBOARD).replace('"', "");
        assert_eq!(
            text,
            "XKBLAYOUT=de\nXKBMODEL=pc105\nXKBVARIANT=nodeadkeys\nXKBOPTIONS=\nBACKSPACE=guess\n"
        );
        assert!(access::look(&world.tree, VCONSOLE).unwrap().is_none());
    }

    #[test]
    fn others_have_one_for_each() {
        let mut world = TestWorld::debian().with_file("/usr/lib/os-release", "ID=fedora\n");
        world.tree.make_dirs(X11, Ownership::root(0o755)).unwrap();
        assert!(set(&mut world.tree, &german()).unwrap());
        assert!(!set(&mut world.tree, &german()).unwrap());
        assert_eq!(
            world.text(VCONSOLE).replace('"', ""),
            "KEYMAP=de-nodeadkeys\n"
        );
        insta::assert_snapshot!(world.text(X11_KEYBOARD));
    }

    #[test]
    fn only_keymaps_of_the_image_are_taken() {
        let mut world = TestWorld::debian().with_file("/usr/lib/os-release", "ID=fedora\n");
        let folder = "/usr/lib/kbd/keymaps/xkb";
        world
            .tree
            .make_dirs(folder, Ownership::root(0o755))
            .unwrap();
        let mut world = world.with_file(format!("{folder}/de.map.gz"), "");
        assert_eq!(
            set(&mut world.tree, &german()).unwrap_err().code,
            Code::P2013
        );
        let plain = Keyboard::from_options("de", Map::new()).unwrap();
        assert!(set(&mut world.tree, &plain).unwrap());
    }

    #[test]
    fn hostile_names_are_refused() {
        for bad in [
            "",
            "de\"\nEndSection",
            "../x",
            "$(id)",
            "a b",
            &"a".repeat(200),
        ] {
            assert_eq!(
                Keyboard::from_options(bad, Map::new()).unwrap_err().code,
                Code::P2013
            );
            let options = Map::from([("variant".into(), bad.into())]);
            assert_eq!(
                Keyboard::from_options("de", options).unwrap_err().code,
                Code::P2013
            );
        }
    }
}
