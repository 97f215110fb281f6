//! The operations, by subject, in the order in which `generalize::standard` runs them.

mod accounts;
mod identity;
mod logs;
mod network;
mod packages;
mod services;
mod storage;

use super::operation::Operation;

/// All operations, in order: what refuses a volume comes first, and the files that other
/// operations read (the host name, the accounts) change last.
pub(super) fn all() -> impl Iterator<Item = &'static Operation> {
    [
        storage::OPERATIONS,
        logs::OPERATIONS,
        packages::OPERATIONS,
        services::OPERATIONS,
        network::OPERATIONS,
        accounts::OPERATIONS,
        identity::OPERATIONS,
    ]
    .into_iter()
    .flatten()
}
