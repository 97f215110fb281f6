//! The text of `/etc/network/interfaces` and what it takes in: pure edits of its stanzas
//! (interfaces(5)); all other lines stay byte for byte.

use crate::text::Edited;
use crate::text::lines::{self, Line};

/// What starts a stanza, besides `allow-…`.
const WORDS: [&str; 9] = [
    "auto",
    "iface",
    "mapping",
    "rename",
    "source",
    "source-directory",
    "no-auto-down",
    "no-scripts",
    "template",
];

/// The content without what it says of the interfaces that are `unwanted`.
pub(super) fn without(content: &[u8], unwanted: impl Fn(&str) -> bool) -> Edited {
    let all = lines::split(content);
    let mut kept: Vec<Line<'_>> = Vec::with_capacity(all.len());
    let mut rewritten: Vec<(usize, String)> = Vec::new();
    let (mut dropping, mut continued) = (false, false);
    for line in all {
        let is_continued = continued;
        continued = line.text.ends_with(b"\\");
        let text = String::from_utf8_lossy(line.text);
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let first = words.first().copied().unwrap_or_default();
        if is_continued {
            if !dropping {
                kept.push(line);
            }
            continue;
        }
        if first.is_empty() || first.starts_with('#') {
            kept.push(line);
            continue;
        }
        if WORDS.contains(&first) || first.starts_with("allow-") {
            dropping = first == "iface" && words.get(1).is_some_and(|name| unwanted(name));
            let is_list = first == "auto" || first.starts_with("allow-");
            if is_list && words.iter().skip(1).any(|name| unwanted(name)) {
                let others: Vec<&str> = words
                    .iter()
                    .skip(1)
                    .copied()
                    .filter(|name| !unwanted(name))
                    .collect();
                if !others.is_empty() {
                    rewritten.push((kept.len(), format!("{first} {}", others.join(" "))));
                    kept.push(line);
                }
                continue;
            }
        }
        if !dropping {
            kept.push(line);
        }
    }
    for (index, text) in &rewritten {
        if let Some(line) = kept.get_mut(*index) {
            line.text = text.as_bytes();
        }
    }
    let new = lines::join(&kept)?;
    Ok((new != content).then_some(new))
}

/// The content, with a line that takes in the files of `interfaces.d`.
pub(super) fn with_source(content: &[u8]) -> Edited {
    let text = String::from_utf8_lossy(content);
    let takes_in = text.lines().any(|line| {
        let mut words = line.split_ascii_whitespace();
        let (word, path) = (words.next(), words.next().unwrap_or_default());
        let folder = path.strip_prefix("/etc/network/").unwrap_or(path);
        match word {
            Some("source") => folder == "interfaces.d/*",
            Some("source-directory") => matches!(
                folder.trim_end_matches("/*"),
                "interfaces.d" | "interfaces.d/"
            ),
            _ => false,
        }
    });
    if takes_in {
        return Ok(None);
    }
    let mut all = lines::split(content);
    let end = all.len();
    lines::insert(
        &mut all,
        end,
        b"source /etc/network/interfaces.d/*",
        lines::line_break(content),
    );
    Ok(Some(lines::join(&all)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# This file describes the network\nsource /etc/network/interfaces.d/*\n\n\
        auto lo\niface lo inet loopback\n\n# The primary network interface\nallow-hotplug eth0 eth1\n\
        iface eth0 inet static\n\taddress 192.0.2.9/24 \\\n\t  x\n\tgateway 192.0.2.1\n\
        iface eth1 inet dhcp\n";

    fn edited(result: Edited) -> Option<String> {
        result
            .unwrap()
            .map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn an_interface_goes_with_its_options_and_nothing_else() {
        insta::assert_snapshot!(edited(without(FILE.as_bytes(), |name| name == "eth0")).unwrap(), @r"
        # This file describes the network
        source /etc/network/interfaces.d/*

        auto lo
        iface lo inet loopback

        # The primary network interface
        allow-hotplug eth1
        iface eth1 inet dhcp
        ");
        assert_eq!(
            edited(without(FILE.as_bytes(), |name| name == "eth7")),
            None
        );
        assert_eq!(
            edited(without(b"auto eth0\niface eth0 inet dhcp", |_| true)).as_deref(),
            Some("")
        );
    }

    #[test]
    fn the_folder_is_taken_in_once() {
        for (content, expected) in [
            (FILE, None),
            ("source-directory interfaces.d\n", None),
            ("source-directory /etc/network/interfaces.d\n", None),
            (
                "auto lo",
                Some("auto lo\nsource /etc/network/interfaces.d/*"),
            ),
            (
                "# source /etc/network/interfaces.d/*\n",
                Some("# source /etc/network/interfaces.d/*\nsource /etc/network/interfaces.d/*\n"),
            ),
        ] {
            assert_eq!(
                edited(with_source(content.as_bytes())).as_deref(),
                expected,
                "{content}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_a_file(content: Vec<u8>) {
            without(&content, |name| name == "eth0").unwrap();
            let sourced = with_source(&content).unwrap().unwrap_or(content);
            proptest::prop_assert_eq!(with_source(&sourced).unwrap(), None);
        }
    }
}
