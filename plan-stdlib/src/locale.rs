//! `locale`: language and formats of the machine.

use crate::file::access;
use crate::options::Options;
use crate::os;
use crate::shell_vars::setting;
use crate::values::shorten;
use mintage_engine::{Code, PlanError};
use mintage_volume::tree::VolumeTree;
use rhai::plugin::*;
use rhai::{ImmutableString, Map, Module};

/// Where systemd has it.
const LOCALE_CONF: &str = "/etc/locale.conf";
/// Where Debian has it.
const DEBIAN_LOCALE: &str = "/etc/default/locale";
/// Where SUSE had it, and tools of it still look.
const SUSE_LANGUAGE: &str = "/etc/sysconfig/language";

/// The variables beside `LANG` (locale.conf(5)).
const VARIABLES: [&str; 13] = [
    "LANGUAGE",
    "LC_ADDRESS",
    "LC_COLLATE",
    "LC_CTYPE",
    "LC_IDENTIFICATION",
    "LC_MEASUREMENT",
    "LC_MESSAGES",
    "LC_MONETARY",
    "LC_NAME",
    "LC_NUMERIC",
    "LC_PAPER",
    "LC_TELEPHONE",
    "LC_TIME",
];

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Sets language and formats of the machine.");
    module
}

/// The file that counts: Debian's own where it is Debian, which may link to the other.
fn file(tree: &VolumeTree) -> Result<&'static str, PlanError> {
    let is_debian = os::family(tree)? == "debian";
    Ok(if is_debian {
        DEBIAN_LOCALE
    } else {
        LOCALE_CONF
    })
}

fn get(tree: &VolumeTree) -> Result<String, PlanError> {
    let file = file(tree)?;
    for path in [file, LOCALE_CONF] {
        if let Some(found) = setting::value(tree, path, "LANG")? {
            return Ok(found);
        }
    }
    let message = format!("`{file}` does not set `LANG`");
    Err(PlanError::new(Code::P2008, message).at(file))
}

fn set(tree: &mut VolumeTree, lang: &str, options: Map) -> Result<bool, PlanError> {
    let options = Options::checked("locale::set", options, &VARIABLES)?;
    let mut texts = vec![("LANG", ImmutableString::from(lang))];
    for variable in VARIABLES {
        texts.extend(options.text(variable)?.map(|text| (variable, text)));
    }
    for (variable, text) in &texts {
        check(variable, text)?;
    }
    let settings: Vec<_> = texts
        .iter()
        .map(|(variable, text)| (*variable, Some(text.as_str())))
        .collect();
    let file = file(tree)?;
    let mut changed = setting::set_all(tree, file, &settings)?;
    // A second file that is there and says something else would win in some programs.
    if file != LOCALE_CONF && access::look(tree, LOCALE_CONF)?.is_some() {
        changed |= setting::set_all(tree, LOCALE_CONF, &settings)?;
    }
    if setting::value(tree, SUSE_LANGUAGE, "RC_LANG")?.is_some() {
        changed |= setting::set_all(tree, SUSE_LANGUAGE, &[("RC_LANG", Some(lang))])?;
    }
    Ok(changed)
}

/// `LANGUAGE` is a list with colons, all else one locale.
fn check(variable: &str, text: &str) -> Result<(), PlanError> {
    let is_valid = match variable {
        "LANGUAGE" => text.split(':').all(is_locale),
        _ => is_locale(text),
    };
    if is_valid {
        return Ok(());
    }
    let shown = shorten(text);
    let message = format!("`{shown}` cannot be the value of `{variable}`");
    Err(PlanError::new(Code::P2013, message).help("a locale is one as `de_DE.UTF-8` or `C.UTF-8`"))
}

fn is_locale(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '@');
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphabetic());
    text.len() <= 64 && starts_well && text.chars().all(is_plain)
}

#[export_module]
mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Map, NativeCallContext};

    /// Gives the language of the machine, `LANG`.
    ///
    /// # Errors
    /// - `P2008` when the volume does not set it.
    /// - `P3001` when the volume has no os-release.
    ///
    /// # Example
    /// ```rhai
    /// locale::set("de_DE.UTF-8");
    /// locale::get() == "de_DE.UTF-8"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn get(ctx: NativeCallContext) -> RhaiResultOf<String> {
        ctx.call_world(|world| super::get(world.tree()))
    }

    #[rhai_fn(volatile, return_raw)]
    pub fn set(ctx: NativeCallContext, lang: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::set(world.tree(), lang, Map::new()))
    }

    /// Sets the language of the machine, `LANG`, and by the options other variables beside it.
    ///
    /// The options are `LANGUAGE` and those of the `LC_` variables that the manual page of
    /// locale.conf names; what is not given stays as it is. Writes `/etc/default/locale` in the
    /// Debian family and `/etc/locale.conf` elsewhere, and keeps `/etc/locale.conf` and SUSE's
    /// `/etc/sysconfig/language` in step where they are. That the image has the locale is not
    /// checked: nothing in it can be run to make it. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` for what cannot be a locale, or an unknown option.
    /// - `P3001` when the volume has no os-release.
    ///
    /// # Example
    /// ```rhai
    /// locale::set("en_US.UTF-8", #{ LC_TIME: "de_DE.UTF-8" });
    /// file::read("/etc/default/locale") == "LANG=en_US.UTF-8\nLC_TIME=de_DE.UTF-8\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "set", volatile, return_raw)]
    pub fn set_with(ctx: NativeCallContext, lang: &str, options: Map) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::set(world.tree(), lang, options))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::TestWorld;
    use mintage_volume::filesystem::Ownership;

    #[test]
    fn each_family_has_its_file() {
        for (release, file) in [
            ("ID=debian\n", DEBIAN_LOCALE),
            ("ID=rocky\n", LOCALE_CONF),
            ("ID=sles\n", LOCALE_CONF),
        ] {
            let mut world = TestWorld::debian().with_file("/usr/lib/os-release", release);
            assert!(set(&mut world.tree, "de_DE.UTF-8", Map::new()).unwrap());
            assert!(!set(&mut world.tree, "de_DE.UTF-8", Map::new()).unwrap());
            assert_eq!(
                world.text(file).trim_end().replace('"', ""),
                "LANG=de_DE.UTF-8",
                "{release}"
            );
            assert_eq!(get(&world.tree).unwrap(), "de_DE.UTF-8");
        }
    }

    #[test]
    fn other_places_are_kept_in_step() {
        let mut world = TestWorld::debian().with_file(LOCALE_CONF, "LANG=C\n# c\n");
        world
            .tree
            .make_dirs("/etc/sysconfig", Ownership::root(0o755))
            .unwrap();
        let mut world = world.with_file(SUSE_LANGUAGE, "RC_LANG=\"en_US.UTF-8\"\n");
        set(&mut world.tree, "de_DE.UTF-8", Map::new()).unwrap();
        assert!(world.text(LOCALE_CONF).ends_with("de_DE.UTF-8\n# c\n"));
        assert_eq!(world.text(SUSE_LANGUAGE), "RC_LANG=\"de_DE.UTF-8\"\n");
    }

    #[test]
    fn hostile_values_are_refused_before_anything_is_written() {
        let mut tree = TestWorld::debian().tree;
        for bad in ["", "de\nX=1", "$(id)", "de DE", "-x", &"a".repeat(100)] {
            assert_eq!(
                set(&mut tree, bad, Map::new()).unwrap_err().code,
                Code::P2013
            );
        }
        let options = Map::from([("LC_TIME".into(), "a:b".into())]);
        assert_eq!(set(&mut tree, "C", options).unwrap_err().code, Code::P2013);
        assert!(access::look(&tree, DEBIAN_LOCALE).unwrap().is_none());
        let list = Map::from([("LANGUAGE".into(), "de:en".into())]);
        assert!(set(&mut tree, "C", list).unwrap());
    }
}
