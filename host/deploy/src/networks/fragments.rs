//! The given and the free addresses of a range, in pieces of one after the other.

use super::pool::Pool;
use mintage_records::model::AddressFragment;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// Addresses, in ascending order, as pieces.
pub fn given_fragments(given: &[Ipv4Addr]) -> Vec<AddressFragment> {
    let mut pieces: Vec<AddressFragment> = Vec::new();
    for address in given {
        match pieces.last_mut() {
            Some(last)
                if u64::from(u32::from(last.end_address)) + 1 == u64::from(u32::from(*address)) =>
            {
                last.end_address = *address;
            }
            _ => pieces.push(AddressFragment {
                start_address: *address,
                end_address: *address,
            }),
        }
    }
    pieces
}

/// What is left of the ranges of a pool that servers can have, without the `given` ones.
pub fn free_fragments(pool: &Pool, given: &[Ipv4Addr]) -> Vec<AddressFragment> {
    let block = pool.block();
    let taken = given.iter().map(|address| u32::from(*address));
    let taken: BTreeSet<u32> = taken.chain(block.reserved()).collect();
    let ranges = pool.ranges.iter();
    let fragments = ranges.flat_map(|range| &range.body.start_stop_fragments);
    fragments
        .flat_map(|fragment| without(fragment, &taken))
        .collect()
}

/// The pieces of a fragment between those that are taken.
fn without(fragment: &AddressFragment, taken: &BTreeSet<u32>) -> Vec<AddressFragment> {
    let (start, end) = (
        u32::from(fragment.start_address),
        u32::from(fragment.end_address),
    );
    let mut pieces = Vec::new();
    if start > end {
        return pieces;
    }
    let mut push = |from: u64, to: u64| {
        if let (Ok(from), Ok(to), true) = (u32::try_from(from), u32::try_from(to), from <= to) {
            pieces.push(AddressFragment {
                start_address: from.into(),
                end_address: to.into(),
            });
        }
    };
    // One more than an address can be, after the last one.
    let mut next = u64::from(start);
    for hole in taken.range(start..=end) {
        let hole = u64::from(*hole);
        if hole > next {
            push(next, hole - 1);
        }
        next = hole + 1;
    }
    push(next, u64::from(end));
    pieces
}
