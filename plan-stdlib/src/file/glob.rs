//! `file::glob`: paths by a pattern.

use super::directory::{text, too_many};
use crate::text::pattern::Pattern;
use crate::values::shorten;
use mintage_engine::{Code, PlanError};
use mintage_volume::error::{VolumeError, VolumeErrorKind};
use mintage_volume::filesystem::FileKind;
use mintage_volume::tree::VolumeTree;
use rhai::Array;
use rhai::plugin::*;
use std::collections::BTreeSet;

/// How many directory entries one call looks at.
const MAX_LOOKS: usize = 200_000;

/// The longest path that a search goes to, in bytes: links may lead into themselves.
const MAX_PATH: usize = 4096;

/// One part of a pattern between slashes.
#[derive(Debug)]
enum Part {
    /// A name without wildcards.
    Name(Vec<u8>),
    /// A name with wildcards.
    Matching(Pattern),
    /// `**`: any number of directories, none too.
    AnyDepth,
}

/// A running search.
struct Search<'a> {
    tree: &'a VolumeTree,
    pattern: &'a str,
    found: BTreeSet<Vec<u8>>,
    limit: usize,
    looks: usize,
}

fn glob(tree: &VolumeTree, pattern: &str, limit: usize) -> Result<Array, PlanError> {
    let found = paths(tree, pattern, limit)?;
    found.iter().map(|path| text(pattern, path)).collect()
}

/// The paths that match, sorted by their bytes.
pub(crate) fn paths(
    tree: &VolumeTree,
    pattern: &str,
    limit: usize,
) -> Result<BTreeSet<Vec<u8>>, PlanError> {
    let parts = parse(pattern)?;
    let mut search = Search {
        tree,
        pattern,
        found: BTreeSet::new(),
        limit,
        looks: 0,
    };
    search.descend(b"", &parts)?;
    Ok(search.found)
}

fn parse(pattern: &str) -> Result<Vec<Part>, PlanError> {
    let Some(below_root) = pattern.strip_prefix('/') else {
        let shown = shorten(pattern);
        let message = format!("the pattern `{shown}` must be absolute, starting with `/`");
        return Err(PlanError::new(Code::P2013, message));
    };
    // More parts than a path can have names match nothing; the recursion stays shallow.
    const MAX_PARTS: usize = 64;
    let names = below_root.split('/').filter(|name| !name.is_empty());
    let parts: Vec<Part> = names.map(part).collect::<Result<_, _>>()?;
    if parts.len() > MAX_PARTS {
        let message = format!("the pattern has more than {MAX_PARTS} parts");
        return Err(PlanError::new(Code::P2013, message));
    }
    Ok(parts)
}

fn part(name: &str) -> Result<Part, PlanError> {
    if name == "**" {
        return Ok(Part::AnyDepth);
    }
    if matches!(name, "." | "..") {
        let message = format!("a pattern cannot have `{name}` as a part");
        return Err(PlanError::new(Code::P2013, message));
    }
    let pattern = Pattern::parse(name)?;
    Ok(match pattern.literal() {
        Some(name) => Part::Name(name),
        None => Part::Matching(pattern),
    })
}

impl Search<'_> {
    fn descend(&mut self, at: &[u8], parts: &[Part]) -> Result<(), PlanError> {
        let Some((part, rest)) = parts.split_first() else {
            return self.find(at);
        };
        match part {
            Part::Name(name) => {
                let next = [at, b"/", name].concat();
                if rest.is_empty() && !self.is_there(&next)? {
                    return Ok(());
                }
                self.descend(&next, rest)
            }
            Part::Matching(pattern) => {
                for (name, _) in self.entries(at)? {
                    let hidden = name.starts_with(b".") && !pattern.starts_with_dot();
                    if !hidden && pattern.matches(&name) {
                        self.descend(&[at, b"/", &name].concat(), rest)?;
                    }
                }
                Ok(())
            }
            Part::AnyDepth => self.descend_any(at, rest),
        }
    }

    /// Every real directory below `at`, links not followed, with a list of its own instead of
    /// recursion: a hostile tree may be deep.
    fn descend_any(&mut self, at: &[u8], rest: &[Part]) -> Result<(), PlanError> {
        let mut waiting = vec![at.to_vec()];
        while let Some(at) = waiting.pop() {
            if rest.is_empty() {
                self.find(&at)?;
            } else {
                self.descend(&at, rest)?;
            }
            for (name, kind) in self.entries(&at)? {
                let next = [at.as_slice(), b"/", &name].concat();
                if kind == FileKind::Directory && !name.starts_with(b".") {
                    waiting.push(next);
                } else if rest.is_empty() && !name.starts_with(b".") {
                    self.find(&next)?;
                }
            }
        }
        Ok(())
    }

    fn find(&mut self, path: &[u8]) -> Result<(), PlanError> {
        let path = if path.is_empty() { b"/" } else { path };
        self.found.insert(path.to_vec());
        if self.found.len() > self.limit {
            return Err(too_many(self.pattern, self.limit));
        }
        Ok(())
    }

    fn is_there(&mut self, path: &[u8]) -> Result<bool, PlanError> {
        self.look(1)?;
        match self.tree.symlink_metadata(path) {
            Ok(_) => Ok(true),
            Err(error) if is_dead_end(&error) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The entries of a directory; none where there is no directory.
    fn entries(&mut self, at: &[u8]) -> Result<Vec<(Vec<u8>, FileKind)>, PlanError> {
        if at.len() > MAX_PATH {
            return Ok(Vec::new());
        }
        let path = if at.is_empty() { b"/" } else { at };
        let entries = match self.tree.read_dir(path) {
            Ok(entries) => entries,
            Err(error) if is_dead_end(&error) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        self.look(entries.len() + 1)?;
        Ok(entries
            .into_iter()
            .map(|entry| (entry.name, entry.kind))
            .collect())
    }

    fn look(&mut self, entries: usize) -> Result<(), PlanError> {
        self.tree.check_interrupt()?;
        self.looks += entries;
        if self.looks > MAX_LOOKS {
            let shown = shorten(self.pattern);
            let message = format!("`{shown}` looks at more than {MAX_LOOKS} files");
            return Err(PlanError::new(Code::P2003, message)
                .help("start the pattern with more names that have no wildcard"));
        }
        Ok(())
    }
}

/// Whether a path simply leads nowhere.
fn is_dead_end(error: &VolumeError) -> bool {
    matches!(
        error.kind(),
        VolumeErrorKind::NotFound | VolumeErrorKind::NotADirectory | VolumeErrorKind::TooManyLinks
    )
}

#[export_module]
pub(super) mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Array, NativeCallContext};

    /// Gives the paths that match a pattern, sorted.
    ///
    /// `*` is any text within a name, `?` one byte, `[…]` one of a set, `**` any number of
    /// directories (links not followed), `\` takes the meaning of the next character. As in a shell,
    /// a name that starts with a dot is matched only by a pattern that does too. A pattern that
    /// matches nothing gives an empty array.
    ///
    /// # Errors
    /// - `P2003` when there are more than an array may hold or too many files to look at.
    /// - `P2013` for an invalid pattern.
    /// - `P2016` when a name that matches is not UTF-8.
    ///
    /// # Example
    /// ```rhai
    /// file::glob("/etc/ssh/ssh_host_*") == ["/etc/ssh/ssh_host_ed25519_key"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn glob(ctx: NativeCallContext, pattern: &str) -> RhaiResultOf<Array> {
        let limit = ctx.engine().max_array_size();
        ctx.call_world(|world| super::glob(world.tree(), pattern, limit))
    }
}
