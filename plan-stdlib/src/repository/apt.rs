//! Repositories of apt, in the form of deb822 (sources.list(5)).

use super::{Repository, bad};
use crate::os;
use crate::text::{Edited, lines};
use mintage_engine::{Code, PlanError};
use mintage_volume::tree::VolumeTree;

/// The whole file of a repository.
pub(super) fn text(tree: &VolumeTree, repository: &Repository) -> Result<String, PlanError> {
    let mut suites = repository.suites.clone();
    if suites.is_empty() {
        let codename = os::field(tree, "VERSION_CODENAME")?;
        if codename.is_empty() {
            return Err(PlanError::new(
                Code::P2013,
                "the repository needs `suites`: the distribution has no code name",
            ));
        }
        suites.push(codename);
    }
    let mut components = repository.components.clone();
    let flat = suites.iter().filter(|suite| suite.ends_with('/')).count();
    if flat > 0 && (flat < suites.len() || !components.is_empty()) {
        return Err(bad("suite", &suites.join(" "))
            .help("a suite that ends in `/` stands alone and has no components"));
    }
    if components.is_empty() && flat == 0 {
        components.push("main".to_owned());
    }
    let mut text = format!(
        "Types: deb\nURIs: {}\nSuites: {}\n",
        repository.url,
        suites.join(" ")
    );
    let mut field = |name: &str, value: &str| text.push_str(&format!("{name}: {value}\n"));
    if !components.is_empty() {
        field("Components", &components.join(" "));
    }
    if !repository.architectures.is_empty() {
        field("Architectures", &repository.architectures.join(" "));
    }
    if let Some(key) = &repository.key {
        field("Signed-By", key);
    }
    if !repository.is_signed {
        field("Trusted", "yes");
    }
    if !repository.is_enabled {
        field("Enabled", "no");
    }
    Ok(text)
}

/// The file with every stanza of it on or off.
pub(super) fn switched(content: &[u8], on: bool) -> Edited {
    let all = lines::split(content);
    let is_blank = |line: &lines::Line<'_>| line.text.trim_ascii().is_empty();
    let is_field = |line: &lines::Line<'_>| {
        let head = line.text.get(..8).unwrap_or_default();
        head.eq_ignore_ascii_case(b"enabled:")
    };
    let is_off = |line: &lines::Line<'_>| {
        let value = line
            .text
            .get(8..)
            .unwrap_or_default()
            .trim_ascii()
            .to_ascii_lowercase();
        matches!(
            value.as_slice(),
            b"no" | b"false" | b"without" | b"off" | b"disable"
        )
    };
    let line_break = lines::line_break(content);
    let mut new: Vec<lines::Line<'_>> = Vec::new();
    let mut is_changed = false;
    for stanza in all.split_inclusive(|line| is_blank(line)) {
        let body = stanza
            .iter()
            .filter(|line| !is_blank(line) && !line.text.starts_with(b"#"));
        let is_real = body.count() > 0;
        let has_off = stanza.iter().any(|line| is_field(line) && is_off(line));
        let has_wrong = is_real && has_off == on;
        is_changed |= has_wrong;
        let kept = stanza.iter().filter(|line| !(has_wrong && is_field(line)));
        let start = new.len();
        new.extend(kept);
        if has_wrong && !on {
            let last = new
                .iter()
                .skip(start)
                .rposition(|line| !is_blank(line))
                .map_or(start, |index| start + index + 1);
            lines::insert(&mut new, last, b"Enabled: no", line_break);
        }
    }
    match is_changed {
        true => lines::join(&new).map(Some),
        false => Ok(None),
    }
}
