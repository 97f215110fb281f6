//! `Console`: what a system says while it starts, and what that means. All of it is hostile: it is bounded,
//! and escaped before anybody sees it.

use mintage_volume::escape::printable;
use regex::bytes::Regex;
use std::time::Duration;

/// The longest console that is kept, in bytes.
pub const MAX_CONSOLE: usize = 1 << 20;

/// What says that a system will not come up, and what it means.
const SIGNS: &[(&str, &str)] = &[
    ("Kernel panic - not syncing", "the kernel panicked"),
    ("---[ end Kernel panic", "the kernel panicked"),
    (
        "You are in emergency mode",
        "the system is in emergency mode",
    ),
    ("Entering emergency mode", "the system is in emergency mode"),
    (
        "Cannot open access to console, the root account is locked",
        "the system is in emergency mode",
    ),
    (
        "(initramfs)",
        "the initial file system did not find the root disk",
    ),
    (
        "grub rescue>",
        "the boot loader GRUB did not find its files",
    ),
    (
        "No bootable device",
        "the firmware found nothing to boot from",
    ),
    (
        "BdsDxe: No bootable option",
        "the firmware found nothing to boot from",
    ),
];
/// The longest sign, in bytes: how far back a new piece may complete one.
const LONGEST_SIGN: usize = 80;
/// How far back a new piece may complete what the pattern looks for, in bytes.
const LOOK_BACK: usize = 4096;

/// Whether a system came up, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    pub booted: bool,
    pub reason: String,
}

impl Verdict {
    fn failed(reason: impl Into<String>) -> Self {
        Self {
            booted: false,
            reason: reason.into(),
        }
    }
}

/// What a system said until now.
#[derive(Debug)]
pub(super) struct Console<'a> {
    pattern: &'a Regex,
    said: Vec<u8>,
}

impl<'a> Console<'a> {
    pub(super) fn new(pattern: &'a Regex) -> Self {
        Self {
            pattern,
            said: Vec::new(),
        }
    }

    /// Takes what the system says; a verdict, if that tells enough. A sign that it will not come up counts
    /// more than the pattern: an emergency shell asks for a login too.
    pub(super) fn say(&mut self, piece: &[u8]) -> Option<Verdict> {
        let before = self.said.len();
        let room = MAX_CONSOLE.saturating_sub(before);
        let taken = piece.get(..room).unwrap_or(piece);
        self.said.extend_from_slice(taken);
        let since = |back: usize| {
            self.said
                .get(before.saturating_sub(back)..)
                .unwrap_or(&self.said)
        };
        let recent = String::from_utf8_lossy(since(LONGEST_SIGN));
        if let Some((_, meaning)) = SIGNS.iter().find(|(sign, _)| recent.contains(sign)) {
            return Some(Verdict::failed(*meaning));
        }
        if let Some(found) = self.pattern.find(since(LOOK_BACK)) {
            let text = String::from_utf8_lossy(found.as_bytes());
            let text = printable(text.trim(), &[]);
            return Some(Verdict {
                booted: true,
                reason: format!("the console said `{text}`"),
            });
        }
        (taken.len() < piece.len()).then(|| {
            Verdict::failed(format!(
                "the console said more than {MAX_CONSOLE} bytes, and not what was waited for"
            ))
        })
    }

    /// Whether the last line is whole, or no more is kept.
    pub(super) fn is_at_line_start(&self) -> bool {
        self.said.ends_with(b"\n") || self.said.len() >= MAX_CONSOLE
    }

    /// The time is over.
    pub(super) fn nothing_in(&self, time: Duration) -> Verdict {
        let seconds = time.as_secs();
        Verdict::failed(match self.said.is_empty() {
            true => format!(
                "the serial console said nothing in {seconds} seconds; the kernel needs `console=ttyS0`"
            ),
            false => format!("the console did not say what was waited for in {seconds} seconds"),
        })
    }

    /// The emulator has ended, because of `why`.
    pub(super) fn ended(&self, why: &str) -> Verdict {
        Verdict::failed(match why.is_empty() {
            true => "the machine was switched off or started anew before the system came up".into(),
            false => format!("the emulator ended: {why}"),
        })
    }

    pub(super) fn shown(&self) -> String {
        shown(&self.said)
    }
}

/// What a console said as it may be shown: lines, and everything else that a terminal would act upon
/// escaped.
pub fn shown(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said).replace("\r\n", "\n");
    printable(&text, &['\n', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot_test::COME_UP;

    fn verdict(pieces: &[&str]) -> Option<Verdict> {
        let pattern = Regex::new(&format!("(?-u){COME_UP}")).unwrap();
        let mut console = Console::new(&pattern);
        pieces
            .iter()
            .find_map(|piece| console.say(piece.as_bytes()))
    }

    #[test]
    fn what_a_console_says_is_understood_also_in_pieces() {
        type Case = (&'static [&'static str], Option<(bool, &'static str)>);
        let table: [Case; 10] = [
            (&["Linux version 6.1\r\n"], None),
            (
                &["web01 login", ": "],
                Some((true, "the console said `login:`")),
            ),
            (
                &["BOO", "T-OK host"],
                Some((true, "the console said `BOOT-OK`")),
            ),
            (
                &["Kernel pa", "nic - not syncing: VFS"],
                Some((false, "the kernel panicked")),
            ),
            (
                &["You are in emergency mode. After"],
                Some((false, "the system is in emergency mode")),
            ),
            (
                &["You are in emergency mode.\r\nweb01 login: "],
                Some((false, "the system is in emergency mode")),
            ),
            (
                &["(initramfs) "],
                Some((false, "the initial file system did not find the root disk")),
            ),
            (
                &["grub rescue> "],
                Some((false, "the boot loader GRUB did not find its files")),
            ),
            (
                &["No bootable device."],
                Some((false, "the firmware found nothing to boot from")),
            ),
            (&["\u{1b}[31mgrub", " rescue"], None),
        ];
        for (pieces, wanted) in table {
            let found = verdict(pieces).map(|verdict| (verdict.booted, verdict.reason));
            let wanted = wanted.map(|(booted, reason)| (booted, reason.to_owned()));
            assert_eq!(found, wanted, "{pieces:?}");
        }
    }

    #[test]
    fn a_flood_ends_the_test() {
        let flood = "x".repeat(MAX_CONSOLE);
        assert_eq!(verdict(&[&flood]), None);
        let verdict = verdict(&[&flood, "y"]).unwrap();
        assert!(verdict.reason.contains("more than"), "{verdict:?}");
    }

    #[test]
    fn nothing_that_a_terminal_acts_upon_is_shown() {
        let said = b"a\r\nb\x1b]0;title\x07\x00\xff\tc\rd\xe2\x80\xae";
        assert_eq!(
            shown(said),
            "a\nb\\u{1b}]0;title\\u{7}\\u{0}\u{fffd}\tc\\rd\\u{202e}"
        );
    }
}
