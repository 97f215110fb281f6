//! Masks the texts of secrets in everything that a run shows.

use mintage_engine::{Diagnostic, LogLine};
use mintage_volume::escape::escape;
use serde_json::Value as Json;

/// What stands where a secret was.
const MASKED: &str = "[secret]";

/// The shortest text that is masked, in bytes, as in diffs; no password is shorter.
const MIN_LEN: usize = 4;

/// The texts that must not be shown, as they are and as paths and log lines escape them.
#[derive(Clone, Default)]
pub(super) struct Mask {
    texts: Vec<String>,
}

impl Mask {
    pub(super) fn new(secrets: &[&str]) -> Self {
        let mut texts: Vec<String> = secrets
            .iter()
            .flat_map(|secret| [(*secret).to_owned(), escape(secret.as_bytes())])
            .filter(|text| text.len() >= MIN_LEN)
            .collect();
        // The longest first: one secret may be a part of another.
        texts.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        texts.dedup();
        Self { texts }
    }

    /// Masks every secret in `text`.
    pub(super) fn text(&self, text: &mut String) {
        if !self
            .texts
            .iter()
            .any(|secret| text.contains(secret.as_str()))
        {
            return;
        }
        let mut masked = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(c) = rest.chars().next() {
            match self
                .texts
                .iter()
                .find_map(|secret| rest.strip_prefix(secret.as_str()))
            {
                Some(after) => {
                    masked.push_str(MASKED);
                    rest = after;
                }
                None => {
                    masked.push(c);
                    rest = &rest[c.len_utf8()..];
                }
            }
        }
        *text = masked;
    }

    pub(super) fn diagnostic(&self, diagnostic: &mut Diagnostic) {
        self.text(&mut diagnostic.message);
        diagnostic.path.iter_mut().for_each(|text| self.text(text));
        diagnostic.help.iter_mut().for_each(|text| self.text(text));
        diagnostic.notes.iter_mut().for_each(|text| self.text(text));
        for frame in diagnostic.frames.iter_mut().chain(&mut diagnostic.within) {
            self.text(&mut frame.text);
            frame.label.iter_mut().for_each(|text| self.text(text));
        }
    }

    pub(super) fn log_line(&self, line: &mut LogLine) {
        self.text(&mut line.text);
    }

    /// Masks every text in a JSON value; keys stay.
    pub(super) fn json(&self, json: &mut Json) {
        match json {
            Json::String(text) => self.text(text),
            Json::Array(items) => items.iter_mut().for_each(|item| self.json(item)),
            Json::Object(map) => map.values_mut().for_each(|item| self.json(item)),
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mask")
            .field("texts", &self.texts.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_the_longest_first() {
        for (secrets, text, expected) in [
            (&["pass", "password1"][..], "a password1 b", "a [secret] b"),
            (&["pass", "word"], "password", "[secret][secret]"),
            (
                &["a\\bc"],
                "/x/a\\\\bc and a\\bc",
                "/x/[secret] and [secret]",
            ),
            (&["éé"], "caféé", "caf[secret]"),
            (&[], "as it was", "as it was"),
        ] {
            let mut masked = text.to_owned();
            Mask::new(secrets).text(&mut masked);
            assert_eq!(masked, expected, "{secrets:?}");
        }
    }
}
