//! `MacAddress`: the hardware address of a network port.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A MAC address of 48 bits (EUI-48), written `52:54:00:12:34:56`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MacAddress([u8; 6]);

impl MacAddress {
    /// Whether one port can have it: neither a group's address nor zero.
    pub fn is_of_a_port(self) -> bool {
        let is_group = self.0[0] & 1 == 1;
        !is_group && self.0 != [0; 6]
    }
}

impl FromStr for MacAddress {
    type Err = String;

    /// Six pairs of hexadecimal digits, with `:` or `-` between them.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "a MAC address is written like 52:54:00:12:34:56".to_owned();
        let separator = match text.contains('-') {
            true => '-',
            false => ':',
        };
        let mut bytes = [0; 6];
        let mut parts = text.split(separator);
        for byte in &mut bytes {
            let part = parts.next().ok_or_else(wrong)?;
            let is_pair = part.len() == 2 && part.bytes().all(|b| b.is_ascii_hexdigit());
            let value = u8::from_str_radix(part, 16).ok().filter(|_| is_pair);
            *byte = value.ok_or_else(wrong)?;
        }
        match parts.next() {
            None => Ok(Self(bytes)),
            Some(_) => Err(wrong()),
        }
    }
}

impl TryFrom<String> for MacAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<MacAddress> for String {
    fn from(mac: MacAddress) -> Self {
        mac.to_string()
    }
}

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, last] = self.0;
        write!(f, "{a:02X}:{b:02X}:{c:02X}:{d:02X}:{e:02X}:{last:02X}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_both_forms_and_written_in_one() {
        for (text, expected) in [
            ("52:54:00:ab:cd:ef", Some("52:54:00:AB:CD:EF")),
            ("52-54-00-AB-CD-EF", Some("52:54:00:AB:CD:EF")),
            ("52:54:00:ab:cd", None),
            ("52:54:00:ab:cd:ef:01", None),
            ("52:54:00:ab:cd:+f", None),
            ("525400abcdef", None),
            ("52:54-00:ab:cd:ef", None),
            ("", None),
        ] {
            let read = text.parse::<MacAddress>().ok().map(|mac| mac.to_string());
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn groups_and_zero_are_no_port() {
        for (text, expected) in [
            ("52:54:00:00:00:01", true),
            ("01:00:5E:00:00:01", false),
            ("FF:FF:FF:FF:FF:FF", false),
            ("00:00:00:00:00:00", false),
        ] {
            let mac: MacAddress = text.parse().unwrap();
            assert_eq!(mac.is_of_a_port(), expected, "{text}");
        }
    }
}
