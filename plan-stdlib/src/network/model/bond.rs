//! The options of a bond, by the names and values that the kernel has for them
//! (Documentation/networking/bonding.rst); renderers translate where a format has its own.

use crate::values::shorten;
use mintage_engine::{Code, PlanError};
use std::net::Ipv4Addr;

/// Makes an enum whose values are the words of the kernel, in the order of its numbers.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident $option:literal { $($value:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(in crate::network) enum $name { $($value),* }

        impl $name {
            pub(in crate::network) fn as_str(self) -> &'static str {
                match self { $(Self::$value => $word),* }
            }

            /// The word, or its number in the kernel.
            ///
            /// # Errors
            /// `P2013` for another one.
            pub(in crate::network) fn parse(text: &str) -> Result<Self, PlanError> {
                let known = [$((Self::$value, $word)),*];
                let number: Option<usize> = text.parse().ok();
                let mut found = known.iter().enumerate();
                let found = found.find(|(index, (_, word))| *word == text || number == Some(*index));
                found.map(|(_, (value, _))| *value).ok_or_else(|| unknown($option, text, &known.map(|(_, word)| word)))
            }
        }
    };
}

fn unknown(option: &str, text: &str, known: &[&str]) -> PlanError {
    let shown = shorten(text);
    let list: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
    let message = format!("`{shown}` is no value of `{option}`");
    PlanError::new(Code::P2013, message).help(format!("it is {}", list.join(", ")))
}

words! {
    /// How the ports share the traffic.
    Mode "mode" {
        RoundRobin = "balance-rr",
        ActiveBackup = "active-backup",
        Xor = "balance-xor",
        Broadcast = "broadcast",
        Lacp = "802.3ad",
        Tlb = "balance-tlb",
        Alb = "balance-alb",
    }
}

words! {
    /// How often the other side is asked to send LACP frames.
    LacpRate "lacp_rate" { Slow = "slow", Fast = "fast" }
}

words! {
    /// Which fields of a packet choose its port.
    HashPolicy "xmit_hash_policy" {
        Layer2 = "layer2",
        Layer34 = "layer3+4",
        Layer23 = "layer2+3",
        Encap23 = "encap2+3",
        Encap34 = "encap3+4",
    }
}

words! {
    /// Whose hardware address the bond has.
    FailOverMac "fail_over_mac" { None = "none", Active = "active", Follow = "follow" }
}

words! {
    /// When the primary port takes over again.
    PrimaryReselect "primary_reselect" { Always = "always", Better = "better", Failure = "failure" }
}

words! {
    /// Which group of ports is used with LACP.
    AdSelect "ad_select" { Stable = "stable", Bandwidth = "bandwidth", Count = "count" }
}

/// The options of a bond without its primary port, which is a port of the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::network) struct BondOptions {
    pub(in crate::network) mode: Mode,
    /// Milliseconds between looks at the carrier.
    pub(in crate::network) miimon: Option<u32>,
    /// Milliseconds.
    pub(in crate::network) updelay: Option<u32>,
    /// Milliseconds.
    pub(in crate::network) downdelay: Option<u32>,
    pub(in crate::network) min_links: Option<u32>,
    pub(in crate::network) lacp_rate: Option<LacpRate>,
    pub(in crate::network) xmit_hash_policy: Option<HashPolicy>,
    pub(in crate::network) ad_select: Option<AdSelect>,
    pub(in crate::network) fail_over_mac: Option<FailOverMac>,
    pub(in crate::network) primary_reselect: Option<PrimaryReselect>,
    /// Milliseconds between ARP requests, and whom they ask.
    pub(in crate::network) arp: Option<(u32, Vec<Ipv4Addr>)>,
}

impl BondOptions {
    /// Refuses what the kernel would refuse, or not look at, in this mode.
    ///
    /// # Errors
    /// `P2013`.
    pub(in crate::network) fn check(&self, has_primary: bool) -> Result<(), PlanError> {
        use Mode::{ActiveBackup, Alb, Lacp, Tlb, Xor};
        let is = |modes: &[Mode]| modes.contains(&self.mode);
        for (option, is_given, fits) in [
            ("lacp_rate", self.lacp_rate.is_some(), is(&[Lacp])),
            ("ad_select", self.ad_select.is_some(), is(&[Lacp])),
            ("min_links", self.min_links.is_some(), is(&[Lacp])),
            (
                "xmit_hash_policy",
                self.xmit_hash_policy.is_some(),
                is(&[Xor, Lacp, Tlb]),
            ),
            ("primary", has_primary, is(&[ActiveBackup, Tlb, Alb])),
            (
                "primary_reselect",
                self.primary_reselect.is_some(),
                has_primary,
            ),
            (
                "fail_over_mac",
                self.fail_over_mac.is_some(),
                is(&[ActiveBackup]),
            ),
            (
                "arp_interval",
                self.arp.is_some(),
                !is(&[Lacp, Tlb, Alb]) && self.miimon.is_none(),
            ),
            ("updelay", self.updelay.is_some(), self.miimon.is_some()),
            ("downdelay", self.downdelay.is_some(), self.miimon.is_some()),
        ] {
            if is_given && !fits {
                let mode = self.mode.as_str();
                let message = format!(
                    "the option `{option}` of a bond does not go with its mode `{mode}` and its other options"
                );
                return Err(PlanError::new(Code::P2013, message).help(NEEDS));
            }
        }
        Ok(())
    }

    /// The options as the kernel names them, in one order.
    pub(in crate::network) fn kernel(&self, primary: Option<&str>) -> Vec<(&'static str, String)> {
        let mut list = vec![("mode", self.mode.as_str().to_owned())];
        let mut add = |name, value: Option<String>| list.extend(value.map(|value| (name, value)));
        let number = |value: Option<u32>| value.map(|value| value.to_string());
        add("miimon", number(self.miimon));
        add("updelay", number(self.updelay));
        add("downdelay", number(self.downdelay));
        add("min_links", number(self.min_links));
        add(
            "lacp_rate",
            self.lacp_rate.map(|value| value.as_str().to_owned()),
        );
        add(
            "xmit_hash_policy",
            self.xmit_hash_policy.map(|value| value.as_str().to_owned()),
        );
        add(
            "ad_select",
            self.ad_select.map(|value| value.as_str().to_owned()),
        );
        add(
            "fail_over_mac",
            self.fail_over_mac.map(|value| value.as_str().to_owned()),
        );
        add("primary", primary.map(str::to_owned));
        add(
            "primary_reselect",
            self.primary_reselect.map(|value| value.as_str().to_owned()),
        );
        if let Some((interval, _)) = &self.arp {
            add("arp_interval", Some(interval.to_string()));
            add("arp_ip_target", Some(self.arp_targets(",")));
        }
        list
    }

    /// The addresses that ARP asks, with `separator` between them.
    pub(in crate::network) fn arp_targets(&self, separator: &str) -> String {
        let targets = self.arp.iter().flat_map(|(_, targets)| targets);
        let targets: Vec<String> = targets.map(Ipv4Addr::to_string).collect();
        targets.join(separator)
    }
}

const NEEDS: &str = "`lacp_rate`, `ad_select`, `min_links` need 802.3ad; `primary` needs active-backup, \
    balance-tlb or balance-alb; `primary_reselect` needs `primary`; `fail_over_mac` needs active-backup; \
    `xmit_hash_policy` needs balance-xor, 802.3ad or balance-tlb; `updelay` and `downdelay` need `miimon`; \
    `arp_interval` goes with no `miimon`, 802.3ad, balance-tlb or balance-alb";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_have_names_and_the_numbers_of_the_kernel() {
        for (text, expected) in [
            ("802.3ad", Mode::Lacp),
            ("4", Mode::Lacp),
            ("0", Mode::RoundRobin),
            ("6", Mode::Alb),
        ] {
            assert_eq!(Mode::parse(text).unwrap(), expected);
        }
        let error = Mode::parse("lacp\n").unwrap_err();
        assert_eq!(error.message, "`lacp\\n` is no value of `mode`");
        assert!(Mode::parse("7").is_err());
    }

    fn of(mode: Mode) -> BondOptions {
        BondOptions {
            mode,
            miimon: Some(100),
            updelay: None,
            downdelay: None,
            min_links: None,
            lacp_rate: None,
            xmit_hash_policy: None,
            ad_select: None,
            fail_over_mac: None,
            primary_reselect: None,
            arp: None,
        }
    }

    #[test]
    fn options_that_a_mode_does_not_know_are_refused() {
        let lacp = BondOptions {
            lacp_rate: Some(LacpRate::Fast),
            ..of(Mode::Lacp)
        };
        assert!(lacp.check(false).is_ok());
        assert!(lacp.check(true).is_err());
        assert!(
            BondOptions {
                mode: Mode::ActiveBackup,
                ..lacp
            }
            .check(false)
            .is_err()
        );
        assert!(of(Mode::ActiveBackup).check(true).is_ok());
        let arp = BondOptions {
            arp: Some((200, vec![Ipv4Addr::new(192, 0, 2, 1)])),
            ..of(Mode::ActiveBackup)
        };
        assert!(arp.check(false).is_err());
        assert!(
            BondOptions {
                miimon: None,
                ..arp
            }
            .check(false)
            .is_ok()
        );
    }
}
