//! Addresses of servers: taken from the ranges of a network's subnet, had by one at a time, given
//! back at the end.
//!
//! That no address is given twice is not decided here: the store refuses a second
//! [`AllocatedAddress`](mintage_records::model::AllocatedAddress) of the same subnet and address.

mod block;
mod check;
mod fragments;
mod fullness;
mod lease;
mod pool;

pub use block::Block;
pub use check::{check_range, check_subnet};
pub use fragments::{free_fragments, given_fragments};
pub use fullness::{Fullness, fullness, judge};
pub use lease::{Lease, Owner, allocate, leases, release, release_all, release_others};
pub use pool::{Pool, give_back, given_in, rehome};

#[cfg(test)]
mod tests;
