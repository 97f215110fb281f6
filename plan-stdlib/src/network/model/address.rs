//! Addresses: of hardware, of an interface in its network, and where routes lead.

use crate::values::shorten;
use mintage_engine::{Code, PlanError};
use std::fmt;
use std::net::IpAddr;

/// The hardware address of one port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::network) struct Mac([u8; 6]);

impl Mac {
    /// Six bytes with `:` or `-` between them; `None` for what is not written like that.
    fn read(text: &str) -> Option<Self> {
        let separator = if text.contains('-') { '-' } else { ':' };
        let mut bytes = [0; 6];
        let mut parts = text.split(separator);
        for byte in &mut bytes {
            let part = parts.next()?;
            let is_byte = part.len() == 2 && part.bytes().all(|b| b.is_ascii_hexdigit());
            *byte = u8::from_str_radix(part, 16).ok().filter(|_| is_byte)?;
        }
        parts.next().is_none().then_some(Self(bytes))
    }

    /// Whether a text is meant as one; no name of an interface looks like it.
    pub(in crate::network) fn is_meant(text: &str) -> bool {
        text.contains(':') || Self::read(text).is_some()
    }

    /// # Errors
    /// `P2013` for what is none, or belongs to no single port.
    pub(in crate::network) fn parse(text: &str) -> Result<Self, PlanError> {
        let parsed = Self::read(text);
        parsed
            .filter(|mac| mac.0[0] & 1 == 0 && mac.0 != [0; 6])
            .ok_or_else(|| {
                let shown = shorten(text);
                let message = format!("`{shown}` is not the hardware address of a port");
                PlanError::new(Code::P2013, message).help("it is one like `52:54:00:00:00:01`")
            })
    }

    /// Its digits alone: `525400000001`.
    pub(in crate::network) fn digits(self) -> String {
        mintage_volume::digits::hex(&self.0)
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// An address with the length of its network's prefix: `192.0.2.10/24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::network) struct Cidr {
    pub(in crate::network) address: IpAddr,
    pub(in crate::network) prefix: u8,
}

impl Cidr {
    fn read(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let digits = prefix.bytes().all(|byte| byte.is_ascii_digit());
        let prefix = prefix.parse().ok().filter(|_| digits)?;
        (prefix <= longest(address)).then_some(Self { address, prefix })
    }

    /// The address of an interface.
    ///
    /// # Errors
    /// `P2013` for what is none.
    pub(in crate::network) fn parse(text: &str) -> Result<Self, PlanError> {
        let parsed = Self::read(text);
        parsed
            .filter(|cidr| is_of_one_host(cidr.address) && cidr.prefix > 0)
            .ok_or_else(|| {
                let shown = shorten(text);
                let message = format!("`{shown}` is not the address of an interface");
                PlanError::new(Code::P2013, message)
                    .help("give it with the length of its prefix: `192.0.2.10/24`")
            })
    }

    pub(in crate::network) fn is_v4(&self) -> bool {
        self.address.is_ipv4()
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// The bits of an address.
fn longest(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn is_of_one_host(address: IpAddr) -> bool {
    let is_broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
    !address.is_unspecified() && !address.is_multicast() && !is_broadcast
}

/// The address of one machine, for a gateway or a name server.
///
/// # Errors
/// `P2013` for what is none.
pub(in crate::network) fn host(text: &str, what: &str) -> Result<IpAddr, PlanError> {
    let parsed: Option<IpAddr> = text.parse().ok();
    parsed
        .filter(|address| is_of_one_host(*address))
        .ok_or_else(|| {
            let shown = shorten(text);
            let message = format!("`{shown}` is not the address of {what}");
            PlanError::new(Code::P2013, message)
                .help("it has no prefix length: `192.0.2.1`, `2001:db8::1`")
        })
}

/// A route: where to, over which machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::network) struct Route {
    /// `None` is everywhere: the default route of the family of `via`.
    pub(in crate::network) to: Option<Cidr>,
    /// The next machine; `None` is the network of the interface itself.
    pub(in crate::network) via: Option<IpAddr>,
    /// Lower is preferred.
    pub(in crate::network) metric: Option<u32>,
}

impl Route {
    /// # Errors
    /// `P2013` for what is no network, families that do not fit, or a default without a gateway.
    pub(in crate::network) fn new(
        to: &str,
        via: Option<IpAddr>,
        metric: Option<u32>,
    ) -> Result<Self, PlanError> {
        let to = match to {
            "default" | "0.0.0.0/0" | "::/0" => None,
            _ => Some(network(to)?),
        };
        let fits = match (to, via) {
            (None, None) => false,
            (Some(to), Some(via)) => to.is_v4() == via.is_ipv4(),
            _ => true,
        };
        if !fits {
            let message = "the route needs a gateway of the family of its destination";
            return Err(PlanError::new(Code::P2013, message)
                .help("give it as `via`: `#{ to: \"10.0.0.0/8\", via: \"192.0.2.254\" }`"));
        }
        Ok(Self { to, via, metric })
    }

    pub(in crate::network) fn is_v4(&self) -> bool {
        match (self.to, self.via) {
            (Some(to), _) => to.is_v4(),
            (None, via) => via.is_some_and(|via| via.is_ipv4()),
        }
    }

    /// The destination as an address: `0.0.0.0/0` for everywhere.
    pub(in crate::network) fn destination(&self) -> String {
        match self.to {
            Some(to) => to.to_string(),
            None if self.is_v4() => "0.0.0.0/0".to_owned(),
            None => "::/0".to_owned(),
        }
    }

    /// The destination in the words of ip(8): `default` for everywhere.
    pub(in crate::network) fn destination_or_default(&self) -> String {
        self.to
            .map_or_else(|| "default".to_owned(), |to| to.to_string())
    }
}

/// The destination of a route: no bit behind its prefix may be set.
fn network(text: &str) -> Result<Cidr, PlanError> {
    let refuse = |help: String| {
        let shown = shorten(text);
        let message = format!("`{shown}` is not the network that a route leads to");
        PlanError::new(Code::P2013, message).help(help)
    };
    let given = Cidr::read(text)
        .ok_or_else(|| refuse("it is one like `10.0.0.0/8`, or `default`".to_owned()))?;
    let cut = |bits: u128, width: u32| {
        let host = width - u32::from(given.prefix);
        bits.checked_shr(host)
            .unwrap_or(0)
            .checked_shl(host)
            .unwrap_or(0)
    };
    let address = match given.address {
        IpAddr::V4(v4) => u32::try_from(cut(u32::from(v4).into(), 32))
            .map_or(v4, Into::into)
            .into(),
        IpAddr::V6(v6) => IpAddr::V6(cut(v6.into(), 128).into()),
    };
    let network = Cidr { address, ..given };
    if network == given {
        return Ok(network);
    }
    Err(refuse(format!("did you mean `{network}`?")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hardware_addresses() {
        for (text, expected) in [
            ("52:54:00:00:00:01", Some("52:54:00:00:00:01")),
            ("52-54-00-AB-cd-01", Some("52:54:00:ab:cd:01")),
            ("00:00:00:00:00:00", None),
            ("01:00:5e:00:00:01", None),
            ("52:54:00:00:00", None),
            ("52:54:00:00:00:01:02", None),
            ("+2:54:00:00:00:01", None),
            ("52:54:00:00:00:01\n", None),
            ("", None),
        ] {
            let parsed = Mac::parse(text).ok().map(|mac| mac.to_string());
            assert_eq!(parsed.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn addresses_of_interfaces() {
        for (text, good) in [
            ("192.0.2.10/24", true),
            ("2001:db8::10/64", true),
            ("192.0.2.10/32", true),
            ("192.0.2.10", false),
            ("192.0.2.10/33", false),
            ("192.0.2.10/+4", false),
            ("192.0.2.10/0", false),
            ("0.0.0.0/8", false),
            ("224.0.0.1/4", false),
            ("255.255.255.255/32", false),
            ("192.0.2.10/24\nIPADDR=1", false),
        ] {
            assert_eq!(Cidr::parse(text).is_ok(), good, "{text}");
        }
    }

    #[test]
    fn destinations_have_no_bits_behind_their_prefix() {
        for (to, via, expected) in [
            ("10.0.0.0/8", Some("192.0.2.1"), Ok("10.0.0.0/8")),
            ("default", Some("2001:db8::1"), Ok("::/0")),
            ("0.0.0.0/0", Some("192.0.2.1"), Ok("0.0.0.0/0")),
            ("192.0.2.99/32", None, Ok("192.0.2.99/32")),
            ("2001:db8:1::/48", None, Ok("2001:db8:1::/48")),
            (
                "10.1.2.3/8",
                Some("192.0.2.1"),
                Err("did you mean `10.0.0.0/8`?"),
            ),
            ("2001:db8::1/32", None, Err("did you mean `2001:db8::/32`?")),
            (
                "10.0.0.0/8",
                Some("2001:db8::1"),
                Err("give it as `via`: `#{ to: \"10.0.0.0/8\", via: \"192.0.2.254\" }`"),
            ),
            (
                "default",
                None,
                Err("give it as `via`: `#{ to: \"10.0.0.0/8\", via: \"192.0.2.254\" }`"),
            ),
            (
                "all",
                None,
                Err("it is one like `10.0.0.0/8`, or `default`"),
            ),
        ] {
            let route = Route::new(to, via.map(|via| via.parse().unwrap()), None);
            match (route, expected) {
                (Ok(route), Ok(expected)) => assert_eq!(route.destination(), expected),
                (Err(error), Err(help)) => assert_eq!(error.help.as_deref(), Some(help), "{to}"),
                (found, _) => panic!("{to}: {found:?}"),
            }
        }
    }
}
