//! The lines of an fstab(5): fields between blanks, with `\040` and the like for what would end them.
//!
//! What is not meant stays byte for byte; where a field grows or shrinks, the columns behind it
//! stay where they are as far as there is room.

use crate::text::Edited;
use crate::text::{lines, words};
use mintage_volume::volume::unescape_fstab;

/// The fields of a line, in order.
pub(super) const FIELDS: usize = 6;
/// What stands for a field that a line leaves out.
const DEFAULTS: [&str; FIELDS] = ["none", "none", "auto", "defaults", "0", "0"];

/// One entry: its device, mount point, type, options, dump and pass, without escapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) fields: [String; FIELDS],
}

impl Entry {
    fn parse(line: &[u8]) -> Option<Self> {
        let spans = spans(line);
        if spans.len() < 2 || line.trim_ascii_start().starts_with(b"#") {
            return None;
        }
        let mut fields = DEFAULTS.map(str::to_owned);
        for (field, (start, end)) in fields.iter_mut().zip(&spans) {
            let escaped = line.get(*start..*end).unwrap_or_default();
            *field = String::from_utf8_lossy(&unescape_fstab(escaped)).into_owned();
        }
        Some(Self { fields })
    }

    pub(super) fn device(&self) -> &str {
        &self.fields[0]
    }

    /// The mount point without a `/` at its end.
    pub(super) fn mount_point(&self) -> &str {
        trimmed(&self.fields[1])
    }

    pub(super) fn is_swap(&self) -> bool {
        self.fields[2] == "swap"
    }

    pub(super) fn options(&self) -> impl Iterator<Item = &str> {
        self.fields[3]
            .split(',')
            .filter(|option| !option.is_empty())
    }
}

/// A path without a `/` at its end, but for the root.
pub(super) fn trimmed(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" if path.starts_with('/') => "/",
        path => path,
    }
}

/// Every entry, in order.
pub(super) fn entries(content: &[u8]) -> Vec<Entry> {
    let lines = lines::split(content);
    lines
        .iter()
        .filter_map(|line| Entry::parse(line.text))
        .collect()
}

/// Changes the fields that `wanted` gives in the last entry that is `meant`, else adds an entry.
pub(super) fn ensure(
    content: &[u8],
    wanted: &[Option<String>; FIELDS],
    meant: impl Fn(&Entry) -> bool,
) -> Edited {
    let mut all = lines::split(content);
    let is_meant =
        |line: &lines::Line<'_>| Entry::parse(line.text).is_some_and(|entry| meant(&entry));
    let found = all.iter().rposition(is_meant);
    let new = match found.and_then(|index| all.get(index)) {
        Some(line) => changed(line.text, wanted),
        None => added(&all, wanted),
    };
    match found.and_then(|index| all.get_mut(index)) {
        Some(line) if line.text == new => return Ok(None),
        Some(line) => line.text = &new,
        None => {
            let end = all.len();
            lines::insert(&mut all, end, &new, lines::line_break(content));
        }
    }
    lines::join(&all).map(Some)
}

/// Removes every entry that is `unwanted`.
pub(super) fn remove(content: &[u8], unwanted: impl Fn(&Entry) -> bool) -> Edited {
    let mut all = lines::split(content);
    let before = all.len();
    all.retain(|line| !Entry::parse(line.text).is_some_and(|entry| unwanted(&entry)));
    match all.len() == before {
        true => Ok(None),
        false => lines::join(&all).map(Some),
    }
}

/// A line with the wanted fields changed.
fn changed(line: &[u8], wanted: &[Option<String>; FIELDS]) -> Vec<u8> {
    let spans = spans(line);
    let present = Entry::parse(line);
    // A line whose fields stand in columns has more than one blank somewhere between them.
    let in_columns = spans.windows(2).any(|pair| pair[1].0 - pair[0].1 > 1);
    let last_wanted = wanted
        .iter()
        .rposition(Option::is_some)
        .map_or(0, |index| index + 1);
    let mut new = line
        .get(..spans.first().map_or(0, |span| span.0))
        .unwrap_or_default()
        .to_vec();
    for index in 0..spans.len().max(last_wanted).min(FIELDS) {
        let old = spans
            .get(index)
            .and_then(|(start, end)| line.get(*start..*end));
        let is_same = match (&wanted[index], &present) {
            (Some(value), Some(entry)) => entry.fields[index] == *value,
            _ => true,
        };
        let field = match (&wanted[index], old) {
            (Some(value), _) if !is_same => escape(value).into_bytes(),
            (_, Some(old)) => old.to_vec(),
            (Some(value), None) => escape(value).into_bytes(),
            (None, None) => DEFAULTS[index].as_bytes().to_vec(),
        };
        let gap = spans.get(index).and_then(|(_, end)| {
            let next = spans.get(index + 1).map_or(line.len(), |(start, _)| *start);
            line.get(*end..next)
        });
        let is_last_old = index + 1 >= spans.len();
        let goes_on = index + 1 < last_wanted;
        new.extend_from_slice(&field);
        match gap {
            Some(gap) if !(gap.is_empty() || is_last_old && goes_on) => {
                new.extend(refilled(
                    gap,
                    old.map_or(0, <[u8]>::len),
                    field.len(),
                    in_columns && !is_last_old,
                ));
            }
            _ if goes_on => new.push(b' '),
            _ => {}
        }
    }
    let rest = spans.get(FIELDS).and_then(|(start, _)| line.get(*start..));
    new.extend_from_slice(rest.unwrap_or_default());
    new
}

/// The blanks behind a field, so that what follows stays in its column.
fn refilled(gap: &[u8], old: usize, new: usize, in_columns: bool) -> Vec<u8> {
    let is_padded = in_columns && gap.iter().all(|byte| *byte == b' ');
    match is_padded {
        true => vec![b' '; (gap.len() + old).saturating_sub(new).max(1)],
        false => gap.to_vec(),
    }
}

/// A new line, in the columns of the last entry.
fn added(all: &[lines::Line<'_>], wanted: &[Option<String>; FIELDS]) -> Vec<u8> {
    let model = all
        .iter()
        .rev()
        .find(|line| Entry::parse(line.text).is_some());
    let model = model.map(|line| line.text).unwrap_or_default();
    let columns: Vec<usize> = spans(model).iter().map(|span| span.0).collect();
    let has_tabs = model.contains(&b'\t');
    let mut line = Vec::new();
    for (index, value) in wanted.iter().enumerate() {
        let value = value.as_deref().unwrap_or(DEFAULTS[index]);
        if index > 0 {
            line.push(if has_tabs { b'\t' } else { b' ' });
            let column = columns
                .get(index)
                .filter(|_| !has_tabs)
                .copied()
                .unwrap_or_default();
            line.resize(line.len().max(column), b' ');
        }
        line.extend_from_slice(escape(value).as_bytes());
    }
    line
}

/// Where the fields start and end.
fn spans(line: &[u8]) -> Vec<(usize, usize)> {
    words::spans(line, |byte| matches!(byte, b' ' | b'\t'))
}

fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for (index, char) in value.chars().enumerate() {
        match char {
            ' ' => escaped.push_str("\\040"),
            '\t' => escaped.push_str("\\011"),
            '\\' => escaped.push_str("\\134"),
            '#' if index == 0 => escaped.push_str("\\043"),
            char => escaped.push(char),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "# static\nUUID=1  /      ext4  defaults  0 1\nUUID=2  /srv/a\\040b  xfs  noatime,nofail 0 2 # c\n/swap none swap sw\n";

    fn wanted(fields: [&str; FIELDS]) -> [Option<String>; FIELDS] {
        fields.map(|field| (!field.is_empty()).then(|| field.to_owned()))
    }

    fn ensured(content: &str, point: &str, fields: [&str; FIELDS]) -> Option<String> {
        let edited = ensure(content.as_bytes(), &wanted(fields), |entry| {
            entry.mount_point() == point
        });
        edited
            .unwrap()
            .map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn entries_are_read_without_escapes() {
        let entries = entries(TABLE.as_bytes());
        let points: Vec<&str> = entries.iter().map(Entry::mount_point).collect();
        assert_eq!(points, ["/", "/srv/a b", "none"]);
        assert_eq!(entries[2].fields, ["/swap", "none", "swap", "sw", "0", "0"]);
        assert_eq!(
            entries[1].options().collect::<Vec<_>>(),
            ["noatime", "nofail"]
        );
    }

    #[test]
    fn changes_keep_columns_and_comments() {
        for (point, fields, old, new) in [
            (
                "/",
                ["", "", "xfs", "", "", ""],
                "ext4  defaults",
                "xfs   defaults",
            ),
            (
                "/",
                ["/dev/a/long/name", "", "", "", "", ""],
                "UUID=1  /      ext4",
                "/dev/a/long/name /      ext4",
            ),
            (
                "/srv/a b",
                ["", "", "", "noatime", "", ""],
                "noatime,nofail 0 2 # c",
                "noatime        0 2 # c",
            ),
            (
                "none",
                ["", "", "", "", "", "0"],
                "swap sw\n",
                "swap sw 0 0\n",
            ),
        ] {
            let expected = TABLE.replace(old, new);
            assert_eq!(
                ensured(TABLE, point, fields).as_deref(),
                Some(expected.as_str())
            );
        }
        assert_eq!(
            ensured(TABLE, "/", ["UUID=1", "/", "ext4", "defaults", "0", "1"]),
            None
        );
    }

    #[test]
    fn new_entries_follow_the_last_one() {
        let fields = ["UUID=3", "/a b", "ext4", "", "", ""];
        for (content, line) in [
            ("", "UUID=3 /a\\040b ext4 defaults 0 0\n"),
            (
                "LABEL=a\t/x\text4\n",
                "UUID=3\t/a\\040b\text4\tdefaults\t0\t0\n",
            ),
            (
                "U=1     /        xfs   ro  0  0\n",
                "UUID=3  /a\\040b  ext4  defaults 0 0\n",
            ),
        ] {
            let expected = format!("{content}{line}");
            assert_eq!(
                ensured(content, "/a b", fields).as_deref(),
                Some(expected.as_str())
            );
        }
    }

    #[test]
    fn removing() {
        let removed = remove(TABLE.as_bytes(), Entry::is_swap).unwrap().unwrap();
        assert_eq!(
            removed,
            TABLE.replace("/swap none swap sw\n", "").as_bytes()
        );
        assert_eq!(
            remove(TABLE.as_bytes(), |entry| entry.device() == "x").unwrap(),
            None
        );
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read_back(
            content in "([#a-z/]{1,5}[ \t]+[/a-z]{1,4}([ \t]+[a-z]{2,3}){0,4}[ \t]?\n?){0,4}",
            device in "[!-~é #]{1,8}",
            options in "[a-z,=]{1,8}",
        ) {
            proptest::prop_assume!(!device.trim().is_empty());
            let fields = [device.as_str(), "/mnt", "ext4", options.as_str(), "", "2"];
            let new = ensured(&content, "/mnt", fields).unwrap_or(content);
            let all = entries(new.as_bytes());
            let entry = all.iter().rfind(|entry| entry.mount_point() == "/mnt").unwrap();
            proptest::prop_assert_eq!(entry.device(), &device);
            proptest::prop_assert_eq!(&entry.fields[3], &options);
            proptest::prop_assert_eq!(&entry.fields[5], "2");
            proptest::prop_assert_eq!(ensured(&new, "/mnt", fields), None);
        }
    }
}
