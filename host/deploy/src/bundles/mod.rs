//! Artifact bundles and backups: what is stored becomes an archive, and an archive what is stored.
//!
//! [`Contents`] is what goes into an archive: what somebody wants and what that needs, or everything.
//! [`Import`] is the way back, all or nothing. The verbs do both as tasks: [`CreateBundle`],
//! [`AddBundle`], [`ExtractBundle`], [`CreateBackup`], [`RestoreBackup`].
//!
//! A bundle never holds a password: where one is set, the bundle says that there is none, and importing
//! it over the same plan keeps the one that is set. A backup holds passwords as they are stored, sealed
//! with the service's key, so that only a service with this key can use them.

mod add;
mod archive;
mod backup;
mod contents;
mod create;
mod extract;
mod images;
mod import;
mod inward;
mod outward;
mod restore;
mod sweep;

pub use add::{AddBundle, AddBundleInput, open_upload};
pub use archive::Archives;
pub use backup::{CreateBackup, CreateBackupInput};
pub use contents::{Contents, Wanted};
pub use create::{CreateBundle, CreateBundleInput};
pub use extract::{ExtractBundle, ExtractBundleInput};
pub use import::Import;
pub use restore::{RestoreBackup, RestoreBackupInput};
pub use sweep::sweep;

#[cfg(test)]
mod tests;
