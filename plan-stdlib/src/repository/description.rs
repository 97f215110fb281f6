//! A repository, as a script describes it.

use crate::options::Options;
use crate::values::shorten;
use mintage_engine::{Code, PlanError};

/// The options that describe one.
pub(super) const KEYS: [&str; 9] = [
    "url",
    "description",
    "suites",
    "components",
    "architectures",
    "key",
    "signed",
    "enabled",
    "autorefresh",
];

/// A repository as a script describes it, checked.
#[derive(Debug)]
pub(super) struct Repository {
    pub(super) name: String,
    pub(super) url: String,
    pub(super) description: String,
    pub(super) suites: Vec<String>,
    pub(super) components: Vec<String>,
    pub(super) architectures: Vec<String>,
    /// Where its key is, if it has one of its own.
    pub(super) key: Option<String>,
    pub(super) is_signed: bool,
    pub(super) is_enabled: bool,
    pub(super) refreshes: bool,
}

impl Repository {
    pub(super) fn of(
        name: &str,
        options: &Options,
        key: Option<String>,
    ) -> Result<Self, PlanError> {
        let url = options
            .text("url")?
            .ok_or_else(|| PlanError::new(Code::P2013, "a repository needs a `url`"))?;
        let description = options
            .text("description")?
            .map_or_else(|| name.to_owned(), |text| text.to_string());
        if !url.contains("://") {
            return Err(bad("url", &url).help("for example `https://packages.example.com/debian`"));
        }
        let list = |key: &str| -> Result<Vec<String>, PlanError> {
            let words = options.texts(key)?;
            words.into_iter().map(|text| word(key, &text)).collect()
        };
        if description.trim() != description
            || description.is_empty()
            || description.contains(char::is_control)
        {
            return Err(bad("description", &description));
        }
        Ok(Self {
            name: name.to_owned(),
            url: word("url", &url)?,
            description,
            suites: list("suites")?,
            components: list("components")?,
            architectures: list("architectures")?,
            key,
            is_signed: options.flag("signed", true)?,
            is_enabled: options.flag("enabled", true)?,
            refreshes: options.flag("autorefresh", true)?,
        })
    }
}

/// A text without blanks and line breaks.
fn word(what: &str, text: &str) -> Result<String, PlanError> {
    let fits = |c: char| !c.is_whitespace() && !c.is_control();
    match !text.is_empty() && text.chars().all(fits) {
        true => Ok(text.to_owned()),
        false => Err(bad(what, text)),
    }
}

pub(super) fn bad(what: &str, text: &str) -> PlanError {
    let shown = shorten(text);
    PlanError::new(
        Code::P2013,
        format!("`{shown}` cannot be the {what} of a repository"),
    )
}
