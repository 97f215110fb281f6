//! `Block`: the addresses of a subnet, and those of them that no server can have.

use mintage_records::model::{AddressFragment, Ipv4Subnet};
use std::collections::BTreeSet;
use std::fmt;
use std::net::Ipv4Addr;

/// The longest prefix in which the first and the last address mean something else than a host: two
/// addresses are a point-to-point link (RFC 3021).
const LONGEST_WITH_BROADCAST: u32 = 30;

/// The addresses of a subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    first: u32,
    mask: u32,
    reserved: BTreeSet<u32>,
}

impl Block {
    /// That of a subnet. Bits of its network address that its mask does not cover do not count.
    pub fn of(subnet: &Ipv4Subnet) -> Self {
        let mask = u32::from(subnet.subnetmask);
        let first = u32::from(subnet.network_id) & mask;
        let mut block = Self {
            first,
            mask,
            reserved: BTreeSet::new(),
        };
        if block.prefix() <= LONGEST_WITH_BROADCAST {
            block.reserved.extend([first, first | !mask]);
        }
        let others = subnet.gateway.iter().chain(&subnet.dns_servers);
        let others: Vec<u32> = others.map(|address| u32::from(*address)).collect();
        block.reserved.extend(others);
        block
    }

    /// How many bits of an address name the subnet.
    pub fn prefix(&self) -> u32 {
        self.mask.leading_ones()
    }

    /// Its first address.
    pub fn first(&self) -> Ipv4Addr {
        self.first.into()
    }

    /// Its last address.
    pub fn last(&self) -> Ipv4Addr {
        (self.first | !self.mask).into()
    }

    /// Whether an address is in it.
    pub fn contains(&self, address: Ipv4Addr) -> bool {
        u32::from(address) & self.mask == self.first
    }

    /// Whether two of them have an address in common.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.contains(other.first()) || other.contains(self.first())
    }

    /// Whether no server can have an address of it: the first and the last one, the gateway's, a DNS
    /// server's.
    pub fn is_reserved(&self, address: Ipv4Addr) -> bool {
        self.reserved.contains(&u32::from(address))
    }

    /// The addresses that no server can have.
    pub(super) fn reserved(&self) -> impl Iterator<Item = u32> {
        self.reserved.iter().copied()
    }

    /// How many addresses of a fragment servers can have.
    pub fn usable(&self, fragment: &AddressFragment) -> u64 {
        let (start, end) = bounds(fragment);
        let reserved = self.reserved.range(start..=end).count() as u64;
        (u64::from(end) - u64::from(start) + 1).saturating_sub(reserved)
    }

    /// The addresses of a fragment that servers can have, in ascending order.
    pub fn hosts<'a>(
        &'a self,
        fragment: &AddressFragment,
    ) -> impl Iterator<Item = Ipv4Addr> + use<'a> {
        let (start, end) = bounds(fragment);
        let hosts = (start..=end).filter(|address| !self.reserved.contains(address));
        hosts.map(Ipv4Addr::from)
    }
}

/// The ends of a fragment; one that is the wrong way round has its start alone.
fn bounds(fragment: &AddressFragment) -> (u32, u32) {
    let start = u32::from(fragment.start_address);
    (start, u32::from(fragment.end_address).max(start))
}

/// `10.0.0.0/24`.
impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first(), self.prefix())
    }
}
