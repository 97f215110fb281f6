//! Base64 as in RFC 4648: binary content in a tree text, and the forms of a secret to mask.

/// The standard alphabet.
pub(crate) const STANDARD: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// The alphabet for file names and URLs.
pub(crate) const URL_SAFE: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Encodes without padding.
pub(crate) fn encode(bytes: &[u8], alphabet: &[u8; 64]) -> String {
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

/// Decodes the standard alphabet, with or without padding; none for anything else.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
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
            assert_eq!(encode(bytes.as_bytes(), STANDARD), text);
            assert_eq!(decode(text).as_deref(), Some(bytes.as_bytes()));
        }
        assert_eq!(encode(b"\xfb\xff", STANDARD), "+/8");
        assert_eq!(encode(b"\xfb\xff", URL_SAFE), "-_8");
        assert_eq!(decode("Zg=="), Some(b"f".to_vec()));
    }

    #[test]
    fn what_is_no_base64_is_refused() {
        for bad in ["Z", "Zm9vY", "Zh", "Z g", "Zm8é", "-_8"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
