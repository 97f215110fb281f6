//! Plan scripts of Image Streamer: commands of guestfish with `@name:default@` in them. Mintage keeps
//! and shows them, and knows what they ask for.

use std::collections::BTreeSet;

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

/// Attributes that the service itself gives, and nobody declares.
const SYSTEM: [&str; 2] = ["_Initiator1", "_Initiator2"];

/// What a script asks for, each name once, in the order of the script; the first default counts.
pub fn placeholders(content: &str) -> Vec<Placeholder> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    let mut rest = content;
    while let Some((_, after)) = rest.split_once('@') {
        // `@@` stands for one `@`.
        rest = after.strip_prefix('@').unwrap_or(after);
        if rest.len() < after.len() {
            continue;
        }
        let Some((name, default, behind)) = placeholder(after) else {
            continue;
        };
        rest = behind;
        let (attribute, field) = match name.split_once('.') {
            Some((attribute, field)) => (attribute, Some(field.to_owned())),
            None => (name, None),
        };
        if !SYSTEM.contains(&attribute) && seen.insert(name) {
            found.push(Placeholder {
                attribute: attribute.to_owned(),
                field,
                default: default.map(str::to_owned),
            });
        }
    }
    found
}

/// The name and the default of the placeholder whose `@` was before `text`, and what is behind it.
fn placeholder(text: &str) -> Option<(&str, Option<&str>, &str)> {
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let (name, rest) = text.split_at_checked(text.find(|c| !is_inner(c))?)?;
    if !name.starts_with(is_first) {
        return None;
    }
    if let Some(behind) = rest.strip_prefix('@') {
        return Some((name, None, behind));
    }
    // A default ends in its line.
    let (default, _) = rest.strip_prefix(':')?.split_once(['@', '\n'])?;
    let behind = rest.get(1 + default.len()..)?.strip_prefix('@')?;
    Some((name, Some(default), behind))
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
