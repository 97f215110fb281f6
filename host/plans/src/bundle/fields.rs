//! `Fields`: a JSON object of a bundle, or a TOML table of its folder, read field by field with
//! errors that name the file and the field.

use super::error::{BundleError, Result};
use mintage_volume::escape::escape;
use serde_json::{Map, Value as Json};

/// An object whose fields are taken one by one; what is left at the end is [`Fields::rest`].
///
/// A field that is null is as good as none: the wire format writes every field of a resource, and
/// most of them are null in a bundle.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    file: &'a str,
    path: String,
    map: Map<String, Json>,
}

impl<'a> Fields<'a> {
    /// The JSON object in `bytes`, the content of `file`.
    pub(crate) fn parse(file: &'a str, bytes: &[u8]) -> Result<Self> {
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        match serde_json::from_slice(bytes) {
            Ok(Json::Object(map)) => Ok(Self::new(file, map)),
            Ok(other) => Err(BundleError::artifact(
                file,
                format!("it must be a JSON object, and is {}", article(&other)),
            )),
            // The parser's own message may quote a value, which may be a secret.
            Err(error) => Err(BundleError::artifact(
                file,
                format!(
                    "it is not JSON: line {}, column {}",
                    error.line(),
                    error.column()
                ),
            )),
        }
    }

    /// The fields of `map`, which came from `file`.
    pub(crate) fn new(file: &'a str, map: Map<String, Json>) -> Self {
        Self {
            file,
            path: String::new(),
            map,
        }
    }

    /// Takes a field's value as it is.
    pub(crate) fn take(&mut self, name: &str) -> Option<Json> {
        // The order of the rest is that of the file.
        self.map.shift_remove(name).filter(|value| !value.is_null())
    }

    /// Takes a text.
    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>> {
        match self.take(name) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong(name, "a text", &other)),
        }
    }

    /// Takes a text that must be there.
    pub(crate) fn required_text(&mut self, name: &str) -> Result<String> {
        let text = self.text(name)?;
        text.ok_or_else(|| self.error(name, "it must be a text, and is missing"))
    }

    /// Takes a flag; some clients send it as a text.
    pub(crate) fn flag(&mut self, name: &str) -> Result<Option<bool>> {
        match self.take(name) {
            None => Ok(None),
            Some(Json::Bool(flag)) => Ok(Some(flag)),
            Some(Json::String(text)) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(Json::String(text)) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(other) => Err(self.wrong(name, "true or false", &other)),
        }
    }

    /// Takes a number of bytes.
    pub(crate) fn size(&mut self, name: &str) -> Result<Option<u64>> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        let size = value.as_u64();
        size.map(Some)
            .ok_or_else(|| self.wrong(name, "a whole number that is not negative", &value))
    }

    /// Takes an object.
    pub(crate) fn object(&mut self, name: &str) -> Result<Option<Self>> {
        match self.take(name) {
            None => Ok(None),
            Some(Json::Object(map)) => Ok(Some(self.within(self.named(name), map))),
            Some(other) => Err(self.wrong(name, "an object", &other)),
        }
    }

    /// Takes a list of objects; none is an empty one.
    pub(crate) fn objects(&mut self, name: &str) -> Result<Vec<Self>> {
        let mut objects = Vec::new();
        for (number, item) in self.items(name)?.into_iter().enumerate() {
            let item_name = format!("{name}[{number}]");
            match item {
                Json::Object(map) => objects.push(self.within(self.named(&item_name), map)),
                other => return Err(self.wrong(&item_name, "an object", &other)),
            }
        }
        Ok(objects)
    }

    /// Takes a list; none is an empty one.
    pub(crate) fn items(&mut self, name: &str) -> Result<Vec<Json>> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Json::Array(items)) => Ok(items),
            Some(other) => Err(self.wrong(name, "a list", &other)),
        }
    }

    /// Takes an object of texts; none is an empty one.
    pub(crate) fn texts(&mut self, name: &str) -> Result<Vec<(String, String)>> {
        let Some(object) = self.object(name)? else {
            return Ok(Vec::new());
        };
        let mut texts = Vec::new();
        for (key, value) in object.map {
            match value {
                Json::String(text) => texts.push((key, text)),
                other => return Err(self.wrong(&format!("{name}.{key}"), "a text", &other)),
            }
        }
        Ok(texts)
    }

    /// What nobody took and is not null.
    pub(crate) fn rest(self) -> Map<String, Json> {
        let given = self.map.into_iter().filter(|(_, value)| !value.is_null());
        given.collect()
    }

    /// Nothing may be left.
    pub(crate) fn finish(self) -> Result<()> {
        match self.map.keys().next() {
            None => Ok(()),
            Some(name) => Err(self.error(name, "there is no such field")),
        }
    }

    /// An error about the field `name`.
    pub(crate) fn error(&self, name: &str, why: &str) -> BundleError {
        let name = escape(self.named(name).as_bytes());
        BundleError::artifact(self.file, format!("`{name}`: {why}"))
    }

    fn wrong(&self, name: &str, must: &str, given: &Json) -> BundleError {
        self.error(
            name,
            &format!("it must be {must}, and is {}", article(given)),
        )
    }

    fn named(&self, name: &str) -> String {
        match self.path.as_str() {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        }
    }

    /// The fields of `map`, which is at `path` in the same file.
    pub(crate) fn within(&self, path: String, map: Map<String, Json>) -> Self {
        Self {
            file: self.file,
            path,
            map,
        }
    }
}

/// What a value is, never its content.
fn article(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}
