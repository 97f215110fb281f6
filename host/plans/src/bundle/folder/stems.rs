//! `Stems`: file names that say which artifact is in them, each used once.

use std::collections::BTreeSet;

/// The longest name that is made, in characters, without its ending.
const MAX: usize = 80;

/// The names that are taken in one folder. Letter case does not count: on some systems two names
/// that differ only by it are one file.
#[derive(Debug, Default)]
pub(super) struct Stems(BTreeSet<String>);

impl Stems {
    /// A file name without an ending for the artifact `name`: letters, digits, `.`, `_` and `-` of
    /// it, and a number where that is taken.
    pub(super) fn take(&mut self, name: &str) -> String {
        let plain = plain(name);
        let mut stem = plain.clone();
        let mut number = 1;
        while !self.0.insert(stem.to_ascii_lowercase()) {
            number += 1;
            stem = format!("{plain}-{number}");
        }
        stem
    }
}

fn plain(name: &str) -> String {
    let mut plain = String::new();
    for c in name.chars() {
        match c {
            c if c.is_ascii_alphanumeric() || matches!(c, '.' | '_') => plain.push(c),
            _ if !plain.ends_with('-') => plain.push('-'),
            _ => {}
        }
        if plain.len() == MAX {
            break;
        }
    }
    match plain.trim_matches(['-', '.']) {
        "" => "artifact".to_owned(),
        plain => plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_file_names() {
        let mut stems = Stems::default();
        for (name, stem) in [
            (
                "HPE - Developer 1.0 - mount - 2017-03-24",
                "HPE-Developer-1.0-mount-2017-03-24",
            ),
            (
                "HPE--Developer 1.0 - MOUNT - 2017-03-24",
                "HPE-Developer-1.0-MOUNT-2017-03-24-2",
            ),
            ("../../etc/passwd", "etc-passwd"),
            (".git", "git"),
            ("äöü", "artifact"),
            ("/", "artifact-2"),
        ] {
            assert_eq!(stems.take(name), stem);
        }
        assert_eq!(stems.take(&"x".repeat(300)).len(), MAX);
    }
}
