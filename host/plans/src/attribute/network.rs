//! An IP network: an address and how many of its bits are the network's.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// An address with the length of its network's prefix, `192.0.2.10/24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// `None` when `prefix` is longer than the address.
    pub fn new(address: IpAddr, prefix: u8) -> Option<Self> {
        (prefix <= width(address)).then_some(Self { address, prefix })
    }

    /// The address.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// How many bits the network's prefix has.
    pub fn prefix(&self) -> u8 {
        self.prefix
    }

    /// The network's own address, all other bits 0.
    pub fn network(&self) -> IpAddr {
        from_bits(self.address, bits(self.address) & self.mask())
    }

    /// The mask as an address, `255.255.255.0`.
    pub fn netmask(&self) -> IpAddr {
        from_bits(self.address, self.mask())
    }

    /// Whether `address` is in the network.
    pub fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.address.is_ipv4()
            && bits(address) & self.mask() == bits(self.network())
    }

    /// The length of the prefix that `netmask` means; `None` when its bits have gaps.
    pub fn prefix_of(netmask: Ipv4Addr) -> Option<u8> {
        let bits = netmask.to_bits();
        let ones = bits.leading_ones();
        (bits.count_ones() == ones)
            .then(|| u8::try_from(ones).ok())
            .flatten()
    }

    /// The mask in the low bits of the address's width.
    fn mask(&self) -> u128 {
        let host_bits = u32::from(width(self.address) - self.prefix);
        let all = u128::MAX >> (128 - u32::from(width(self.address)));
        all & u128::MAX.checked_shl(host_bits).unwrap_or(0)
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// The address of the same family as `like` with these bits.
fn from_bits(like: IpAddr, bits: u128) -> IpAddr {
    match (like, u32::try_from(bits)) {
        (IpAddr::V4(_), Ok(bits)) => Ipv4Addr::from_bits(bits).into(),
        _ => Ipv6Addr::from_bits(bits).into(),
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || format!("`{text}` is not a network like `192.0.2.0/24`");
        let (address, prefix) = text.split_once('/').ok_or_else(refused)?;
        let address = address.parse().map_err(|_| refused())?;
        let prefix = prefix.parse().map_err(|_| refused())?;
        Self::new(address, prefix).ok_or_else(refused)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_and_networks() {
        for (text, network, netmask) in [
            ("192.0.2.10/24", "192.0.2.0", "255.255.255.0"),
            ("192.0.2.10/0", "0.0.0.0", "0.0.0.0"),
            ("192.0.2.10/32", "192.0.2.10", "255.255.255.255"),
            ("10.1.2.3/9", "10.0.0.0", "255.128.0.0"),
            ("2001:db8::1/64", "2001:db8::", "ffff:ffff:ffff:ffff::"),
            ("2001:db8::1/0", "::", "::"),
        ] {
            let parsed: Network = text.parse().unwrap();
            assert_eq!(parsed.network().to_string(), network);
            assert_eq!(parsed.netmask().to_string(), netmask);
            assert_eq!(parsed.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "192.0.2.1",
            "192.0.2.1/33",
            "::/129",
            "a/8",
            "192.0.2.1/-1",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }

    #[test]
    fn membership_and_netmasks() {
        let network: Network = "192.0.2.0/25".parse().unwrap();
        assert!(network.contains("192.0.2.127".parse().unwrap()));
        assert!(!network.contains("192.0.2.128".parse().unwrap()));
        assert!(!network.contains("::".parse().unwrap()));
        assert_eq!(
            Network::prefix_of(Ipv4Addr::new(255, 255, 254, 0)),
            Some(23)
        );
        assert_eq!(Network::prefix_of(Ipv4Addr::new(255, 0, 255, 0)), None);
    }
}
