//! The lines of `/etc/hosts`: an address, names, perhaps a comment.

use crate::text::Edited;
use crate::text::lines::{self, Line};
use std::borrow::Cow;
use std::net::IpAddr;

/// A line that gives names to an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    /// The address.
    pub(crate) address: IpAddr,
    /// Its names, the first of them the canonical one.
    pub(crate) names: Vec<Cow<'a, str>>,
    /// From the `#` on, where there is one.
    comment: &'a str,
    /// What stands between address and names.
    gap: &'a str,
}

impl<'a> Entry<'a> {
    /// Reads a line; `None` for one that gives no names to an address, which is left alone.
    fn parse(line: &'a [u8]) -> Option<Self> {
        let line = std::str::from_utf8(line).ok()?;
        let (fields, comment) = line.split_at(line.find('#').unwrap_or(line.len()));
        let mut words = fields.split_ascii_whitespace();
        let address = words.next()?;
        let behind = fields.split_once(address)?.1;
        let gap = behind.len() - behind.trim_ascii_start().len();
        Some(Self {
            address: address.parse().ok()?,
            names: words.map(Cow::Borrowed).collect(),
            comment,
            gap: behind
                .get(..gap)
                .filter(|gap| !gap.is_empty())
                .unwrap_or("\t"),
        })
    }

    fn has(&self, name: &str) -> bool {
        self.names
            .iter()
            .any(|found| found.eq_ignore_ascii_case(name))
    }

    /// Adds the names that are missing, each before the next of `names` that is there: what comes
    /// first in a line is the canonical name.
    fn add(&mut self, names: &[&str]) {
        for (index, name) in names.iter().enumerate() {
            if !self.has(name) {
                let later = names.get(index + 1..).unwrap_or_default();
                let is_later =
                    |found: &Cow<'_, str>| later.iter().any(|l| l.eq_ignore_ascii_case(found));
                let place = self
                    .names
                    .iter()
                    .position(is_later)
                    .unwrap_or(self.names.len());
                self.names.insert(place, Cow::Owned((*name).to_owned()));
            }
        }
    }

    fn text(&self) -> Vec<u8> {
        let Self {
            address,
            gap,
            comment,
            ..
        } = self;
        let names = self.names.join(" ");
        let comment = if comment.is_empty() {
            String::new()
        } else {
            format!(" {comment}")
        };
        format!("{address}{gap}{names}{comment}").into_bytes()
    }
}

/// The addresses of a name, in the order of the file.
pub(crate) fn addresses(content: &[u8], name: &str) -> Vec<IpAddr> {
    let entries = lines::split(content)
        .into_iter()
        .filter_map(|line| Entry::parse(line.text));
    entries
        .filter(|entry| entry.has(name))
        .map(|entry| entry.address)
        .collect()
}

/// Makes sure that the address has these names, and that no other address of its kind has them.
///
/// The names are added to the address's first line, in the order given; a new line goes behind the last one of an
/// address of its kind.
pub(crate) fn ensure(content: &[u8], address: IpAddr, names: &[&str]) -> Edited {
    let mut is_first = true;
    let edited = map(content, |entry| {
        if entry.address.is_ipv4() != address.is_ipv4() {
            return;
        }
        if entry.address != address {
            entry
                .names
                .retain(|found| !names.iter().any(|name| name.eq_ignore_ascii_case(found)));
        } else if std::mem::take(&mut is_first) {
            entry.add(names);
        }
    })?;
    if !is_first {
        return Ok(edited);
    }
    let line = format!("{address}\t{}", names.join(" "));
    insert(
        edited.as_deref().unwrap_or(content),
        address,
        line.as_bytes(),
    )
    .map(Some)
}

/// Removes an address with all its names.
pub(crate) fn remove_address(content: &[u8], address: IpAddr) -> Edited {
    map(content, |entry| {
        if entry.address == address {
            entry.names.clear();
        }
    })
}

/// Removes a name from every address; an address without names goes.
pub(crate) fn remove_name(content: &[u8], name: &str) -> Edited {
    map(content, |entry| {
        entry
            .names
            .retain(|found| !found.eq_ignore_ascii_case(name))
    })
}

/// Changes entries. Lines whose names stay the same stay byte for byte; those left without any go.
pub(crate) fn map(content: &[u8], mut change: impl FnMut(&mut Entry<'_>)) -> Edited {
    let mut texts = Vec::new();
    for line in lines::split(content) {
        let text = match Entry::parse(line.text) {
            None => Some(None),
            Some(entry) => {
                let mut changed = entry.clone();
                change(&mut changed);
                match changed.names == entry.names {
                    true => Some(None),
                    false if changed.names.is_empty() => None,
                    false => Some(Some(changed.text())),
                }
            }
        };
        texts.extend(text.map(|text| (line, text)));
    }
    let new: Vec<Line<'_>> = texts
        .iter()
        .map(|(line, text)| Line {
            text: text.as_deref().unwrap_or(line.text),
            ending: line.ending,
        })
        .collect();
    let edited = lines::join(&new)?;
    Ok((edited != content).then_some(edited))
}

fn insert(
    content: &[u8],
    address: IpAddr,
    line: &[u8],
) -> Result<Vec<u8>, mintage_engine::PlanError> {
    let mut all = lines::split(content);
    let is_kin = |line: &Line<'_>| {
        Entry::parse(line.text).is_some_and(|entry| entry.address.is_ipv4() == address.is_ipv4())
    };
    let index = all
        .iter()
        .rposition(is_kin)
        .map_or(all.len(), |index| index + 1);
    lines::insert(&mut all, index, line, lines::line_break(content));
    lines::join(&all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str =
        "127.0.0.1\tlocalhost\n10.0.0.1  db.example.com db # the old one\n\n::1 localhost ip6\n";

    fn text(edited: Edited) -> Option<String> {
        edited
            .unwrap()
            .map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn ensure_adds_moves_and_rests() {
        for (address, names, expected) in [
            ("127.0.0.1", &["localhost"][..], None),
            (
                "10.0.0.1",
                &["db2"],
                Some(FILE.replace("db # the old one", "db db2 # the old one")),
            ),
            (
                "10.0.0.2",
                &["db", "web"],
                Some(FILE.replace(" db # the old one\n", " # the old one\n10.0.0.2\tdb web\n")),
            ),
            (
                "127.0.0.1",
                &["lo.example.com", "localhost", "lo"],
                Some(FILE.replace("\tlocalhost", "\tlo.example.com localhost lo")),
            ),
            ("::1", &["LOCALHOST"], None),
            ("fe80::1", &["gw"], Some(format!("{FILE}fe80::1\tgw\n"))),
        ] {
            let edited = ensure(FILE.as_bytes(), address.parse().unwrap(), names);
            assert_eq!(text(edited), expected, "{address} {names:?}");
        }
        let edited = ensure(b"", "10.0.0.1".parse().unwrap(), &["a"]);
        assert_eq!(text(edited).unwrap(), "10.0.0.1\ta\n");
    }

    #[test]
    fn removing_a_name_or_an_address() {
        let removed = text(remove_name(FILE.as_bytes(), "localhost")).unwrap();
        assert!(
            !removed.contains("127.0.0.1") && removed.contains("::1 ip6"),
            "{removed}"
        );
        let removed = text(remove_address(FILE.as_bytes(), "10.0.0.1".parse().unwrap()));
        assert_eq!(
            removed.unwrap(),
            FILE.replace("10.0.0.1  db.example.com db # the old one\n", "")
        );
        assert_eq!(text(remove_name(FILE.as_bytes(), "nobody")), None);
    }

    #[test]
    fn lines_of_another_form_stay() {
        let odd = b"\xff\xfe x\nnot-an-address y\n10.0.0.1\n  # c\r\n10.0.0.2 z";
        assert_eq!(addresses(odd, "y"), [] as [IpAddr; 0]);
        assert_eq!(remove_name(odd, "y").unwrap(), None);
        let edited = ensure(odd, "10.0.0.2".parse().unwrap(), &["w"])
            .unwrap()
            .unwrap();
        assert!(edited.starts_with(&odd[..odd.len() - 10]) && edited.ends_with(b"10.0.0.2 z w"));
    }
}
