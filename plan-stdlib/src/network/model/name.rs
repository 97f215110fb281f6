//! Names of interfaces, as the kernel and every tool of a network take them.

use crate::values::shorten;
use mintage_engine::{Code, PlanError};
use std::fmt;

/// The name of an interface: 1 to 15 letters, digits, `.`, `_` and `-`, the first of them a letter.
///
/// Narrower than the kernel's rule (`dev_valid_name`), so that a name can stand in every file as
/// it is: no quote, no separator, nothing that a shell or a pattern would read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::network) struct InterfaceName(String);

/// Names that mean something else: the loopback, and what sysctl has beside interfaces.
const RESERVED: [&str; 3] = ["all", "default", "lo"];

impl InterfaceName {
    /// # Errors
    /// `P2013` for what is no such name.
    pub(in crate::network) fn parse(text: &str) -> Result<Self, PlanError> {
        let why = if text.is_empty() {
            "it is empty"
        } else if text.len() > 15 {
            "it is longer than 15 characters"
        } else if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
            "it does not start with a letter"
        } else if !text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        {
            "it has other characters than letters, digits, `.`, `_` and `-`"
        } else if RESERVED.contains(&text) {
            "the system uses it for something else"
        } else {
            return Ok(Self(text.to_owned()));
        };
        let shown = shorten(text);
        let message = format!("`{shown}` cannot be the name of an interface: {why}");
        Err(PlanError::new(Code::P2013, message)
            .help("a name is one like `mgmt0`, `bond0` or `bond0.100`"))
    }

    pub(in crate::network) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InterfaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_can_stand_in_every_file() {
        for name in ["eth0", "bond0.100", "br-lan", "enx525400000001", "E_1"] {
            assert_eq!(InterfaceName::parse(name).unwrap().as_str(), name);
        }
        for name in [
            "",
            "lo",
            "all",
            "0eth",
            "-a",
            ".",
            "..",
            "a b",
            "a\nb",
            "a/b",
            "a:1",
            "a=b",
            "a'",
            "a$",
            "eth*",
            "é",
            "sixteen-letters-",
        ] {
            let error = InterfaceName::parse(name).unwrap_err();
            assert_eq!(error.code, Code::P2013, "{name}");
        }
    }
}
