//! Numbers and texts out of on-disk structures.

use crate::digits::uuid;

/// Raw bytes of a structure. What lies past their end reads as zeros, as on a blank device, so no
/// field of a hostile or cut structure can fail to be read; its meaning is for the caller to check.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields<'a>(pub &'a [u8]);

impl<'a> Fields<'a> {
    /// `N` bytes at `offset`.
    pub fn array<const N: usize>(self, offset: usize) -> [u8; N] {
        let mut array = [0; N];
        for (byte, from) in array.iter_mut().zip(self.from(offset)) {
            *byte = *from;
        }
        array
    }

    /// Whether `magic` is at `offset`.
    pub fn has(self, offset: usize, magic: &[u8]) -> bool {
        self.from(offset).starts_with(magic)
    }

    /// The byte at `offset`.
    pub fn u8(self, offset: usize) -> u8 {
        u8::from_le_bytes(self.array(offset))
    }

    /// The little-endian number at `offset`.
    pub fn u16(self, offset: usize) -> u16 {
        u16::from_le_bytes(self.array(offset))
    }

    /// The little-endian number at `offset`.
    pub fn u32(self, offset: usize) -> u32 {
        u32::from_le_bytes(self.array(offset))
    }

    /// The little-endian number at `offset`.
    pub fn u64(self, offset: usize) -> u64 {
        u64::from_le_bytes(self.array(offset))
    }

    /// The text of at most `len` bytes at `offset`: up to a NUL, without spaces at its end; what
    /// is not UTF-8 is replaced.
    pub fn text(self, offset: usize, len: usize) -> String {
        let field = self.from(offset);
        let field = field.get(..len).unwrap_or(field);
        let text = field.split(|b| *b == 0).next().unwrap_or_default();
        String::from_utf8_lossy(text).trim_end().to_owned()
    }

    /// The UUID at `offset`, its bytes in the order they are written in; empty when it is zero.
    pub fn uuid(self, offset: usize) -> String {
        uuid(&self.array(offset))
    }

    /// The GUID at `offset` as EFI stores it: the first three numbers little-endian.
    pub fn guid(self, offset: usize) -> String {
        let mut bytes: [u8; 16] = self.array(offset);
        bytes[0..4].reverse();
        bytes[4..6].reverse();
        bytes[6..8].reverse();
        uuid(&bytes)
    }

    fn from(self, offset: usize) -> &'a [u8] {
        self.0.get(offset..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_reads_as_zeros() {
        let fields = Fields(&[1, 2, 3]);
        assert_eq!(fields.u32(1), 0x0302);
        assert_eq!(fields.u64(usize::MAX), 0);
        assert_eq!(fields.text(5, 10), "");
        assert!(!fields.has(2, &[3, 0]));
    }

    #[test]
    fn texts_end_at_nul_and_lose_trailing_spaces() {
        assert_eq!(Fields(b"EFI   \0x").text(0, 8), "EFI");
        assert_eq!(Fields(b"a\xffb").text(0, 3), "a\u{fffd}b");
    }

    #[test]
    fn uuids_in_both_byte_orders() {
        let bytes: Vec<u8> = (0x10..0x20).collect();
        assert_eq!(
            Fields(&bytes).uuid(0),
            "10111213-1415-1617-1819-1a1b1c1d1e1f"
        );
        assert_eq!(
            Fields(&bytes).guid(0),
            "13121110-1514-1716-1819-1a1b1c1d1e1f"
        );
        assert_eq!(Fields(&[0; 16]).uuid(0), "");
    }
}
