//! `Update`: what becomes of the snapshot of a case that differs from it.

/// What becomes of a snapshot when something else came of its case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Update {
    /// It stays.
    Never,
    /// It stays, and what came of the case is put beside it, as `.snap.new`.
    Beside,
    /// As [`Self::Beside`], but where there was no snapshot, it is made.
    Unseen,
    /// It becomes what came of the case.
    Accept,
}

impl Update {
    /// What `INSTA_UPDATE` says, as the crate `insta` understands it; where it says nothing, or
    /// `auto`, nothing is written on a machine for tests (`CI` is set), and elsewhere as
    /// [`Self::Beside`].
    pub fn from_environment() -> Self {
        let wanted = std::env::var("INSTA_UPDATE").unwrap_or_default();
        let on_ci = std::env::var_os("CI").is_some_and(|ci| !ci.is_empty());
        Self::of(&wanted, on_ci)
    }

    fn of(wanted: &str, on_ci: bool) -> Self {
        match wanted {
            "always" | "1" | "force" => Self::Accept,
            "new" => Self::Beside,
            "unseen" => Self::Unseen,
            "no" => Self::Never,
            _ if on_ci => Self::Never,
            _ => Self::Beside,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_insta() {
        for (wanted, on_ci, expected) in [
            ("", false, Update::Beside),
            ("", true, Update::Never),
            ("auto", true, Update::Never),
            ("always", true, Update::Accept),
            ("new", true, Update::Beside),
            ("unseen", false, Update::Unseen),
            ("no", false, Update::Never),
        ] {
            assert_eq!(Update::of(wanted, on_ci), expected, "{wanted} {on_ci}");
        }
    }
}
