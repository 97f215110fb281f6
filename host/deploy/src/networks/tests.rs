//! Addresses over real stores: given once, kept, given back.

use super::*;
use crate::alerts::ACTIVE;
use crate::os_volumes::DeployError;
use mintage_records::model::{
    AddressFragment, Alert, AllocatedAddress, EthernetNetwork, Ipv4Range, Ipv4Subnet,
};
use mintage_records::{Author, Change, DatabaseUrl, Id, Kind, Match, Records, Stored};
use mintage_test_support::Postgres;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use tempfile::TempDir;

/// A store with a network, its subnet 10.0.0.0/24 and a range in it.
struct World {
    records: Records,
    network: Id,
    subnet: Id,
    range: Id,
    _folder: TempDir,
}

fn address(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, 0, last)
}

fn fragments(fragments: &[(u8, u8)]) -> Vec<AddressFragment> {
    let fragments = fragments.iter().map(|(start, end)| AddressFragment {
        start_address: address(*start),
        end_address: address(*end),
    });
    fragments.collect()
}

fn subnet() -> Ipv4Subnet {
    Ipv4Subnet {
        name: "production".to_owned(),
        network_id: address(0),
        subnetmask: Ipv4Addr::new(255, 255, 255, 0),
        gateway: Some(address(1)),
        dns_servers: vec![address(12), Ipv4Addr::new(9, 9, 9, 9)],
        domain: Some("example.com".to_owned()),
    }
}

fn owner(id: &str, nic: &str) -> Owner {
    Owner {
        kind: Kind::OsVolumes,
        id: Id::parse(id).unwrap(),
        nic: nic.to_owned(),
    }
}

impl World {
    fn new(parts: &[(u8, u8)]) -> Self {
        let folder = TempDir::new().unwrap();
        let url = DatabaseUrl::Sqlite(folder.path().join("records.db"));
        Self::over(&url, parts, folder)
    }

    fn over(url: &DatabaseUrl, parts: &[(u8, u8)], folder: TempDir) -> Self {
        let records = Records::open(url, "test").unwrap();
        let made = records.change(&Author::service(), |change| {
            let subnet = change.insert(subnet())?.id;
            let range = change.insert(Ipv4Range {
                name: "web".to_owned(),
                subnet: subnet.clone(),
                start_stop_fragments: fragments(parts),
                enabled: true,
            })?;
            let network = change.insert(EthernetNetwork {
                name: "blue".to_owned(),
                description: None,
                vlan_id: 7,
                purpose: "General".to_owned(),
                ethernet_network_type: "Tagged".to_owned(),
                private_network: false,
                smart_link: false,
                type_name: None,
                subnet: Some(subnet.clone()),
            })?;
            Ok::<_, DeployError>((network.id, subnet, range.id))
        });
        let (network, subnet, range) = made.unwrap();
        Self {
            records,
            network,
            subnet,
            range,
            _folder: folder,
        }
    }

    fn change<T>(
        &self,
        act: impl FnOnce(&mut Change<'_>) -> Result<T, DeployError>,
    ) -> Result<T, String> {
        let changed = self.records.change(&Author::service(), act);
        changed.map_err(|error| error.to_string())
    }

    fn allocate(&self, owner: &Owner, wanted: Option<u8>) -> Result<Lease, String> {
        self.change(|change| allocate(change, &self.network, owner, wanted.map(address)))
    }

    /// The last parts of all addresses that are given.
    fn given(&self) -> Vec<u8> {
        let all = self
            .records
            .read(|view| given_in(view, "subnet", &self.subnet));
        let all = all.unwrap().into_iter();
        all.map(|stored| stored.body.address().octets()[3])
            .collect()
    }

    fn alerts(&self) -> Vec<String> {
        let all = self.records.read(|view| view.all::<Alert>()).unwrap();
        let active = all
            .into_iter()
            .filter(|alert| alert.body.alert_state == ACTIVE);
        active.map(|alert| alert.body.description).collect()
    }
}

#[test]
fn the_lowest_free_address_is_given_with_what_belongs_to_it() {
    let world = World::new(&[(0, 2), (10, 14), (255, 255)]);
    let first = world.allocate(&owner("p1", "nic"), None).unwrap();
    assert_eq!(
        first,
        Lease {
            id: AllocatedAddress::id_of(&world.subnet, address(2)).unwrap(),
            address: address(2),
            netmask: Ipv4Addr::new(255, 255, 255, 0),
            gateway: Some(address(1)),
            dns: vec![address(12), Ipv4Addr::new(9, 9, 9, 9)],
            domain: Some("example.com".to_owned()),
            vlan_id: 7,
        }
    );
    // The same owner keeps it; another of its nics has its own.
    assert_eq!(world.allocate(&owner("p1", "nic"), None).unwrap(), first);
    world.allocate(&owner("p1", "other"), None).unwrap();
    world.allocate(&owner("p2", "nic"), None).unwrap();
    assert_eq!(world.given(), [2, 10, 11]);
    // What is given back is the lowest again; the network's, the gateway's, the DNS server's and the
    // broadcast address are left out.
    world
        .change(|change| Ok(release(change, &owner("p1", "other"))?))
        .unwrap();
    for last in [10, 13, 14] {
        let id = format!("q{last}");
        let lease = world.allocate(&owner(&id, "nic"), None).unwrap();
        assert_eq!(lease.address, address(last));
    }
    let refused = world.allocate(&owner("p9", "nic"), None).unwrap_err();
    let text = "no address of the subnet `production` (10.0.0.0/24) is free: all 5 addresses of \
                its enabled ranges (1) are given";
    assert_eq!(refused, text);
}

#[test]
fn an_address_that_is_wanted_is_given_or_the_reason_why_not() {
    let world = World::new(&[(10, 12)]);
    let outside = world.allocate(&owner("p1", "nic"), Some(99)).unwrap();
    assert_eq!(outside.address, address(99));
    world.allocate(&owner("p2", "nic"), Some(11)).unwrap();
    // Nobody is given it again.
    world.allocate(&owner("p3", "nic"), None).unwrap();
    assert_eq!(world.given(), [10, 11, 99]);
    for (wanted, text) in [
        (
            Ipv4Addr::new(10, 0, 1, 5),
            "the address 10.0.1.5 is not of the subnet `production` (10.0.0.0/24)",
        ),
        (
            address(1),
            "no server can have the address 10.0.0.1: it is the first or the last one of the \
             subnet `production` (10.0.0.0/24), its gateway's or a DNS server's",
        ),
        (
            address(11),
            "the address 10.0.0.11 is given already, to OS volume `p2`",
        ),
    ] {
        let refused = world
            .change(|change| allocate(change, &world.network, &owner("p4", "nic"), Some(wanted)));
        assert_eq!(refused.unwrap_err(), text);
    }
    // Another one besides, until the old one is released.
    let next = world.allocate(&owner("p2", "nic"), Some(50)).unwrap();
    assert_eq!(world.given(), [10, 11, 50, 99]);
    assert_eq!(world.allocate(&owner("p2", "nic"), None).unwrap(), next);
    let released = world.change(|change| {
        let kept = [next.id.clone()];
        Ok(release_others(
            change,
            Kind::OsVolumes,
            &Id::parse("p2").unwrap(),
            &kept,
        )?)
    });
    assert_eq!(released, Ok(1));
    assert_eq!(world.given(), [10, 50, 99]);
}

#[test]
fn a_network_without_addresses_says_so() {
    let world = World::new(&[(10, 12)]);
    world
        .change(|change| {
            let mut range = change.get::<Ipv4Range>(&world.range)?;
            range.body.enabled = false;
            Ok(change.update(&range.id, &Match::Any, range.body)?)
        })
        .unwrap();
    let refused = world.allocate(&owner("p1", "nic"), None).unwrap_err();
    let text = "the subnet `production` (10.0.0.0/24) has no range that is enabled";
    assert_eq!(refused, text);
    // One that is asked for is given all the same.
    world.allocate(&owner("p1", "nic"), Some(10)).unwrap();
    world
        .change(|change| {
            let mut network = change.get::<EthernetNetwork>(&world.network)?;
            network.body.subnet = None;
            Ok(change.update(&network.id, &Match::Any, network.body)?)
        })
        .unwrap();
    let refused = world.allocate(&owner("p1", "nic"), None).unwrap_err();
    assert_eq!(
        refused,
        "the network `blue` has no subnet to give addresses"
    );
}

#[test]
fn a_change_that_fails_gives_no_address() {
    let world = World::new(&[(10, 12)]);
    let failed = world.change(|change| {
        allocate(change, &world.network, &owner("p1", "nic"), None)?;
        allocate(
            change,
            &world.network,
            &owner("p1", "other"),
            Some(address(1)),
        )
    });
    assert!(failed.is_err());
    assert_eq!(world.given(), [0_u8; 0]);
}

#[test]
fn a_pool_that_is_nearly_used_up_is_an_alert() {
    let world = World::new(&[(100, 119)]);
    let take = |number: usize| world.allocate(&owner(&format!("p{number}"), "nic"), None);
    for number in 0..18 {
        take(number).unwrap();
    }
    assert_eq!(world.alerts(), [""; 0]);
    take(18).unwrap();
    let nearly =
        "the subnet `production` (10.0.0.0/24) has less than a tenth of its addresses left";
    assert_eq!(world.alerts(), [nearly]);
    take(19).unwrap();
    let none = "the subnet `production` (10.0.0.0/24) has no free address left";
    assert_eq!(world.alerts(), [none]);
    let release = |number: usize| {
        world
            .change(|change| Ok(release(change, &owner(&format!("p{number}"), "nic"))?))
            .unwrap();
    };
    release(3);
    assert_eq!(world.alerts(), [nearly]);
    release(4);
    assert_eq!(world.alerts(), [""; 0]);
}

#[test]
fn a_range_that_changes_leaves_addresses_where_they_are() {
    let world = World::new(&[(10, 19)]);
    world.allocate(&owner("p1", "nic"), None).unwrap();
    world.allocate(&owner("p2", "nic"), Some(40)).unwrap();
    let count = |parts: &[(u8, u8)]| {
        let counted = world.change(|change| {
            let mut range = change.get::<Ipv4Range>(&world.range)?;
            range.body.start_stop_fragments = fragments(parts);
            let range = change.update(&range.id, &Match::Any, range.body)?;
            rehome(change, &range)?;
            let pool = Pool::of_range(change, &range.id)?;
            Ok(fullness(change, &pool, &range)?)
        });
        counted.map(|fullness| (fullness.total, fullness.given))
    };
    assert_eq!(count(&[(40, 49)]), Ok((10, 1)));
    assert_eq!(count(&[(10, 19), (40, 49)]), Ok((19, 2)));
    assert_eq!(count(&[(20, 29)]), Ok((10, 0)));
    assert_eq!(world.given(), [10, 40]);
}

/// Makes something of a subnet.
type Alter = fn(&mut Ipv4Subnet);

#[test]
fn subnets_and_ranges_that_cannot_be_are_refused() {
    let world = World::new(&[(10, 19)]);
    world.allocate(&owner("p1", "nic"), Some(15)).unwrap();
    let check = |change: Alter, own: bool| {
        let mut body = subnet();
        change(&mut body);
        let id = own.then_some(&world.subnet);
        world.change(|change| check_subnet(change, id, &body))
    };
    let changes: [(Alter, bool, Result<(), &str>); 9] = [
        (|_| {}, true, Ok(())),
        (
            |_| {},
            false,
            Err("10.0.0.0/24 has addresses of the subnet `production`"),
        ),
        (
            |subnet| subnet.network_id = Ipv4Addr::new(10, 0, 1, 0),
            false,
            Err("the gateway 10.0.0.1 is no host of the subnet 10.0.1.0/24"),
        ),
        (
            |subnet| subnet.subnetmask = Ipv4Addr::new(255, 0, 255, 0),
            true,
            Err("`255.0.255.0` is no mask of a subnet of servers"),
        ),
        (
            |subnet| subnet.subnetmask = Ipv4Addr::BROADCAST,
            true,
            Err("`255.255.255.255` is no mask of a subnet of servers"),
        ),
        (
            |subnet| subnet.network_id = address(3),
            true,
            Err("`10.0.0.3` is not the first address of its subnet: that is 10.0.0.0"),
        ),
        (
            |subnet| subnet.gateway = Some(address(255)),
            true,
            Err("the gateway 10.0.0.255 is no host of the subnet 10.0.0.0/24"),
        ),
        (
            |subnet| subnet.gateway = Some(address(15)),
            true,
            Err("the address 10.0.0.15 is given to a server, which could not have it any more"),
        ),
        (
            |subnet| subnet.subnetmask = Ipv4Addr::new(255, 255, 255, 240),
            true,
            Err("the range `web` is not within 10.0.0.0/28, and 1 more problems"),
        ),
    ];
    for (change, own, expected) in changes {
        assert_eq!(check(change, own), expected.map_err(str::to_owned));
    }
    let check = |parts: &[(u8, u8)], own: bool| {
        let range = Ipv4Range {
            name: "new".to_owned(),
            subnet: world.subnet.clone(),
            start_stop_fragments: fragments(parts),
            enabled: true,
        };
        let id = own.then_some(&world.range);
        world.change(|change| check_range(change, id, &range))
    };
    for (parts, own, expected) in [
        (&[(30, 39), (50, 50)][..], false, Ok(())),
        (&[(10, 30)], true, Ok(())),
        (&[], false, Err("a range has 1 to 128 fragments")),
        (
            &[(19, 30)],
            false,
            Err("it has addresses of the range `web`"),
        ),
        (
            &[(39, 30)],
            false,
            Err("10.0.0.39 to 10.0.0.30 is the wrong way round"),
        ),
        (
            &[(30, 39), (39, 40)],
            false,
            Err("two fragments have 10.0.0.39 both"),
        ),
    ] {
        assert_eq!(
            check(parts, own),
            expected.map_err(str::to_owned),
            "{parts:?}"
        );
    }
}

/// Threads that take and give back at the same time: no two ever have the same address.
fn storm(world: &World) {
    const THREADS: usize = 8;
    const ROUNDS: u8 = 12;
    let held: Vec<Vec<Stored<AllocatedAddress>>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                scope.spawn(move || {
                    for round in 0..ROUNDS {
                        let owner = owner(&format!("t{thread}-{round}"), "nic");
                        // Some want one that others want too.
                        let wanted = (round % 4 == 3).then_some(30 + round);
                        let lease = world.allocate(&owner, wanted);
                        if lease.is_ok() && round % 3 == 2 {
                            world.change(|change| Ok(release(change, &owner)?)).unwrap();
                        }
                    }
                    let held = (0..ROUNDS).flat_map(|round| {
                        let id = Id::parse(&format!("t{thread}-{round}")).unwrap();
                        let held = world
                            .records
                            .read(|view| leases(view, Kind::OsVolumes, &id));
                        held.unwrap()
                    });
                    held.collect()
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let held: Vec<Ipv4Addr> = held
        .into_iter()
        .flatten()
        .map(|one| one.body.address())
        .collect();
    let different: BTreeSet<&Ipv4Addr> = held.iter().collect();
    assert_eq!(different.len(), held.len(), "{held:?}");
    assert_eq!(world.given().len(), held.len());
    // Each keeps those of six rounds; what is wanted in others, one at most has.
    assert!(held.len() >= THREADS * 6, "{held:?}");
}

#[test]
fn no_two_have_the_same_address_over_sqlite() {
    storm(&World::new(&[(10, 250)]));
}

#[test]
fn no_two_have_the_same_address_over_postgresql() {
    if let Some(server) = Postgres::shared("addresses over PostgreSQL") {
        let url = DatabaseUrl::parse(&server.database()).unwrap();
        storm(&World::over(&url, &[(10, 250)], TempDir::new().unwrap()));
    }
}
