//! Bytes as digits: hexadecimal, and base64 as in RFC 4648.

/// Base64's standard alphabet.
pub(crate) const STANDARD: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Base64's alphabet for file names and URLs.
pub(crate) const URL_SAFE: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Hexadecimal digits, two a byte, lower case.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A UUID in the usual form, `8-4-4-4-12` digits; empty when it is all zeros, which means none.
pub(crate) fn uuid(bytes: &[u8; 16]) -> String {
    if bytes == &[0; 16] {
        return String::new();
    }
    let digits = hex(bytes);
    [0..8, 8..12, 12..16, 16..20, 20..32]
        .map(|part| digits.get(part).unwrap_or_default())
        .join("-")
}

/// Reads hexadecimal digits; none for anything else.
pub(crate) fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let is_hex = digits.len().is_multiple_of(2) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    let pair = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    is_hex.then(|| (0..digits.len()).step_by(2).map(pair).collect())?
}

/// Base64 digits, without padding.
pub(crate) fn base64(bytes: &[u8], alphabet: &[u8; 64]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().enumerate().fold(0u32, |bits, (i, byte)| {
            bits | u32::from(*byte) << (16 - 8 * i)
        });
        for i in 0..=group.len() {
            // Six bits are at most 63, an index of the alphabet.
            text.push(char::from(alphabet[(bits >> (18 - 6 * i) & 63) as usize]));
        }
    }
    text
}

/// Reads base64 digits of the standard alphabet, with or without padding; none for anything else.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=').as_bytes();
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for group in text.chunks(4) {
        let mut bits = 0u32;
        for (i, digit) in group.iter().enumerate() {
            let value = STANDARD.iter().position(|known| known == digit)?;
            bits |= u32::try_from(value).ok()? << (18 - 6 * i);
        }
        let len = group.len().checked_sub(1).filter(|len| *len > 0)?;
        // The highest of the four bytes is empty: only 24 bits are used.
        let [_, decoded @ ..] = bits.to_be_bytes();
        let (kept, rest) = decoded.split_at(len);
        if rest.iter().any(|byte| *byte != 0) {
            return None;
        }
        bytes.extend_from_slice(kept);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes(), STANDARD), text);
            assert_eq!(from_base64(text).as_deref(), Some(bytes.as_bytes()));
        }
        assert_eq!(base64(b"\xfb\xff", STANDARD), "+/8");
        assert_eq!(base64(b"\xfb\xff", URL_SAFE), "-_8");
        assert_eq!(from_base64("Zg=="), Some(b"f".to_vec()));
    }

    #[test]
    fn hexadecimal_reads_back() {
        assert_eq!(hex(b"\x00\xfe"), "00fe");
        assert_eq!(from_hex("00Fe"), Some(b"\x00\xfe".to_vec()));
        for bad in ["0", "0g", "+1", "é"] {
            assert_eq!(from_hex(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_no_base64_is_refused() {
        for bad in ["Z", "Zm9vY", "Zh", "Z g", "Zm8é", "-_8"] {
            assert_eq!(from_base64(bad), None, "{bad}");
        }
    }
}
