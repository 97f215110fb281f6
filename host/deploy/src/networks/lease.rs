//! `Lease`: the address that one nic of a server has, with all that the server must know to use it.

use super::fullness::judge;
use super::pool::Pool;
use crate::os_volumes::DeployError;
use mintage_records::model::{AllocatedAddress, EthernetNetwork};
use mintage_records::{Change, Filter, Id, Kind, Match, Query, RecordsError, Stored, View};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// Who has an address: a nic of a resource. The resource need not be stored yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The resource's kind: a server profile.
    pub kind: Kind,
    /// Its id.
    pub id: Id,
    /// Which of its nics: the name of the custom attribute.
    pub nic: String,
}

/// An address, and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// What names it in the store.
    pub id: Id,
    /// The address.
    pub address: Ipv4Addr,
    /// Which bits of it name the subnet.
    pub netmask: Ipv4Addr,
    /// The router that leads out of the subnet.
    pub gateway: Option<Ipv4Addr>,
    /// Who answers questions of names, the first asked first.
    pub dns: Vec<Ipv4Addr>,
    /// What is added to short names.
    pub domain: Option<String>,
    /// The VLAN of the network; 0: none.
    pub vlan_id: u16,
}

impl Lease {
    fn new(network: &EthernetNetwork, pool: &Pool, held: &Stored<AllocatedAddress>) -> Self {
        let subnet = &pool.subnet.body;
        Self {
            id: held.id.clone(),
            address: held.body.address(),
            netmask: subnet.subnetmask,
            gateway: subnet.gateway,
            dns: subnet.dns_servers.clone(),
            domain: subnet.domain.clone(),
            vlan_id: network.vlan_id,
        }
    }
}

/// Gives `owner` an address of a network: `wanted`, or else the lowest free one of its ranges. An owner
/// that has a fitting one keeps it. One that has another gets this one besides, until
/// [`release_others`]: a server uses the old address until it is switched over.
///
/// # Errors
/// `Refused` when the network has no subnet, or when `wanted` can be nobody's; `Conflict` when none is
/// left, or when somebody has `wanted`; `Records`.
pub fn allocate(
    change: &mut Change<'_>,
    network: &Id,
    owner: &Owner,
    wanted: Option<Ipv4Addr>,
) -> Result<Lease, DeployError> {
    let network = change.get::<EthernetNetwork>(network)?.body;
    let subnet = network.subnet.as_ref().ok_or_else(|| {
        DeployError::refused(
            "NETWORK_WITHOUT_SUBNET",
            format!(
                "the network `{}` has no subnet to give addresses",
                network.name
            ),
            "Set `subnetUri` of the network, or give the nic an address of its own.",
        )
    })?;
    let pool = Pool::of_subnet(change, subnet)?;
    let fits = |held: &Stored<AllocatedAddress>| {
        let is_wanted = wanted.is_none_or(|wanted| wanted == held.body.address());
        held.body.subnet() == subnet && is_wanted
    };
    // The newest: what it asked for last.
    let held = held_by(change, owner)?.into_iter().rfind(fits);
    let held = match (held, wanted) {
        (Some(held), _) => return Ok(Lease::new(&network, &pool, &held)),
        (None, Some(wanted)) => pool.take(change, wanted, Some(owner))?,
        (None, None) => pool.take_any(change, Some(owner))?,
    };
    judge(change, &pool)?;
    Ok(Lease::new(&network, &pool, &held))
}

/// The addresses that a resource has, all nics, the oldest first.
///
/// # Errors
/// `Records`.
pub fn leases(
    view: &mut View<'_>,
    kind: Kind,
    id: &Id,
) -> Result<Vec<Stored<AllocatedAddress>>, RecordsError> {
    let query = Query {
        filters: vec![Filter::equal(
            "owner",
            AllocatedAddress::owner_key(kind, id),
        )],
        ..Query::default()
    };
    Ok(view.list::<AllocatedAddress>(&query)?.members)
}

/// Takes back the addresses of one nic; returns how many.
///
/// # Errors
/// `Records`.
pub fn release(change: &mut Change<'_>, owner: &Owner) -> Result<usize, RecordsError> {
    let held = held_by(change, owner)?;
    delete(change, held)
}

/// Takes back all addresses of a resource; returns how many.
///
/// # Errors
/// `Records`.
pub fn release_all(change: &mut Change<'_>, kind: Kind, id: &Id) -> Result<usize, RecordsError> {
    release_others(change, kind, id, &[])
}

/// Takes back the addresses of a resource that are not among `kept`, the ids of leases; returns how
/// many.
///
/// # Errors
/// `Records`.
pub fn release_others(
    change: &mut Change<'_>,
    kind: Kind,
    id: &Id,
    kept: &[Id],
) -> Result<usize, RecordsError> {
    let mut held = leases(change, kind, id)?;
    held.retain(|held| !kept.contains(&held.id));
    delete(change, held)
}

fn held_by(
    view: &mut View<'_>,
    owner: &Owner,
) -> Result<Vec<Stored<AllocatedAddress>>, RecordsError> {
    let mut held = leases(view, owner.kind, &owner.id)?;
    held.retain(|held| held.body.nic() == Some(&owner.nic));
    Ok(held)
}

fn delete(
    change: &mut Change<'_>,
    held: Vec<Stored<AllocatedAddress>>,
) -> Result<usize, RecordsError> {
    let subnets: BTreeSet<&Id> = held.iter().map(|held| held.body.subnet()).collect();
    for held in &held {
        change.delete::<AllocatedAddress>(&held.id, &Match::Any)?;
    }
    for subnet in subnets {
        let pool = Pool::of_subnet(change, subnet)?;
        judge(change, &pool)?;
    }
    Ok(held.len())
}
