//! `ScanReport`: what a scan looked for, where it looked, and what it found.

use crate::allowance::Allowance;
use crate::finding::{Finding, Place};
use crate::identities::Identities;
use crate::kind::Kind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a scan found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ScanReport {
    /// How many values of each kind were looked for; well-known forms of secrets come on top.
    pub identities: BTreeMap<Kind, usize>,
    /// What was found, by place.
    pub findings: Vec<Finding>,
    /// How many places more there are than [`Self::findings`] has.
    pub more: u64,
    /// What the caller or the plan allows.
    pub allowances: Vec<AllowanceRecord>,
    /// How many files were looked through.
    pub files: u64,
    /// How many bytes were looked through, in files and outside of them.
    pub bytes: u64,
    /// What was not looked for or not looked through, and why.
    pub notes: Vec<String>,
}

/// Something that may stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllowanceRecord {
    /// `machine-id in /boot/loader/entries`.
    pub name: String,
    /// Why.
    pub reason: String,
    /// How many findings it allowed.
    pub used: u64,
}

impl ScanReport {
    /// What was found and is not allowed.
    pub fn leaks(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.allowed.is_none())
    }

    /// Whether there is nothing that is not allowed.
    pub fn is_clean(&self) -> bool {
        self.more == 0 && self.leaks().next().is_none()
    }

    /// Gives every text that may quote a plan or a volume to `change`.
    pub fn change_texts(&mut self, mut change: impl FnMut(&mut String)) {
        for finding in &mut self.findings {
            change(&mut finding.name);
            finding.allowed.iter_mut().for_each(&mut change);
            finding.place.path_mut().into_iter().for_each(&mut change);
        }
        for allowance in &mut self.allowances {
            change(&mut allowance.name);
            change(&mut allowance.reason);
        }
        self.notes.iter_mut().for_each(change);
    }

    /// Marks what `allowances` allow, and says of those that allow nothing that they are unused.
    pub fn allow(&mut self, allowances: &[Allowance]) {
        for allowance in allowances {
            let mut used = 0;
            for finding in self.findings.iter_mut().filter(|f| allowance.allows(f)) {
                finding
                    .allowed
                    .get_or_insert_with(|| allowance.reason().to_owned());
                used += 1;
            }
            let name = allowance.name();
            if used == 0 {
                self.notes
                    .push(format!("nothing was found that `{name}` allows"));
            }
            let reason = allowance.reason().to_owned();
            self.allowances.push(AllowanceRecord { name, reason, used });
        }
    }
}

/// The most findings that a report holds; each is one kind in one place.
const MAX_FINDINGS: usize = 1000;

/// Collects findings, one for each kind and place.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    found: BTreeMap<(Place, Kind), (u64, u64)>,
    more: u64,
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    pub(crate) notes: Vec<String>,
}

impl Findings {
    pub(crate) fn add(&mut self, kind: Kind, place: Place, offset: u64) {
        let room = self.found.len() < MAX_FINDINGS;
        match self.found.get_mut(&(place.clone(), kind)) {
            Some((first, count)) => {
                *first = offset.min(*first);
                *count += 1;
            }
            None if room => {
                self.found.insert((place, kind), (offset, 1));
            }
            None => self.more += 1,
        }
    }

    pub(crate) fn into_report(self, identities: &Identities) -> ScanReport {
        let mut notes: Vec<String> = identities.skipped().map(ToOwned::to_owned).collect();
        notes.extend(self.notes);
        let findings = self
            .found
            .into_iter()
            .map(|((place, kind), (offset, count))| Finding {
                count,
                ..Finding::new(kind, place, offset)
            });
        ScanReport {
            identities: identities.counts(),
            findings: findings.collect(),
            more: self.more,
            allowances: Vec::new(),
            files: self.files,
            bytes: self.bytes,
            notes,
        }
    }
}
