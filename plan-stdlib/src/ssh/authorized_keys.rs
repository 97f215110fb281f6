//! The keys that let a user in: `.ssh/authorized_keys` in the home, for the user's eyes only, as
//! sshd insists.

use super::keys::Key;
use crate::file::access::{self, Access, Content};
use crate::text::edit;
use crate::text::{Edited, MAX_TEXT, lines};
use crate::user::home::Owner;
use crate::values::path_text;
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::{FileKind, Ownership};
use mintage_volume::tree::VolumeTree;

/// The places of one user's keys.
struct Place {
    directory: String,
    file: String,
    owner: Owner,
}

impl Place {
    /// # Errors
    /// `P2013` when the volume has no such user; `P3003` or `P3005` when something else is in the
    /// way, a link too: sshd would read, and we would give away, what it leads to.
    fn of(tree: &VolumeTree, user: &str) -> Result<Self, PlanError> {
        let owner = Owner::of(tree, user)?;
        let directory = format!("{}/.ssh", owner.home.trim_end_matches('/'));
        let file = format!("{directory}/authorized_keys");
        for (path, kind, code, noun) in [
            (&directory, FileKind::Directory, Code::P3003, "directory"),
            (&file, FileKind::File, Code::P3005, "file"),
        ] {
            if access::look_at_link(tree, path)?.is_some_and(|found| found.kind != kind) {
                let shown = path_text(path);
                let message =
                    format!("`{shown}` is no {noun}, so keys for `{user}` cannot be in it");
                return Err(PlanError::new(code, message)
                    .at(&shown)
                    .help("remove it first"));
            }
        }
        Ok(Self {
            directory,
            file,
            owner,
        })
    }

    fn ownership(&self, mode: u32) -> Ownership {
        let (uid, gid) = (self.owner.uid, self.owner.gid);
        Ownership { mode, uid, gid }
    }

    fn content(&self, tree: &VolumeTree) -> Result<Vec<u8>, PlanError> {
        match access::look(tree, &self.file)? {
            Some(_) => access::content(tree, &self.file, MAX_TEXT),
            None => Ok(Vec::new()),
        }
    }

    /// Makes the directory where it is missing, and sets what sshd insists on.
    fn make_directory(&self, tree: &mut VolumeTree) -> Result<bool, PlanError> {
        if access::look(tree, &self.owner.home)?.is_none() {
            let home = path_text(&self.owner.home);
            let message = format!("there is no home `{home}` for keys");
            return Err(PlanError::new(Code::P3001, message)
                .at(&home)
                .help("make it: `user::ensure(name, #{ create_home: true })`"));
        }
        let access = self.ownership(0o700);
        let made = access::look(tree, &self.directory)?.is_none();
        if made {
            tree.make_dir(&self.directory, access)?;
        }
        Ok(Access::exactly(access).apply(tree, &self.directory)? || made)
    }
}

/// Makes sure that a key lets the user in, with its options; says whether anything changed.
pub(crate) fn ensure(tree: &mut VolumeTree, user: &str, key: &Key) -> Result<bool, PlanError> {
    let place = Place::of(tree, user)?;
    let mut changed = place.make_directory(tree)?;
    let new = place.ownership(0o600);
    changed |= access::edit_or_create(tree, &place.file, new, |content| with(content, key))?;
    Ok(Access::exactly(new).apply(tree, &place.file)? || changed)
}

/// Makes sure that these keys let the user in and no others; says whether anything changed.
pub(super) fn set(tree: &mut VolumeTree, user: &str, keys: &[Key]) -> Result<bool, PlanError> {
    let place = Place::of(tree, user)?;
    let changed = place.make_directory(tree)?;
    let lines: String = keys.iter().map(|key| format!("{}\n", key.line())).collect();
    let access = Access::exactly(place.ownership(0o600));
    Ok(access::write(tree, &place.file, &Content::Text(lines.into()), access)? || changed)
}

/// Makes sure that a key does not let the user in, whatever its options are.
pub(super) fn remove(tree: &mut VolumeTree, user: &str, key: &Key) -> Result<bool, PlanError> {
    let place = Place::of(tree, user)?;
    if access::look(tree, &place.file)?.is_none() {
        return Ok(false);
    }
    access::edit(tree, &place.file, |content| {
        let removed = edit::remove_lines(content, |line| is_key(line, key))?;
        Ok(removed.map(|(content, _)| content))
    })
}

/// The lines that let the user in.
pub(super) fn list(tree: &VolumeTree, user: &str) -> Result<Vec<String>, PlanError> {
    let place = Place::of(tree, user)?;
    access::refuse_secret(tree, &place.file)?;
    let content = place.content(tree)?;
    let lines = lines::split(&content)
        .into_iter()
        .map(|line| String::from_utf8_lossy(line.text).into_owned());
    let keys = lines.filter_map(|line| Key::of_line(&line).ok());
    Ok(keys.map(|key| key.line().to_owned()).collect())
}

fn is_key(line: &[u8], key: &Key) -> bool {
    let found = std::str::from_utf8(line).ok().map(Key::of_line);
    found
        .and_then(Result::ok)
        .is_some_and(|found| found.is_same(key))
}

/// The content with the key in it: in place of the line that has it with other options, or at the
/// end.
fn with(content: &[u8], key: &Key) -> Edited {
    let line = key.line().as_bytes();
    let mut all = lines::split(content);
    if !all.iter().any(|found| found.text == line) {
        match all.iter_mut().find(|found| is_key(found.text, key)) {
            Some(rival) => rival.text = line,
            None => {
                let end = all.len();
                lines::insert(&mut all, end, line, lines::line_break(content));
            }
        }
    }
    all.retain(|found| found.text == line || !is_key(found.text, key));
    let edited = lines::join(&all)?;
    Ok((edited != content).then_some(edited))
}
