//! Paths that stand for others: `/lib64 /usr/lib` labels what is below `/lib64` as if it were
//! below `/usr/lib`.

/// The substitutions of one file.
#[derive(Debug, Default)]
pub(super) struct Substitutions {
    /// Which path, and what it stands for. Of several, libselinux takes the last that fits.
    pairs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Substitutions {
    pub(super) fn parse(text: &[u8]) -> Self {
        let lines = text.split(|byte| *byte == b'\n');
        let pairs = lines.filter_map(|line| {
            let mut words = line
                .split(u8::is_ascii_whitespace)
                .filter(|w| !w.is_empty());
            let (from, to) = (words.next()?, words.next()?);
            (!from.starts_with(b"#")).then(|| (from.to_vec(), to.to_vec()))
        });
        Self {
            pairs: pairs.collect(),
        }
    }

    /// The path that `path` stands for; none when it stands for itself.
    pub(super) fn apply(&self, path: &[u8]) -> Option<Vec<u8>> {
        self.pairs.iter().rev().find_map(|(from, to)| {
            let rest = path.strip_prefix(from.as_slice())?;
            match rest.first() {
                None => Some(to.clone()),
                Some(b'/') if to == b"/" => Some(rest.to_vec()),
                Some(b'/') => Some([to, rest].concat()),
                Some(_) => None,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_names_are_replaced_and_the_last_that_fits_wins() {
        let text = b"# c\n/lib64 /usr/lib\n  /srv/www\t/var/www extra\n/alone\n/a /\n/b /x\n/b /y";
        let subs = Substitutions::parse(text);
        for (path, expected) in [
            ("/lib64/a.so", Some("/usr/lib/a.so")),
            ("/lib64", Some("/usr/lib")),
            ("/lib640", None),
            ("/srv/www/x/y", Some("/var/www/x/y")),
            ("/alone", None),
            ("/a/etc", Some("/etc")),
            ("/a", Some("/")),
            ("/b/c", Some("/y/c")),
        ] {
            let found = subs.apply(path.as_bytes());
            assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{path}");
        }
    }
}
