//! `Form`: how the value of a setting is written.

use mintage_storage::export::Iqn;
use serde_json::Value as Json;
use std::net::SocketAddr;
use std::str::FromStr;

/// How the value of a setting is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// An address and a port.
    Address,
    /// The path of a file.
    File,
    /// The path of a folder.
    Folder,
    /// Any text that is not empty, with this name in the help.
    Text(&'static str),
    /// A number of bytes, or one with a unit.
    Size,
    /// A number of seconds, or one with a unit.
    Duration,
    /// A whole number from 1.
    Count,
    /// Addresses with ports, with commas between.
    Addresses,
    /// Numbers from 0 to 32767, with commas between.
    Ports,
    /// The beginning of iSCSI names.
    IscsiName,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// How long the beginning of names may be, in bytes: a name has 223, and ends with what tells it apart.
const LONGEST_PREFIX: usize = 160;
/// The units of sizes, the largest first.
const SIZES: [(&str, u64); 5] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("B", 1),
];
/// The units of durations, in seconds.
const DURATIONS: [(&str, u64); 4] = [("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)];

impl Form {
    /// What the help writes in place of a value.
    pub fn placeholder(self) -> &'static str {
        match self {
            Self::Address => "ADDRESS:PORT",
            Self::File => "FILE",
            Self::Folder => "FOLDER",
            Self::Text(name) => name,
            Self::Size => "SIZE",
            Self::Duration => "DURATION",
            Self::Count => "COUNT",
            Self::Addresses => "ADDRESSES",
            Self::Ports => "PORTS",
            Self::IscsiName => "NAME",
            Self::Choice(_) => "WORD",
        }
    }

    /// What a value must be, to follow on "must be".
    pub fn rule(self) -> String {
        match self {
            Self::Address => "an address and a port, `[::]:443` or `192.0.2.1:8443`".to_owned(),
            Self::File => "the path of a file".to_owned(),
            Self::Folder => "the path of a folder".to_owned(),
            Self::Text(_) => "a text".to_owned(),
            Self::Size => "a size, `4 MiB`, or a number of bytes".to_owned(),
            Self::Duration => "a duration, `30 s` or `5 min`, or a number of seconds".to_owned(),
            Self::Count => "a whole number from 1".to_owned(),
            Self::Addresses => {
                "addresses and ports with commas between, `10.0.0.1:3260, 10.0.1.1:3260`".to_owned()
            }
            Self::Ports => "numbers from 0 to 32767 with commas between, `1, 2`".to_owned(),
            Self::IscsiName => {
                "a month and a domain, reversed, `iqn.2026-11.com.example`, of 160 bytes at most"
                    .to_owned()
            }
            Self::Choice(words) => {
                let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
                words.join(" or ")
            }
        }
    }

    /// Whether a number may stand for the value in a file, without quotes.
    pub(super) fn takes_numbers(self) -> bool {
        matches!(self, Self::Size | Self::Duration | Self::Count)
    }

    /// The value of a text: a number for sizes (bytes), durations (seconds) and counts, else a
    /// text. None when the text is not in this form.
    pub(super) fn parse(self, text: &str) -> Option<Json> {
        let text = text.trim();
        match self {
            Self::Address => text.parse::<SocketAddr>().is_ok().then(|| text.into()),
            Self::File | Self::Folder | Self::Text(_) => (!text.is_empty()).then(|| text.into()),
            Self::Size => with_unit(text, &SIZES).map(Json::from),
            Self::Duration => with_unit(text, &DURATIONS).map(Json::from),
            Self::Count => text.parse::<u32>().ok().filter(|n| *n > 0).map(Json::from),
            Self::Addresses => list::<SocketAddr>(text),
            // What tgtd takes; a sign is none of it.
            Self::Ports => list::<i16>(text).filter(|_| !text.contains(['-', '+'])),
            Self::IscsiName => {
                let is_short = text.len() <= LONGEST_PREFIX && text.starts_with("iqn.");
                (is_short && Iqn::parse(text).is_ok()).then(|| text.into())
            }
            Self::Choice(words) => words.contains(&text).then(|| text.into()),
        }
    }

    /// A number as it would be written, with the largest unit that divides it.
    pub(super) fn written(self, number: u64) -> String {
        let units: &[(&str, u64)] = match self {
            Self::Size => &SIZES,
            Self::Duration => &DURATIONS,
            _ => return number.to_string(),
        };
        let mut fitting = units
            .iter()
            .filter(|(_, factor)| number.is_multiple_of(*factor));
        match fitting.next() {
            Some((unit, factor)) if number > 0 => format!("{} {unit}", number / factor),
            _ => number.to_string(),
        }
    }

    /// A parsed value as it would be written.
    pub fn shown(self, value: &Json) -> String {
        match (value.as_u64(), value.as_str()) {
            (Some(number), _) => self.written(number),
            (_, Some(text)) => text.to_owned(),
            _ => value.to_string(),
        }
    }
}

/// The text, when all that commas separate in it are of this type.
fn list<T: FromStr>(text: &str) -> Option<Json> {
    let mut parts = text.split(',').map(str::trim);
    parts
        .all(|part| part.parse::<T>().is_ok())
        .then(|| text.into())
}

fn with_unit(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit());
    let (number, unit) = text.split_at(digits.unwrap_or(text.len()));
    let number: u64 = number.parse().ok()?;
    let factor = match unit.trim() {
        "" => 1,
        unit => units.iter().find(|(name, _)| *name == unit)?.1,
    };
    number.checked_mul(factor)
}
