//! What scripts call.

use super::traffic::Traffic;
use super::{Kind, definition, need_firewalld, zone};
use rhai::plugin::*;

#[export_module]
pub(super) mod exported {
    use super::{Kind, Traffic, definition, need_firewalld, zone};
    use crate::RhaiResultOf;
    use mintage_engine::{CallWorld, PlanError, PlanWorld};
    use rhai::{Array, Dynamic, Map, NativeCallContext};

    fn list(names: Vec<String>) -> Array {
        names.into_iter().map(Dynamic::from).collect()
    }

    fn add(world: &mut dyn PlanWorld, zone: &str, traffic: Traffic) -> Result<bool, PlanError> {
        zone::add(world.tree(), zone, &traffic)
    }

    fn remove(world: &mut dyn PlanWorld, zone: &str, traffic: Traffic) -> Result<bool, PlanError> {
        zone::remove(world.tree(), zone, &traffic)
    }

    /// Lets a service in, in a zone.
    ///
    /// The service must be one of the distribution or of the volume (`firewall::define_service`).
    /// The first change of a zone of the distribution copies its file from `/usr/lib/firewalld` to
    /// `/etc/firewalld`, as firewalld does it; all else in the file stays. Returns whether anything
    /// changed.
    ///
    /// # Errors
    /// - `P2013` for what cannot be a zone or a service.
    /// - `P2016` when the file of a zone is no XML.
    /// - `P3001` when the volume has no firewalld, or firewalld no such zone or service.
    ///
    /// # Example
    /// ```rhai
    /// firewall::add_service("public", "http") && firewall::services("public") == ["ssh", "http"]
    ///     && !firewall::add_service("public", "http")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn add_service(ctx: NativeCallContext, zone: &str, service: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| add(world, zone, Traffic::service(service)?))
    }

    /// Takes a service out of what a zone lets in.
    ///
    /// Returns whether it was there.
    ///
    /// # Errors
    /// - `P2013` for what cannot be a zone or a service.
    /// - `P2016` when the file of the zone is no XML.
    /// - `P3001` when the volume has no firewalld, or firewalld no such zone.
    ///
    /// # Example
    /// ```rhai
    /// firewall::add_service("public", "http");
    /// firewall::remove_service("public", "http") && !firewall::remove_service("public", "http")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove_service(ctx: NativeCallContext, zone: &str, service: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| remove(world, zone, Traffic::service(service)?))
    }

    /// Gives the services of a zone, in the order of its file.
    ///
    /// # Errors
    /// - `P2013` for what cannot be a zone.
    /// - `P2016` when the file of the zone is no XML.
    /// - `P3001` when the volume has no firewalld, or firewalld no such zone.
    ///
    /// # Example
    /// ```rhai
    /// firewall::services("public") == ["ssh"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn services(ctx: NativeCallContext, zone: &str) -> RhaiResultOf<Array> {
        ctx.call_world(|world| zone::members(world.tree(), zone, "service").map(list))
    }

    /// Lets ports in, in a zone.
    ///
    /// They are written `443/tcp` or `6000-6010/udp`; protocols are tcp, udp, sctp and dccp.
    /// The first change of a zone of the distribution copies its file from `/usr/lib/firewalld` to
    /// `/etc/firewalld`, as firewalld does it; all else in the file stays. Returns whether anything
    /// changed.
    ///
    /// # Errors
    /// - `P2013` for what cannot be a zone or a port.
    /// - `P2016` when the file of a zone is no XML.
    /// - `P3001` when the volume has no firewalld, or firewalld no such zone.
    ///
    /// # Example
    /// ```rhai
    /// firewall::add_port("public", "6000-6010/udp") && firewall::ports("public") == ["6000-6010/udp"]
    ///     && !firewall::add_port("public", "6000-6010/udp")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn add_port(ctx: NativeCallContext, zone: &str, port: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| add(world, zone, Traffic::port(port)?))
    }

    /// Takes ports out of what a zone lets in.
    ///
    /// Returns whether it was there.
    ///
    /// # Errors
    /// - `P2013` for what cannot be a zone or a port.
    /// - `P2016` when the file of the zone is no XML.
    /// - `P3001` when the volume has no firewalld, or firewalld no such zone.
    ///
    /// # Example
    /// ```rhai
    /// firewall::add_port("public", "6000-6010/udp");
    /// firewall::remove_port("public", "6000-6010/udp") && !firewall::remove_port("public", "6000-6010/udp")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove_port(ctx: NativeCallContext, zone: &str, port: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| remove(world, zone, Traffic::port(port)?))
    }

    /// Gives the ports of a zone, in the order of its file.
    ///
    /// # Errors
    /// - `P2013` for what cannot be a zone.
    /// - `P2016` when the file of the zone is no XML.
    /// - `P3001` when the volume has no firewalld, or firewalld no such zone.
    ///
    /// # Example
    /// ```rhai
    /// firewall::ports("public") == []
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn ports(ctx: NativeCallContext, zone: &str) -> RhaiResultOf<Array> {
        ctx.call_world(|world| zone::members(world.tree(), zone, "port").map(list))
    }

    /// Puts packets from a source into a zone.
    ///
    /// A source is an address, a network, a hardware address or `ipset:NAME`. It can be in one zone
    /// only, and leaves the one that it was in.
    /// The first change of a zone of the distribution copies its file from `/usr/lib/firewalld` to
    /// `/etc/firewalld`, as firewalld does it; all else in the file stays. Returns whether anything
    /// changed.
    ///
    /// # Errors
    /// - `P2013` for what cannot be a zone or a source.
    /// - `P2016` when the file of a zone is no XML.
    /// - `P3001` when the volume has no firewalld, or firewalld no such zone.
    ///
    /// # Example
    /// ```rhai
    /// firewall::add_source("public", "192.0.2.0/24") && firewall::sources("public") == ["192.0.2.0/24"]
    ///     && !firewall::add_source("public", "192.0.2.0/24")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn add_source(ctx: NativeCallContext, zone: &str, source: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| add(world, zone, Traffic::source(source)?))
    }

    /// Takes a source out of a zone.
    ///
    /// Returns whether it was there.
    ///
    /// # Errors
    /// - `P2013` for what cannot be a zone or a source.
    /// - `P2016` when the file of the zone is no XML.
    /// - `P3001` when the volume has no firewalld, or firewalld no such zone.
    ///
    /// # Example
    /// ```rhai
    /// firewall::add_source("public", "192.0.2.0/24");
    /// firewall::remove_source("public", "192.0.2.0/24") && !firewall::remove_source("public", "192.0.2.0/24")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove_source(ctx: NativeCallContext, zone: &str, source: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| remove(world, zone, Traffic::source(source)?))
    }

    /// Gives the sources of a zone, in the order of its file.
    ///
    /// # Errors
    /// - `P2013` for what cannot be a zone.
    /// - `P2016` when the file of the zone is no XML.
    /// - `P3001` when the volume has no firewalld, or firewalld no such zone.
    ///
    /// # Example
    /// ```rhai
    /// firewall::sources("public") == []
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn sources(ctx: NativeCallContext, zone: &str) -> RhaiResultOf<Array> {
        ctx.call_world(|world| zone::members(world.tree(), zone, "source").map(list))
    }

    /// Puts an interface into a zone.
    ///
    /// It can be in one zone only, and leaves the one that it was in. Where NetworkManager has a zone
    /// in its connection, that one wins.
    /// The first change of a zone of the distribution copies its file from `/usr/lib/firewalld` to
    /// `/etc/firewalld`, as firewalld does it; all else in the file stays. Returns whether anything
    /// changed.
    ///
    /// # Errors
    /// - `P2013` for what cannot be a zone or a interface.
    /// - `P2016` when the file of a zone is no XML.
    /// - `P3001` when the volume has no firewalld, or firewalld no such zone.
    ///
    /// # Example
    /// ```rhai
    /// firewall::add_interface("public", "eth1") && firewall::interfaces("public") == ["eth1"]
    ///     && !firewall::add_interface("public", "eth1")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn add_interface(
        ctx: NativeCallContext,
        zone: &str,
        interface: &str,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| add(world, zone, Traffic::interface(interface)?))
    }

    /// Takes an interface out of a zone.
    ///
    /// Returns whether it was there.
    ///
    /// # Errors
    /// - `P2013` for what cannot be a zone or a interface.
    /// - `P2016` when the file of the zone is no XML.
    /// - `P3001` when the volume has no firewalld, or firewalld no such zone.
    ///
    /// # Example
    /// ```rhai
    /// firewall::add_interface("public", "eth1");
    /// firewall::remove_interface("public", "eth1") && !firewall::remove_interface("public", "eth1")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove_interface(
        ctx: NativeCallContext,
        zone: &str,
        interface: &str,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| remove(world, zone, Traffic::interface(interface)?))
    }

    /// Gives the interfaces of a zone, in the order of its file.
    ///
    /// # Errors
    /// - `P2013` for what cannot be a zone.
    /// - `P2016` when the file of the zone is no XML.
    /// - `P3001` when the volume has no firewalld, or firewalld no such zone.
    ///
    /// # Example
    /// ```rhai
    /// firewall::interfaces("public") == []
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn interfaces(ctx: NativeCallContext, zone: &str) -> RhaiResultOf<Array> {
        ctx.call_world(|world| zone::members(world.tree(), zone, "interface").map(list))
    }

    /// Gives the names of all zones, those of the distribution too.
    ///
    /// # Errors
    /// - `P3001` when the volume has no firewalld.
    ///
    /// # Example
    /// ```rhai
    /// firewall::zones() == ["drop", "public"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn zones(ctx: NativeCallContext) -> RhaiResultOf<Array> {
        ctx.call_world(|world| {
            need_firewalld(world.tree())?;
            Kind::Zone.names(world.tree()).map(list)
        })
    }

    /// Gives the zone of every interface that is in no other, `public` where nothing is set.
    ///
    /// # Errors
    /// - `P3001` when the volume has no firewalld.
    ///
    /// # Example
    /// ```rhai
    /// firewall::default_zone() == "public"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn default_zone(ctx: NativeCallContext) -> RhaiResultOf<String> {
        ctx.call_world(|world| zone::default_zone(world.tree()))
    }

    /// Sets the zone of every interface that is in no other.
    ///
    /// Edits `DefaultZone` in `/etc/firewalld/firewalld.conf`. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` for what cannot be a zone.
    /// - `P3001` when the volume has no firewalld, or firewalld no such zone.
    ///
    /// # Example
    /// ```rhai
    /// firewall::set_default_zone("drop") && firewall::default_zone() == "drop"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn set_default_zone(ctx: NativeCallContext, zone: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| zone::set_default_zone(world.tree(), zone))
    }

    /// Defines a service, exactly as described.
    ///
    /// Writes `/etc/firewalld/services/NAME.xml`, which hides one of the distribution with this name.
    /// Options:
    /// - `short`, `description`: texts for people;
    /// - `ports`, `source_ports`: arrays of ports like `443/tcp` or `6000-6010/udp`;
    /// - `protocols`: an array of protocols without ports, like `gre`;
    /// - `includes`: an array of other services that are part of it.
    ///
    /// Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2006` for an option of another type.
    /// - `P2013` for a wrong option, name, port or text.
    /// - `P3001` when the volume has no firewalld, or firewalld no included service.
    ///
    /// # Example
    /// ```rhai
    /// firewall::define_service("my-app", #{ short: "R&D", ports: ["8443/tcp"] });
    /// firewall::add_service("public", "my-app")
    ///     && file::read("/etc/firewalld/services/my-app.xml").contains("<short>R&amp;D</short>")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn define_service(ctx: NativeCallContext, name: &str, options: Map) -> RhaiResultOf<bool> {
        ctx.call_world(|world| definition::define(world.tree(), name, options))
    }
}
