//! The machine's own names in `/etc/hosts`, once its address is known.

use super::table;
use crate::hostname::{OWN_ADDRESS, label, own_names};
use crate::text::Edited;
use std::borrow::Cow;
use std::net::IpAddr;

/// The change from one name of the machine to another.
struct Renaming<'a> {
    old: Option<&'a str>,
    new: &'a str,
    address: IpAddr,
}

/// Gives `address` all names of the machine, and takes the old ones from the lines that have them.
///
/// A new name without a domain takes over the domains that the machine's names have there.
pub(crate) fn give(content: &[u8], old: Option<&str>, new: &str, address: IpAddr) -> Edited {
    // The name of an image that has none yet; 127.0.0.1 needs it.
    let old = old.filter(|old| !label(old).eq_ignore_ascii_case("localhost"));
    let renaming = Renaming { old, new, address };
    let names = renaming.names(content)?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let without_old = table::map(content, |entry| renaming.take_from(entry, &names))?;
    let moved = table::ensure(without_old.as_deref().unwrap_or(content), address, &names)?;
    Ok(moved.or(without_old).filter(|edited| edited != content))
}

impl Renaming<'_> {
    /// The names that the machine gets, full ones first.
    fn names(&self, content: &[u8]) -> Result<Vec<String>, mintage_engine::PlanError> {
        let mut own: Vec<String> = Vec::new();
        table::map(content, |entry| {
            let found = entry.names.iter().filter(|name| self.is_own(entry, name));
            for name in found {
                if !own.iter().any(|known| same_domain(known, name)) {
                    own.push(name.to_string());
                }
            }
        })?;
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        Ok(own_names(&own, self.new))
    }

    fn take_from(&self, entry: &mut table::Entry<'_>, names: &[&str]) {
        let is_renamed = self
            .old
            .is_some_and(|old| !old.eq_ignore_ascii_case(self.new));
        let is_target = entry.address == self.address;
        // Under the same name the machine may have a second address of the other kind.
        if !is_renamed && (is_target || entry.address != OWN_ADDRESS) {
            return;
        }
        let stays = |name: &Cow<'_, str>| {
            let is_wanted = names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name));
            !self.is_own(entry, name) || (is_target && is_wanted)
        };
        let left: Vec<_> = entry
            .names
            .iter()
            .filter(|name| stays(name))
            .cloned()
            .collect();
        entry.names = left;
    }

    /// Whether a name of this line is one of the machine's, old or new.
    ///
    /// Another machine can have the same name in another domain: apart from Debian's own address,
    /// a line is the machine's only when it has the name as it was set, or its short form.
    fn is_own(&self, entry: &table::Entry<'_>, name: &str) -> bool {
        self.old.into_iter().chain([self.new]).any(|own| {
            let has = |wanted: &str| entry.names.iter().any(|n| n.eq_ignore_ascii_case(wanted));
            label(name).eq_ignore_ascii_case(label(own))
                && (entry.address == OWN_ADDRESS || has(own) || has(label(own)))
        })
    }
}

fn same_domain(one: &str, other: &str) -> bool {
    let domain = |name: &str| {
        name.split_once('.')
            .map(|(_, domain)| domain.to_ascii_lowercase())
    };
    domain(one) == domain(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_has_all_names_and_no_other_line_an_old_one() {
        let local = "127.0.0.1 localhost\n";
        for (hosts, old, new, expected) in [
            // Debian's own address loses the full name with the short one.
            (
                "127.0.1.1 golden.example.com golden\n",
                Some("golden"),
                "db01",
                "192.0.2.10\tdb01.example.com db01\n",
            ),
            (
                "127.0.1.1 golden.old.net golden other # own\n",
                Some("golden"),
                "db01.new.net",
                "127.0.1.1 other # own\n192.0.2.10\tdb01.new.net db01\n",
            ),
            // The image's own address goes.
            (
                "192.0.2.50 golden.example.com golden\n",
                Some("golden.example.com"),
                "db01",
                "192.0.2.10\tdb01.example.com db01\n",
            ),
            (
                "192.0.2.50 GOLDEN.example.com golden alias\n2001:db8::50 golden\n",
                Some("golden"),
                "db01.example.com",
                "192.0.2.50 alias\n192.0.2.10\tdb01.example.com db01\n",
            ),
            // The image had the address already.
            (
                "192.0.2.10 golden.example.com golden # own\n",
                Some("golden"),
                "db01",
                "192.0.2.10\tdb01.example.com db01\n",
            ),
            // The same name in a domain that is not the machine's.
            (
                "192.0.2.60 golden.other.net\n",
                Some("golden"),
                "db01",
                "192.0.2.60 golden.other.net\n192.0.2.10\tdb01\n",
            ),
            // Under an unchanged name the address of the other kind stays.
            (
                "2001:db8::10 db01.example.com db01\n127.0.1.1 db01\n",
                Some("db01"),
                "db01",
                "192.0.2.10\tdb01.example.com db01\n2001:db8::10 db01.example.com db01\n",
            ),
            ("", None, "db01", "192.0.2.10\tdb01\n"),
        ] {
            let address = "192.0.2.10".parse().unwrap();
            let hosts = format!("{local}{hosts}");
            let edited = give(hosts.as_bytes(), old, new, address).unwrap().unwrap();
            let text = String::from_utf8(edited.clone()).unwrap();
            assert_eq!(text, format!("{local}{expected}"), "{hosts}");
            assert_eq!(
                give(&edited, Some(new), new, address).unwrap(),
                None,
                "{hosts}"
            );
        }
    }

    #[test]
    fn localhost_is_nobodys_old_name() {
        let hosts = b"127.0.0.1 localhost localhost.localdomain\n";
        let address = "192.0.2.10".parse().unwrap();
        for old in ["localhost", "localhost.localdomain"] {
            let edited = give(hosts, Some(old), "db01", address).unwrap().unwrap();
            assert_eq!(edited, [&hosts[..], b"192.0.2.10\tdb01\n"].concat());
        }
    }
}
