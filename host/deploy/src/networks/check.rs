//! Whether a subnet or a range can be what it is said to be, with all that is wrong.

use super::block::Block;
use super::pool::{Pool, given_in};
use crate::os_volumes::DeployError;
use crate::os_volumes::problem::problem;
use mintage_records::model::{AddressFragment, Ipv4Range, Ipv4Subnet, TaskError};
use mintage_records::{Id, View};

/// What a mask can have of ones: what fits a pool, and what leaves a server an address.
const PREFIXES: std::ops::RangeInclusive<u32> = 8..=31;
/// The most fragments of a range.
const MOST_FRAGMENTS: usize = 128;

/// Checks a subnet that is to be stored, as `id` where it is there already.
///
/// # Errors
/// `Refused` with all that is wrong; `Records`.
pub fn check_subnet(
    view: &mut View<'_>,
    id: Option<&Id>,
    subnet: &Ipv4Subnet,
) -> Result<(), DeployError> {
    let block = Block::of(subnet);
    let (first, last) = (block.first(), block.last());
    let mut wrong = Vec::new();
    let mask = u32::from(subnet.subnetmask);
    if mask.leading_ones() + mask.trailing_zeros() != u32::BITS
        || !PREFIXES.contains(&block.prefix())
    {
        wrong.push(problem(
            "INVALID_SUBNET",
            format!("`{}` is no mask of a subnet of servers", subnet.subnetmask),
            "Write 8 to 31 ones and then zeros, like 255.255.255.0.",
        ));
        return Err(DeployError::Refused(wrong));
    }
    if subnet.network_id != first {
        wrong.push(problem(
            "INVALID_SUBNET",
            format!(
                "`{}` is not the first address of its subnet: that is {first}",
                subnet.network_id
            ),
            "Correct `networkId` or `subnetmask`.",
        ));
    }
    if let Some(gateway) = subnet.gateway
        && (!block.contains(gateway)
            || (block.prefix() < 31 && (gateway == first || gateway == last)))
    {
        wrong.push(problem(
            "INVALID_SUBNET",
            format!("the gateway {gateway} is no host of the subnet {block}"),
            "Correct `gateway`, or leave it out.",
        ));
    }
    for other in view.all::<Ipv4Subnet>()? {
        if Some(&other.id) != id && Block::of(&other.body).overlaps(&block) {
            let name = &other.body.name;
            wrong.push(problem(
                "SUBNETS_OVERLAP",
                format!("{block} has addresses of the subnet `{name}`"),
                "Use that subnet, or another part of the addresses.",
            ));
        }
    }
    if let Some(id) = id {
        wrong.extend(what_does_not_fit(view, id, &block)?);
    }
    all_or_nothing(wrong)
}

/// What of a subnet that is there does not fit into the block that it is to have.
fn what_does_not_fit(
    view: &mut View<'_>,
    id: &Id,
    block: &Block,
) -> Result<Vec<TaskError>, DeployError> {
    let mut wrong = Vec::new();
    for range in Pool::of_subnet(view, id)?.ranges {
        let mut fragments = range.body.start_stop_fragments.iter();
        if fragments.any(|fragment| !is_within(block, fragment)) {
            wrong.push(problem(
                "RANGE_OUTSIDE_SUBNET",
                format!("the range `{}` is not within {block}", range.body.name),
                "Change or delete the range first.",
            ));
        }
    }
    let given = given_in(view, "subnet", id)?;
    let mut given = given.iter().map(|stored| stored.body.address());
    if let Some(address) =
        given.find(|address| !block.contains(*address) || block.is_reserved(*address))
    {
        wrong.push(problem(
            "ADDRESS_GIVEN",
            format!("the address {address} is given to a server, which could not have it any more"),
            "Release the address first.",
        ));
    }
    Ok(wrong)
}

/// Checks a range that is to be stored, as `id` where it is there already.
///
/// # Errors
/// `Refused` with all that is wrong; `Records`.
pub fn check_range(
    view: &mut View<'_>,
    id: Option<&Id>,
    range: &Ipv4Range,
) -> Result<(), DeployError> {
    let pool = Pool::of_subnet(view, &range.subnet)?;
    let block = pool.block();
    let fragments = &range.start_stop_fragments;
    let mut wrong = Vec::new();
    if fragments.is_empty() || fragments.len() > MOST_FRAGMENTS {
        wrong.push(problem(
            "INVALID_RANGE",
            format!("a range has 1 to {MOST_FRAGMENTS} fragments"),
            "Give `startStopFragments`, each with `startAddress` and `endAddress`.",
        ));
    }
    for fragment in fragments {
        let (start, end) = (fragment.start_address, fragment.end_address);
        if start > end {
            wrong.push(problem(
                "INVALID_RANGE",
                format!("{start} to {end} is the wrong way round"),
                "The start comes before the end.",
            ));
        } else if !is_within(block, fragment) {
            let name = &pool.subnet.body.name;
            wrong.push(problem(
                "RANGE_OUTSIDE_SUBNET",
                format!("{start} to {end} is not within the subnet `{name}` ({block})"),
                "Choose addresses of the subnet.",
            ));
        }
    }
    // Beside one another, those that overlap are neighbours.
    let mut in_order = fragments.clone();
    in_order.sort_by_key(|fragment| fragment.start_address);
    for pair in in_order.windows(2) {
        if let [one, next] = pair
            && overlap(one, next)
        {
            wrong.push(problem(
                "RANGES_OVERLAP",
                format!("two fragments have {} both", next.start_address),
                "Every address may be in one fragment.",
            ));
        }
    }
    let others = pool.ranges.iter().filter(|other| Some(&other.id) != id);
    for other in others {
        let mut theirs = other.body.start_stop_fragments.iter();
        if theirs.any(|theirs| fragments.iter().any(|own| overlap(own, theirs))) {
            wrong.push(problem(
                "RANGES_OVERLAP",
                format!("it has addresses of the range `{}`", other.body.name),
                "Every address may be in one range.",
            ));
        }
    }
    all_or_nothing(wrong)
}

fn is_within(block: &Block, fragment: &AddressFragment) -> bool {
    block.contains(fragment.start_address) && block.contains(fragment.end_address)
}

fn overlap(one: &AddressFragment, other: &AddressFragment) -> bool {
    one.start_address <= other.end_address && other.start_address <= one.end_address
}

fn all_or_nothing(wrong: Vec<TaskError>) -> Result<(), DeployError> {
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(DeployError::Refused(wrong)),
    }
}
