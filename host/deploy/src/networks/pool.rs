//! `Pool`: the ranges that addresses are taken from, and the taking of one.

use super::block::Block;
use super::lease::Owner;
use crate::os_volumes::DeployError;
use mintage_records::model::{AllocatedAddress, Ipv4Range, Ipv4Subnet};
use mintage_records::{Change, Filter, Id, Kind, Match, Query, RecordsError, Stored, View};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// How many addresses are looked up at once.
const WINDOW: usize = 256;

/// Ranges of one subnet.
#[derive(Debug, Clone)]
pub struct Pool {
    /// The subnet.
    pub subnet: Stored<Ipv4Subnet>,
    /// The ranges that are taken from, the lowest first.
    pub ranges: Vec<Stored<Ipv4Range>>,
    block: Block,
    is_whole: bool,
}

impl Pool {
    /// All ranges of a subnet.
    ///
    /// # Errors
    /// `Records`.
    pub fn of_subnet(view: &mut View<'_>, subnet: &Id) -> Result<Self, RecordsError> {
        let subnet = view.get::<Ipv4Subnet>(subnet)?;
        let query = Query {
            filters: vec![Filter::equal("subnet", subnet.id.as_str())],
            ..Query::default()
        };
        let mut ranges = view.list::<Ipv4Range>(&query)?.members;
        ranges.sort_by_key(|range| range.body.start_stop_fragments.first().copied());
        Ok(Self::new(subnet, ranges, true))
    }

    /// One range.
    ///
    /// # Errors
    /// `Records`.
    pub fn of_range(view: &mut View<'_>, range: &Id) -> Result<Self, RecordsError> {
        let range = view.get::<Ipv4Range>(range)?;
        let subnet = view.get::<Ipv4Subnet>(&range.body.subnet)?;
        Ok(Self::new(subnet, vec![range], false))
    }

    fn new(subnet: Stored<Ipv4Subnet>, ranges: Vec<Stored<Ipv4Range>>, is_whole: bool) -> Self {
        Self {
            block: Block::of(&subnet.body),
            subnet,
            ranges,
            is_whole,
        }
    }

    /// The addresses of the subnet.
    pub fn block(&self) -> &Block {
        &self.block
    }

    /// How many addresses of a range servers can have.
    pub fn size(&self, range: &Ipv4Range) -> u64 {
        let fragments = range.start_stop_fragments.iter();
        fragments.map(|fragment| self.block.usable(fragment)).sum()
    }

    /// The ranges that give addresses.
    pub fn enabled(&self) -> impl Iterator<Item = &Stored<Ipv4Range>> {
        self.ranges.iter().filter(|range| range.body.enabled)
    }

    /// Whether an address can be taken by name: any of a subnet, those only of a single range.
    pub fn has(&self, address: Ipv4Addr) -> bool {
        self.is_whole || self.range_of(address).is_some()
    }

    fn range_of(&self, address: Ipv4Addr) -> Option<&Stored<Ipv4Range>> {
        self.ranges.iter().find(|range| {
            let mut fragments = range.body.start_stop_fragments.iter();
            fragments.any(|fragment| fragment.contains(address))
        })
    }

    /// Takes the lowest free address.
    ///
    /// # Errors
    /// `Conflict` when none is left; `Records`.
    pub fn take_any(
        &self,
        change: &mut Change<'_>,
        owner: Option<&Owner>,
    ) -> Result<Stored<AllocatedAddress>, DeployError> {
        let mut hosts = self.enabled().flat_map(|range| {
            let fragments = range.body.start_stop_fragments.iter();
            let hosts = fragments.flat_map(|fragment| self.block.hosts(fragment));
            hosts.map(|address| (address, &range.id))
        });
        loop {
            let window: Vec<_> = hosts.by_ref().take(WINDOW).collect();
            if window.is_empty() {
                return Err(self.exhausted());
            }
            if let Some((address, range)) = self.first_free(change, &window)? {
                return self.insert(change, address, Some(range.clone()), owner);
            }
        }
    }

    /// Takes this address. It need not be in a range.
    ///
    /// # Errors
    /// `Refused` for one that is not of the subnet or is reserved; `Conflict` for one that somebody has;
    /// `Records`.
    pub fn take(
        &self,
        change: &mut Change<'_>,
        address: Ipv4Addr,
        owner: Option<&Owner>,
    ) -> Result<Stored<AllocatedAddress>, DeployError> {
        let (name, block) = (&self.subnet.body.name, &self.block);
        if !block.contains(address) {
            return Err(DeployError::refused(
                "ADDRESS_OUTSIDE_SUBNET",
                format!("the address {address} is not of the subnet `{name}` ({block})"),
                "Choose an address of the subnet, or another network.",
            ));
        }
        if block.is_reserved(address) {
            return Err(DeployError::refused(
                "ADDRESS_RESERVED",
                format!(
                    "no server can have the address {address}: it is the first or the last one of \
                     the subnet `{name}` ({block}), its gateway's or a DNS server's"
                ),
                "Choose another address of the subnet.",
            ));
        }
        if let Some(holder) = self.holder(change, address)? {
            return Err(taken(change, &holder.body)?);
        }
        let range = self.range_of(address).map(|range| range.id.clone());
        self.insert(change, address, range, owner)
    }

    /// Who has an address.
    ///
    /// # Errors
    /// `Records`.
    pub fn holder(
        &self,
        view: &mut View<'_>,
        address: Ipv4Addr,
    ) -> Result<Option<Stored<AllocatedAddress>>, RecordsError> {
        match AllocatedAddress::id_of(&self.subnet.id, address) {
            Some(id) => view.find(&id),
            None => Ok(None),
        }
    }

    fn first_free<'r>(
        &self,
        view: &mut View<'_>,
        window: &[(Ipv4Addr, &'r Id)],
    ) -> Result<Option<(Ipv4Addr, &'r Id)>, RecordsError> {
        let id_of = |address| AllocatedAddress::id_of(&self.subnet.id, address);
        let ids: Vec<Id> = window.iter().filter_map(|at| id_of(at.0)).collect();
        let given = view.names(Kind::Ipv4Addresses, &ids.iter().collect::<BTreeSet<_>>())?;
        let mut free = window.iter().zip(&ids);
        Ok(free
            .find(|(_, id)| !given.contains_key(*id))
            .map(|(at, _)| *at))
    }

    fn insert(
        &self,
        change: &mut Change<'_>,
        address: Ipv4Addr,
        range: Option<Id>,
        owner: Option<&Owner>,
    ) -> Result<Stored<AllocatedAddress>, DeployError> {
        let subnet = &self.subnet.id;
        let body = AllocatedAddress::new(subnet.clone(), address, range);
        let body = match owner {
            Some(owner) => body.owned_by(owner.kind, &owner.id, &owner.nic),
            None => body,
        };
        match AllocatedAddress::id_of(subnet, address) {
            Some(id) => Ok(change.insert_as(id, body)?),
            None => Ok(change.insert(body)?),
        }
    }

    fn exhausted(&self) -> DeployError {
        let (name, block) = (&self.subnet.body.name, &self.block);
        let enabled = self.enabled().count();
        if enabled == 0 {
            return DeployError::conflict(
                "NO_RANGE",
                format!("the subnet `{name}` ({block}) has no range that is enabled"),
                "Make a range in it (POST /rest/id-pools/ipv4/ranges), or enable one.",
            );
        }
        let size: u64 = self.enabled().map(|range| self.size(&range.body)).sum();
        DeployError::conflict(
            "ADDRESSES_EXHAUSTED",
            format!(
                "no address of the subnet `{name}` ({block}) is free: all {size} addresses of its \
                 enabled ranges ({enabled}) are given"
            ),
            "Add a range to the subnet or enlarge one, or delete server profiles that nobody needs.",
        )
    }
}

/// That somebody has an address.
fn taken(view: &mut View<'_>, held: &AllocatedAddress) -> Result<DeployError, RecordsError> {
    let address = held.address();
    let who = match held.owner() {
        None => "a client of the API".to_owned(),
        Some((kind, id)) => {
            let name = view.name(kind, &id)?.unwrap_or_else(|| id.to_string());
            format!("{} `{name}`", kind.singular())
        }
    };
    Ok(DeployError::conflict(
        "ADDRESS_TAKEN",
        format!("the address {address} is given already, to {who}"),
        "Choose another address, or release it where it is used.",
    ))
}

/// The addresses that are given, of those for which `field` (`subnet`, `range`) is `id`.
///
/// # Errors
/// `Records`.
pub fn given_in(
    view: &mut View<'_>,
    field: &str,
    id: &Id,
) -> Result<Vec<Stored<AllocatedAddress>>, RecordsError> {
    let query = Query {
        filters: vec![Filter::equal(field, id.as_str())],
        ..Query::default()
    };
    let mut given = view.list::<AllocatedAddress>(&query)?.members;
    given.sort_by_key(|stored| stored.body.address());
    Ok(given)
}

/// Gives back an address that a client of the API took. False: nobody had it.
///
/// # Errors
/// `Conflict` for one that a resource has: it is released with that; `Records`.
pub fn give_back(
    change: &mut Change<'_>,
    pool: &Pool,
    address: Ipv4Addr,
) -> Result<bool, DeployError> {
    let Some(held) = pool.holder(change, address)? else {
        return Ok(false);
    };
    if held.body.owner().is_some() {
        return Err(taken(change, &held.body)?);
    }
    change.delete::<AllocatedAddress>(&held.id, &Match::Any)?;
    Ok(true)
}

/// Says of every address of the subnet anew which range it is in: after a range was made or changed.
///
/// # Errors
/// `Records`.
pub fn rehome(change: &mut Change<'_>, range: &Stored<Ipv4Range>) -> Result<(), RecordsError> {
    for stored in given_in(change, "subnet", &range.body.subnet)? {
        let mut fragments = range.body.start_stop_fragments.iter();
        let is_in = fragments.any(|fragment| fragment.contains(stored.body.address()));
        let was_in = stored.body.range.as_ref() == Some(&range.id);
        if is_in != was_in {
            let mut body = stored.body;
            body.range = is_in.then(|| range.id.clone());
            change.update(&stored.id, &Match::Any, body)?;
        }
    }
    Ok(())
}
