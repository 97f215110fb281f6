//! Files that a directory of configuration takes beside those of packages: `sysctl`, `journal`,
//! `tmpfiles` and `sysusers`.

pub(crate) mod journal;
pub(crate) mod sysctl;
pub(crate) mod sysusers;
pub(crate) mod tmpfiles;
mod words;

use crate::file::access;
use crate::values::shorten;
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::{FileKind, Ownership};
use mintage_volume::tree::VolumeTree;

/// The file that functions write where a script names none.
const USUAL: &str = "90-plan";

/// The path of a file in a directory, `NAME.conf`.
///
/// # Errors
/// `P2013` for what cannot be a name.
fn path(folder: &str, name: &str) -> Result<String, PlanError> {
    let stem = name.strip_suffix(".conf").unwrap_or(name);
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    match !stem.is_empty() && stem.len() <= 200 && !stem.starts_with('.') && stem.bytes().all(fits)
    {
        true => Ok(format!("{folder}/{stem}.conf")),
        false => {
            let shown = shorten(name);
            let message = format!("`{shown}` cannot be the name of a file in `{folder}`");
            Err(PlanError::new(Code::P2013, message)
                .help("a name has letters, digits and `-_.`, like `50-database`"))
        }
    }
}

/// Writes a file as a whole; says whether that changed it.
fn write(tree: &mut VolumeTree, folder: &str, name: &str, text: &str) -> Result<bool, PlanError> {
    let path = path(folder, name)?;
    tree.make_dirs(folder, Ownership::root(0o755))?;
    access::write_bytes(tree, &path, text.as_bytes(), Ownership::root(0o644))
}

/// A text whose last line ends.
///
/// # Errors
/// `P2013` for characters that no line of configuration has.
fn ended(text: &str) -> Result<String, PlanError> {
    if text.contains(|c: char| c.is_control() && c != '\n' && c != '\t') {
        return Err(PlanError::new(
            Code::P2013,
            "the text has control characters in it",
        ));
    }
    let end = if text.ends_with('\n') { "" } else { "\n" };
    Ok(format!("{text}{end}"))
}

/// Removes a file; says whether there was one.
fn remove(tree: &mut VolumeTree, folder: &str, name: &str) -> Result<bool, PlanError> {
    let path = path(folder, name)?;
    let is_there = access::look_at_link(tree, &path)?.is_some();
    if is_there {
        tree.remove(&path)?;
    }
    Ok(is_there)
}

/// The files `*.conf` of a directory, by name.
fn files(tree: &VolumeTree, folder: &str) -> Result<Vec<String>, PlanError> {
    if access::look(tree, folder)?.is_none_or(|found| found.kind != FileKind::Directory) {
        return Ok(Vec::new());
    }
    let names = tree.read_dir(folder)?.into_iter();
    let names = names.filter_map(|entry| String::from_utf8(entry.name).ok());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".conf")).collect();
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests;
