//! JSON that a command is given: a file, or the standard input.

use mintage_client::ClientError;
use serde_json::Value as Json;
use std::io::{self, Read as _};
use std::path::Path;

/// Reads the file; `-` is the standard input.
pub(super) fn read(path: &Path) -> Result<Json, ClientError> {
    let what = || format!("cannot read {}", path.display());
    let mut text = String::new();
    let result = match path == Path::new("-") {
        true => io::stdin().lock().read_to_string(&mut text).map(|_| ()),
        false => std::fs::read_to_string(path).map(|read| text = read),
    };
    result.map_err(|error| ClientError::file(what(), &error))?;
    serde_json::from_str(&text).map_err(|error| ClientError::File {
        what: what(),
        why: format!(
            "it is no JSON: line {}, column {}",
            error.line(),
            error.column()
        ),
    })
}
