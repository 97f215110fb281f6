//! Reads the files of a plan library from a folder of the host, and nothing outside of it.

use super::PlanLibrary;
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use mintage_engine::{Code, PlanError};
use mintage_volume::escape::escape;
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The longest file, in bytes.
const MAX_FILE: u64 = 1024 * 1024;
/// The most bytes of all files together.
const MAX_TOTAL: usize = 16 * 1024 * 1024;
/// The most files and folders.
const MAX_FILES: usize = 4096;
/// How deep folders may be nested.
const MAX_DEPTH: usize = 8;

/// The files of the library in `dir`, by their names in it. Only the build plan file and what is
/// below `scripts` and `templates` is read; tests and everything else stay where they are.
pub(super) fn read(dir: &Path) -> Result<BTreeMap<String, String>, PlanError> {
    let root = open(dir)?;
    let mut reader = Reader::default();
    let manifest = PlanLibrary::MANIFEST;
    reader.file(&root, Path::new(manifest), manifest)?;
    reader.folders(&root, &["scripts", "templates"])?;
    // The mark that some editors write is no part of a script, and must not come into a volume.
    let files = reader.files.into_iter().map(|(name, text)| {
        let stripped = text.strip_prefix('\u{feff}').map(str::to_owned);
        (name, stripped.unwrap_or(text))
    });
    Ok(files.collect())
}

/// Those of `files` that are in `dir`, and the texts below `folders` whose names `takes` takes, by
/// their names in it.
pub(crate) fn read_texts(
    dir: &Path,
    files: &[&str],
    folders: &[&str],
    takes: fn(&str) -> bool,
) -> Result<BTreeMap<String, String>, PlanError> {
    let root = open(dir)?;
    let mut reader = Reader {
        takes,
        ..Reader::default()
    };
    for file in files {
        if root.symlink_metadata(file).is_ok() {
            reader.file(&root, Path::new(file), file)?;
        }
    }
    reader.folders(&root, folders)?;
    Ok(reader.files)
}

fn open(dir: &Path) -> Result<Dir, PlanError> {
    let opened = Dir::open_ambient_dir(dir, ambient_authority());
    opened.map_err(|error| not_opened(&dir.display().to_string(), &error))
}

/// The problem of a folder that has no build plan file.
pub(super) fn no_manifest() -> PlanError {
    PlanError::new(
        Code::P5001,
        format!("there is no `{}`", PlanLibrary::MANIFEST),
    )
    .help("a plan library is a folder with a `build-plan.toml`, `scripts/` and `templates/`")
}

#[derive(Debug)]
struct Reader {
    /// Which files of folders are read, by their names.
    takes: fn(&str) -> bool,
    files: BTreeMap<String, String>,
    entries: usize,
    bytes: usize,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            takes: |_| true,
            files: BTreeMap::new(),
            entries: 0,
            bytes: 0,
        }
    }
}

impl Reader {
    fn folders(&mut self, root: &Dir, folders: &[&str]) -> Result<(), PlanError> {
        for folder in folders {
            match root.symlink_metadata(folder) {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(not_opened(folder, &error)),
                Ok(metadata) if metadata.is_symlink() => return Err(is_a_link(folder)),
                Ok(_) => {
                    let opened = root.open_dir(folder).map_err(|e| not_opened(folder, &e))?;
                    self.folder(&opened, folder, 1)?;
                }
            }
        }
        Ok(())
    }

    fn folder(&mut self, dir: &Dir, name: &str, depth: usize) -> Result<(), PlanError> {
        if depth > MAX_DEPTH {
            return Err(too_large(
                name,
                &format!("it is nested deeper than {MAX_DEPTH} folders"),
            ));
        }
        for entry in dir.entries().map_err(|error| not_opened(name, &error))? {
            let entry = entry.map_err(|error| not_opened(name, &error))?;
            self.entries += 1;
            if self.entries > MAX_FILES {
                return Err(too_large(
                    name,
                    &format!("there are more than {MAX_FILES} files"),
                ));
            }
            let raw = entry.file_name();
            let path = format!("{name}/{}", escape(raw.as_bytes()));
            let kind = entry
                .file_type()
                .map_err(|error| not_opened(&path, &error))?;
            if kind.is_symlink() {
                return Err(is_a_link(&path));
            } else if raw.to_str().is_none() {
                return Err(not_text(&path, "its name"));
            } else if kind.is_dir() {
                let inner = entry
                    .open_dir()
                    .map_err(|error| not_opened(&path, &error))?;
                self.folder(&inner, &path, depth + 1)?;
            } else if !(self.takes)(&path) {
                continue;
            } else if kind.is_file() {
                self.file(dir, Path::new(&raw), &path)?;
            } else {
                return Err(PlanError::new(
                    Code::P5003,
                    format!("`{path}` is not a regular file"),
                ));
            }
        }
        Ok(())
    }

    /// Reads one file. A link that is put there after it was looked at leads nowhere out of the
    /// folder either, because `Dir` resolves it; a file that grows is cut at the limit.
    fn file(&mut self, dir: &Dir, file: &Path, name: &str) -> Result<(), PlanError> {
        match dir.symlink_metadata(file) {
            Ok(metadata) if metadata.is_symlink() => return Err(is_a_link(name)),
            Ok(metadata) if !metadata.is_file() => {
                return Err(PlanError::new(
                    Code::P5003,
                    format!("`{name}` is not a regular file"),
                ));
            }
            Ok(_) => {}
            Err(e) if e.kind() == ErrorKind::NotFound => return Err(no_manifest()),
            Err(error) => return Err(not_opened(name, &error)),
        }
        let opened = dir.open(file).map_err(|error| not_opened(name, &error))?;
        let mut content = Vec::new();
        opened
            .take(MAX_FILE + 1)
            .read_to_end(&mut content)
            .map_err(|error| not_opened(name, &error))?;
        self.bytes += content.len();
        if content.len() as u64 > MAX_FILE {
            return Err(too_large(name, "it is larger than 1 MiB"));
        }
        if self.bytes > MAX_TOTAL {
            return Err(too_large(name, "all files together are larger than 16 MiB"));
        }
        let text = String::from_utf8(content).map_err(|_| not_text(name, "its content"))?;
        self.files.insert(name.to_owned(), text);
        Ok(())
    }
}

fn not_opened(name: &str, error: &std::io::Error) -> PlanError {
    let name = escape(name.as_bytes());
    match error.kind() {
        ErrorKind::NotFound => PlanError::new(Code::P5001, format!("there is no folder `{name}`")),
        _ => PlanError::new(Code::P5001, format!("cannot read `{name}`: {error}")),
    }
}

fn is_a_link(name: &str) -> PlanError {
    PlanError::new(
        Code::P5003,
        format!("`{name}` is a symbolic link, and a plan library has none"),
    )
    .help("put the file itself there")
}

fn not_text(name: &str, what: &str) -> PlanError {
    PlanError::new(
        Code::P5002,
        format!("cannot read `{name}`: {what} is not UTF-8"),
    )
}

fn too_large(name: &str, why: &str) -> PlanError {
    PlanError::new(Code::P5004, format!("cannot read `{name}`: {why}"))
}
