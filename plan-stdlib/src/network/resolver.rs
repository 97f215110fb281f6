//! Where name servers go that no file of an interface takes to the resolver.

use super::detect::{Stack, is_enabled};
use super::model::Dns;
use super::model::network::Network;
use super::render::Rendered;
use crate::file::access;
use crate::shell_vars::document::Document;
use crate::text::Edited;
use crate::text::lines;
use mintage_engine::PlanError;
use mintage_volume::filesystem::{FileKind, Ownership};
use mintage_volume::tree::VolumeTree;

const RESOLV_CONF: &str = "/etc/resolv.conf";
const NETCONFIG: &str = "/etc/sysconfig/network/config";
const RESOLVCONF_BASE: &str = "/etc/resolvconf/resolv.conf.d/base";

/// Who writes the resolver's configuration when the system runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resolver {
    /// systemd-resolved takes what interfaces have, and settings of its own.
    Resolved,
    /// The program resolvconf takes what interfaces have, and a base.
    Resolvconf,
    /// SUSE's netconfig takes its static settings.
    Netconfig,
    /// NetworkManager, or scripts, take what interfaces have.
    Stack,
    /// Nobody: `/etc/resolv.conf` is as it stands.
    Nobody,
}

/// Who it is in this volume.
pub(super) fn resolver(tree: &VolumeTree, stack: Stack) -> Result<Resolver, PlanError> {
    if stack == Stack::Wicked {
        return Ok(Resolver::Netconfig);
    }
    let is_linked = tree
        .read_link(RESOLV_CONF)
        .is_ok_and(|to| to.windows(15).any(|part| part == b"systemd/resolve"));
    if is_linked || is_enabled(tree, "systemd-resolved.service")? {
        return Ok(Resolver::Resolved);
    }
    if stack == Stack::Ifupdown && access::look(tree, "/sbin/resolvconf")?.is_some() {
        return Ok(Resolver::Resolvconf);
    }
    let by_stack = stack == Stack::NetworkManager;
    Ok(if by_stack || is_enabled(tree, "NetworkManager.service")? {
        Resolver::Stack
    } else {
        Resolver::Nobody
    })
}

impl Resolver {
    /// The file for what goes for all interfaces, where it is one of its own.
    pub(super) fn file(self, dns: &Dns) -> Option<Rendered> {
        if self != Self::Resolved || dns.is_empty() {
            return None;
        }
        let list = |items: Vec<String>| items.join(" ");
        let servers = list(dns.servers.iter().map(ToString::to_string).collect());
        let mut text = "[Resolve]\n".to_owned();
        if !servers.is_empty() {
            text += &format!("DNS={servers}\n");
        }
        if !dns.search.is_empty() {
            text += &format!("Domains={}\n", list(dns.search.clone()));
        }
        Some(Rendered {
            path: "/etc/systemd/resolved.conf.d/mintage.conf".to_owned(),
            text,
            mode: 0o644,
        })
    }

    /// Edits what it reads, where that is a file that others write in too.
    pub(super) fn edit(self, tree: &mut VolumeTree, network: &Network) -> Result<bool, PlanError> {
        let (all, own) = (network.all_dns(), &network.dns);
        let root = Ownership::root(0o644);
        match self {
            Self::Resolved | Self::Stack => Ok(false),
            Self::Netconfig if !all.is_empty() => {
                access::edit_or_create(tree, NETCONFIG, root, |content| netconfig(content, &all))
            }
            Self::Resolvconf if !own.is_empty() => {
                tree.make_dirs("/etc/resolvconf/resolv.conf.d", Ownership::root(0o755))?;
                access::edit_or_create(tree, RESOLVCONF_BASE, root, |content| {
                    resolv_conf(content, own)
                })
            }
            Self::Nobody if !all.is_empty() => {
                // A link leads to what somebody would write who is not there.
                let found = access::look_at_link(tree, RESOLV_CONF)?;
                if found.is_some_and(|found| found.kind == FileKind::Symlink) {
                    tree.remove(RESOLV_CONF)?;
                }
                access::edit_or_create(tree, RESOLV_CONF, root, |content| {
                    resolv_conf(content, &all)
                })
            }
            Self::Netconfig | Self::Resolvconf | Self::Nobody => Ok(false),
        }
    }
}

/// The content with these servers and domains in place of those that it has; its options stay.
fn resolv_conf(content: &[u8], dns: &Dns) -> Edited {
    let mut new = Vec::new();
    for line in lines::split(content) {
        let word = line
            .text
            .split(u8::is_ascii_whitespace)
            .next()
            .unwrap_or_default();
        if !matches!(word, b"nameserver" | b"search" | b"domain") {
            new.extend_from_slice(line.text);
            new.push(b'\n');
        }
    }
    if !dns.search.is_empty() {
        new.extend(format!("search {}\n", dns.search.join(" ")).into_bytes());
    }
    for server in &dns.servers {
        new.extend(format!("nameserver {server}\n").into_bytes());
    }
    Ok((new != content).then_some(new))
}

fn netconfig(content: &[u8], dns: &Dns) -> Edited {
    let servers: Vec<String> = dns.servers.iter().map(ToString::to_string).collect();
    let first = Document::parse(content).set("NETCONFIG_DNS_STATIC_SERVERS", &servers.join(" "))?;
    let with_servers = first.as_deref().unwrap_or(content);
    let domains = dns.search.join(" ");
    let second = Document::parse(with_servers).set("NETCONFIG_DNS_STATIC_SEARCHLIST", &domains)?;
    Ok(second.or(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_lines_of_resolv_conf_stay() {
        let dns = Dns {
            servers: vec!["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()],
            search: vec!["example.com".to_owned()],
        };
        let content = b"# mine\nnameserver 10.0.0.1\ndomain old\noptions edns0\n";
        let new = resolv_conf(content, &dns).unwrap().unwrap();
        let expected = "# mine\noptions edns0\nsearch example.com\nnameserver 192.0.2.1\nnameserver 2001:db8::1\n";
        assert_eq!(String::from_utf8(new.clone()).unwrap(), expected);
        assert_eq!(resolv_conf(&new, &dns).unwrap(), None);
    }
}
