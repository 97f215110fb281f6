//! What the service adds to the values of a profile: addresses of networks' pools, and the MAC addresses of
//! its hardware and connections.

use super::facts::given_connections;
use super::nic::{self, Nic, OF_ADDRESS, Source};
use crate::networks::{self, Lease, Owner};
use crate::os_volumes::{DeployError, Setting};
use mintage_records::model::{AttributeValue, OsDeployment, ServerHardware, ServerProfile};
use mintage_records::{Change, Id, Kind, RecordsError, Sealer};
use mintage_volume::escape::escape;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Fills in what the service knows of the nics of a profile. What `old` was filled with and comes back was
/// not given. A nic keeps the address that it has, if it is of its network.
///
/// # Errors
/// `Refused` when a network has no address left; `Records`.
pub(super) fn fill(
    change: &mut Change<'_>,
    id: &Id,
    profile: &mut ServerProfile,
    old: Option<&OsDeployment>,
) -> Result<(), DeployError> {
    let hardware = match &profile.server_hardware {
        Some(id) => match change.find::<ServerHardware>(id)? {
            Some(hardware) => Some(hardware.body),
            None => return Err(dangling("serverHardwareUri", Kind::ServerHardware, id).into()),
        },
        None => None,
    };
    let connections: Vec<&Json> = given_connections(&profile.other).collect();
    let Some(deployment) = &mut profile.deployment else {
        return Ok(());
    };
    if let Some(old) = old {
        forget_filled(deployment, old);
    }
    let mut filled = BTreeMap::new();
    let mut leased = Vec::new();
    for (name, nic) in Nic::all(deployment.texts()) {
        let connection = Connection::of(&nic, &connections);
        let network = nic.get("networkuri");
        let network = network.or_else(|| connection.as_ref()?.text("networkUri"));
        if let Some(network) = network.filter(|_| nic.source() == Source::Pool) {
            let owner = Owner {
                kind: Kind::ServerProfiles,
                id: id.clone(),
                nic: name.to_owned(),
            };
            let lease = networks::allocate(change, &network_id(name, network)?, &owner, None)?;
            add_lease(&mut filled, name, &nic, &lease);
            leased.extend(OF_ADDRESS.map(|field| format!("{name}.{field}")));
        }
        let mac = connection.and_then(|connection| connection.mac(hardware.as_ref()));
        if let Some(mac) = mac {
            filled.insert(format!("{name}.mac"), mac);
        }
    }
    deployment.filled = filled;
    // The pool's address counts, and not one that somebody sends besides.
    forget(deployment, &leased);
    Ok(())
}

/// Gives back the addresses of a profile that it uses no more, nor the volumes that it had before; all of
/// them when there is no profile any more.
pub(super) fn give_back(
    change: &mut Change<'_>,
    id: &Id,
    profile: Option<&ServerProfile>,
) -> Result<(), RecordsError> {
    let deployments: Vec<&OsDeployment> = profile.map_or_else(Vec::new, |profile| {
        let earlier = profile.earlier_volumes.iter();
        let earlier = earlier.map(|earlier| &earlier.deployment);
        profile.deployment.iter().chain(earlier).collect()
    });
    let mut kept = networks::leases(change, Kind::ServerProfiles, id)?;
    kept.retain(|lease| {
        let field = lease.body.nic().map(|nic| format!("{nic}.ipaddress"));
        let address = lease.body.address().to_string();
        let mut used = deployments.iter();
        field.is_some_and(|field| {
            used.any(|deployment| deployment.filled.get(&field) == Some(&address))
        })
    });
    let kept: Vec<Id> = kept.into_iter().map(|lease| lease.id).collect();
    networks::release_others(change, Kind::ServerProfiles, id, &kept)?;
    Ok(())
}

/// A profile names what is not there.
pub(super) fn dangling(role: &str, kind: Kind, id: &Id) -> RecordsError {
    RecordsError::DanglingReference {
        role: role.to_owned(),
        kind,
        id: id.to_string(),
    }
}

/// Takes out what a client only sends back: MAC addresses, and what belongs to an address of a pool.
fn forget_filled(deployment: &mut OsDeployment, old: &OsDeployment) {
    let nics = Nic::all(deployment.texts());
    let is_filled = |(name, text): &(&str, &str)| {
        let Some((nic, field)) = nic::split(name).filter(|(_, field)| *field != "constraint")
        else {
            return false;
        };
        let is_of_pool = nics
            .get(nic)
            .is_some_and(|nic| nic.source() == Source::Pool);
        let filled = old.filled.get(*name).map(String::as_str);
        (field == "mac" || is_of_pool) && filled == Some(*text)
    };
    let filled = deployment.texts().filter(is_filled);
    let filled: Vec<String> = filled.map(|(name, _)| name.to_owned()).collect();
    forget(deployment, &filled);
}

/// Takes out what was given to these fields.
fn forget(deployment: &mut OsDeployment, fields: &[String]) {
    for given in &mut deployment.attributes {
        if fields.contains(&given.name) {
            given.value = None;
        }
    }
}

fn network_id(nic: &str, uri: &str) -> Result<Id, DeployError> {
    let id = uri.trim_end_matches('/');
    let id = id.strip_prefix(&Kind::EthernetNetworks.collection_uri());
    let id = id.and_then(|rest| Id::parse(rest.strip_prefix('/')?));
    id.ok_or_else(|| {
        let (nic, uri) = (escape(nic.as_bytes()), escape(uri.as_bytes()));
        DeployError::refused(
            "INVALID_URI",
            format!("nic `{nic}` cannot have an address of `{uri}`, which is no Ethernet network"),
            "Set `networkuri` to a network of /rest/ethernet-networks, or give the nic an address.",
        )
    })
}

fn add_lease(filled: &mut BTreeMap<String, String>, name: &str, nic: &Nic<'_>, lease: &Lease) {
    let mut add = |field: &str, value: Option<String>| {
        if let Some(value) = value {
            filled.insert(format!("{name}.{field}"), value);
        }
    };
    add("ipaddress", Some(lease.address.to_string()));
    add("netmask", Some(lease.netmask.to_string()));
    add("gateway", lease.gateway.map(|gateway| gateway.to_string()));
    // What the network says of the rest counts where the profile says nothing.
    let is_free = |field: &str| nic.get(field).is_none();
    if is_free("constraint") {
        add("constraint", Some("auto".to_owned()));
    }
    if is_free("domain") {
        add("domain", lease.domain.clone());
    }
    let servers = ["dns1", "dns2", "dns3"];
    if servers.iter().all(|field| is_free(field)) {
        for (field, server) in servers.iter().zip(&lease.dns) {
            add(field, Some(server.to_string()));
        }
    }
}

/// The connection of a profile that a nic is, and its place among all.
struct Connection<'a>(usize, &'a Json);

impl<'a> Connection<'a> {
    fn of(nic: &Nic<'_>, connections: &[&'a Json]) -> Option<Self> {
        let wanted = nic.get("connectionid")?;
        let is_wanted = |connection: &&Json| match connection.get("id") {
            Some(Json::String(id)) => id == wanted,
            Some(Json::Number(id)) => id.to_string() == wanted,
            _ => false,
        };
        let place = connections.iter().position(is_wanted)?;
        Some(Self(place, connections[place]))
    }

    fn text(&self, member: &str) -> Option<&'a str> {
        let text = self.1.get(member)?.as_str();
        text.filter(|text| !text.is_empty())
    }

    /// Its own, else that of the port of the hardware that it names, else that of the port at its place.
    fn mac(&self, hardware: Option<&ServerHardware>) -> Option<String> {
        if let Some(mac) = self.text("mac") {
            return Some(mac.to_owned());
        }
        let ports = &hardware?.ports;
        let named = self.text("portId");
        let named = named.and_then(|id| ports.iter().find(|port| port.id == id));
        let port = named.or_else(|| ports.get(self.0))?;
        Some(port.mac.to_string())
    }
}

/// The values with which a plan is run: secrets opened, and of nics only what plans know.
pub(super) fn settings(
    deployment: &OsDeployment,
    sealer: &Sealer,
) -> Result<Vec<Setting>, RecordsError> {
    let mut settings = Vec::new();
    let mut add = |name: String, value: &str| {
        settings.push(Setting {
            name,
            value: value.to_owned(),
        });
    };
    for given in &deployment.attributes {
        match &given.value {
            Some(AttributeValue::Sealed(sealed)) => add(given.name.clone(), &sealer.open(sealed)?),
            Some(AttributeValue::Plain(text)) if nic::split(&given.name).is_none() => {
                add(given.name.clone(), text);
            }
            _ => {}
        }
    }
    let filled = deployment.filled.iter();
    let filled = filled.map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, nic) in Nic::all(deployment.texts().chain(filled)) {
        for (field, value) in nic.for_plan() {
            add(format!("{name}.{field}"), value);
        }
    }
    Ok(settings)
}
