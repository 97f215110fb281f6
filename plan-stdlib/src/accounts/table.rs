//! Files of lines whose fields are parted by colons, as passwd(5) and its kin are: a line is found
//! by its first field, and every other line stays byte for byte.

use crate::text::lines::{self, Line};
use mintage_engine::PlanError;
use std::borrow::Cow;

/// The lines of such a file.
pub(crate) struct Table<'a> {
    lines: Vec<Entry<'a>>,
    line_break: &'static [u8],
}

struct Entry<'a> {
    text: Cow<'a, [u8]>,
    ending: &'a [u8],
}

impl Entry<'_> {
    /// Whether it is about somebody.
    fn is_entry(&self) -> bool {
        let first = self.text.first();
        !matches!(first, None | Some(b'#' | b'+' | b'-' | b':'))
    }

    /// A line that is about `name`; comments and NIS lines are about nobody.
    fn is_of(&self, name: &str) -> bool {
        fields(&self.text).next() == Some(name.as_bytes())
    }
}

/// The fields of a line.
fn fields(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| *byte == b':')
}

impl<'a> Table<'a> {
    /// The lines of `content`.
    pub(crate) fn parse(content: &'a [u8]) -> Self {
        let lines = lines::split(content).into_iter().map(|line| Entry {
            text: Cow::Borrowed(line.text),
            ending: line.ending,
        });
        Self {
            lines: lines.collect(),
            line_break: lines::line_break(content),
        }
    }

    /// The fields of every line that is an entry, in order.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Vec<&[u8]>> {
        let entries = self.lines.iter().filter(|line| line.is_entry());
        entries.map(|line| fields(&line.text).collect())
    }

    /// The fields of the line of `name`.
    pub(crate) fn find(&self, name: &str) -> Option<Vec<&[u8]>> {
        let line = self.lines.iter().find(|line| line.is_of(name))?;
        Some(fields(&line.text).collect())
    }

    /// One field of the line of `name`, from 0; none where the line or the field is missing, or is
    /// not UTF-8.
    pub(crate) fn text(&self, name: &str, field: usize) -> Option<String> {
        let row = self.find(name)?;
        String::from_utf8(row.get(field)?.to_vec()).ok()
    }

    /// Sets one field of the line of `name`, if there is one. Whoever calls has seen to it that
    /// `value` has no colon and no line break.
    pub(crate) fn set(&mut self, name: &str, field: usize, value: &str) {
        let Some(line) = self.lines.iter_mut().find(|line| line.is_of(name)) else {
            return;
        };
        let mut row: Vec<&[u8]> = fields(&line.text).collect();
        if row.len() <= field {
            row.resize(field + 1, b"");
        }
        if row[field] != value.as_bytes() {
            row[field] = value.as_bytes();
            line.text = Cow::Owned(row.join(&b':'));
        }
    }

    /// Sets one field of every line in which it is `unwanted`.
    pub(crate) fn set_where(
        &mut self,
        field: usize,
        unwanted: impl Fn(&[u8]) -> bool,
        value: &str,
    ) {
        for line in &mut self.lines {
            let mut row: Vec<&[u8]> = fields(&line.text).collect();
            if row.get(field).is_some_and(|found| unwanted(found)) {
                row[field] = value.as_bytes();
                line.text = Cow::Owned(row.join(&b':'));
            }
        }
    }

    /// Adds a line at the end, before the lines that bring in a directory service, as those who
    /// look for a name would find these first.
    pub(crate) fn add(&mut self, fields: &[&str]) {
        let service = self
            .lines
            .iter()
            .position(|line| line.text.starts_with(b"+"));
        let index = service.unwrap_or(self.lines.len());
        if let Some(last) = self.lines.last_mut().filter(|last| last.ending.is_empty()) {
            last.ending = self.line_break;
        }
        let text = Cow::Owned(fields.join(":").into_bytes());
        let ending = self.line_break;
        self.lines.insert(index, Entry { text, ending });
    }

    /// Removes every line of `name`.
    pub(crate) fn remove(&mut self, name: &str) {
        self.lines.retain(|line| !line.is_of(name));
    }

    /// Puts `item` into the list of names in one field of the line of `name`, unless it is there.
    pub(crate) fn add_to_list(&mut self, name: &str, field: usize, item: &str) {
        self.change_list(name, field, |items| {
            if !items.iter().any(|found| found == item) {
                items.push(item.to_owned());
            }
        });
    }

    /// Takes `item` out of the list of names in one field of the line of `name`.
    pub(crate) fn remove_from_list(&mut self, name: &str, field: usize, item: &str) {
        self.change_list(name, field, |items| items.retain(|found| found != item));
    }

    /// Takes `item` out of the lists of names in these fields of every line that is an entry.
    pub(crate) fn remove_from_lists(&mut self, list_fields: &[usize], item: &str) {
        for line in self.lines.iter_mut().filter(|line| line.is_entry()) {
            let mut row: Vec<Cow<'_, [u8]>> = fields(&line.text).map(Cow::Borrowed).collect();
            let mut changed = false;
            for field in list_fields {
                let Some(list) = row.get_mut(*field) else {
                    continue;
                };
                let items = || list.split(|byte| *byte == b',');
                if items().any(|found| found == item.as_bytes()) {
                    let kept =
                        items().filter(|found| !found.is_empty() && *found != item.as_bytes());
                    *list = Cow::Owned(kept.collect::<Vec<_>>().join(&b','));
                    changed = true;
                }
            }
            if changed {
                line.text = Cow::Owned(row.join(&b':'));
            }
        }
    }

    /// The list stays as it stands unless its members change: members that are not UTF-8, doubled
    /// or empty too.
    fn change_list(&mut self, name: &str, field: usize, change: impl FnOnce(&mut Vec<String>)) {
        if let Some(list) = self.text(name, field) {
            let items = list.split(',').filter(|item| !item.is_empty());
            let before: Vec<String> = items.map(str::to_owned).collect();
            let mut after = before.clone();
            change(&mut after);
            if before != after {
                self.set(name, field, &after.join(","));
            }
        }
    }

    /// The content again.
    ///
    /// # Errors
    /// `P2003` when it has grown too large.
    pub(crate) fn content(&self) -> Result<Vec<u8>, PlanError> {
        let lines = self.lines.iter().map(|line| Line {
            text: &line.text,
            ending: line.ending,
        });
        lines::join(&lines.collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_goes_out_of_every_list() {
        let after = edited(
            "a:x:1:u,ops,,v\n+ops:::ops\nb:x:2:ops\na:x:3:ops,\nc:ops\nd:x:4:,op\n",
            |table| {
                table.remove_from_lists(&[2, 3, 9], "ops");
            },
        );
        assert_eq!(
            after,
            "a:x:1:u,v\n+ops:::ops\nb:x:2:\na:x:3:\nc:ops\nd:x:4:,op\n"
        );
    }

    fn edited(content: &str, edit: impl FnOnce(&mut Table<'_>)) -> String {
        let mut table = Table::parse(content.as_bytes());
        edit(&mut table);
        String::from_utf8(table.content().unwrap()).unwrap()
    }

    #[test]
    fn lines_that_are_not_meant_stay() {
        let strange = "# a comment: x\n\n+@admins::::::\r\nbroken\nops:x:7:\nno-end";
        assert_eq!(
            edited(strange, |table| table.set("ops", 1, "y")),
            strange.replace(":x:7", ":y:7")
        );
        assert_eq!(edited(strange, |table| table.remove("nobody")), strange);
        assert_eq!(
            edited("a:x:1:\n+:::\n", |table| table.add(&["b", "x", "2", ""])),
            "a:x:1:\nb:x:2:\n+:::\n"
        );
        assert_eq!(edited("a:x", |table| table.add(&["b", "x"])), "a:x\nb:x\n");
        assert_eq!(edited("", |table| table.add(&["b", "x"])), "b:x\n");
    }

    #[test]
    fn fields_that_are_missing_are_made() {
        assert_eq!(edited("a:x\n", |table| table.set("a", 4, "z")), "a:x:::z\n");
        assert_eq!(edited("a:x\n", |table| table.set("b", 4, "z")), "a:x\n");
    }

    #[test]
    fn lists_have_every_name_once() {
        for (before, after) in [
            ("g:x:1:\n", "g:x:1:ops\n"),
            ("g:x:1:a,b\n", "g:x:1:a,b,ops\n"),
            ("g:x:1:a,ops,b\n", "g:x:1:a,ops,b\n"),
            ("g:x:1:a,,ops\n", "g:x:1:a,,ops\n"),
        ] {
            assert_eq!(
                edited(before, |table| table.add_to_list("g", 3, "ops")),
                after
            );
        }
        for (before, after) in [
            ("g:x:1:ops\n", "g:x:1:\n"),
            ("g:x:1:a,ops,opsy\n", "g:x:1:a,opsy\n"),
            ("g:x:1:a,,b\n", "g:x:1:a,,b\n"),
        ] {
            assert_eq!(
                edited(before, |table| table.remove_from_list("g", 3, "ops")),
                after
            );
        }
    }

    #[test]
    fn comments_and_directory_services_are_no_rows() {
        let table = Table::parse(b"#x:1\n\n+nis:::\n-bad:::\n:::\nops:x\n");
        assert_eq!(table.rows().collect::<Vec<_>>(), [vec![&b"ops"[..], b"x"]]);
    }
}
