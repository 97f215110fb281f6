//! What a zone is told of: services and ports that it lets in, and sources and interfaces that are
//! in it.

use super::Kind;
use crate::structured::Value;
use crate::values::shorten;
use mintage_engine::{Code, PlanError};
use std::net::IpAddr;

/// One element of a zone's file, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Traffic {
    /// The element's name.
    pub(super) element: &'static str,
    /// Its attributes.
    pub(super) attributes: Vec<(&'static str, String)>,
    /// Whether only one zone can have it.
    pub(super) is_exclusive: bool,
}

impl Traffic {
    /// # Errors
    /// `P2013` for what cannot be a service's name.
    pub(super) fn service(name: &str) -> Result<Self, PlanError> {
        Kind::Service.check(name)?;
        Ok(Self::shared("service", vec![("name", name.to_owned())]))
    }

    /// # Errors
    /// `P2013` for what is not like `443/tcp` or `6000-6010/udp`.
    pub(super) fn port(text: &str) -> Result<Self, PlanError> {
        let (port, protocol) = port(text)?;
        let attributes = vec![("port", port), ("protocol", protocol)];
        Ok(Self::shared("port", attributes))
    }

    /// # Errors
    /// `P2013` for what is neither a network, a hardware address nor `ipset:NAME`.
    pub(super) fn source(text: &str) -> Result<Self, PlanError> {
        let attribute = match text.strip_prefix("ipset:") {
            Some(set) if is_ipset(set) => ("ipset", set.to_owned()),
            None if is_network(text) || is_hardware_address(text) => ("address", text.to_owned()),
            _ => {
                return Err(bad(text, "source")
                    .help("for example `192.0.2.0/24`, `2001:db8::/32`, `52:54:00:00:00:01` or `ipset:office`"));
            }
        };
        Ok(Self {
            is_exclusive: true,
            ..Self::shared("source", vec![attribute])
        })
    }

    /// # Errors
    /// `P2013` for what the kernel does not take for an interface's name.
    pub(super) fn interface(name: &str) -> Result<Self, PlanError> {
        let fits = |byte: u8| byte.is_ascii_graphic() && !b"/!*:\"'<>&".contains(&byte);
        match !name.is_empty()
            && name.len() <= 15
            && !name.starts_with('.')
            && name.bytes().all(fits)
        {
            true => Ok(Self {
                is_exclusive: true,
                ..Self::shared("interface", vec![("name", name.to_owned())])
            }),
            false => Err(bad(name, "interface").help("an interface has a name like `eth0`")),
        }
    }

    fn shared(element: &'static str, attributes: Vec<(&'static str, String)>) -> Self {
        Self {
            element,
            attributes,
            is_exclusive: false,
        }
    }

    /// As the editor of XML takes it.
    pub(super) fn value(&self) -> Value {
        let attributes = self.attributes.iter();
        let attributes =
            attributes.map(|(name, value)| (format!("@{name}"), Value::Text(value.clone())));
        Value::Map(attributes.collect())
    }
}

/// The ports and the protocol of `443/tcp` or `6000-6010/udp`.
///
/// # Errors
/// `P2013`.
pub(super) fn port(text: &str) -> Result<(String, String), PlanError> {
    let refused = || bad(text, "port").help("for example `443/tcp` or `6000-6010/udp`");
    let (ports, protocol) = text.split_once('/').ok_or_else(refused)?;
    let (first, last) = match ports.split_once('-') {
        Some((first, last)) => (number(first), number(last)),
        None => (number(ports), Some(u16::MAX)),
    };
    let is_range = first.zip(last).is_some_and(|(first, last)| first <= last);
    match is_range && ["tcp", "udp", "sctp", "dccp"].contains(&protocol) {
        true => Ok((ports.to_owned(), protocol.to_owned())),
        false => Err(refused()),
    }
}

/// A port number as firewalld writes it: no sign, no zeros in front.
fn number(text: &str) -> Option<u16> {
    let number: u16 = text.parse().ok()?;
    (number > 0 && number.to_string() == text).then_some(number)
}

fn is_network(text: &str) -> bool {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let Ok(address) = address.parse::<IpAddr>() else {
        return false;
    };
    let longest = if address.is_ipv4() { 32 } else { 128 };
    length.is_none_or(|length| {
        let number: Option<u8> = length.parse().ok();
        number.is_some_and(|number| number <= longest && number.to_string() == length)
    })
}

fn is_hardware_address(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let is_byte =
        |part: &&str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    parts.len() == 6 && parts.iter().all(is_byte)
}

fn is_ipset(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_:.".contains(&byte);
    !name.is_empty() && name.len() <= 31 && name.bytes().all(fits)
}

fn bad(text: &str, what: &str) -> PlanError {
    let shown = shorten(text);
    PlanError::new(
        Code::P2013,
        format!("`{shown}` cannot be a {what} of a zone"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_firewalld_takes_is_written() {
        type Check = fn(&str) -> Result<Traffic, PlanError>;
        let cases: [(Check, &[&str], &[&str]); 4] = [
            (
                Traffic::port,
                &["443/tcp", "6000-6010/udp", "1/sctp", "65535/dccp"],
                &[
                    "443",
                    "0/tcp",
                    "65536/tcp",
                    "+1/tcp",
                    "01/tcp",
                    "2-1/tcp",
                    "1/icmp",
                    "1/tcp\"",
                    "http/tcp",
                ],
            ),
            (
                Traffic::source,
                &[
                    "192.0.2.1",
                    "192.0.2.0/24",
                    "2001:db8::/32",
                    "52:54:00:aa:BB:01",
                    "ipset:office",
                ],
                &[
                    "",
                    "192.0.2.0/33",
                    "192.0.2.0/+1",
                    "52:54:00",
                    "ipset:",
                    "ipset:a\"b",
                    "host",
                    "192.0.2.1\n",
                ],
            ),
            (
                Traffic::interface,
                &["eth0", "br-lan", "bond0.10"],
                &[
                    "",
                    "a b",
                    "a/b",
                    "eth*",
                    "abcdefghijklmnop",
                    ".",
                    "a\"",
                    "<",
                ],
            ),
            (
                Traffic::service,
                &["http", "my_app-2"],
                &["", "a b", "../x", "a\"", "é"],
            ),
        ];
        for (check, good, bad) in cases {
            for text in good {
                assert!(check(text).is_ok(), "{text}");
            }
            for text in bad {
                assert_eq!(check(text).unwrap_err().code, Code::P2013, "{text:?}");
            }
        }
    }
}
