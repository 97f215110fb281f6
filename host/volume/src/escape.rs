//! Hostile text made harmless for whoever shows it, and back again.

use crate::digits::from_hex;

/// Writes `bytes` so that a terminal shows them as text: control characters, backslashes and bytes
/// that are not UTF-8 are escaped.
pub fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\\' => text.push_str("\\\\"),
                c => push_printable(&mut text, c),
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// The bytes that [`escape`] wrote as `text`; none when an escape in it is malformed.
pub fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        bytes.extend_from_slice(before.as_bytes());
        let mut chars = after.chars();
        match chars.next()? {
            '\\' => bytes.push(b'\\'),
            'n' => bytes.push(b'\n'),
            't' => bytes.push(b'\t'),
            'r' => bytes.push(b'\r'),
            'x' => bytes.extend(from_hex(after.get(1..3)?)?),
            'u' => {
                let (digits, _) = after.get(1..)?.strip_prefix('{')?.split_once('}')?;
                let is_hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
                let number = is_hex.then(|| u32::from_str_radix(digits, 16).ok())??;
                let c = char::from_u32(number)?;
                bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                // `u`, the braces and the digits.
                rest = after.get(digits.len() + 3..)?;
                continue;
            }
            _ => return None,
        }
        rest = match after.strip_prefix('x') {
            Some(_) => after.get(3..)?,
            None => chars.as_str(),
        };
    }
    bytes.extend_from_slice(rest.as_bytes());
    Some(bytes)
}

/// Control characters, and the marks that change the direction of text around them.
pub fn is_unsafe_to_print(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` with everything escaped that a terminal would act upon, but for the characters in
/// `kept`. Backslashes stay as they are: this is for reading, and cannot be read back.
pub fn printable(text: &str, kept: &[char]) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if kept.contains(&c) => shown.push(c),
            c => push_printable(&mut shown, c),
        }
    }
    shown
}

fn push_printable(text: &mut String, c: char) {
    match c {
        '\n' | '\t' | '\r' => text.extend(c.escape_default()),
        c if is_unsafe_to_print(c) => text.extend(c.escape_unicode()),
        c => text.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_text_reads_back() {
        let hostile = b"/a\n\x1b[31m\xff\\\t\r \xe2\x80\xae\xc3\xa4\x7f";
        assert_eq!(unescape(&escape(hostile)).as_deref(), Some(&hostile[..]));
        for bad in [
            "\\",
            "\\q",
            "\\x1",
            "\\xg0",
            "\\x+1",
            "\\u{+41}",
            "\\u{}",
            "\\u{d800}",
            "\\u{1b",
            "\\xä",
        ] {
            assert_eq!(unescape(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_printable_stays() {
        let hostile = "a\\b\tc\r\n\u{1b}[31m\u{202e}ä";
        assert_eq!(printable(hostile, &[]), r"a\b\tc\r\n\u{1b}[31m\u{202e}ä");
        assert_eq!(printable("a\tb\n\0", &['\t', '\n']), "a\tb\n\\u{0}");
    }
}
