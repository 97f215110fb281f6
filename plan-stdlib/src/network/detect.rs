//! Which network stack the volume uses, and so which files its network is written to.

use crate::file::access;
use crate::os;
use crate::values::shorten;
use mintage_engine::{Code, PlanError};
use mintage_volume::tree::VolumeTree;

/// What sets up the network of a system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stack {
    /// Files of the RHEL family up to 8, read by its scripts or by NetworkManager.
    Ifcfg,
    NetworkManager,
    Netplan,
    Networkd,
    Wicked,
    Ifupdown,
}

impl Stack {
    const ALL: [Self; 6] = [
        Self::Ifcfg,
        Self::NetworkManager,
        Self::Netplan,
        Self::Networkd,
        Self::Wicked,
        Self::Ifupdown,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ifcfg => "ifcfg",
            Self::NetworkManager => "networkmanager",
            Self::Netplan => "netplan",
            Self::Networkd => "networkd",
            Self::Wicked => "wicked",
            Self::Ifupdown => "ifupdown",
        }
    }

    /// # Errors
    /// `P2013` for another name.
    pub(super) fn parse(text: &str) -> Result<Self, PlanError> {
        let found = Self::ALL.into_iter().find(|stack| stack.as_str() == text);
        found.ok_or_else(|| {
            let shown = shorten(text);
            let names = Self::ALL.map(|stack| format!("`{}`", stack.as_str()));
            let message = format!("`{shown}` is no network stack");
            PlanError::new(Code::P2013, message).help(format!("it is {}", names.join(", ")))
        })
    }

    /// Whether its files know interfaces by name alone.
    pub(super) fn needs_names(self) -> bool {
        matches!(self, Self::Wicked | Self::Ifupdown)
    }

    /// Whether its files speak of other interfaces by name.
    pub(super) fn refers_by_name(self) -> bool {
        matches!(self, Self::Ifcfg | Self::NetworkManager)
    }
}

/// The stack that the volume uses; `None` where it has none that is known.
///
/// What is installed and enabled decides, the more special before the more general: netplan writes
/// for others, NetworkManager and ifupdown may both be there and then NetworkManager has the ports.
pub(crate) fn network_stack(tree: &VolumeTree) -> Result<Option<Stack>, PlanError> {
    let there = |path: &str| -> Result<bool, PlanError> { Ok(access::look(tree, path)?.is_some()) };
    if there("/usr/sbin/netplan")? && there("/etc/netplan")? {
        return Ok(Some(Stack::Netplan));
    }
    if is_enabled(tree, "wicked.service")? {
        return Ok(Some(Stack::Wicked));
    }
    if is_enabled(tree, "NetworkManager.service")? {
        let keeps_ifcfg = there("/etc/sysconfig/network-scripts")? && is_before_rhel_9(tree)?;
        let stack = if keeps_ifcfg {
            Stack::Ifcfg
        } else {
            Stack::NetworkManager
        };
        return Ok(Some(stack));
    }
    if is_enabled(tree, "systemd-networkd.service")? {
        return Ok(Some(Stack::Networkd));
    }
    for (program, stack) in [
        ("/etc/sysconfig/network-scripts/ifup", Stack::Ifcfg),
        ("/etc/sysconfig/network-scripts/ifup-eth", Stack::Ifcfg),
        ("/usr/sbin/ifup", Stack::Ifupdown),
        ("/sbin/ifup", Stack::Ifupdown),
    ] {
        if there(program)? && (stack == Stack::Ifcfg || there("/etc/network")?) {
            return Ok(Some(stack));
        }
    }
    Ok(None)
}

/// Whether systemd starts the unit at boot, and nobody masked it.
pub(super) fn is_enabled(tree: &VolumeTree, unit: &str) -> Result<bool, PlanError> {
    let own = format!("/etc/systemd/system/{unit}");
    if access::look_at_link(tree, &own)?.is_some()
        && tree.read_link(&own).is_ok_and(|to| to == b"/dev/null")
    {
        return Ok(false);
    }
    for target in [
        "multi-user",
        "network-online",
        "network",
        "sysinit",
        "basic",
    ] {
        let link = format!("/etc/systemd/system/{target}.target.wants/{unit}");
        if access::look_at_link(tree, &link)?.is_some() {
            return Ok(true);
        }
    }
    let alias = "/etc/systemd/system/network.service";
    Ok(access::look_at_link(tree, alias)?.is_some()
        && tree
            .read_link(alias)
            .is_ok_and(|to| to.ends_with(format!("/{unit}").as_bytes())))
}

/// Whether NetworkManager of this distribution keeps its connections in ifcfg files.
fn is_before_rhel_9(tree: &VolumeTree) -> Result<bool, PlanError> {
    if os::family(tree)? != "redhat" || os::id(tree)? == "fedora" {
        return Ok(false);
    }
    let version = os::field(tree, "VERSION_ID")?;
    let major = version
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    Ok(major.is_some_and(|major| major < 9))
}
