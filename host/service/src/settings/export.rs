//! The section `[export]`: by whom OS volumes are offered to their servers.

use super::yes;
use mintage_deploy::server_profiles::Rules;
use mintage_engine::{Code, Diagnostic};
use mintage_storage::export::tgt::Daemons;
use mintage_storage::export::{Iqn, Portal};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;

/// The section `[export]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the table describes them, once")]
pub struct Export {
    pub daemons: WhichDaemons,
    #[serde(deserialize_with = "addresses")]
    pub portals: Vec<SocketAddr>,
    #[serde(deserialize_with = "ports")]
    pub control_ports: Vec<u16>,
    pub iqn_prefix: Option<Iqn>,
    #[serde(deserialize_with = "yes")]
    pub mutual_chap: bool,
}

/// Which daemons serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhichDaemons {
    /// None.
    Off,
    /// Those that the service starts.
    Own,
    /// Those that run already.
    External,
}

impl Export {
    /// The daemons that are chosen; none when nothing is exported. `data` is the data folder.
    ///
    /// # Errors
    /// What does not fit together.
    pub fn daemons(&self, data: &Path) -> Result<Option<Daemons>, Diagnostic> {
        if self.daemons == WhichDaemons::Off {
            return Ok(None);
        }
        self.check_portals()?;
        let portals = self.portals.iter().copied().map(Portal);
        if self.daemons == WhichDaemons::Own {
            return Ok(Some(Daemons::Own {
                folder: own_folder(data),
                portals: portals.collect(),
            }));
        }
        if self.control_ports.len() != self.portals.len() {
            let message = "`export.control-ports` and `export.portals` must be as many";
            let help =
                "give each portal the control port (`tgtd -C`) of the daemon that listens there";
            return Err(wrong(message, help));
        }
        if self.iqn_prefix.is_none() {
            let message = "`export.iqn-prefix` must be set where daemons are not the service's own";
            let help = "choose a prefix that no other service uses: targets that begin with it and \
                        that the records do not know are removed";
            return Err(wrong(message, help));
        }
        let pairs = self.control_ports.iter().copied().zip(portals);
        Ok(Some(Daemons::External(pairs.collect())))
    }

    fn check_portals(&self) -> Result<(), Diagnostic> {
        if self.portals.is_empty() {
            let help = "name the addresses where servers reach their volumes: \
                        `10.0.0.1:3260, 10.0.1.1:3260`";
            return Err(wrong(
                "`export.portals` must be set to export volumes",
                help,
            ));
        }
        let open = |portal: &&SocketAddr| portal.ip().is_unspecified() || portal.port() == 0;
        if let Some(portal) = self.portals.iter().find(open) {
            let message = format!("`export.portals` must not have `{portal}`");
            let help = "servers are told these addresses: name one that they reach, with its port";
            return Err(wrong(&message, help));
        }
        let different: BTreeSet<&SocketAddr> = self.portals.iter().collect();
        match different.len() == self.portals.len() {
            true => Ok(()),
            false => Err(wrong(
                "`export.portals` has an address twice",
                "give each path an address of its own",
            )),
        }
    }

    /// What the names of targets and initiators begin with.
    pub fn prefix(&self) -> String {
        match &self.iqn_prefix {
            Some(prefix) => prefix.to_string(),
            None => Rules::default().iqn_prefix,
        }
    }
}

/// Where the sockets and logs of the service's own daemons are.
pub fn own_folder(data: &Path) -> std::path::PathBuf {
    data.join("tgt")
}

fn wrong(message: &str, help: &str) -> Diagnostic {
    Diagnostic::new(Code::P9001, message.to_owned()).with_help(help)
}

fn addresses<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<SocketAddr>, D::Error> {
    list(deserializer)
}

fn ports<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u16>, D::Error> {
    list(deserializer)
}

/// What is written with commas between; nothing when it is not set.
fn list<'de, D: Deserializer<'de>, T: std::str::FromStr>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    let parts = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let parse = |part: &str| {
        part.parse()
            .map_err(|_| serde::de::Error::custom(format!("`{part}` does not belong there")))
    };
    parts.map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::path::PathBuf;

    fn export(daemons: &str, portals: &str, control: &str, prefix: Option<&str>) -> Export {
        let section = json!({
            "daemons": daemons, "portals": portals, "control-ports": control,
            "iqn-prefix": prefix, "mutual-chap": "no",
        });
        serde_json::from_value(section).unwrap()
    }

    #[test]
    fn what_is_chosen_is_what_serves() {
        let data = Path::new("/data");
        assert_eq!(export("off", "", "", None).daemons(data).unwrap(), None);
        let portal = |text: &str| Portal(text.parse().unwrap());
        let own = export("own", "10.0.0.1:3260, [fd00::1]:3260", "", None);
        let portals = vec![portal("10.0.0.1:3260"), portal("[fd00::1]:3260")];
        let folder = PathBuf::from("/data/tgt");
        assert_eq!(
            own.daemons(data).unwrap(),
            Some(Daemons::Own { folder, portals })
        );
        assert_eq!(own.prefix(), Rules::default().iqn_prefix);

        let prefix = "iqn.2026-11.com.example";
        let two = export(
            "external",
            "10.0.0.1:3260,10.0.1.1:3260",
            "0, 7",
            Some(prefix),
        );
        let pairs = vec![(0, portal("10.0.0.1:3260")), (7, portal("10.0.1.1:3260"))];
        assert_eq!(two.daemons(data).unwrap(), Some(Daemons::External(pairs)));
        assert_eq!(two.prefix(), prefix);
    }

    #[test]
    fn what_does_not_fit_together_is_told() {
        let prefix = Some("iqn.2026-11.com.example");
        let one = "10.0.0.1:3260";
        let cases = [
            (export("own", "", "", None), "must be set to export"),
            (
                export("own", "0.0.0.0:3260", "", None),
                "must not have `0.0.0.0:3260`",
            ),
            (export("own", "10.0.0.1:0", "", None), "must not have"),
            (
                export("own", "10.0.0.1:3260,10.0.0.1:3260", "", None),
                "twice",
            ),
            (export("external", one, "", prefix), "as many"),
            (export("external", one, "1,2", prefix), "as many"),
            (
                export("external", one, "1", None),
                "`export.iqn-prefix` must be set",
            ),
        ];
        for (export, told) in cases {
            let problem = export.daemons(Path::new("/data")).unwrap_err();
            assert!(problem.message.contains(told), "{}", problem.message);
        }
    }
}
