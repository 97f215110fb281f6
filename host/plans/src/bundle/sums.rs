//! The file of a bundle that lists the checksums of all others.

use super::error::{BundleError, Result};
use mintage_volume::digits::hex;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Which sums a bundle has. SHA-1 is read because bundles before 2017 have nothing else; it shows
/// damage, and is not trusted for anything more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SumFile {
    Sha256,
    Sha1,
}

impl SumFile {
    /// The name of the entry.
    pub(crate) fn entry(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA256SUM.sha256sum",
            Self::Sha1 => "SHA1SUM.sha1sum",
        }
    }

    /// The sum file of that name.
    pub(crate) fn of(entry: &str) -> Option<Self> {
        let all = [Self::Sha256, Self::Sha1];
        all.into_iter().find(|file| file.entry() == entry)
    }

    pub(crate) fn hasher(self) -> Hasher {
        match self {
            Self::Sha256 => Hasher::Sha256(Sha256::new()),
            Self::Sha1 => Hasher::Sha1(Sha1::new()),
        }
    }
}

/// A sum that is being worked out.
#[derive(Debug, Clone)]
pub(crate) enum Hasher {
    Sha256(Sha256),
    Sha1(Sha1),
}

impl Hasher {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hash) => hash.update(bytes),
            Self::Sha1(hash) => hash.update(bytes),
        }
    }

    /// The sum in lower-case hexadecimal.
    pub(crate) fn finish(self) -> String {
        match self {
            Self::Sha256(hash) => hex(&hash.finalize()),
            Self::Sha1(hash) => hex(&hash.finalize()),
        }
    }
}

/// The sums that a bundle states.
#[derive(Debug)]
pub(crate) struct Sums {
    file: SumFile,
    stated: BTreeMap<String, String>,
}

impl Sums {
    /// Reads lines of an entry's name, a tab and the sum. A line about the sum file itself is left
    /// out: no sum can be right there, and some bundles that were edited by hand have one.
    pub(crate) fn parse(file: SumFile, text: &str) -> Result<Self> {
        let mut stated = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim_end_matches('\r');
            if line.is_empty() {
                continue;
            }
            let Some((name, sum)) = line.rsplit_once('\t') else {
                let why = format!("line {}: it must be a name, a tab and a sum", number + 1);
                return Err(BundleError::sum(file.entry(), why));
            };
            if name == file.entry() {
                continue;
            }
            let sum = sum.to_ascii_lowercase();
            if stated.insert(name.to_owned(), sum).is_some() {
                return Err(BundleError::sum(name, "the sum file has it twice"));
            }
        }
        Ok(Self { file, stated })
    }

    /// The hasher for these sums.
    pub(crate) fn hasher(&self) -> Hasher {
        self.file.hasher()
    }

    /// Every entry has a sum, and every sum an entry.
    pub(crate) fn check_names<'a>(&self, entries: impl Iterator<Item = &'a str>) -> Result<()> {
        let mut stated: Vec<&str> = self.stated.keys().map(String::as_str).collect();
        for entry in entries.filter(|entry| SumFile::of(entry).is_none()) {
            match stated.binary_search(&entry) {
                Ok(place) => stated.remove(place),
                Err(_) => {
                    let why = format!("`{}` has no sum of it", self.file.entry());
                    return Err(BundleError::sum(entry, why));
                }
            };
        }
        match stated.first() {
            None => Ok(()),
            Some(name) => Err(BundleError::sum(
                name,
                format!(
                    "`{}` has its sum, and the bundle has no such entry",
                    self.file.entry()
                ),
            )),
        }
    }

    /// The sum that was worked out is the one that is stated.
    pub(crate) fn check(&self, entry: &str, hasher: Hasher) -> Result<()> {
        let found = hasher.finish();
        match self.stated.get(entry) {
            Some(stated) if *stated == found => Ok(()),
            Some(stated) => Err(BundleError::sum(
                entry,
                format!("its checksum is {found}, and the bundle says {stated}"),
            )
            .help("the bundle is damaged or was edited: get it anew from where it was made")),
            None => Err(BundleError::sum(entry, "it has no checksum")),
        }
    }
}
