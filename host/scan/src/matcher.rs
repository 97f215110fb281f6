//! `Matcher`: all forms of all identities, and all well-known forms, in one pass over some bytes.

use crate::forms::{Edge, forms};
use crate::identities::Identities;
use crate::kind::Kind;
use crate::known::{self, KNOWN, Known};
use aho_corasick::{AhoCorasick, AhoCorasickKind, Input};
use mintage_volume::escape::escape;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

/// How many bytes before a match decide on it.
pub(crate) const BEHIND: usize = 2;
/// How many bytes from the start of a match decide on it.
pub(crate) const AHEAD: usize = known::AHEAD + 64;

/// Finds all forms of some identities, and the well-known forms of secrets.
pub struct Matcher {
    automaton: AhoCorasick,
    needles: Vec<Needle>,
}

/// What one pattern of the automaton stands for.
enum Needle {
    /// A text, as it is when its case counts.
    Text {
        kind: Kind,
        edge: Edge,
        exact: Option<Vec<u8>>,
    },
    /// The mark of a well-known form.
    Mark(&'static Known),
}

impl Matcher {
    /// A matcher for `identities`; none when they are so many that no automaton can be made of them.
    pub fn new(identities: &Identities) -> Option<Self> {
        let mut patterns = Vec::new();
        let mut needles = Vec::new();
        for (kind, value) in identities.iter() {
            for form in forms(kind, value) {
                needles.push(Needle::Text {
                    kind,
                    edge: form.edge,
                    exact: form.exact.then(|| form.bytes.clone()),
                });
                patterns.push(form.bytes);
            }
        }
        for known in KNOWN {
            patterns.push(known.mark.as_bytes().to_vec());
            needles.push(Needle::Mark(known));
        }
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            // With many identities it would grow out of the caches, and slower than the other kinds.
            .kind((patterns.len() < 2000).then_some(AhoCorasickKind::DFA))
            .build(&patterns)
            .ok()?;
        Some(Self { automaton, needles })
    }

    /// The matches in `bytes` that start in `starts`, by their kind and place.
    pub(crate) fn find<'a>(
        &'a self,
        bytes: &'a [u8],
        starts: Range<usize>,
    ) -> impl Iterator<Item = (Kind, Range<usize>)> + 'a {
        let found = self
            .automaton
            .find_overlapping_iter(Input::new(bytes).range(starts.start..));
        found
            .filter(move |found| found.start() < starts.end)
            .filter_map(|found| {
                let kind = self
                    .needles
                    .get(found.pattern().as_usize())?
                    .check(bytes, found.range())?;
                Some((kind, found.range()))
            })
    }

    /// A path, escaped, with every match in it replaced by the name of its kind in brackets.
    pub(crate) fn mask(&self, path: &[u8]) -> String {
        let mut masked: BTreeMap<usize, (usize, Kind)> = BTreeMap::new();
        for (kind, range) in self.find(path, 0..path.len()) {
            let entry = masked.entry(range.start).or_insert((range.end, kind));
            if range.end > entry.0 {
                *entry = (range.end, kind);
            }
        }
        let (mut text, mut at) = (String::new(), 0);
        for (start, (end, kind)) in masked {
            if start >= at {
                text += &escape(path.get(at..start).unwrap_or_default());
                text += &format!("[{kind}]");
            }
            at = at.max(end);
        }
        text + &escape(path.get(at..).unwrap_or_default())
    }
}

impl Needle {
    /// The kind of what is at `range`, if it is that indeed.
    fn check(&self, bytes: &[u8], range: Range<usize>) -> Option<Kind> {
        match self {
            Self::Text { kind, edge, exact } => {
                let same = exact
                    .as_ref()
                    .is_none_or(|exact| bytes.get(range.clone()) == Some(exact));
                (same && edge.allows(bytes, range.start, range.end)).then_some(*kind)
            }
            Self::Mark(known) => {
                let same = bytes.get(range.clone()) == Some(known.mark.as_bytes());
                let before = range.start.checked_sub(1).and_then(|at| bytes.get(at));
                let starts = !known.at_word_start || !before.is_some_and(u8::is_ascii_alphanumeric);
                let end = (range.end + known::AHEAD).min(bytes.len());
                let rest = bytes.get(range.end..end).unwrap_or_default();
                (same && starts && (known.goes_on)(rest)).then_some(known.kind)
            }
        }
    }
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Matcher")
            .field("patterns", &self.needles.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_show_kinds_instead_of_secrets() {
        let mut identities = Identities::default();
        identities.add(Kind::MachineId, "0123456789abcdef0123456789abcdef");
        identities.add(Kind::HostName, "web01.example.org");
        let matcher = Matcher::new(&identities).unwrap();
        for (path, masked) in [
            ("/etc/hosts", "/etc/hosts"),
            (
                "/log/0123456789ABCDEF0123456789abcdef/x",
                "/log/[machine-id]/x",
            ),
            ("/srv/web01.example.org", "/srv/[host-name]"),
            ("/srv/web01\n", "/srv/[host-name]\\n"),
            ("/srv/web011", "/srv/web011"),
        ] {
            assert_eq!(matcher.mask(path.as_bytes()), masked);
        }
    }

    #[test]
    fn overlapping_secrets_are_all_found() {
        let mut identities = Identities::default();
        identities.add(Kind::InitiatorName, "iqn.2020-01.org:web01");
        identities.add(Kind::HostName, "web01");
        let matcher = Matcher::new(&identities).unwrap();
        let text = b"x iqn.2020-01.org:WEB01 y";
        let found: Vec<_> = matcher.find(text, 0..text.len()).collect();
        assert_eq!(
            found,
            [(Kind::InitiatorName, 2..23), (Kind::HostName, 18..23)]
        );
    }
}
