//! From what scripts declared to the interfaces that a format writes: names that mean the same are
//! one interface, every interface knows what it is a part of, and what contradicts is refused.

use super::name::InterfaceName;
use super::network::{BootPort, Controller, Interface, Kind, Network};
use super::{Addressing, Declared, DeclaredKind, Key, Model};
use crate::network::detect::Stack;
use mintage_engine::{Code, PlanError};
use std::collections::{BTreeMap, BTreeSet};

/// The interfaces of `model` for a format; `unique` gives bytes that only a purpose gives.
///
/// # Errors
/// `P2013` for what contradicts.
pub(in crate::network) fn resolve(
    model: &Model,
    stack: Stack,
    unique: &dyn Fn(&str) -> [u8; 16],
) -> Result<Network, PlanError> {
    let mut resolver = Resolver::new(model)?;
    resolver.add_mentioned();
    resolver.check_boot()?;
    resolver.name_ports(stack);
    let order = resolver.order()?;
    let controllers = resolver.controllers()?;
    let mut interfaces = Vec::with_capacity(order.len());
    for key in order {
        let id = resolver.id(&key);
        let uuid = uuid(unique(&format!("network connection {id}")));
        interfaces.push(resolver.interface(&key, controllers.get(&key), uuid)?);
    }
    let boot = model.boot.iter();
    Ok(Network {
        interfaces,
        dns: model.dns.clone(),
        boot: boot
            .map(|(mac, name)| BootPort {
                mac: *mac,
                name: name.clone(),
            })
            .collect(),
    })
}

/// The declared interfaces under one key each, and the keys that mean them.
struct Resolver<'a> {
    model: &'a Model,
    /// What ports are named to be.
    names: BTreeMap<InterfaceName, Key>,
    declared: BTreeMap<Key, Declared>,
}

impl<'a> Resolver<'a> {
    fn new(model: &'a Model) -> Result<Self, PlanError> {
        let mut names = BTreeMap::new();
        for (key, declared) in &model.interfaces {
            let DeclaredKind::Ethernet {
                name: Some(name), ..
            } = &declared.kind
            else {
                continue;
            };
            let is_taken = model.interfaces.contains_key(&Key::Name(name.clone()));
            if is_taken || names.insert(name.clone(), key.clone()).is_some() {
                return Err(refused(format!("two interfaces would be named `{name}`")));
            }
        }
        Ok(Self {
            model,
            names,
            declared: model.interfaces.clone(),
        })
    }

    /// The one key of an interface.
    fn key(&self, given: &Key) -> Key {
        match given {
            Key::Name(name) => self.names.get(name).unwrap_or(given).clone(),
            Key::Mac(_) => given.clone(),
        }
    }

    /// Interfaces that others name and nobody declared are ports as they are.
    fn add_mentioned(&mut self) {
        let mut mentioned: Vec<Key> = self.model.routes.keys().cloned().collect();
        for declared in self.model.interfaces.values() {
            mentioned.extend(parts(declared).cloned());
        }
        for given in mentioned {
            let key = self.key(&given);
            self.declared.entry(key).or_insert_with(plain_port);
        }
    }

    /// The ports of the boot volume stay as they are.
    fn check_boot(&self) -> Result<(), PlanError> {
        let is_boot = |key: &Key| match self.key(key) {
            Key::Mac(mac) => self.model.boot.contains_key(&mac),
            Key::Name(name) => self.model.boot.values().flatten().any(|boot| *boot == name),
        };
        for (key, declared) in &self.declared {
            let is_declared = self.model.interfaces.contains_key(key)
                || self
                    .model
                    .routes
                    .keys()
                    .any(|route| self.key(route) == *key);
            let is_wrong = match &declared.kind {
                DeclaredKind::Ethernet { .. } => is_declared && is_boot(key),
                DeclaredKind::Bond { ports, .. } | DeclaredKind::Bridge { ports, .. } => {
                    ports.iter().any(is_boot)
                }
                DeclaredKind::Vlan { parent, .. } => is_boot(parent),
            };
            if is_wrong {
                let message = format!("`{key}` would change a port that carries the boot volume");
                return Err(refused(message).help(
                    "it has its name and addresses from the firmware (iBFT) before the system starts; \
                     a change would cut the system off from its disk",
                ));
            }
        }
        Ok(())
    }

    /// Gives ports a name where the format has no other way to speak of them: `enx` with their
    /// hardware address, as systemd names ports that have no better one.
    fn name_ports(&mut self, stack: Stack) {
        let mut referred = BTreeSet::new();
        for declared in self.model.interfaces.values() {
            match &declared.kind {
                DeclaredKind::Vlan { parent, .. } => referred.insert(self.key(parent)),
                DeclaredKind::Bond {
                    primary: Some(primary),
                    ..
                } => referred.insert(self.key(primary)),
                _ => false,
            };
        }
        for (key, declared) in &mut self.declared {
            let Key::Mac(mac) = key else { continue };
            let is_boot = self.model.boot.contains_key(mac);
            if let DeclaredKind::Ethernet { name, .. } = &mut declared.kind
                && name.is_none()
                && !is_boot
                && (stack.needs_names() || stack.refers_by_name() && referred.contains(key))
            {
                // Twelve digits behind three letters are a name.
                *name = InterfaceName::parse(&format!("enx{}", mac.digits())).ok();
            }
        }
    }

    fn name(&self, key: &Key) -> Option<InterfaceName> {
        let named = self.declared.get(key).map(|declared| &declared.kind);
        match (key, named) {
            (Key::Name(name), _) => Some(name.clone()),
            (Key::Mac(mac), Some(DeclaredKind::Ethernet { name, .. })) => {
                name.clone().or_else(|| self.model.boot.get(mac)?.clone())
            }
            _ => None,
        }
    }

    fn id(&self, key: &Key) -> String {
        match (self.name(key), key) {
            (Some(name), _) => name.to_string(),
            (None, Key::Mac(mac)) => format!("port-{}", mac.digits()),
            (None, Key::Name(name)) => name.to_string(),
        }
    }

    /// The keys, each behind those that it is made of.
    fn order(&self) -> Result<Vec<Key>, PlanError> {
        let mut order = Vec::new();
        let mut open: Vec<Key> = self.declared.keys().cloned().collect();
        while !open.is_empty() {
            let (ready, waiting): (Vec<Key>, Vec<Key>) = open.iter().cloned().partition(|key| {
                let parts = self.declared.get(key).into_iter().flat_map(parts);
                parts
                    .map(|part| self.key(part))
                    .all(|part| order.contains(&part))
            });
            if ready.is_empty() {
                let first = waiting.first().map(Key::to_string).unwrap_or_default();
                return Err(refused(format!("`{first}` would be made of itself")));
            }
            order.extend(ready);
            open = waiting;
        }
        Ok(order)
    }

    /// What every port is a port of.
    fn controllers(&self) -> Result<BTreeMap<Key, Controller>, PlanError> {
        let mut controllers: BTreeMap<Key, Controller> = BTreeMap::new();
        for (owner, declared) in &self.declared {
            let (ports, primary, is_bond) = match &declared.kind {
                DeclaredKind::Bond { ports, primary, .. } => (ports, primary.as_ref(), true),
                DeclaredKind::Bridge { ports, .. } => (ports, None, false),
                _ => continue,
            };
            let primary = primary.map(|primary| self.key(primary));
            let keys: Vec<Key> = ports.iter().map(|port| self.key(port)).collect();
            if let Some(primary) = primary.as_ref().filter(|primary| !keys.contains(primary)) {
                return Err(refused(format!(
                    "the primary port `{primary}` is no port of `{owner}`"
                )));
            }
            for port in keys {
                self.check_port(&port, owner, is_bond)?;
                let controller = Controller {
                    id: self.id(owner),
                    is_bond,
                    is_primary: primary.as_ref() == Some(&port),
                };
                if let Some(other) = controllers.insert(port.clone(), controller) {
                    let other = other.id;
                    return Err(refused(format!(
                        "`{port}` would be a port of `{other}` and of `{owner}`"
                    )));
                }
            }
        }
        Ok(controllers)
    }

    fn check_port(&self, port: &Key, owner: &Key, is_bond: bool) -> Result<(), PlanError> {
        let Some(declared) = self.declared.get(port) else {
            return Ok(());
        };
        let kind_fits = match declared.kind {
            DeclaredKind::Ethernet { .. } => true,
            DeclaredKind::Bond { .. } | DeclaredKind::Vlan { .. } => !is_bond,
            DeclaredKind::Bridge { .. } => false,
        };
        if !kind_fits {
            return Err(refused(format!(
                "`{port}` is of no kind that can be a port of `{owner}`"
            )));
        }
        let has_routes = self.model.routes.keys().any(|key| self.key(key) == *port);
        if declared.addressing != Addressing::default() || has_routes {
            let message =
                format!("`{port}` is a port of `{owner}` and cannot have addresses or routes");
            return Err(refused(message).help(format!("give them to `{owner}`")));
        }
        Ok(())
    }

    fn interface(
        &self,
        key: &Key,
        controller: Option<&Controller>,
        uuid: String,
    ) -> Result<Interface, PlanError> {
        let declared = self.declared.get(key).cloned().unwrap_or_else(plain_port);
        let ids = |keys: &[Key]| keys.iter().map(|key| self.id(&self.key(key))).collect();
        let kind = match declared.kind {
            DeclaredKind::Ethernet { wake_on_lan, .. } => Kind::Ethernet { wake_on_lan },
            DeclaredKind::Bond {
                ports,
                primary,
                options,
            } => Kind::Bond {
                ports: ids(&ports),
                primary: primary.map(|primary| self.id(&self.key(&primary))),
                options,
            },
            DeclaredKind::Bridge { ports, options } => Kind::Bridge {
                ports: ids(&ports),
                options,
            },
            DeclaredKind::Vlan { parent, id } => Kind::Vlan {
                parent: self.id(&self.key(&parent)),
                id,
            },
        };
        let mut addressing = declared.addressing;
        for (given, routes) in &self.model.routes {
            if self.key(given) == *key {
                let new = routes
                    .iter()
                    .filter(|route| !addressing.routes.contains(route));
                let new: Vec<_> = new.copied().collect();
                addressing.routes.extend(new);
            }
        }
        let vlans = self
            .declared
            .iter()
            .filter_map(|(vlan, declared)| match &declared.kind {
                DeclaredKind::Vlan { parent, .. } if self.key(parent) == *key => {
                    Some(self.id(vlan))
                }
                _ => None,
            });
        Ok(Interface {
            id: self.id(key),
            name: self.name(key),
            mac: match key {
                Key::Mac(mac) => Some(*mac),
                Key::Name(_) => None,
            },
            kind,
            controller: controller.cloned(),
            vlans: vlans.collect(),
            addressing,
            mtu: declared.mtu,
            uuid,
        })
    }
}

/// What an interface is made of.
fn parts(declared: &Declared) -> impl Iterator<Item = &Key> {
    let (ports, parent) = match &declared.kind {
        DeclaredKind::Bond { ports, .. } | DeclaredKind::Bridge { ports, .. } => {
            (ports.as_slice(), None)
        }
        DeclaredKind::Vlan { parent, .. } => (&[][..], Some(parent)),
        DeclaredKind::Ethernet { .. } => (&[][..], None),
    };
    ports.iter().chain(parent)
}

fn plain_port() -> Declared {
    Declared {
        kind: DeclaredKind::Ethernet {
            name: None,
            wake_on_lan: false,
        },
        addressing: Addressing::default(),
        mtu: None,
    }
}

fn refused(message: String) -> PlanError {
    PlanError::new(Code::P2013, message)
}

/// As RFC 9562 writes one that is made of bytes without a pattern (version 4).
fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = mintage_volume::digits::hex(&bytes);
    let (a, rest) = digits.split_at(8);
    let (b, rest) = rest.split_at(4);
    let (c, rest) = rest.split_at(4);
    let (d, e) = rest.split_at(4);
    format!("{a}-{b}-{c}-{d}-{e}")
}
