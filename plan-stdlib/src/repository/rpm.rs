//! Repositories of dnf and zypper: files `.repo` with a section for each.

use super::Repository;
use crate::ini::document::Document;
use crate::text::Edited;
use mintage_engine::{Code, PlanError};

/// The whole file of a repository.
pub(super) fn text(repository: &Repository, is_zypper: bool) -> Result<String, PlanError> {
    for (option, given) in [
        ("suites", &repository.suites),
        ("components", &repository.components),
        ("architectures", &repository.architectures),
    ] {
        if !given.is_empty() {
            let message = format!("`{option}` is for apt only");
            return Err(PlanError::new(Code::P2013, message)
                .help("the `url` says it all here, with `$releasever` and `$basearch`"));
        }
    }
    let flag = u8::from;
    let mut text = format!(
        "[{}]\nname={}\nbaseurl={}\nenabled={}\n",
        repository.name,
        repository.description,
        repository.url,
        flag(repository.is_enabled)
    );
    if is_zypper {
        text.push_str(&format!(
            "autorefresh={}\ntype=rpm-md\n",
            flag(repository.refreshes)
        ));
    }
    text.push_str(&format!("gpgcheck={}\n", flag(repository.is_signed)));
    if let Some(key) = &repository.key {
        text.push_str(&format!("gpgkey=file://{key}\n"));
    }
    Ok(text)
}

/// The names of the repositories in a file.
pub(super) fn names(content: &[u8]) -> Vec<String> {
    let Ok(document) = Document::parse(content) else {
        return Vec::new();
    };
    let names = document.sections().into_iter();
    names
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .filter(|name| name != "main")
        .collect()
}

pub(super) fn has(content: &[u8], name: &str) -> bool {
    names(content).iter().any(|found| found == name)
}

/// The file with the repository on or off.
pub(super) fn switched(content: &[u8], name: &str, on: bool) -> Edited {
    let document = Document::parse(content)?;
    let is_on = match document.get(name, "enabled") {
        // A repository is on where nothing is said.
        None => true,
        Some(value) => !matches!(
            value.to_ascii_lowercase().as_slice(),
            b"0" | b"no" | b"false" | b"off"
        ),
    };
    match is_on == on {
        true => Ok(None),
        false => document.set(name, "enabled", if on { "1" } else { "0" }),
    }
}
