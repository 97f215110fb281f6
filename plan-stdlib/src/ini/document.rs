//! Sections and keys in the lines of an INI file; everything else in it stays as it is.
//!
//! What is read: `[section]`, `key = value`, blank lines, and comments, which start with `#` or `;`.
//! Lines of other forms (`skip-networking`, `!includedir /etc/my.cnf.d`) are kept and not looked
//! into. A value goes from behind the `=` to the end of its line, blanks around it not counted;
//! where its line ends in `\`, it goes on in the next one.

use crate::text::Edited;
use crate::text::lines::{self, Line};
use mintage_engine::{Code, PlanError};
use mintage_volume::escape::escape;

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form<'a> {
    /// `[name]`.
    Section(&'a [u8]),
    /// `key = value`, with how many further lines belong to it.
    Entry {
        key: &'a [u8],
        value: &'a [u8],
        more: usize,
    },
    /// A further line of an entry.
    More,
    /// Anything else.
    Other,
}

/// An INI file, read.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    content: &'a [u8],
    lines: Vec<Line<'a>>,
    forms: Vec<Form<'a>>,
}

impl<'a> Document<'a> {
    /// Reads a file.
    ///
    /// # Errors
    /// `P2016` for a line that starts a section and does not end it.
    pub(crate) fn parse(content: &'a [u8]) -> Result<Self, PlanError> {
        let lines = lines::split(content);
        let mut forms = Vec::with_capacity(lines.len());
        let mut index = 0;
        while let Some(line) = lines.get(index) {
            let mut form = form(line.text).ok_or_else(|| unclosed(index + 1, line.text))?;
            let mut further = 0;
            if let Form::Entry { more, .. } = &mut form {
                let rest = lines.get(index..).unwrap_or_default();
                further = rest
                    .iter()
                    .take_while(|line| line.text.ends_with(b"\\"))
                    .count();
                further = further.min(rest.len() - 1);
                *more = further;
            }
            forms.push(form);
            forms.extend(std::iter::repeat_n(Form::More, further));
            index += 1 + further;
        }
        Ok(Self {
            content,
            lines,
            forms,
        })
    }

    /// The names of the sections in their order, each once.
    pub(crate) fn sections(&self) -> Vec<&'a [u8]> {
        let names = self.forms.iter().filter_map(|form| match form {
            Form::Section(name) => Some(*name),
            _ => None,
        });
        unique(names)
    }

    /// The keys of a section in their order, each once; those before the first section where its
    /// name is empty.
    pub(crate) fn keys(&self, section: &str) -> Vec<&'a [u8]> {
        let keys = self.entries(section).into_iter().map(|(_, key, _)| key);
        unique(keys)
    }

    /// The value of a key; of the last one where there are several, which is the one that counts.
    pub(crate) fn get(&self, section: &str, key: &str) -> Option<Vec<u8>> {
        let entries = self.entries(section);
        let (index, _, value) = entries
            .iter()
            .rev()
            .find(|(_, k, _)| *k == key.as_bytes())?;
        let mut value = value.to_vec();
        for further in self.lines.get(index + 1..).unwrap_or_default() {
            if !value.ends_with(b"\\") {
                break;
            }
            value.push(b'\n');
            value.extend_from_slice(further.text);
        }
        Some(value)
    }

    /// The file with the key set: in the line where it counts, else at the end of its section,
    /// else in a new section at the end of the file.
    pub(crate) fn set(&self, section: &str, key: &str, value: &str) -> Edited {
        if self
            .get(section, key)
            .is_some_and(|found| found == value.as_bytes())
        {
            return Ok(None);
        }
        let entries = self.entries(section);
        let found = entries.iter().rev().find(|(_, k, _)| *k == key.as_bytes());
        let mut all = self.lines.clone();
        let line_break = lines::line_break(self.content);
        let new_line = match found {
            Some((index, ..)) => self.head(*index),
            None => [key.as_bytes(), self.separator(&entries)].concat(),
        };
        let new_line = [new_line.as_slice(), value.as_bytes()].concat();
        let header = format!("[{section}]");
        match (found, self.end_of(section)) {
            (Some((index, ..)), _) => {
                if let Some(line) = all.get_mut(*index) {
                    line.text = &new_line;
                }
                drop(all.drain(index + 1..index + 1 + self.more(*index)));
            }
            (None, Some(end)) => lines::insert(&mut all, end, &new_line, line_break),
            (None, None) => {
                let blank: &[&[u8]] = if all.last().is_some_and(|l| !is_blank(l)) {
                    &[b""]
                } else {
                    &[]
                };
                for text in blank.iter().copied().chain([header.as_bytes(), &new_line]) {
                    let end = all.len();
                    lines::insert(&mut all, end, text, line_break);
                }
            }
        }
        Ok(Some(lines::join(&all)?))
    }

    /// The file without the key.
    pub(crate) fn remove_key(&self, section: &str, key: &str) -> Edited {
        let doomed = self
            .entries(section)
            .into_iter()
            .filter(|(_, k, _)| *k == key.as_bytes());
        self.without(
            doomed
                .map(|(index, ..)| (index, index + 1 + self.more(index)))
                .collect(),
        )
    }

    /// The file without the section, its header and all that is in it.
    pub(crate) fn remove_section(&self, section: &str) -> Edited {
        let headers = self.headers();
        let ends = headers.iter().skip(1).map(|(index, _)| *index);
        let parts = headers.iter().zip(ends.chain([self.lines.len()]));
        let doomed = parts
            .filter(|((_, name), _)| *name == section.as_bytes())
            .map(|((start, _), end)| (*start, end))
            .collect();
        self.without(doomed)
    }

    /// The file without ranges of lines, which are in order.
    fn without(&self, doomed: Vec<(usize, usize)>) -> Edited {
        if doomed.is_empty() {
            return Ok(None);
        }
        let mut kept = Vec::with_capacity(self.lines.len());
        let mut from = 0;
        for (start, end) in doomed.into_iter().chain([(self.lines.len(), 0)]) {
            kept.extend_from_slice(self.lines.get(from..start).unwrap_or_default());
            from = end;
        }
        Ok(Some(lines::join(&kept)?))
    }

    /// The entries of a section: index of the line, key, value.
    fn entries(&self, section: &str) -> Vec<(usize, &'a [u8], &'a [u8])> {
        let mut inside = section.is_empty();
        let mut entries = Vec::new();
        for (index, form) in self.forms.iter().enumerate() {
            match form {
                Form::Section(name) => inside = *name == section.as_bytes(),
                Form::Entry { key, value, .. } if inside => entries.push((index, *key, *value)),
                _ => {}
            }
        }
        entries
    }

    fn headers(&self) -> Vec<(usize, &'a [u8])> {
        let forms = self.forms.iter().enumerate();
        let headers = forms.filter_map(|(index, form)| match form {
            Form::Section(name) => Some((index, *name)),
            _ => None,
        });
        headers.collect()
    }

    /// How many further lines the entry at `index` has.
    fn more(&self, index: usize) -> usize {
        match self.forms.get(index) {
            Some(Form::Entry { more, .. }) => *more,
            _ => 0,
        }
    }

    /// The line at `index` up to its value: indent, key, `=` and the blanks as they are there.
    fn head(&self, index: usize) -> Vec<u8> {
        let line = self
            .lines
            .get(index)
            .map(|line| line.text)
            .unwrap_or_default();
        let equals = line
            .iter()
            .position(|byte| *byte == b'=')
            .map_or(0, |at| at + 1);
        let blanks = line
            .iter()
            .skip(equals)
            .take_while(|b| matches!(b, b' ' | b'\t'))
            .count();
        // A line that ends in blanks behind the `=` has an empty value and no style to keep.
        let end = if equals + blanks == line.len() {
            equals
        } else {
            equals + blanks
        };
        line.get(..end).unwrap_or_default().to_vec()
    }

    /// What stands between key and value in the section, else in the file: ` = ` or `=`.
    fn separator(&self, entries: &[(usize, &[u8], &[u8])]) -> &'static [u8] {
        let any = || {
            self.forms
                .iter()
                .position(|form| matches!(form, Form::Entry { .. }))
        };
        let model = entries.first().map(|(index, ..)| *index).or_else(any);
        let line = model
            .and_then(|index| self.lines.get(index))
            .map(|line| line.text);
        let line = line.unwrap_or_default();
        match line.windows(2).any(|pair| pair == b" =") {
            true => b" = ",
            false => b"=",
        }
    }

    /// Where a new key of a section goes: behind the last line of its last part that is neither
    /// blank nor a comment; before the first section where its name is empty.
    fn end_of(&self, section: &str) -> Option<usize> {
        let headers = self.headers();
        let start = match section {
            "" => 0,
            _ => {
                headers
                    .iter()
                    .rev()
                    .find(|(_, name)| *name == section.as_bytes())?
                    .0
                    + 1
            }
        };
        let next = headers.iter().find(|(index, _)| *index >= start);
        let end = next.map_or(self.lines.len(), |(index, _)| *index);
        let body = self.lines.get(start..end).unwrap_or_default();
        let used = body
            .iter()
            .rposition(|line| !is_blank(line) && !is_comment(line.text));
        Some(start + used.map_or(0, |at| at + 1))
    }
}

fn form(line: &[u8]) -> Option<Form<'_>> {
    let text = line.trim_ascii();
    if text.is_empty() || is_comment(text) {
        return Some(Form::Other);
    }
    if let Some(inner) = text.strip_prefix(b"[") {
        let end = inner.iter().position(|byte| *byte == b']')?;
        return Some(Form::Section(inner.get(..end)?.trim_ascii()));
    }
    let Some(equals) = text.iter().position(|byte| *byte == b'=') else {
        return Some(Form::Other);
    };
    let (key, value) = text.split_at(equals);
    Some(Form::Entry {
        key: key.trim_ascii_end(),
        value: value.get(1..).unwrap_or_default().trim_ascii_start(),
        more: 0,
    })
}

fn is_comment(line: &[u8]) -> bool {
    matches!(line.trim_ascii_start().first(), Some(b'#' | b';'))
}

fn is_blank(line: &Line<'_>) -> bool {
    line.text.trim_ascii().is_empty()
}

fn unique<'a>(names: impl Iterator<Item = &'a [u8]>) -> Vec<&'a [u8]> {
    let mut seen = std::collections::BTreeSet::new();
    names.filter(|name| seen.insert(*name)).collect()
}

fn unclosed(number: usize, line: &[u8]) -> PlanError {
    let shown = escape(line.get(..80).unwrap_or(line));
    let message = format!("line {number} starts a section and does not end it: `{shown}`");
    PlanError::new(Code::P2016, message)
}

#[cfg(test)]
mod tests;
