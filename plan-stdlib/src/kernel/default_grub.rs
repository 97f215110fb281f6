//! The variables that `grub-mkconfig` makes its entries of: `/etc/default/grub`, and files in
//! `/etc/default/grub.d` that are read behind it.

use super::words::{self, Change};
use crate::shell_vars::document::Document;
use crate::shell_vars::word::Word;
use crate::text::Edited;
use mintage_engine::{Code, PlanError};

const FOR_ALL: &str = "GRUB_CMDLINE_LINUX";
const FOR_NORMAL: &str = "GRUB_CMDLINE_LINUX_DEFAULT";

/// What every entry gets is added to the one variable; both are changed and cleaned.
pub(super) fn main(content: &[u8], change: Change<'_>) -> Edited {
    let mut current = content.to_vec();
    let mut is_changed = false;
    let normal = value(&current, FOR_NORMAL)?;
    let in_normal = |whole: &str| {
        normal
            .as_deref()
            .is_some_and(|line| words::split(line).contains(&whole))
    };
    let (for_all, for_normal) = match change {
        Change::Add(whole) if in_normal(whole) => (None, None),
        Change::Add(_) => (Some(change), None),
        Change::Remove(_) => (Some(change), Some(change)),
        Change::Set { name, .. } => (Some(change), Some(Change::Remove(name))),
    };
    for (variable, change) in [(FOR_ALL, for_all), (FOR_NORMAL, for_normal)] {
        let Some(change) = change else { continue };
        let line = value(&current, variable)?.unwrap_or_default();
        if let Some(new) = change.of(&line)
            && let Some(edited) = Document::parse(&current).set(variable, &new)?
        {
            current = edited;
            is_changed = true;
        }
    }
    Ok(is_changed.then_some(current))
}

/// The value of a variable of `/etc/default/grub`.
pub(super) fn value(content: &[u8], variable: &str) -> Result<Option<String>, PlanError> {
    let text = match Document::parse(content).get(variable) {
        None => return Ok(None),
        Some(Word::Plain(text)) => String::from_utf8(text).ok(),
        Some(Word::Evaluated) => None,
    };
    let message = format!("only a shell could tell the value of `{variable}`");
    text.map(Some).ok_or_else(|| {
        PlanError::new(Code::P2016, message).help("set the variable by `shell_vars::set` first")
    })
}

/// Changes the variables that a part sets. One that adds to what was before
/// (`"$GRUB_CMDLINE_LINUX quiet"`) takes what is new from there, but keeps what it has.
///
/// # Errors
/// `P2016` when such a one has what must go.
pub(super) fn part(content: &[u8], change: Change<'_>) -> Edited {
    let (for_normal, doomed) = match change {
        Change::Add(_) => (None, None),
        Change::Remove(name) | Change::Set { name, .. } => (Some(Change::Remove(name)), Some(name)),
    };
    let mut current = content.to_vec();
    for (variable, change) in [(FOR_ALL, Some(change)), (FOR_NORMAL, for_normal)] {
        let Some(change) = change else { continue };
        match Document::parse(&current).get(variable) {
            None => {}
            Some(Word::Evaluated) => {
                let text = String::from_utf8_lossy(&current);
                if doomed.is_some_and(|name| text.contains(name)) {
                    let message = format!("only a shell could tell the value of `{variable}`");
                    return Err(PlanError::new(Code::P2016, message)
                        .help("set the variable by `shell_vars::set` first"));
                }
            }
            Some(Word::Plain(_)) => {
                let line = value(&current, variable)?.unwrap_or_default();
                if let Some(new) = change.of(&line)
                    && let Some(edited) = Document::parse(&current).set(variable, &new)?
                {
                    current = edited;
                }
            }
        }
    }
    Ok((current != content).then_some(current))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_changed_where_it_sets_a_variable() {
        let set = Change::Set {
            name: "console",
            whole: "console=ttyS1",
        };
        for (content, change, expected) in [
            ("GRUB_TIMEOUT=0\n", Change::Add("a"), None),
            (
                "GRUB_CMDLINE_LINUX=\"b\"\n",
                Change::Add("a"),
                Some("GRUB_CMDLINE_LINUX=\"b a\"\n"),
            ),
            ("GRUB_CMDLINE_LINUX_DEFAULT=\"b\"\n", Change::Add("a"), None),
            (
                "GRUB_CMDLINE_LINUX_DEFAULT=\"console=tty1 b\"\n",
                set,
                Some("GRUB_CMDLINE_LINUX_DEFAULT=\"b\"\n"),
            ),
            ("GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX b\"\n", set, None),
        ] {
            let edited = part(content.as_bytes(), change).unwrap();
            let edited = edited.map(|edited| String::from_utf8(edited).unwrap());
            assert_eq!(edited.as_deref(), expected, "{content}");
        }
        let mixed = "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX console=tty1\"\n";
        assert_eq!(part(mixed.as_bytes(), set).unwrap_err().code, Code::P2016);
    }
}
