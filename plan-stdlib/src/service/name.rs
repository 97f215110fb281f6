//! Names of units: `ssh.service`, `getty@.service`, `getty@tty1.service`.

use crate::values::shorten;
use mintage_engine::{Code, PlanError};

/// The longest name, in bytes (`UNIT_NAME_MAX` of systemd).
const MAX_NAME: usize = 255;

/// What a unit can be, by the end of its name.
const KINDS: [&str; 11] = [
    "service",
    "socket",
    "device",
    "mount",
    "automount",
    "swap",
    "target",
    "path",
    "timer",
    "slice",
    "scope",
];

/// The valid name of a unit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct UnitName {
    text: String,
}

impl UnitName {
    /// What a script calls a unit; without an ending it is a service.
    ///
    /// # Errors
    /// `P2013` for what cannot be one.
    pub(super) fn parse(given: &str) -> Result<Self, PlanError> {
        let whole = match Self::checked(given) {
            None => Self::checked(&format!("{given}.service")),
            whole => whole,
        };
        whole.ok_or_else(|| {
            let shown = shorten(given);
            PlanError::new(Code::P2013, format!("`{shown}` cannot be the name of a unit"))
                .help("a name has letters, digits and `:-_.\\@`, and an ending like `.service` or `.timer`")
        })
    }

    /// A whole name as it stands in a unit or a directory.
    pub(super) fn checked(text: &str) -> Option<Self> {
        let (stem, kind) = text.rsplit_once('.')?;
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b":-_.\\@".contains(&byte);
        let is_valid = text.len() <= MAX_NAME
            && KINDS.contains(&kind)
            && !stem.is_empty()
            && !stem.starts_with(['@', '.'])
            && stem.bytes().all(fits);
        is_valid.then(|| Self {
            text: text.to_owned(),
        })
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// `service`, `timer`.
    pub(super) fn kind(&self) -> &str {
        self.text.rsplit_once('.').map_or("", |(_, kind)| kind)
    }

    /// The name without its ending.
    pub(super) fn stem(&self) -> &str {
        self.text.rsplit_once('.').map_or("", |(stem, _)| stem)
    }

    /// What stands before the `@`, or the whole stem.
    pub(super) fn prefix(&self) -> &str {
        let stem = self.stem();
        stem.split_once('@').map_or(stem, |(prefix, _)| prefix)
    }

    /// What stands behind the `@`; empty for a template.
    pub(super) fn instance(&self) -> Option<&str> {
        self.stem().split_once('@').map(|(_, instance)| instance)
    }

    pub(super) fn is_template(&self) -> bool {
        self.instance() == Some("")
    }

    pub(super) fn is_instance(&self) -> bool {
        self.instance().is_some_and(|instance| !instance.is_empty())
    }

    /// The template of an instance.
    pub(super) fn template(&self) -> Option<Self> {
        self.is_instance().then(|| self.with_instance(""))
    }

    /// Another instance of the same template.
    pub(super) fn with_instance(&self, instance: &str) -> Self {
        let (prefix, kind) = (self.prefix(), self.kind());
        Self {
            text: format!("{prefix}@{instance}.{kind}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_systemd() {
        for (given, expected) in [
            ("ssh", Some("ssh.service")),
            ("ssh.service", Some("ssh.service")),
            ("fstrim.timer", Some("fstrim.timer")),
            ("getty@tty1", Some("getty@tty1.service")),
            ("foo.bar", Some("foo.bar.service")),
            (
                "dev-disk-by\\x2dlabel-x.swap",
                Some("dev-disk-by\\x2dlabel-x.swap"),
            ),
            ("", None),
            (".service", None),
            ("@x.service", None),
            ("a/b.service", None),
            ("../../etc/passwd", None),
            ("a b", None),
            ("a\n.service", None),
            ("é", None),
            (&"a".repeat(300), None),
        ] {
            let name = UnitName::parse(given);
            assert_eq!(
                name.as_ref().ok().map(UnitName::as_str),
                expected,
                "{given}"
            );
        }
    }

    #[test]
    fn instances_have_templates() {
        let name = UnitName::parse("getty@tty1").unwrap();
        assert!(name.is_instance() && !name.is_template());
        assert_eq!((name.prefix(), name.instance()), ("getty", Some("tty1")));
        let template = name.template().unwrap();
        assert_eq!(template.as_str(), "getty@.service");
        assert!(template.is_template());
        assert_eq!(template.with_instance("x").as_str(), "getty@x.service");
    }
}
