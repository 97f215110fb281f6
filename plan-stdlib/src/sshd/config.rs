//! `sshd_config` as sshd reads it: of a keyword the first value counts, and a `Match` line starts a
//! block that goes on to the next one or to the end of the file.

use crate::text::Edited;
use crate::text::lines::{self, Line};

/// A setting on a line: its keyword and the rest.
fn setting<'a>(line: &Line<'a>) -> Option<(&'a [u8], &'a [u8])> {
    let text = line.text.trim_ascii();
    if text.is_empty() || text.starts_with(b"#") {
        return None;
    }
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'=';
    let end = text.iter().position(is_end).unwrap_or(text.len());
    let (keyword, rest) = text.split_at(end);
    let rest = rest.trim_ascii_start();
    let rest = rest.strip_prefix(b"=").unwrap_or(rest);
    Some((keyword, rest.trim_ascii()))
}

/// The settings outside of `Match` blocks, each with the number of its line.
fn global<'a>(lines: &[Line<'a>]) -> Vec<(usize, &'a [u8], &'a [u8])> {
    let settings = lines.iter().enumerate().filter_map(|(index, line)| {
        let (keyword, rest) = setting(line)?;
        Some((index, keyword, rest))
    });
    settings
        .take_while(|(_, keyword, _)| !keyword.eq_ignore_ascii_case(b"Match"))
        .collect()
}

/// Whether the file includes the drop-ins of `directory` before it sets anything itself.
pub(super) fn includes_first(content: &[u8], directory: &str) -> bool {
    let wanted = format!("{directory}/*.conf");
    let lines = lines::split(content);
    let first = global(&lines).into_iter().next();
    first.is_some_and(|(_, keyword, rest)| {
        let mut words = rest.split(u8::is_ascii_whitespace);
        keyword.eq_ignore_ascii_case(b"Include") && words.any(|word| word == wanted.as_bytes())
    })
}

/// Whether the file sets `keyword` outside of `Match` blocks.
pub(super) fn sets(content: &[u8], keyword: &str) -> bool {
    let lines = lines::split(content);
    let is_it = |found: &[u8]| found.eq_ignore_ascii_case(keyword.as_bytes());
    global(&lines).iter().any(|(_, found, _)| is_it(found))
}

/// Makes `keyword value` the setting that counts for everybody: in place of the one that does, or
/// before the first block or include, or at the end.
pub(super) fn set(content: &[u8], keyword: &str, value: &str) -> Edited {
    let mut all = lines::split(content);
    let settings = global(&all);
    let is_it = |found: &[u8]| found.eq_ignore_ascii_case(keyword.as_bytes());
    let is_include = |found: &[u8]| found.eq_ignore_ascii_case(b"Include");
    let own = settings.iter().find(|(_, found, _)| is_it(found));
    let include = settings
        .iter()
        .find(|(_, found, _)| is_include(found))
        .map(|(index, _, _)| *index);
    let line = format!("{keyword} {value}");
    match own {
        Some((index, _, found)) if include.is_none_or(|include| *index < include) => {
            if *found == value.as_bytes() {
                return Ok(None);
            }
            all[*index].text = line.as_bytes();
        }
        own => {
            // What an included file says would count before a setting behind it.
            let own = own.map(|(index, _, _)| *index);
            let block = all.iter().position(|line| {
                setting(line).is_some_and(|(found, _)| found.eq_ignore_ascii_case(b"Match"))
            });
            let index = include.or(block).unwrap_or(all.len());
            if let Some(own) = own {
                all.remove(own);
            }
            lines::insert(&mut all, index, line.as_bytes(), lines::line_break(content));
        }
    }
    Ok(Some(lines::join(&all)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(content: &str) -> Option<String> {
        let edited = set(content.as_bytes(), "PermitRootLogin", "no").unwrap();
        edited.map(|edited| String::from_utf8(edited).unwrap())
    }

    #[test]
    fn the_setting_that_counts_is_changed() {
        for (content, expected) in [
            ("", Some("PermitRootLogin no\n")),
            (
                "#PermitRootLogin yes\n",
                Some("#PermitRootLogin yes\nPermitRootLogin no\n"),
            ),
            ("PermitRootLogin no\n", None),
            ("permitrootlogin=no\n", None),
            (
                "a b\nPermitRootLogin yes\nc d\n",
                Some("a b\nPermitRootLogin no\nc d\n"),
            ),
            (
                "PermitRootLogin yes\nPermitRootLogin no\n",
                Some("PermitRootLogin no\nPermitRootLogin no\n"),
            ),
            (
                "a b\nMatch User x\n  PermitRootLogin yes\n",
                Some("a b\nPermitRootLogin no\nMatch User x\n  PermitRootLogin yes\n"),
            ),
            (
                "a b\nInclude x\nc d\n",
                Some("a b\nPermitRootLogin no\nInclude x\nc d\n"),
            ),
            (
                "Include x\nPermitRootLogin yes\nc d\n",
                Some("PermitRootLogin no\nInclude x\nc d\n"),
            ),
        ] {
            assert_eq!(edited(content).as_deref(), expected, "{content}");
        }
    }

    #[test]
    fn once_set_it_stays() {
        for content in [
            "",
            "x",
            "Include x\nPermitRootLogin yes\n",
            "Match all\nPermitRootLogin yes\n",
        ] {
            let once = edited(content).unwrap();
            assert_eq!(edited(&once), None, "{content}");
        }
    }

    #[test]
    fn drop_ins_are_used_where_they_come_first() {
        let directory = "/etc/ssh/sshd_config.d";
        for (content, expected) in [
            (
                "# c\n\nInclude /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\n",
                true,
            ),
            ("include=/x/*.conf /etc/ssh/sshd_config.d/*.conf\n", true),
            ("UsePAM yes\nInclude /etc/ssh/sshd_config.d/*.conf\n", false),
            ("#Include /etc/ssh/sshd_config.d/*.conf\n", false),
            ("Include /etc/ssh/other.d/*.conf\n", false),
            ("Match all\nInclude /etc/ssh/sshd_config.d/*.conf\n", false),
            ("", false),
        ] {
            assert_eq!(
                includes_first(content.as_bytes(), directory),
                expected,
                "{content}"
            );
        }
    }
}
