//! The forms in which an identity is written: letter case, separators, encodings.

use crate::kind::Kind;
use std::net::IpAddr;

/// A form to be looked for.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) bytes: Vec<u8>,
    /// What may not stand beside it.
    pub(crate) edge: Edge,
    /// Whether letters must have the same case.
    pub(crate) exact: bool,
}

/// What may not stand right before or behind a form: there it would be a part of something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    /// Letters, digits, `-` and `_`.
    Word,
    /// The same in UTF-16.
    WideWord,
    /// Hexadecimal digits.
    Hex,
    /// Digits, and dots with digits behind them.
    Dotted,
    /// Hexadecimal digits and colons.
    Colons,
    /// Nothing: it is too long to be found by chance.
    Free,
}

/// The most bytes of a value that are looked for: more would say no more.
const LONGEST: usize = 256;

/// All forms of a value.
pub(crate) fn forms(kind: Kind, value: &[u8]) -> Vec<Form> {
    let value = &value[..value.len().min(LONGEST)];
    let any_case = |bytes: Vec<u8>, edge| Form {
        bytes,
        edge,
        exact: false,
    };
    let exact = |bytes: Vec<u8>, edge| Form {
        bytes,
        edge,
        exact: true,
    };
    match kind {
        Kind::HostName => vec![
            any_case(value.to_vec(), Edge::Word),
            any_case(
                value.iter().flat_map(|byte| [*byte, 0]).collect(),
                Edge::WideWord,
            ),
        ],
        Kind::IpAddress => addresses(value),
        Kind::MacAddress => [":", "-", ""]
            .map(|separator| any_case(joined(value, separator), Edge::Hex))
            .into(),
        Kind::Duid => pairs(value)
            .map(|bytes| {
                [":", "-", ""].map(|separator| any_case(joined(&bytes, separator), Edge::Hex))
            })
            .map(Vec::from)
            .unwrap_or_default(),
        Kind::MachineId => machine_ids(value),
        Kind::InitiatorName => vec![any_case(value.to_vec(), Edge::Word)],
        Kind::Given => vec![exact(value.to_vec(), Edge::Free)],
        _ => vec![exact(value.to_vec(), Edge::Free)],
    }
}

fn addresses(value: &[u8]) -> Vec<Form> {
    let text = String::from_utf8_lossy(value);
    let Ok(address) = text.parse::<IpAddr>() else {
        return Vec::new();
    };
    let (mut texts, edge) = match address {
        IpAddr::V4(address) => (vec![address.to_string()], Edge::Dotted),
        IpAddr::V6(address) => {
            let groups = address.segments().map(|group| format!("{group:04x}"));
            let short = address.segments().map(|group| format!("{group:x}"));
            (
                vec![address.to_string(), groups.join(":"), short.join(":")],
                Edge::Colons,
            )
        }
    };
    texts.dedup();
    let form = |text: String| Form {
        bytes: text.into_bytes(),
        edge,
        exact: false,
    };
    texts.into_iter().map(form).collect()
}

/// As text, as text with dashes, and as the sixteen bytes that journals have.
fn machine_ids(value: &[u8]) -> Vec<Form> {
    let Some(bytes) = pairs(value) else {
        return Vec::new();
    };
    let dashed: Vec<u8> = value
        .iter()
        .enumerate()
        .flat_map(|(at, byte)| {
            matches!(at, 8 | 12 | 16 | 20)
                .then_some(b'-')
                .into_iter()
                .chain([*byte])
        })
        .collect();
    vec![
        Form {
            bytes: value.to_vec(),
            edge: Edge::Hex,
            exact: false,
        },
        Form {
            bytes: dashed,
            edge: Edge::Hex,
            exact: false,
        },
        Form {
            bytes,
            edge: Edge::Free,
            exact: true,
        },
    ]
}

fn joined(bytes: &[u8], separator: &str) -> Vec<u8> {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(separator).into_bytes()
}

/// The bytes that pairs of hexadecimal digits stand for, with `:` or `-` between them or nothing.
pub(crate) fn pairs(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    let separator = text.chars().find(|c| matches!(c, ':' | '-'));
    let pairs: Vec<&str> = match separator {
        Some(separator) => text.split(separator).collect(),
        None if text.is_ascii() && text.len().is_multiple_of(2) => (0..text.len())
            .step_by(2)
            .map(|at| &text[at..at + 2])
            .collect(),
        None => return None,
    };
    let is_pair = |pair: &&str| pair.len() == 2 && pair.bytes().all(|b| b.is_ascii_hexdigit());
    if !pairs.iter().all(is_pair) {
        return None;
    }
    pairs
        .iter()
        .map(|pair| u8::from_str_radix(pair, 16).ok())
        .collect()
}

impl Edge {
    /// Whether nothing stands beside `bytes[start..end]` that makes it a part of something else.
    pub(crate) fn allows(self, bytes: &[u8], start: usize, end: usize) -> bool {
        let before = |n: usize| {
            start
                .checked_sub(n)
                .and_then(|at| bytes.get(at))
                .copied()
                .unwrap_or(0)
        };
        let after = |n: usize| bytes.get(end + n - 1).copied().unwrap_or(0);
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        match self {
            Self::Word => !is_word(before(1)) && !is_word(after(1)),
            Self::WideWord => {
                let joins = |letter: u8, zero: u8| is_word(letter) && zero == 0;
                !(joins(before(2), before(1)) || joins(after(1), after(2)))
            }
            Self::Hex => !before(1).is_ascii_hexdigit() && !after(1).is_ascii_hexdigit(),
            Self::Dotted => {
                let joins = |dot: u8, digit: u8| dot == b'.' && digit.is_ascii_digit();
                let goes_on = |near: u8, far: u8| near.is_ascii_digit() || joins(near, far);
                !(goes_on(before(1), before(2)) || goes_on(after(1), after(2)))
            }
            Self::Colons => {
                let joins = |byte: u8| byte.is_ascii_hexdigit() || byte == b':';
                !joins(before(1)) && !joins(after(1))
            }
            Self::Free => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(kind: Kind, value: &[u8]) -> Vec<String> {
        let forms = forms(kind, value);
        forms
            .iter()
            .map(|form| String::from_utf8_lossy(&form.bytes).replace('\0', "_"))
            .collect()
    }

    #[test]
    fn identities_have_the_forms_that_people_and_programs_write() {
        assert_eq!(texts(Kind::HostName, b"web"), ["web", "w_e_b_"]);
        assert_eq!(
            texts(Kind::MacAddress, &[0x52, 0x54, 0, 0xab, 0xcd, 1]),
            ["52:54:00:ab:cd:01", "52-54-00-ab-cd-01", "525400abcd01"]
        );
        assert_eq!(
            texts(Kind::IpAddress, b"fd00::12"),
            [
                "fd00::12",
                "fd00:0000:0000:0000:0000:0000:0000:0012",
                "fd00:0:0:0:0:0:0:12"
            ]
        );
        let id = b"0123456789abcdef0123456789abcdef";
        assert_eq!(
            texts(Kind::MachineId, id)[1],
            "01234567-89ab-cdef-0123-456789abcdef"
        );
        assert_eq!(forms(Kind::MachineId, id)[2].bytes, pairs(id).unwrap());
    }

    #[test]
    fn pairs_are_read_with_and_without_separators() {
        for (text, expected) in [
            ("0a:FF", Some(vec![10, 255])),
            ("0a-ff", Some(vec![10, 255])),
            ("0aff", Some(vec![10, 255])),
            ("a:ff", None),
            ("0a:f", None),
            ("+1:02", None),
            ("0af", None),
            ("grüß", None),
        ] {
            assert_eq!(pairs(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn a_part_of_something_else_is_no_match() {
        for (edge, text, expected) in [
            (Edge::Word, "a <x> b", true),
            (Edge::Word, "sub.<x>.org", true),
            (Edge::Word, "my-<x>", false),
            (Edge::Word, "<x>s", false),
            (Edge::Dotted, "ip=<x>/24", true),
            (Edge::Dotted, "see <x>.", true),
            (Edge::Dotted, "1<x>", false),
            (Edge::Dotted, "<x>.9", false),
            (Edge::Dotted, "9.<x>", false),
            (Edge::Hex, "ab<x>", false),
            (Edge::Hex, ":<x>-", true),
            (Edge::Colons, "<x>:1", false),
            (Edge::Free, "a<x>b", true),
        ] {
            let (start, end) = (text.find('<').unwrap(), text.find('>').unwrap() - 1);
            let bytes = text.replace(['<', '>'], "");
            assert_eq!(
                edge.allows(bytes.as_bytes(), start, end),
                expected,
                "{text}"
            );
        }
    }
}
