//! Landlock with an empty list of what is allowed: no path, no TCP, no abstract socket, no signal
//! to another process, as far as the kernel knows these.

use landlock::{
    ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetError, RulesetStatus, Scope,
};

/// Why Landlock does not hold.
#[derive(Debug, thiserror::Error)]
pub(super) enum Missing {
    #[error("not in this kernel")]
    Kernel,
    #[error("the kernel refuses it: {0}")]
    Refused(#[from] RulesetError),
}

pub(super) fn enter() -> Result<(), Missing> {
    // The newest that is known here; the library takes of it what the kernel has.
    let abi = ABI::V6;
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .scope(Scope::from_all(abi))?
        .create()?
        .restrict_self()?;
    match status.ruleset {
        RulesetStatus::NotEnforced => Err(Missing::Kernel),
        RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced => Ok(()),
    }
}
