//! What the editors of JSON, TOML and YAML have in common: values, keys that lead to them, and
//! changes which are proved right before they are written.
//!
//! A [`Format`] reads a text into a [`Value`] and makes one [`Step`] in the text. What a change
//! must lead to is computed on the value; the text that a format made is read again and must say
//! exactly that. So whatever a format or its library gets wrong ends as an error and not as a
//! broken file.

pub(crate) mod change;
pub(crate) mod flow;
pub(crate) mod keys;
pub(crate) mod script;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod value;

pub(crate) use change::{Change, Step};
pub(crate) use keys::Key;
pub(crate) use value::Value;

use crate::text::{Edited, MAX_TEXT};
use mintage_engine::{Code, PlanError};

/// How deep values nest at most, in files and from scripts: what recurses over them needs no more
/// stack than that.
pub(crate) const MAX_DEPTH: usize = 100;

/// The most bytes that are read in the steps of one change.
const MAX_WORK: usize = 32 * MAX_TEXT;

/// A format of files.
pub(crate) trait Format {
    /// Its name, for errors.
    const NAME: &'static str;

    /// Reads a text; an empty one too, from which a file is made.
    ///
    /// # Errors
    /// `P2016` for another format, and for what nests too deep.
    fn parse(text: &str) -> Result<Value, PlanError>;

    /// Reads a text for a script, with all that the format says by reference in its place.
    ///
    /// # Errors
    /// As [`Self::parse`].
    fn read(text: &str) -> Result<Value, PlanError> {
        Self::parse(text)
    }

    /// The text after one step, which fits the value of the text.
    ///
    /// # Errors
    /// `P2016` where the text has it in a form that cannot be edited.
    fn step(text: &str, step: &Step) -> Result<String, PlanError>;
}

/// The content of a file after a change.
///
/// # Errors
/// As [`Format::step`], `P2003` when it grows too large, `P2008`, `P2013` and `P2016` for a change
/// that does not fit.
pub(crate) fn edited<F: Format>(content: &[u8], keys: &[Key], change: &Change) -> Edited {
    let content = text(content)?;
    let text = content.strip_prefix(BYTE_ORDER_MARK).unwrap_or(content);
    let mut expected = F::parse(text)?;
    let steps = change.steps(&mut expected, keys)?;
    if steps.is_empty() {
        return no_steps::<F>(text, keys, change);
    }
    // Each step reads the whole text.
    if steps.len().saturating_mul(text.len()) > MAX_WORK {
        let message = format!(
            "the change is made of {} steps, too many for its size",
            steps.len()
        );
        return Err(PlanError::new(Code::P2003, message)
            .help("nothing was changed; write the file by a template"));
    }
    let mut edited = text.to_owned();
    for step in &steps {
        edited = F::step(&edited, step)?;
        if edited.len() > MAX_TEXT {
            return Err(crate::text::too_large());
        }
    }
    if F::parse(&edited).ok().as_ref() != Some(&expected) {
        return Err(unsafe_edit(F::NAME));
    }
    if content.len() != text.len() {
        edited.insert_str(0, BYTE_ORDER_MARK);
    }
    Ok(Some(edited.into_bytes()))
}

/// Nothing has to change, unless readers see by reference what is to be gone.
fn no_steps<F: Format>(text: &str, keys: &[Key], change: &Change) -> Edited {
    if matches!(change, Change::Remove) && keys::find(&F::read(text)?, keys).is_some() {
        let message = "what is to be removed stands elsewhere in it, and is only referred to there";
        return Err(PlanError::new(Code::P2016, message));
    }
    Ok(None)
}

/// Editors of Windows put it first.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The value of a file, for a script.
///
/// # Errors
/// `P2016` for another format.
pub(crate) fn read<F: Format>(content: &[u8]) -> Result<Value, PlanError> {
    let text = text(content)?;
    F::read(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text))
}

fn text(content: &[u8]) -> Result<&str, PlanError> {
    std::str::from_utf8(content)
        .map_err(|_| PlanError::new(Code::P2016, "it is not a text in UTF-8"))
}

fn unsafe_edit(name: &str) -> PlanError {
    let message = format!("this {name} is written in a way in which this cannot be changed alone");
    PlanError::new(Code::P2016, message)
        .help("nothing was changed; write the file by a template, or edit its lines")
}

/// The error for a text that is too deep.
pub(crate) fn too_deep() -> PlanError {
    let message = format!("its values nest deeper than {MAX_DEPTH}");
    PlanError::new(Code::P2016, message)
}
