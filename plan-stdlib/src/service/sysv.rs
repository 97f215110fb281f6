//! Services that are scripts in `/etc/init.d`: the links of the run levels that start them.
//!
//! systemd makes a unit of every such link while it boots. What is done here is what `update-rc.d`
//! (Debian, without insserv) and `chkconfig` (the others) do.

use super::unit::list;
use crate::file::access;
use crate::os;
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::{FileKind, Ownership};
use mintage_volume::tree::VolumeTree;

/// The largest script that is read, in bytes.
const MAX_SCRIPT: usize = 1024 * 1024;
/// Where chkconfig puts a script that says nothing of its order.
const MIDDLE: u8 = 50;

/// What a script's head says of when it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Head {
    start: Vec<char>,
    stop: Vec<char>,
    start_order: u8,
    stop_order: u8,
}

/// Whether there is a script of this name.
pub(super) fn exists(tree: &VolumeTree, name: &str) -> Result<bool, PlanError> {
    let found = access::look(tree, &script(name))?;
    Ok(found.is_some_and(|found| found.kind == FileKind::File))
}

/// Whether a run level starts the script.
pub(super) fn is_enabled(tree: &VolumeTree, name: &str) -> Result<bool, PlanError> {
    for level in ['S', '2', '3', '4', '5'] {
        if links(tree, level, name)?
            .iter()
            .any(|(_, is_start)| *is_start)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Makes the script start, or not start, in the run levels that its head names.
///
/// # Errors
/// `P2016` when its head names none.
pub(super) fn set(tree: &mut VolumeTree, name: &str, on: bool) -> Result<bool, PlanError> {
    let is_debian = os::family(tree)? == "debian";
    let content = access::read(tree, &script(name), MAX_SCRIPT)?;
    let head = head(
        &String::from_utf8_lossy(&content),
        if is_debian { 1 } else { MIDDLE },
    );
    let head = head.ok_or_else(|| {
        let path = script(name);
        let message = format!("`{path}` does not say in which run levels it starts");
        PlanError::new(Code::P2016, message).at(&path)
    })?;
    let mut has_changed = false;
    for level in &head.start {
        has_changed |= turn(tree, *level, name, on, &head)?;
    }
    for level in head.stop.iter().filter(|level| !head.start.contains(level)) {
        if links(tree, *level, name)?.is_empty() {
            link(tree, *level, name, false, &head)?;
            has_changed = true;
        }
    }
    Ok(has_changed)
}

fn script(name: &str) -> String {
    format!("/etc/init.d/{name}")
}

/// Turns the links of one run level, keeping their numbers, or makes one.
fn turn(
    tree: &mut VolumeTree,
    level: char,
    name: &str,
    on: bool,
    head: &Head,
) -> Result<bool, PlanError> {
    let found = links(tree, level, name)?;
    if found.is_empty() {
        link(tree, level, name, on, head)?;
        return Ok(true);
    }
    let mut has_changed = false;
    for (path, _) in found.iter().filter(|(_, is_start)| *is_start != on) {
        let (folder, link) = path.rsplit_once('/').unwrap_or(("", path));
        let turned = format!(
            "{folder}/{}{}",
            if on { 'S' } else { 'K' },
            link.get(1..).unwrap_or_default()
        );
        tree.rename(path, &turned)?;
        has_changed = true;
    }
    Ok(has_changed)
}

fn link(
    tree: &mut VolumeTree,
    level: char,
    name: &str,
    is_start: bool,
    head: &Head,
) -> Result<(), PlanError> {
    let folder = folder(tree, level)?;
    tree.make_dirs(&folder, Ownership::root(0o755))?;
    let (letter, order) = match is_start {
        true => ('S', head.start_order),
        false => ('K', head.stop_order),
    };
    let path = format!("{folder}/{letter}{order:02}{name}");
    // `/etc/rc.d/rc3.d` is as far from `/etc/rc.d/init.d` as `/etc/rc3.d` is from `/etc/init.d`.
    tree.symlink(&path, format!("../init.d/{name}"), Ownership::root(0o777))?;
    Ok(())
}

/// The links of a script in a run level, and whether they start it.
fn links(tree: &VolumeTree, level: char, name: &str) -> Result<Vec<(String, bool)>, PlanError> {
    let folder = folder(tree, level)?;
    let mut found = Vec::new();
    for link in list(tree, &folder)? {
        let is_start = link.starts_with('S');
        let number = link
            .get(1..3)
            .filter(|number| number.bytes().all(|b| b.is_ascii_digit()));
        if (is_start || link.starts_with('K')) && number.is_some() && link.get(3..) == Some(name) {
            found.push((format!("{folder}/{link}"), is_start));
        }
    }
    Ok(found)
}

/// Where a run level's links are: `/etc/rc.d` in the Red Hat family, whose `/etc/rc3.d` is a link.
fn folder(tree: &VolumeTree, level: char) -> Result<String, PlanError> {
    let red_hat = access::look(tree, "/etc/rc.d/init.d")?.is_some();
    Ok(match red_hat {
        true => format!("/etc/rc.d/rc{level}.d"),
        false => format!("/etc/rc{level}.d"),
    })
}

/// Reads the head for insserv (`# Default-Start:`), or the one for chkconfig.
fn head(script: &str, order: u8) -> Option<Head> {
    let levels = |text: &str| -> Vec<char> {
        let levels = text.chars().filter(|c| matches!(c, '0'..='6' | 'S'));
        levels.collect()
    };
    let field = |name: &str| {
        let mut lines = script.lines().filter_map(|line| line.strip_prefix("# "));
        lines
            .find_map(|line| line.strip_prefix(name))
            .map(str::trim)
    };
    if let Some(line) = field("chkconfig:") {
        let mut words = line.split_ascii_whitespace();
        let start = words.next().map(levels)?;
        let mut number = || {
            words
                .next()
                .and_then(|word| word.parse().ok())
                .unwrap_or(MIDDLE)
        };
        let (start_order, stop_order) = (number(), number());
        let stop = ('0'..='6').filter(|level| !start.contains(level)).collect();
        return Some(Head {
            start,
            stop,
            start_order,
            stop_order,
        });
    }
    let start = field("Default-Start:")
        .map(levels)
        .filter(|levels| !levels.is_empty())?;
    let stop = field("Default-Stop:").map(levels).unwrap_or_default();
    Some(Head {
        start,
        stop,
        start_order: order,
        stop_order: order,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::TestWorld;

    const LSB: &str = "#!/bin/sh\n### BEGIN INIT INFO\n# Default-Start: 2 3\n# Default-Stop: 0 6\n### END INIT INFO\n";

    fn etc(tree: &VolumeTree) -> Vec<String> {
        let entries = tree.walk("/etc", 10_000).unwrap();
        let paths = entries.iter().map(|entry| entry.path.to_string());
        paths.filter(|path| path.ends_with("old")).collect()
    }

    #[test]
    fn run_levels_follow_the_head_of_the_script() {
        let mut world = TestWorld::debian();
        world
            .tree
            .make_dirs("/etc/init.d", Ownership::root(0o755))
            .unwrap();
        let mut tree = world.with_file("/etc/init.d/old", LSB).tree;
        assert!(set(&mut tree, "old", true).unwrap());
        assert!(!set(&mut tree, "old", true).unwrap());
        assert!(is_enabled(&tree, "old").unwrap());
        let links = [
            "/etc/init.d/old",
            "/etc/rc0.d/K01old",
            "/etc/rc2.d/S01old",
            "/etc/rc3.d/S01old",
            "/etc/rc6.d/K01old",
        ];
        assert_eq!(etc(&tree), links);
        assert_eq!(
            tree.read_link("/etc/rc2.d/S01old").unwrap(),
            b"../init.d/old"
        );
        assert!(set(&mut tree, "old", false).unwrap());
        assert!(!set(&mut tree, "old", false).unwrap());
        assert!(!is_enabled(&tree, "old").unwrap());
        assert!(etc(&tree).contains(&"/etc/rc2.d/K01old".to_owned()));
    }

    #[test]
    fn heads_of_both_kinds() {
        for (script, expected) in [
            (
                "# chkconfig: 345 85 15\n",
                Some((vec!['3', '4', '5'], 85, 15)),
            ),
            ("# chkconfig: - 85 15\n", Some((vec![], 85, 15))),
            (LSB, Some((vec!['2', '3'], 1, 1))),
            ("# Default-Start:\n", None),
            ("#!/bin/sh\n", None),
        ] {
            let found = head(script, 1).map(|head| (head.start, head.start_order, head.stop_order));
            assert_eq!(found, expected, "{script}");
        }
    }
}
