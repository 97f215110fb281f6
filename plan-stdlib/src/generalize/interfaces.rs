//! The files of network interfaces, where a pattern is not enough to say which go.

use super::{edits, sweep};
use crate::file::access;
use crate::shell_vars::document::Document;
use crate::shell_vars::word::Word;
use crate::text::Edited;
use crate::text::lines::{self, Line};
use mintage_engine::PlanError;
use mintage_volume::filesystem::FileKind;
use mintage_volume::tree::VolumeTree;
use std::borrow::Cow;

/// The interface that every machine has.
const LOOPBACK: &str = "lo";

/// Removes the interfaces of network scripts and wicked, but for the loopback's.
pub(super) fn remove_ifcfg(tree: &mut VolumeTree) -> Result<usize, PlanError> {
    let patterns = [
        "/etc/sysconfig/network-scripts/ifcfg-*",
        "/etc/sysconfig/network/ifcfg-*",
    ];
    remove_where(tree, &patterns, |_, path| Ok(!path.ends_with(b"/ifcfg-lo")))
}

/// Removes the interfaces of systemd-networkd, but for links and empty files: those take away a
/// file of the distribution.
pub(super) fn remove_networkd(tree: &mut VolumeTree) -> Result<usize, PlanError> {
    let patterns = [
        "/etc/systemd/network/*.link",
        "/etc/systemd/network/*.netdev",
        "/etc/systemd/network/*.network",
        "/etc/systemd/network/*.link.d/*.conf",
        "/etc/systemd/network/*.netdev.d/*.conf",
        "/etc/systemd/network/*.network.d/*.conf",
    ];
    remove_where(tree, &patterns, |tree, path| {
        let found = tree.symlink_metadata(path)?;
        Ok(found.kind == FileKind::File && found.len > 0)
    })
}

/// Removes rules that name an interface by its address.
pub(super) fn remove_udev_rules(tree: &mut VolumeTree) -> Result<usize, PlanError> {
    let keys: [&[u8]; 2] = [b"ATTR{address}", b"ATTRS{address}"];
    remove_where(tree, &["/etc/udev/rules.d/*net*.rules"], |tree, path| {
        if tree.symlink_metadata(path)?.kind != FileKind::File {
            return Ok(false);
        }
        let path = String::from_utf8_lossy(path);
        let content = access::read(tree, &path, crate::text::MAX_TEXT)?;
        let lines = lines::split(&content).into_iter();
        let mut rules = lines.filter(|line| !line.text.trim_ascii_start().starts_with(b"#"));
        Ok(rules.any(|rule| {
            let has = |key: &[u8]| rule.text.windows(key.len()).any(|found| found == key);
            keys.into_iter().any(has)
        }))
    })
}

/// Empties netconfig's static settings of DNS.
pub(super) fn empty_netconfig(tree: &mut VolumeTree) -> Result<usize, PlanError> {
    let names = [
        "NETCONFIG_DNS_STATIC_SERVERS",
        "NETCONFIG_DNS_STATIC_SEARCHLIST",
    ];
    let mut is_changed = false;
    for name in names {
        let changed = edits::edit_files(tree, "/etc/sysconfig/network/config", |content| {
            let document = Document::parse(content);
            match document.get(name) {
                Some(Word::Plain(value)) if !value.is_empty() => document.set(name, ""),
                _ => Ok(None),
            }
        })?;
        is_changed |= changed > 0;
    }
    Ok(usize::from(is_changed))
}

/// Removes every interface of ifupdown but the loopback.
pub(super) fn remove_ifupdown(tree: &mut VolumeTree) -> Result<usize, PlanError> {
    edits::edit_files(tree, "/etc/network/interfaces", without_interfaces)
}

/// What becomes of a part of interfaces(5).
enum Part {
    Kept,
    /// Several names stand in it, and only the loopback's stays.
    Shortened(String),
    Dropped,
}

impl Part {
    /// The part that a line begins; `None` for one inside of a part.
    fn begun_by(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let (first, names) = words.split_first()?;
        let is_loopback = names.first() == Some(&LOOPBACK);
        match *first {
            "source" | "source-directory" => Some(Self::Kept),
            "iface" | "mapping" | "rename" | "template" if is_loopback => Some(Self::Kept),
            "iface" | "mapping" | "rename" | "template" => Some(Self::Dropped),
            "auto" | "no-auto-down" | "no-scripts" => Some(Self::of_names(first, names)),
            first if first.starts_with("allow-") => Some(Self::of_names(first, names)),
            _ => None,
        }
    }

    fn of_names(first: &str, names: &[&str]) -> Self {
        match names {
            [LOOPBACK] => Self::Kept,
            names if names.contains(&LOOPBACK) => Self::Shortened(format!("{first} {LOOPBACK}")),
            _ => Self::Dropped,
        }
    }
}

/// The file with the loopback only. Comments at the start of a line stay; an indented one belongs
/// to its part.
fn without_interfaces(content: &[u8]) -> Edited {
    let mut kept: Vec<(Cow<'_, [u8]>, &[u8])> = Vec::new();
    let (mut is_dropping, mut is_continued) = (false, false);
    for line in lines::split(content) {
        let continues = std::mem::replace(&mut is_continued, line.text.ends_with(b"\\"));
        let part = match continues {
            true => None,
            false => Part::begun_by(&String::from_utf8_lossy(line.text)),
        };
        if let Some(part) = &part {
            is_dropping = matches!(part, Part::Dropped);
        }
        let is_remark = !continues && matches!(line.text.first(), None | Some(b'#'));
        match part {
            Some(Part::Shortened(text)) => kept.push((text.into_bytes().into(), line.ending)),
            _ if is_dropping && !is_remark => {}
            _ => kept.push((line.text.into(), line.ending)),
        }
    }
    let kept: Vec<Line<'_>> = kept
        .iter()
        .map(|(text, ending)| Line { text, ending })
        .collect();
    let new = lines::join(&kept)?;
    Ok((new != content).then_some(new))
}

/// Removes what matches and is wanted.
fn remove_where(
    tree: &mut VolumeTree,
    patterns: &[&str],
    wanted: impl Fn(&VolumeTree, &[u8]) -> Result<bool, PlanError>,
) -> Result<usize, PlanError> {
    sweep::each(patterns, |pattern| {
        let mut removed = 0;
        for path in sweep::matching(tree, pattern)? {
            if wanted(tree, &path)? {
                removed += sweep::remove_entry(tree, &path)?;
            }
        }
        Ok(removed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_loopback_stays_of_ifupdown() {
        for (before, after) in [
            ("auto lo\niface lo inet loopback\n", None),
            ("", None),
            (
                "# c\nsource interfaces.d/*\nauto lo eth0\niface lo inet loopback\n\n# primary\nallow-hotplug eth0\niface eth0 inet static\n\taddress 192.0.2.50/24\n\t# dns\n\tup ip route add \\\n  auto\n\n",
                Some(
                    "# c\nsource interfaces.d/*\nauto lo\niface lo inet loopback\n\n# primary\n\n",
                ),
            ),
            (
                "iface eth0 inet dhcp\n hostname golden\nmapping eth1\n script x\nrename mac/00=a\n",
                Some(""),
            ),
            (
                "auto lo\r\niface lo inet loopback\r\nauto eth0",
                Some("auto lo\r\niface lo inet loopback\r\n"),
            ),
            ("iface eth0 inet manual\n caf\u{e9}", Some("")),
        ] {
            let edited = without_interfaces(before.as_bytes()).unwrap();
            let edited = edited.map(|new| String::from_utf8(new).unwrap());
            assert_eq!(edited.as_deref(), after, "{before}");
        }
    }
}
