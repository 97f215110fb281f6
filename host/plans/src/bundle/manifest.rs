//! `Manifest`: the `MANIFEST.MF` of a bundle.

use super::artifact::check_name;
use super::error::{BundleError, Result};
use std::fmt::Write as _;

/// What a bundle says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// What people call the bundle.
    pub name: String,
    /// What it is for; it may have several lines.
    pub description: String,
    /// Whether services refuse to change the bundle.
    pub read_only: bool,
    /// When it was made, ISO 8601 in UTC: `2017-09-07T15:44:32.539Z`. A text: nothing depends on it.
    pub time_stamp: String,
    /// `USER` in all bundles that are known.
    pub artifact_type: String,
}

/// The keys that follow the description, one line each.
const TAIL: [&str; 3] = ["Read Only", "Time Stamp", "Artifact Type"];

impl Manifest {
    /// The name of its entry.
    pub const ENTRY: &'static str = "MANIFEST.MF";
    /// The type of bundles that people make.
    pub const USER: &'static str = "USER";

    /// Reads `Key:value` lines. The description may have any lines, even such that look like
    /// another key, so the keys that follow it are looked for from the end.
    ///
    /// # Errors
    /// P5012 when the name is missing or a value is wrong.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.replace("\r\n", "\n");
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let text = text.strip_suffix('\n').unwrap_or(text);
        let mut lines: Vec<&str> = text.split('\n').collect();
        let mut tail = [None; TAIL.len()];
        while let Some((key, value)) = lines.last().and_then(|line| tail_line(line)) {
            // A key that was there already is a line of the description.
            let Some(place @ None) = tail.get_mut(key) else {
                break;
            };
            *place = Some(value);
            lines.pop();
        }
        let [read_only, time_stamp, artifact_type] = tail;
        let mut head = lines.into_iter();
        let name = head
            .next()
            .and_then(|line| line.strip_prefix("Artifact Name:"));
        let name = name.ok_or_else(|| wrong("the first line must be `Artifact Name:…`"))?;
        check_name(name).map_err(|why| wrong(&format!("`Artifact Name`: {why}")))?;
        let description = match head.next() {
            None => String::new(),
            Some(line) => {
                let first = line.strip_prefix("Description:");
                let first =
                    first.ok_or_else(|| wrong("the second line must be `Description:…`"))?;
                let lines: Vec<&str> = std::iter::once(first).chain(head).collect();
                lines.join("\n")
            }
        };
        Ok(Self {
            name: name.to_owned(),
            description,
            read_only: flag(read_only)?,
            time_stamp: time_stamp.unwrap_or_default().to_owned(),
            artifact_type: artifact_type.unwrap_or(Self::USER).to_owned(),
        })
    }

    /// The text that [`Self::parse`] reads.
    ///
    /// # Errors
    /// P5012 when a value that must be one line is not.
    pub fn print(&self) -> Result<String> {
        check_name(&self.name).map_err(|why| wrong(&format!("`Artifact Name`: {why}")))?;
        let tail = [
            self.read_only.to_string(),
            self.time_stamp.clone(),
            self.artifact_type.clone(),
        ];
        let description = self.description.replace("\r\n", "\n");
        let mut text = format!("Artifact Name:{}\nDescription:{description}", self.name);
        for (key, value) in TAIL.iter().zip(tail) {
            if value.chars().any(char::is_control) {
                return Err(wrong(&format!("`{key}` must be one line")));
            }
            // Writing to a string cannot fail.
            let _ = write!(text, "\n{key}:{value}");
        }
        Ok(text)
    }
}

/// Which key of the tail a line has, and its value.
fn tail_line(line: &str) -> Option<(usize, &str)> {
    let mut found = TAIL.iter().enumerate().filter_map(|(number, key)| {
        let value = line.strip_prefix(key)?.strip_prefix(':')?;
        Some((number, value))
    });
    found.next()
}

fn flag(value: Option<&str>) -> Result<bool> {
    match value.unwrap_or("false") {
        text if text.eq_ignore_ascii_case("true") => Ok(true),
        text if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(wrong("`Read Only` must be `true` or `false`")),
    }
}

fn wrong(why: &str) -> BundleError {
    BundleError::artifact(Manifest::ENTRY, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(description: &str) -> Manifest {
        Manifest {
            name: "A bundle: with a colon".to_owned(),
            description: description.to_owned(),
            read_only: true,
            time_stamp: "2017-09-07T15:44:32.539Z".to_owned(),
            artifact_type: "USER".to_owned(),
        }
    }

    #[test]
    fn every_description_comes_back() {
        for description in [
            "",
            "one line",
            "two\nlines",
            "ends with a newline\n",
            "\nbegins with one",
            "looks like\nRead Only:false\nTime Stamp:never\nArtifact Type:NONE",
            "Artifact Name:other\nDescription:other",
        ] {
            let manifest = manifest(description);
            let printed = manifest.print().unwrap();
            assert_eq!(Manifest::parse(&printed).unwrap(), manifest, "{printed}");
        }
    }

    #[test]
    fn what_services_wrote_is_read() {
        for (text, read_only, stamp) in [
            ("Artifact Name:A bundle: with a colon", false, ""),
            (
                "Artifact Name:A bundle: with a colon\r\nDescription:\r\nRead Only:TRUE\r\n",
                true,
                "",
            ),
            (
                "Artifact Name:A bundle: with a colon\nDescription:\nArtifact Type:USER\nTime Stamp:x\n",
                false,
                "x",
            ),
        ] {
            let read = Manifest::parse(text).unwrap();
            let mut expected = manifest("");
            expected.read_only = read_only;
            expected.time_stamp = stamp.to_owned();
            assert_eq!(read, expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_manifest_is_refused() {
        for (text, why) in [
            ("", "the first line must be `Artifact Name:…`"),
            ("Name:x", "the first line must be `Artifact Name:…`"),
            ("Artifact Name: ", "it must not be empty"),
            ("Artifact Name:a\tb", "one line without control characters"),
            (
                "Artifact Name:a\nText:b",
                "the second line must be `Description:…`",
            ),
            (
                "Artifact Name:a\nDescription:\nRead Only:maybe",
                "must be `true` or `false`",
            ),
        ] {
            let error = Manifest::parse(text).unwrap_err();
            assert!(error.message.contains(why), "{text}: {}", error.message);
        }
        let mut two_lines = manifest("");
        two_lines.time_stamp = "a\nb".to_owned();
        assert!(two_lines.print().is_err());
    }
}
