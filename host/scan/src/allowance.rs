//! `Allowance`: a finding that somebody wants to keep, by name and with a reason.

use crate::finding::Finding;
use crate::kind::Kind;
use serde::{Deserialize, Serialize};

/// A finding, or all of a kind below a directory, that may stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    kind: Kind,
    place: String,
    reason: String,
}

impl Allowance {
    /// Reads `KIND in PLACE`, as a finding's name has it; a directory stands for all below it.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(name: &str, reason: &str) -> Result<Self, String> {
        let (kind, place) = name
            .split_once(" in ")
            .ok_or("it must have the form `KIND in PLACE`, as the report names a finding")?;
        let kinds = || {
            Kind::ALL
                .iter()
                .map(|kind| kind.name())
                .collect::<Vec<_>>()
                .join(", ")
        };
        let kind = Kind::named(kind.trim())
            .ok_or_else(|| format!("`{kind}` is no kind of finding; there are {}", kinds()))?;
        let place = place.trim();
        if place.trim_end_matches('/').is_empty() {
            return Err("it must say where, and the whole volume is no place".to_owned());
        }
        if reason.trim().is_empty() {
            return Err("it needs a reason".to_owned());
        }
        Ok(Self {
            kind,
            place: place.trim_end_matches('/').to_owned(),
            reason: reason.trim().to_owned(),
        })
    }

    /// `machine-id in /boot/loader/entries`.
    pub fn name(&self) -> String {
        format!("{} in {}", self.kind, self.place)
    }

    /// Why it is allowed.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Whether it allows `finding`.
    pub fn allows(&self, finding: &Finding) -> bool {
        let place = finding.place.to_string();
        let below = place
            .strip_prefix(&self.place)
            .filter(|_| finding.place.path().is_some());
        self.kind == finding.kind
            && (place == self.place || below.is_some_and(|rest| rest.starts_with('/')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Place;

    #[test]
    fn a_directory_allows_all_below_it_and_nothing_else() {
        let content = |path: &str| Place::Content { path: path.into() };
        let raw = Place::Raw {
            area: "partition 2".into(),
        };
        for (name, kind, place, expected) in [
            (
                "machine-id in /boot",
                Kind::MachineId,
                content("/boot/a/b"),
                true,
            ),
            (
                "machine-id in /boot/",
                Kind::MachineId,
                content("/boot/a"),
                true,
            ),
            (
                "machine-id in /boot",
                Kind::MachineId,
                content("/boot"),
                true,
            ),
            (
                "machine-id in /boot",
                Kind::MachineId,
                content("/boot2"),
                false,
            ),
            (
                "machine-id in /boot",
                Kind::HostName,
                content("/boot/a"),
                false,
            ),
            (
                "host-name in partition 2",
                Kind::HostName,
                raw.clone(),
                true,
            ),
            ("host-name in partition", Kind::HostName, raw, false),
        ] {
            let allowance = Allowance::parse(name, "why not").unwrap();
            assert_eq!(
                allowance.allows(&Finding::new(kind, place, 0)),
                expected,
                "{name}"
            );
        }
    }

    #[test]
    fn every_name_that_a_finding_prints_can_be_pasted() {
        let finding = Finding::new(Kind::Token, Place::Unpartitioned, 7);
        assert!(
            Allowance::parse(&finding.name, "known")
                .unwrap()
                .allows(&finding)
        );
        for (name, reason, why) in [
            ("machine-id", "x", "must have the form"),
            (
                "machineid in /etc",
                "x",
                "is no kind of finding; there are host-name, ",
            ),
            ("machine-id in /", "x", "the whole volume is no place"),
            ("machine-id in /etc", " ", "it needs a reason"),
        ] {
            let error = Allowance::parse(name, reason).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
