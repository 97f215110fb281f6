//! Names in a FAT directory: long ones in UTF-16, short ones of 8 and 3 characters.

use super::entry::{Entry, SLOT};
use crate::error::{Result, VolumeError, VolumeErrorKind as Kind};
use crate::path::{MAX_NAME, VolumePath};

/// UTF-16 units in one entry of a long name, and where they are in it.
const UNITS: usize = 13;
const UNIT_OFFSETS: [usize; UNITS] = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30];
/// Attributes that mark an entry as part of a long name.
const LONG: u8 = 0x0f;
/// The most entries that a long name has: 255 units.
const MAX_PARTS: u8 = 20;

/// Code page 437 from 0x80 on, in which Linux reads short names.
const CODE_PAGE: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧\
╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// What two names have in common when they are one name: the same text but for upper and lower
/// case.
pub(super) fn fold(name: &str) -> String {
    let upper = |c: char| {
        let mut upper = c.to_uppercase();
        match (upper.next(), upper.next()) {
            (Some(one), None) => one,
            _ => c,
        }
    };
    name.chars().map(upper).collect()
}

/// The name that a file at `path` would get, if vfat can store it.
pub(super) fn check<'a>(path: &VolumePath, name: &'a [u8]) -> Result<&'a str> {
    let fail = |why: &str| Err(VolumeError::cannot(Kind::NotSupported, "create", path, why));
    let Ok(name) = std::str::from_utf8(name) else {
        return fail("a name on vfat must be UTF-8");
    };
    if name.chars().any(|c| c < ' ' || "\"*:<>?\\|".contains(c)) {
        return fail("a name on vfat has no control characters and none of \"*:<>?\\|");
    }
    if name.ends_with(['.', ' ']) {
        return fail("a name on vfat does not end with a dot or a space");
    }
    Ok(name)
}

/// Whether `name` has a place in a path: entries of a hostile directory may not.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name != "."
        && name != ".."
        && name.len() <= MAX_NAME
        && !name.contains(['/', '\0'])
}

/// The text of a short name. None when it cannot be a name.
pub(super) fn short_text(entry: &Entry) -> Option<String> {
    let mut short = entry.short_name();
    // The mark of a removed entry, 0xe5, is stored as 0x05 in a name.
    if short[0] == 0x05 {
        short[0] = 0xe5;
    }
    let (base, extension) = short.split_at(8);
    let (lower_base, lower_extension) = entry.lower_case();
    let mut text = decode(base, lower_base);
    let extension = decode(extension, lower_extension);
    if !extension.is_empty() {
        text.push('.');
        text.push_str(&extension);
    }
    is_name(&text).then_some(text)
}

fn decode(bytes: &[u8], lower: bool) -> String {
    let text: String = bytes
        .iter()
        .map(|byte| match byte {
            0..0x80 => char::from(*byte),
            high => CODE_PAGE
                .chars()
                .nth(usize::from(high - 0x80))
                .unwrap_or(char::REPLACEMENT_CHARACTER),
        })
        .collect();
    let text = text.trim_end_matches(' ');
    if lower {
        text.to_lowercase()
    } else {
        text.to_owned()
    }
}

/// Collects the entries of a long name, which come before that of the short name, last part first.
#[derive(Default)]
pub(super) struct LongName {
    parts: Vec<[u16; UNITS]>,
    missing: u8,
    checksum: u8,
}

impl LongName {
    /// Whether `slot` is part of a long name; it is then taken.
    pub(super) fn take(&mut self, slot: &[u8; SLOT]) -> bool {
        if slot[11] & 0x3f != LONG {
            return false;
        }
        let (number, is_last) = (slot[0] & 0x3f, slot[0] & 0x40 != 0);
        if is_last && (1..=MAX_PARTS).contains(&number) {
            self.parts.clear();
            (self.missing, self.checksum) = (number, slot[13]);
        } else if self.parts.is_empty() || number != self.missing || slot[13] != self.checksum {
            *self = Self::default();
            return true;
        }
        if number == self.missing && number > 0 {
            let unit = |at| u16::from_le_bytes([slot[at], slot[at + 1]]);
            self.parts.push(UNIT_OFFSETS.map(unit));
            self.missing -= 1;
        }
        true
    }

    /// The collected name if it is whole and belongs to `entry`, and how many entries it took.
    pub(super) fn finish(&mut self, entry: &Entry) -> Option<(String, usize)> {
        let all = std::mem::take(self);
        let count = all.parts.len();
        if count == 0 || all.missing != 0 || all.checksum != checksum(entry.short_name()) {
            return None;
        }
        let units = all.parts.iter().rev().flatten().copied();
        let units = units.take_while(|unit| *unit != 0);
        let name: Result<String, _> = char::decode_utf16(units).collect();
        name.ok()
            .filter(|name| is_name(name))
            .map(|name| (name, count))
    }
}

fn checksum(short: [u8; 11]) -> u8 {
    short
        .iter()
        .fold(0, |sum: u8, byte| sum.rotate_right(1).wrapping_add(*byte))
}

/// All entries of a file of that name: of the long name, where it needs one, and its own.
pub(super) fn slots(name: &str, entry: &Entry) -> Vec<[u8; SLOT]> {
    let mut slots = Vec::new();
    if exact_short(name) != Some(entry.short_name()) {
        let mut units: Vec<u16> = name.encode_utf16().collect();
        if !units.len().is_multiple_of(UNITS) {
            units.push(0);
        }
        units.resize(units.len().next_multiple_of(UNITS), 0xffff);
        let sum = checksum(entry.short_name());
        let parts: Vec<_> = units.chunks_exact(UNITS).collect();
        for (part, number) in parts.iter().zip(1..=MAX_PARTS).rev() {
            let last = if usize::from(number) == parts.len() {
                0x40
            } else {
                0
            };
            slots.push(long_slot(number | last, part, sum));
        }
    }
    slots.push(entry.0);
    slots
}

fn long_slot(number: u8, units: &[u16], sum: u8) -> [u8; SLOT] {
    let mut slot = [0; SLOT];
    (slot[0], slot[11], slot[13]) = (number, LONG, sum);
    for (at, unit) in UNIT_OFFSETS.into_iter().zip(units) {
        slot[at..at + 2].copy_from_slice(&unit.to_le_bytes());
    }
    slot
}

/// How many entries a file of that name needs at most.
pub(super) fn slot_count(name: &str) -> usize {
    name.encode_utf16().count().div_ceil(UNITS) + 1
}

/// `name` as a short name, if it is one exactly.
fn exact_short(name: &str) -> Option<[u8; 11]> {
    let (base, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let has_dot = name.contains('.');
    if base.is_empty() || base.len() > 8 || extension.len() > 3 || has_dot && extension.is_empty() {
        return None;
    }
    let fits = |part: &str| part.bytes().all(|byte| short_byte(byte) == Some(byte));
    (fits(base) && fits(extension)).then(|| padded(base.as_bytes(), extension.as_bytes()))
}

/// The short name that `name` may be meant as.
pub(super) fn alias(name: &str) -> Option<[u8; 11]> {
    exact_short(&name.to_ascii_uppercase())
}

/// A short name as stored, from its text of up to 8 bytes, a dot and up to 3.
pub(super) fn padded_short(text: &[u8]) -> Option<[u8; 11]> {
    let dot = text.iter().position(|byte| *byte == b'.');
    let (base, extension) = match dot {
        Some(dot) => (text.get(..dot)?, text.get(dot + 1..)?),
        None => (text, &[][..]),
    };
    let mut short = (base.len() <= 8 && extension.len() <= 3).then(|| padded(base, extension))?;
    // As it is stored: 0xe5 would mark a removed entry.
    if short[0] == 0xe5 {
        short[0] = 0x05;
    }
    Some(short)
}

/// The text of a label; empty for none.
pub(super) fn label(label: &[u8; 11]) -> String {
    match decode(label, false) {
        none if none == "NO NAME" => String::new(),
        label => label,
    }
}

/// The byte for a short name; none for what it cannot have.
fn short_byte(byte: u8) -> Option<u8> {
    let upper = byte.to_ascii_uppercase();
    let is_fit = upper.is_ascii_alphanumeric() || b"!#$%&'()-@^_`{}~".contains(&upper);
    is_fit.then_some(upper)
}

fn padded(base: &[u8], extension: &[u8]) -> [u8; 11] {
    let mut short = [b' '; 11];
    for (place, byte) in short.iter_mut().zip(base) {
        *place = *byte;
    }
    for (place, byte) in short.iter_mut().skip(8).zip(extension) {
        *place = *byte;
    }
    short
}

/// A short name for `name` that `is_free`. None when thousands of names are too much alike.
pub(super) fn short_for(name: &str, is_free: impl Fn(&[u8; 11]) -> bool) -> Option<[u8; 11]> {
    if let Some(short) = alias(name).filter(&is_free) {
        return Some(short);
    }
    let (base, extension) = match name.rsplit_once('.') {
        Some((base, extension)) if !base.trim_matches('.').is_empty() => (base, extension),
        _ => (name, ""),
    };
    let (base, extension) = (short_part(base), short_part(extension));
    let extension: Vec<u8> = extension.into_iter().take(3).collect();
    let numbered = |stem: &[u8], number: u32| {
        let tail = format!("~{number}");
        let keep = stem.len().min(8 - tail.len());
        padded(&[&stem[..keep], tail.as_bytes()].concat(), &extension)
    };
    let plain = (1..=4).map(|number| numbered(&base, number));
    // Many names that start alike: a part of their hash instead of a search through all numbers.
    let start: Vec<u8> = base.iter().copied().take(2).collect();
    let hashed = (0..4096).map(|turn| {
        let hash = format!("{:04X}", hash(name, turn / 9));
        numbered(&[&start, hash.as_bytes()].concat(), turn % 9 + 1)
    });
    plain.chain(hashed).find(is_free)
}

/// What of a long name's part can be in a short one.
fn short_part(part: &str) -> Vec<u8> {
    let kept = part.chars().filter(|c| !matches!(c, ' ' | '.'));
    kept.map(|c| {
        let byte = u8::try_from(c).ok().filter(u8::is_ascii);
        byte.and_then(short_byte).unwrap_or(b'_')
    })
    .collect()
}

fn hash(name: &str, turn: u32) -> u16 {
    let start = 0x811c_9dc5 ^ turn;
    let hash = name.bytes().fold(start, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    let [b0, b1, b2, b3] = hash.to_le_bytes();
    u16::from_le_bytes([b0 ^ b2, b1 ^ b3])
}
