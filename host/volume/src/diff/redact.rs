//! Masking secrets in a diff, for files that nobody marked as secret.

use super::{ContentChange, DiffEntry, FileState, TreeDiff};
use crate::digits::{STANDARD, URL_SAFE, base64, hex};
use crate::path::VolumePath;

/// What stands for a text that is not shown.
const MASK: &str = "[secret]";

/// The shortest secret that is looked for, in bytes.
const MIN_LEN: usize = 4;

pub(super) fn redact(diff: &mut TreeDiff, secrets: &[&str]) {
    let needles = needles(secrets);
    if needles.is_empty() {
        return;
    }
    for entry in &mut diff.entries {
        redact_entry(entry, &needles);
    }
}

fn redact_entry(entry: &mut DiffEntry, needles: &[String]) {
    let DiffEntry {
        path,
        before,
        after,
        content,
        ..
    } = entry;
    mask_names(path, needles);
    let mut states: Vec<&mut FileState> = before.iter_mut().chain(after).collect();
    for state in &mut states {
        let shown = state.target.iter_mut().chain(state.xattrs.values_mut());
        shown.for_each(|text| {
            mask(text, needles);
        });
    }
    let Some(ContentChange::Text { hunks }) = content else {
        return;
    };
    let mut masked = false;
    for line in hunks.iter_mut().flat_map(|hunk| &mut hunk.lines) {
        masked |= mask(&mut line.text, needles);
    }
    if masked {
        // A file that holds only the secret would tell how long it is.
        states.into_iter().for_each(|state| state.len = None);
    }
}

/// Masks the whole text when a secret is in it; whether it did.
fn mask(text: &mut String, needles: &[String]) -> bool {
    let found = needles.iter().any(|needle| text.contains(needle));
    if found {
        MASK.clone_into(text);
    }
    found
}

/// Masks the names that have a secret in them.
fn mask_names(path: &mut VolumePath, needles: &[String]) {
    let holds = |name: &[u8]| {
        let name = String::from_utf8_lossy(name);
        needles.iter().any(|needle| name.contains(needle))
    };
    if path.names().any(holds) {
        let names = path
            .names()
            .map(|name| if holds(name) { MASK.as_bytes() } else { name });
        let masked = names.fold(VolumePath::root(), |path, name| {
            // A path with a name too many to fit ends above it.
            path.join(name).unwrap_or(path)
        });
        *path = masked;
    }
}

/// Every text that gives a secret away.
fn needles(secrets: &[&str]) -> Vec<String> {
    let pieces = secrets
        .iter()
        .flat_map(|secret| [*secret].into_iter().chain(secret.lines()));
    let long_enough = pieces.map(str::trim).filter(|piece| piece.len() >= MIN_LEN);
    let mut needles: Vec<String> = long_enough.flat_map(forms).collect();
    needles.sort();
    needles.dedup();
    needles
}

/// A secret as it is, in hexadecimal and in base64.
fn forms(secret: &str) -> Vec<String> {
    let digits = hex(secret.as_bytes());
    let mut forms = vec![secret.to_owned(), digits.to_uppercase(), digits];
    for alphabet in [STANDARD, URL_SAFE] {
        forms.extend((0..3).map(|before| base64_within(secret.as_bytes(), before, alphabet)));
    }
    forms
}

/// The base64 digits that depend on the secret alone, when it comes after `before` bytes (modulo
/// 3) of something else, and before anything.
fn base64_within(secret: &[u8], before: usize, alphabet: &[u8; 64]) -> String {
    let mut bytes = vec![0; before];
    bytes.extend_from_slice(secret);
    let digits = base64(&bytes, alphabet);
    let (first, end) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
    digits.get(first..end).unwrap_or(&digits).to_owned()
}
