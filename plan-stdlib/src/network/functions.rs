//! The functions of `network` that scripts call.

use super::model::address::Mac;
use super::model::name::InterfaceName;
use super::model::{Declared, Key};
use super::{detect, nic, script, update};
use mintage_engine::{Code, PlanError, PlanWorld};
use rhai::plugin::*;
use rhai::{Dynamic, Map};

fn interface(world: &mut dyn PlanWorld, port: &Dynamic, options: Map) -> Result<bool, PlanError> {
    const FUNCTION: &str = "network::interface";
    let declared = match port.read_lock::<Map>() {
        Some(nic) => nic::declared(FUNCTION, &nic, options)?,
        None => {
            let text = port.clone().into_immutable_string().map_err(|_| {
                let message =
                    "an interface is a hardware address, a name, or the value of a nic attribute";
                PlanError::new(Code::P2006, message)
            })?;
            vec![(Key::parse(&text)?, script::ethernet(FUNCTION, options)?)]
        }
    };
    declare(world, declared)
}

fn declare(world: &mut dyn PlanWorld, declared: Vec<(Key, Declared)>) -> Result<bool, PlanError> {
    update::update(world, |model| {
        model.interfaces.extend(declared);
        Ok(())
    })
}

fn bond(world: &mut dyn PlanWorld, name: &str, options: Map) -> Result<bool, PlanError> {
    let declared = script::bond("network::bond", options)?;
    declare(world, vec![(named(name)?, declared)])
}

fn bridge(world: &mut dyn PlanWorld, name: &str, options: Map) -> Result<bool, PlanError> {
    let declared = script::bridge("network::bridge", options)?;
    declare(world, vec![(named(name)?, declared)])
}

fn vlan(world: &mut dyn PlanWorld, name: &str, options: Map) -> Result<bool, PlanError> {
    let parsed = InterfaceName::parse(name)?;
    let declared = script::vlan("network::vlan", &parsed, options)?;
    declare(world, vec![(Key::Name(parsed), declared)])
}

fn named(name: &str) -> Result<Key, PlanError> {
    Ok(Key::Name(InterfaceName::parse(name)?))
}

fn route(world: &mut dyn PlanWorld, interface: &str, options: Map) -> Result<bool, PlanError> {
    let key = Key::parse(interface)?;
    let route = script::route("network::route", options)?;
    update::update(world, |model| {
        let routes = model.routes.entry(key).or_default();
        routes.retain(|other| (other.to, other.is_v4()) != (route.to, route.is_v4()));
        routes.push(route);
        Ok(())
    })
}

fn dns(world: &mut dyn PlanWorld, options: Map) -> Result<bool, PlanError> {
    let dns = script::dns("network::dns", options)?;
    update::update(world, |model| {
        model.dns = dns;
        Ok(())
    })
}

fn boot_interface(
    world: &mut dyn PlanWorld,
    mac: &str,
    name: Option<&str>,
) -> Result<bool, PlanError> {
    let (mac, name) = (
        Mac::parse(mac)?,
        name.map(InterfaceName::parse).transpose()?,
    );
    update::update(world, |model| {
        let known = model.boot.entry(mac).or_default();
        *known = name.or(known.take());
        Ok(())
    })
}

fn renderer(world: &mut dyn PlanWorld, stack: &str) -> Result<bool, PlanError> {
    let stack = detect::Stack::parse(stack)?;
    update::update(world, |model| {
        model.stack = Some(stack);
        Ok(())
    })
}

#[export_module]
pub(super) mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Dynamic, Map, NativeCallContext};

    #[rhai_fn(volatile, return_raw)]
    pub fn interface(ctx: NativeCallContext, port: Dynamic) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::interface(world, &port, Map::new()))
    }

    /// Sets up a port of the machine.
    ///
    /// The port is a hardware address, a name that the system already gives, or the value of a nic
    /// attribute, whose mode, address, gateway, name servers, name and VLAN are taken over; options
    /// beside it win.
    ///
    /// Options of every interface: `addresses` (one or more, `192.0.2.10/24`), `dhcp4`, `dhcp6`
    /// (beside what routers advertise), `slaac` (addresses and routes from router advertisements), `gateway` (one, or one for each family),
    /// `routes` (maps as in `network::route`), `dns`, `search`, `mtu`. Of a port also: `name`,
    /// which it is given, and `wake_on_lan`. Without any address it only comes up.
    ///
    /// Writes what the image's network stack reads (`os::network_stack`): ifcfg files, NetworkManager
    /// keyfiles, `/etc/netplan/60-mintage.yaml`, `/etc/systemd/network/05-*`, SUSE's
    /// `/etc/sysconfig/network`, or `/etc/network/interfaces.d/mintage`. Where a stack knows ports
    /// by name alone, one without a name is named `enx` and its hardware address. Name servers go
    /// to whoever writes the resolver's configuration, and where nobody does, into
    /// `/etc/resolv.conf`. Calls may come in any order and from several scripts; a second call for
    /// an interface replaces the first. Files that the image has for other interfaces stay, see
    /// `network::clear`. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2006` for a value of another type.
    /// - `P2013` for a wrong option, options that contradict each other or other interfaces, what
    ///   the network stack cannot do, and for a port that carries the boot volume.
    ///
    /// # Example
    /// ```rhai
    /// network::renderer("networkmanager");
    /// let nic = attribute("ManagementNIC");
    /// network::interface(nic.mac, #{ name: "mgmt0", addresses: [nic.cidr], dns: "192.0.2.53" });
    /// file::read("/etc/NetworkManager/system-connections/mgmt0.nmconnection").contains("address1=192.0.2.10/24")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "interface", volatile, return_raw)]
    pub fn interface_with(
        ctx: NativeCallContext,
        port: Dynamic,
        options: Map,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::interface(world, &port, options))
    }

    /// Sets up a bond of several ports.
    ///
    /// `ports` are hardware addresses or names; they need no call of their own, unless they are to
    /// get a name. Options by the kernel's names, with its words or numbers: `mode`
    /// (`active-backup` by default), `miimon` (100 by default, unless ARP looks after the ports),
    /// `updelay`, `downdelay` (all in milliseconds), `lacp_rate`,
    /// `xmit_hash_policy`, `ad_select`, `min_links`, `primary` (one of the ports),
    /// `primary_reselect`, `fail_over_mac`, `arp_interval` with `arp_targets`. Besides, the options of
    /// every interface, see `network::interface`. With ifupdown the volume must have the package
    /// `ifenslave`. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2006` for a value of another type.
    /// - `P2013` for a wrong option, one that the mode does not know, a port that has addresses or
    ///   belongs to something else, and what the network stack cannot do, as ifupdown without
    ///   `ifenslave`.
    ///
    /// # Example
    /// ```rhai
    /// network::renderer("networkd");
    /// network::bond("bond0", #{
    ///     ports: ["52:54:00:00:00:01", "52:54:00:00:00:02"],
    ///     mode: "802.3ad", lacp_rate: "fast", miimon: 100,
    ///     addresses: "192.0.2.10/24",
    /// });
    /// file::read("/etc/systemd/network/05-bond0.netdev").contains("LACPTransmitRate=fast")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn bond(ctx: NativeCallContext, name: &str, options: Map) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::bond(world, name, options))
    }

    /// Sets up a bridge.
    ///
    /// `ports` are hardware addresses or names of ports, bonds and VLANs. Options: `stp` (false by
    /// default), `forward_delay`, `ageing_time`, and with `stp` also `hello_time`, `max_age` (all in
    /// seconds) and `priority`. Besides, the options of every interface, see `network::interface`.
    /// Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2006` for a value of another type.
    /// - `P2013` for a wrong option, a port that has addresses or belongs to something else, and
    ///   what the network stack cannot do.
    ///
    /// # Example
    /// ```rhai
    /// network::renderer("netplan");
    /// network::bridge("br0", #{ ports: ["52:54:00:00:00:01"], dhcp4: true });
    /// file::read("/etc/netplan/60-mintage.yaml").contains("br0:")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn bridge(ctx: NativeCallContext, name: &str, options: Map) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::bridge(world, name, options))
    }

    /// Sets up a VLAN on another interface.
    ///
    /// `parent` is its hardware address or name and `id` the number of the VLAN; a name like
    /// `bond0.100` says both. Besides, the options of every interface, see `network::interface`.
    /// Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2006` for a value of another type.
    /// - `P2013` for a wrong option, and where parent or number are missing.
    ///
    /// # Example
    /// ```rhai
    /// network::renderer("ifupdown");
    /// network::vlan("eth0.100", #{ addresses: "192.0.2.10/24" });
    /// file::read("/etc/network/interfaces.d/mintage").contains("vlan-raw-device eth0")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn vlan(ctx: NativeCallContext, name: &str, options: Map) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::vlan(world, name, options))
    }

    /// Adds a route to an interface: `to` a network or `default`, `via` a gateway, with a `metric`.
    ///
    /// A route without `via` is to the interface's own wire. One with the same destination is
    /// replaced. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2006` for a value of another type.
    /// - `P2013` for what is no network or gateway, or families that do not fit together.
    ///
    /// # Example
    /// ```rhai
    /// network::renderer("networkd");
    /// network::interface("eth0", #{ addresses: "192.0.2.10/24" });
    /// network::route("eth0", #{ to: "10.0.0.0/8", via: "192.0.2.254", metric: 100 })
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn route(ctx: NativeCallContext, interface: &str, options: Map) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::route(world, interface, options))
    }

    /// Sets name servers and search domains for all interfaces: `servers` and `search`.
    ///
    /// Writes settings of systemd-resolved or NetworkManager, `NETCONFIG_DNS_STATIC_*` in
    /// `/etc/sysconfig/network/config` of SUSE, the base of resolvconf, or `/etc/resolv.conf`: what
    /// the image uses. Servers of single interfaces are options of them. Returns whether anything
    /// changed.
    ///
    /// # Errors
    /// - `P2006` for a value of another type.
    /// - `P2013` for what is no address or domain.
    ///
    /// # Example
    /// ```rhai
    /// network::renderer("networkd");
    /// network::dns(#{ servers: ["192.0.2.53"], search: "example.com" });
    /// file::read("/etc/resolv.conf") == "search example.com\nnameserver 192.0.2.53\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn dns(ctx: NativeCallContext, options: Map) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::dns(world, options))
    }

    /// Removes an interface, by its name or hardware address: what a script declared, and the files
    /// that the image has for it.
    ///
    /// Returns whether there was any.
    ///
    /// # Errors
    /// - `P2013` for the port that carries the boot volume, and where a netplan file of the image is
    ///   about the interface.
    ///
    /// # Example
    /// ```rhai
    /// network::renderer("networkd");
    /// network::interface("eth0", #{ dhcp4: true });
    /// network::remove("eth0") && !network::remove("eth0")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove(ctx: NativeCallContext, name_or_mac: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| {
            let key = super::Key::parse(name_or_mac)?;
            super::update::remove(world, &key)
        })
    }

    /// Removes the files that the image brings for its interfaces, so that only those stay that
    /// scripts declare, before or after.
    ///
    /// The loopback stays, as do files that speak of a port that carries the boot volume. cloud-init,
    /// where the image has it, is told to leave the network alone. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` when the volume has no network stack that is known.
    ///
    /// # Example
    /// ```rhai
    /// network::renderer("networkd");
    /// file::make_dir("/etc/systemd/network");
    /// file::write("/etc/systemd/network/20-wired.network", "[Match]\nName=en*\n");
    /// network::clear() && !file::exists("/etc/systemd/network/20-wired.network")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn clear(ctx: NativeCallContext) -> RhaiResultOf<bool> {
        ctx.call_world(super::update::clear)
    }

    #[rhai_fn(volatile, return_raw)]
    pub fn boot_interface(ctx: NativeCallContext, mac: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::boot_interface(world, mac, None))
    }

    /// Says that a port carries the boot volume, so that it is left alone, with its name where that is
    /// known.
    ///
    /// The firmware (iBFT) and the initramfs set it up; from then on nothing may rename it, take it
    /// down or take its addresses. Other functions refuse to change it, and the network stack is
    /// told to keep it: `keep-configuration` and `ignore-carrier` for NetworkManager,
    /// `KeepConfiguration` for networkd, `critical` for netplan; for wicked (`STARTMODE='nfsroot'`)
    /// and ifupdown (`manual`), which leave ports without a file alone, where its name is given. The
    /// hardware addresses in `bootMacs` of the server profile are such ports without a call. Returns
    /// whether anything changed.
    ///
    /// # Errors
    /// - `P2013` for what is no hardware address or name, and when a script set up the port already.
    ///
    /// # Example
    /// ```rhai
    /// network::renderer("networkd");
    /// network::boot_interface("52:54:00:00:00:09");
    /// file::read("/etc/systemd/network/05-boot-525400000009.network").contains("KeepConfiguration=yes")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "boot_interface", volatile, return_raw)]
    pub fn boot_interface_named(
        ctx: NativeCallContext,
        mac: &str,
        name: &str,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::boot_interface(world, mac, Some(name)))
    }

    /// Chooses the network stack to write for, in place of the one that the image uses: `ifcfg`,
    /// `networkmanager`, `netplan`, `networkd`, `wicked` or `ifupdown`.
    ///
    /// It goes for all interfaces, also those declared before. It enables no service. Returns whether
    /// anything changed.
    ///
    /// # Errors
    /// - `P2013` for another name, and for what the stack cannot do.
    ///
    /// # Example
    /// ```rhai
    /// network::renderer("networkd");
    /// network::interface("eth0", #{ dhcp4: true });
    /// file::exists("/etc/systemd/network/05-eth0.network")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn renderer(ctx: NativeCallContext, stack: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::renderer(world, stack))
    }
}
