//! The files that hold the accounts of a volume.

use super::table::Table;
use crate::file::access;
use crate::text::MAX_TEXT;
use mintage_engine::{Code, PlanError};
use mintage_volume::tree::VolumeTree;

/// One of the files that hold the accounts of a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Database {
    /// passwd(5).
    Passwd,
    /// shadow(5).
    Shadow,
    /// group(5).
    Group,
    /// gshadow(5); SUSE has none.
    GroupShadow,
    /// subuid(5).
    SubUid,
    /// subgid(5).
    SubGid,
}

impl Database {
    /// Where it is.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Passwd => "/etc/passwd",
            Self::Shadow => "/etc/shadow",
            Self::Group => "/etc/group",
            Self::GroupShadow => "/etc/gshadow",
            Self::SubUid => "/etc/subuid",
            Self::SubGid => "/etc/subgid",
        }
    }

    /// Whether it holds hashes of passwords.
    fn is_secret(self) -> bool {
        matches!(self, Self::Shadow | Self::GroupShadow)
    }

    /// Whether the volume has it.
    pub(crate) fn exists(self, tree: &VolumeTree) -> Result<bool, PlanError> {
        Ok(access::look(tree, self.path())?.is_some())
    }

    /// Refuses a volume that does not have it.
    ///
    /// # Errors
    /// `P3001`.
    pub(crate) fn require(self, tree: &VolumeTree) -> Result<(), PlanError> {
        if self.exists(tree)? {
            return Ok(());
        }
        let path = self.path();
        Err(PlanError::new(Code::P3001, format!("the volume has no `{path}`")).at(path))
    }

    /// Its content; nothing where the volume does not have it.
    ///
    /// # Errors
    /// `P2003` when it is too large.
    pub(crate) fn read(self, tree: &VolumeTree) -> Result<Vec<u8>, PlanError> {
        if !self.exists(tree)? {
            return Ok(Vec::new());
        }
        // A file with hashes is read here, too, once it is marked: nothing of it goes to scripts.
        access::content(tree, self.path(), MAX_TEXT)
    }

    /// Edits it where the volume has it; says whether it changed.
    ///
    /// From then on no diff shows lines of a file with hashes, and no script reads it.
    ///
    /// # Errors
    /// `P2003` when it is too large.
    pub(crate) fn edit(
        self,
        tree: &mut VolumeTree,
        edit: impl FnOnce(&mut Table<'_>),
    ) -> Result<bool, PlanError> {
        self.edit_at(tree, self.path(), edit)
    }

    /// As [`Self::edit`], for the copy that the tools of the distribution keep of the file as it
    /// was before their last change (`/etc/shadow-`).
    pub(crate) fn edit_backup(
        self,
        tree: &mut VolumeTree,
        edit: impl FnOnce(&mut Table<'_>),
    ) -> Result<bool, PlanError> {
        self.edit_at(tree, &format!("{}-", self.path()), edit)
    }

    fn edit_at(
        self,
        tree: &mut VolumeTree,
        path: &str,
        edit: impl FnOnce(&mut Table<'_>),
    ) -> Result<bool, PlanError> {
        if access::look(tree, path)?.is_none() {
            return Ok(false);
        }
        if self.is_secret() {
            tree.mark_secret(path)?;
        }
        access::edit(tree, path, |content| {
            let mut table = Table::parse(content);
            edit(&mut table);
            let edited = table.content()?;
            Ok((edited != content).then_some(edited))
        })
    }
}
