//! Plan scripts of Image Streamer: commands of guestfish with `@name:default@` in them. Mintage keeps
//! and shows them, and knows what they ask for.

use regex::Regex;
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// What a script asks for: `@Host@`, `@Host:web01@`, `@NIC1.ipaddress@`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder {
    /// The attribute's name.
    pub attribute: String,
    /// The field of a nic: `ipaddress`.
    pub field: Option<String>,
    /// What is put there when the attribute has no value.
    pub default: Option<String>,
}

impl Placeholder {
    /// As the script writes it: `NIC1.ipaddress`.
    pub fn name(&self) -> String {
        match &self.field {
            Some(field) => format!("{}.{field}", self.attribute),
            None => self.attribute.clone(),
        }
    }
}

/// `@@`, which stands for one `@`, or a placeholder.
const PATTERN: &str = r"@@|@([A-Za-z_][A-Za-z0-9_.\-]*)(?::([^@\n]*))?@";

/// Attributes that the service itself gives, and nobody declares.
const SYSTEM: [&str; 2] = ["_Initiator1", "_Initiator2"];

/// What a script asks for, each name once, in the order of the script; the first default counts.
pub fn placeholders(content: &str) -> Vec<Placeholder> {
    static COMPILED: OnceLock<Option<Regex>> = OnceLock::new();
    let Some(pattern) = COMPILED.get_or_init(|| Regex::new(PATTERN).ok()) else {
        return Vec::new();
    };
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for captures in pattern.captures_iter(content) {
        let Some(name) = captures.get(1).map(|name| name.as_str()) else {
            continue;
        };
        let (attribute, field) = match name.split_once('.') {
            Some((attribute, field)) => (attribute, Some(field.to_owned())),
            None => (name, None),
        };
        if SYSTEM.contains(&attribute) || !seen.insert(name) {
            continue;
        }
        found.push(Placeholder {
            attribute: attribute.to_owned(),
            field,
            default: captures.get(2).map(|text| text.as_str().to_owned()),
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found_wherever_they_are() {
        for (content, expected) in [
            ("", ""),
            ("echo @Host@", "Host"),
            ("echo @Host:web 01@ @Host:other@", "Host=web 01"),
            ("@A:@ @B.c-d@ @_e@", "A= B.c-d _e"),
            (
                "ip @NIC1.ipaddress@ mask @NIC1.netmask:255.0.0.0@",
                "NIC1.ipaddress NIC1.netmask=255.0.0.0",
            ),
            ("@_Initiator1.ip@ @_Initiator2.mac@", ""),
            ("mail root@@host and @@Name@@ but @Real@", "Real"),
            ("@A@@B@", "A B"),
            ("@A:one\ntwo@ @1st@ @a b@", ""),
        ] {
            let found = placeholders(content).into_iter().map(|found| {
                let default = found.default.as_ref().map(|text| format!("={text}"));
                format!("{}{}", found.name(), default.unwrap_or_default())
            });
            assert_eq!(found.collect::<Vec<_>>().join(" "), expected, "{content}");
        }
    }
}
