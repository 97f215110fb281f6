//! SELinux labels of what is made: the label that the volume's own policy gives to its path.
//!
//! What is new at a path gets the label of that path, whether it was written, copied, moved or
//! unpacked there: what `restorecon` would give. What is there already keeps its label, which an
//! administrator may have chosen; one that has none, or `unlabeled_t`, gets the policy's when its
//! content is written. Filesystems without extended attributes have no labels; the kernel labels
//! everything there by the mount.

use crate::error::{Result, VolumeError, VolumeErrorKind};
use crate::filesystem::{FileKind, FileSystem};
use crate::path::VolumePath;
use crate::selinux::{
    Config, Context, Labels, MAX_FILE, Mode, PolicyFiles, XATTR, from_xattr, to_xattr,
};
use crate::tree::walk::MAX_ENTRIES;
use crate::tree::{LastLink, Place, VolumeTree};

/// The folder whose files decide about labels.
const FOLDER: &[u8] = b"/etc/selinux";

/// Whether new files get labels, and whose.
#[derive(Debug, Default)]
pub(super) enum Labelling {
    /// They get none.
    #[default]
    Off,
    /// As the volume's policy says, which was not read yet, or has changed since.
    Unread,
    /// As the policy says; none when the volume has none that is used.
    Read(Option<Box<Labels>>),
}

/// How [`VolumeTree::relabel`] goes about it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Relabel {
    /// Sets whole labels, and types that an administrator may choose too. Without it, as
    /// `restorecon` does, only the type of a label is changed.
    pub force: bool,
}

impl VolumeTree {
    /// From now on, what is made gets the label that the volume's SELinux policy gives to its
    /// path. The policy is read when the first label is needed, and again after a change of it.
    ///
    /// Nothing is labelled in a volume whose `/etc/selinux/config` is missing, or says `disabled`
    /// while the root directory has no label either.
    pub fn label_by_policy(&mut self) {
        self.labelling = Labelling::Unread;
    }

    /// What the volume's policy says about its configuration; none without `/etc/selinux/config`.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn selinux_config(&self) -> Result<Option<Config>> {
        let text = self.policy_file(Config::PATH)?;
        Ok(text.map(|text| Config::parse(&text)))
    }

    /// The label of what is at `path`; links are not followed.
    ///
    /// # Errors
    /// As [`Self::metadata`]; `InvalidArgument` for a label that is no text.
    pub fn label(&self, path: impl AsRef<[u8]>) -> Result<Option<String>> {
        let found = self.existing("read the label of", path, LastLink::Keep)?;
        self.stored_label(&found.place)
    }

    /// Sets the label of what is at `path`; links are not followed.
    ///
    /// # Errors
    /// As [`Self::metadata`]; `InvalidArgument` for what has not the form of a label,
    /// `NotSupported` where the filesystem has none.
    pub fn set_label(&mut self, path: impl AsRef<[u8]>, label: &str) -> Result<()> {
        let found = self.existing("set the label of", path, LastLink::Keep)?;
        if Context::parse(label).is_none() {
            let why = "a label is a user, a role, a type and perhaps a range: `system_u:object_r:etc_t:s0`";
            let kind = VolumeErrorKind::InvalidArgument;
            let path = &found.place.path;
            return Err(VolumeError::cannot(kind, "set the label of", path, why));
        }
        self.store_label(&found.place, label)
    }

    /// The label that the volume's policy gives to a file of `kind` at `path`, whether or not it
    /// is there, and whether or not [`Self::label_by_policy`] was called; none when the policy
    /// gives none, or there is none.
    ///
    /// # Errors
    /// As [`Self::resolve`]; `InvalidArgument` for a policy that cannot be read, `NotSupported`
    /// for a pattern in it that cannot be matched.
    pub fn policy_label(
        &mut self,
        path: impl AsRef<[u8]>,
        kind: FileKind,
    ) -> Result<Option<String>> {
        let path = self.resolve(path, LastLink::Keep)?;
        let was_off = matches!(self.labelling, Labelling::Off);
        if was_off {
            self.labelling = Labelling::Unread;
        }
        let label = self.label_for(&path, kind);
        if was_off {
            self.labelling = Labelling::Off;
        }
        label
    }

    /// Gives everything at `path` and below it the label of the policy, as `restorecon -R` does;
    /// other filesystems that are mounted there too. Returns how many labels had to be changed.
    ///
    /// # Errors
    /// As [`Self::walk`] and [`Self::policy_label`].
    pub fn relabel(&mut self, path: impl AsRef<[u8]>, how: Relabel) -> Result<u64> {
        let top = self.existing("relabel", path, LastLink::Keep)?;
        let was_off = matches!(self.labelling, Labelling::Off);
        if was_off {
            self.labelling = Labelling::Unread;
        }
        let changed = self.relabel_all(&top.place.path, how);
        if was_off {
            self.labelling = Labelling::Off;
        }
        changed
    }

    fn relabel_all(&mut self, top: &VolumePath, how: Relabel) -> Result<u64> {
        let mut changed = 0;
        for entry in self.walk_stored(top, MAX_ENTRIES)? {
            self.check_interrupt()?;
            // Where something is mounted that cannot be seen here, its directory is left.
            let Ok(place) = self.place("relabel", &entry.path) else {
                continue;
            };
            let Some(wanted) = self.label_for(&place.path, entry.metadata.kind)? else {
                continue;
            };
            let found = self.stored_label(&place)?;
            let wanted = self.relabelled(found.as_deref(), &wanted, how);
            if found.as_deref() != Some(&wanted) && self.store_new(&place, &wanted)? {
                changed += 1;
            }
        }
        Ok(changed)
    }

    /// What becomes of a label, as `restorecon` has it.
    fn relabelled(&self, found: Option<&str>, wanted: &str, how: Relabel) -> String {
        let old = found.filter(|_| !how.force).and_then(Context::parse);
        let (Some(old), Some(new)) = (old, Context::parse(wanted)) else {
            return wanted.to_owned();
        };
        if is_missing(found) {
            return wanted.to_owned();
        }
        let customizable = match &self.labelling {
            Labelling::Read(Some(labels)) => labels.is_customizable(old.kind),
            _ => false,
        };
        if customizable {
            return old.to_string();
        }
        Context {
            kind: new.kind,
            ..old
        }
        .to_string()
    }

    /// Makes something new at a vacant place, with its label; both or nothing.
    pub(super) fn create_in(
        &mut self,
        what: &str,
        place: &Place,
        kind: FileKind,
        make: impl FnOnce(&mut dyn FileSystem, &VolumePath) -> Result<()>,
    ) -> Result<()> {
        let label = self.label_for(&place.path, kind)?;
        self.change_in(what, place, make)?;
        let Some(label) = label else {
            return Ok(());
        };
        let labelled = self.store_new(place, &label);
        labelled.map(drop).inspect_err(|_| {
            // The first error is the one to tell.
            drop(self.change_in("remove", place, |fs, inner| match kind {
                FileKind::Directory => fs.remove_dir(inner),
                _ => fs.remove_file(inner),
            }));
        })
    }

    /// Gives a file whose content is written its label, when it has none.
    pub(super) fn label_unlabelled(&mut self, place: &Place) -> Result<()> {
        if !self.labels()? {
            return Ok(());
        }
        if !is_missing(self.stored_label(place)?.as_deref()) {
            return Ok(());
        }
        match self.label_for(&place.path, FileKind::File)? {
            Some(label) => self.store_new(place, &label).map(drop),
            None => Ok(()),
        }
    }

    /// The label that a file keeps when another one takes its place.
    pub(super) fn label_to_keep(&mut self, place: &Place) -> Result<Option<String>> {
        if !self.labels()? {
            return Ok(None);
        }
        let label = self.stored_label(place)?;
        Ok(label.filter(|label| !is_missing(Some(label))))
    }

    /// The label that something new at `path` gets.
    pub(super) fn label_for(
        &mut self,
        path: &VolumePath,
        kind: FileKind,
    ) -> Result<Option<String>> {
        if !self.labels()? {
            return Ok(None);
        }
        match &mut self.labelling {
            Labelling::Read(Some(labels)) => {
                let found = labels.label(path.as_bytes(), kind);
                let found = found.map_err(|error| error.at(path))?;
                Ok(found.map(str::to_owned))
            }
            _ => Ok(None),
        }
    }

    /// Whether there are labels to give; reads the policy when it must.
    fn labels(&mut self) -> Result<bool> {
        if matches!(self.labelling, Labelling::Unread) {
            self.labelling = Labelling::Read(self.read_policy()?.map(Box::new));
        }
        Ok(matches!(self.labelling, Labelling::Read(Some(_))))
    }

    /// A change at `path` is a change of the policy: it is read again before the next label.
    pub(super) fn note_policy_change(&mut self, path: &VolumePath) {
        if path.as_bytes().starts_with(FOLDER) && matches!(self.labelling, Labelling::Read(_)) {
            self.labelling = Labelling::Unread;
        }
    }

    fn read_policy(&self) -> Result<Option<Labels>> {
        let Some(config) = self.selinux_config()? else {
            return Ok(None);
        };
        if config.mode == Mode::Disabled && self.label("/")?.is_none() {
            return Ok(None);
        }
        let file = |name: &str| self.policy_file(&config.file(name));
        let Some(file_contexts) = file("files/file_contexts")? else {
            return Ok(None);
        };
        let files = PolicyFiles {
            file_contexts,
            homedirs: file("files/file_contexts.homedirs")?.unwrap_or_default(),
            local: file("files/file_contexts.local")?.unwrap_or_default(),
            subs: file("files/file_contexts.subs")?.unwrap_or_default(),
            subs_dist: file("files/file_contexts.subs_dist")?.unwrap_or_default(),
            customizable_types: file("customizable_types")?.unwrap_or_default(),
        };
        Labels::parse(&files).map(Some)
    }

    fn policy_file(&self, path: &str) -> Result<Option<Vec<u8>>> {
        match self.read(path, MAX_FILE) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == VolumeErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn stored_label(&self, place: &Place) -> Result<Option<String>> {
        let xattrs = self.read_in(place, |fs, inner| fs.xattrs(inner))?;
        let Some(value) = xattrs.get(XATTR) else {
            return Ok(None);
        };
        // What is no text is no label that could be kept.
        Ok(from_xattr(value).map(str::to_owned))
    }

    fn store_label(&mut self, place: &Place, label: &str) -> Result<()> {
        self.change_in("set the label of", place, |fs, inner| {
            fs.set_xattr(inner, XATTR, &to_xattr(label))
        })
    }

    /// As [`Self::store_label`]; says whether the filesystem has labels at all.
    pub(super) fn store_new(&mut self, place: &Place, label: &str) -> Result<bool> {
        match self.store_label(place, label) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == VolumeErrorKind::NotSupported => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Whether this is no label to keep.
fn is_missing(label: Option<&str>) -> bool {
    let kind = label.and_then(Context::parse).map(|context| context.kind);
    kind.is_none_or(|kind| kind == "unlabeled_t")
}
