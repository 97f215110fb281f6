//! A server that is sent.

use super::wire::PortWire;
use crate::access::password::SentPassword;
use crate::error::ApiError;
use crate::resources::artifact::{missing, name, nullable};
use crate::resources::attributes::MASK;
use axum::http::{StatusCode, Uri};
use mintage_records::model::{Bmc, BmcTrust, BootMethod, Health, Port, PowerState, ServerHardware};
use mintage_records::{Id, Kind, Sealer, View};
use mintage_storage::export::Iqn;
use serde::Deserialize;
use utoipa::ToSchema;

/// The most ports of a server.
const MOST_PORTS: usize = 128;
/// The longest certificate of an authority, in bytes.
const LONGEST_PEM: usize = 64 << 10;
/// Digits of a SHA-256.
const FINGERPRINT: usize = 64;

/// A server that is sent. Other members are taken and not looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
#[schema(as = ServerHardwareInput)]
pub(super) struct Input {
    /// A new one without it is called by the address of its BMC.
    name: Option<String>,
    uuid: Option<String>,
    serial_number: Option<String>,
    model: Option<String>,
    /// Where it stands, in words.
    position: Option<String>,
    /// Its network ports, in the order in which profiles use them.
    ports: Option<Vec<PortWire>>,
    /// The iSCSI name that its firmware has; null or empty: its profile brings one.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    initiator: Option<Option<String>>,
    /// Where its BMC answers: a host, with `:` and its port where that is not 443. Null or empty: it has
    /// none.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    hostname: Option<Option<String>>,
    username: Option<String>,
    /// A masked one stays as it is.
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<SentPassword>,
    /// The server's own path at a BMC of several: `/redfish/v1/Systems/1`.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    system_path: Option<Option<String>>,
    /// How the BMC is known to be the right one: `system` (the authorities that the machine trusts),
    /// `sha256:` and the fingerprint of its certificate, the PEM of its authority, or `insecure`.
    bmc_trust: Option<String>,
    /// By what the BMC makes the server boot from its OS volume: `iscsi` (the firmware's own initiator),
    /// `pxe`, or the address of a program that the firmware gets by HTTP.
    boot_method: Option<String>,
    e_tag: Option<String>,
}

impl Input {
    /// The version that the change is meant for.
    pub(super) fn e_tag(&self) -> Option<&str> {
        self.e_tag.as_deref()
    }

    /// The server: what is not given is as in the old one.
    pub(super) fn server(
        mut self,
        old: Option<&ServerHardware>,
        sealer: &Sealer,
    ) -> Result<ServerHardware, ApiError> {
        let bmc = self.bmc(old.and_then(|old| old.bmc.as_ref()), sealer)?;
        let by_default = match old {
            Some(old) => Some(old.name.clone()),
            None => bmc.as_ref().map(|bmc| bmc.url.clone()),
        };
        let by_default = by_default.as_deref();
        let host = by_default.map(|url| url.split_once("://").map_or(url, |(_, host)| host));
        let ports = match self.ports {
            Some(ports) => read_ports(ports)?,
            None => old.map(|old| old.ports.clone()).unwrap_or_default(),
        };
        let initiator = match self.initiator {
            None => old.and_then(|old| old.initiator.clone()),
            Some(given) => given.filter(|text| !text.trim().is_empty()),
        };
        if let Some(initiator) = &initiator {
            Iqn::parse(initiator).map_err(|error| {
                ApiError::bad_request("INVALID_INITIATOR", error.to_string()).source("initiator")
            })?;
        }
        // Clients send back what they got, null included: it stays as it is.
        Ok(ServerHardware {
            name: name(self.name.filter(|name| !name.is_empty()), host)?,
            uuid: self.uuid.or_else(|| old?.uuid.clone()),
            serial_number: self.serial_number.or_else(|| old?.serial_number.clone()),
            model: self.model.or_else(|| old?.model.clone()),
            position: self.position.or_else(|| old?.position.clone()),
            ports,
            initiator,
            power_state: old.map_or(PowerState::Unknown, |old| old.power_state),
            health: old.map_or(Health::Unknown, |old| old.health),
            memory_mb: old.and_then(|old| old.memory_mb),
            processor_count: old.and_then(|old| old.processor_count),
            rom_version: old.and_then(|old| old.rom_version.clone()),
            bmc,
            refreshed: old.and_then(|old| old.refreshed),
        })
    }

    fn bmc(&mut self, old: Option<&Bmc>, sealer: &Sealer) -> Result<Option<Bmc>, ApiError> {
        let url = match self.hostname.take() {
            None => match old {
                Some(old) => old.url.clone(),
                None => return Ok(None),
            },
            Some(given) => match given.filter(|host| !host.trim().is_empty()) {
                Some(host) => base_url(&host)?,
                None => return Ok(None),
            },
        };
        let is_masked = self.password.as_deref() == Some(MASK);
        let password = match (self.password.take().filter(|_| !is_masked), old) {
            (Some(password), _) => sealer.seal(&password)?,
            (None, Some(old)) if old.url == url => old.password.clone(),
            // A password is for one BMC: whoever may change the address does not learn it so.
            (None, _) => return Err(missing("password")),
        };
        let user = self.username.take();
        let user = user.or_else(|| Some(old?.user.clone()));
        let trust = match self.bmc_trust.as_deref() {
            Some(text) => read_trust(text)?,
            None => old.map(|old| old.trust.clone()).unwrap_or_default(),
        };
        if url.starts_with("http://") && trust != BmcTrust::Insecure {
            let message = "the password would go over http:// for everyone to read";
            return Err(ApiError::bad_request("INSECURE_BMC", message)
                .source("hostname")
                .action("Use https://, or say `\"bmcTrust\": \"insecure\"`."));
        }
        Ok(Some(Bmc {
            url,
            user: user.ok_or_else(|| missing("username"))?,
            password,
            system: match self.system_path.take() {
                None => old.and_then(|old| old.system.clone()),
                Some(given) => given
                    .filter(|path| !path.is_empty())
                    .map(system_path)
                    .transpose()?,
            },
            trust,
            boot_method: match self.boot_method.as_deref() {
                Some(text) => boot_method(text)?,
                None => old.map(|old| old.boot_method.clone()).unwrap_or_default(),
            },
        }))
    }
}

/// The base URL of a BMC.
fn base_url(host: &str) -> Result<String, ApiError> {
    let host = host.trim().trim_end_matches('/');
    let url = match host.contains("://") {
        true => host.to_owned(),
        // An IPv6 address has its brackets in a URL.
        false if host.parse::<std::net::Ipv6Addr>().is_ok() => format!("https://[{host}]"),
        false => format!("https://{host}"),
    };
    let parsed = url.parse::<Uri>().ok();
    let parsed = parsed.filter(|uri| {
        let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
        let host = uri.host().unwrap_or_default();
        let is_plain = uri
            .authority()
            .is_some_and(|all| !all.as_str().contains('@'));
        is_http
            && !host.is_empty()
            && is_plain
            && matches!(uri.path(), "" | "/")
            && uri.query().is_none()
    });
    parsed.map(|_| url).ok_or_else(|| {
        let message = "`hostname` must be a host, or like `https://host:port`";
        ApiError::bad_request("INVALID_HOSTNAME", message).source("hostname")
    })
}

/// The path of a server at its BMC.
fn system_path(path: String) -> Result<String, ApiError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let is_path =
        path.starts_with("/redfish/") && path.bytes().all(is_plain) && !path.contains("..");
    is_path.then_some(path).ok_or_else(|| {
        let message = "`systemPath` must be like `/redfish/v1/Systems/1`";
        ApiError::bad_request("INVALID_SYSTEM_PATH", message).source("systemPath")
    })
}

fn boot_method(text: &str) -> Result<BootMethod, ApiError> {
    let is_address = |uri: &Uri| {
        let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
        is_http && uri.host().is_some_and(|host| !host.is_empty())
    };
    match text.trim() {
        "iscsi" => Ok(BootMethod::Iscsi),
        "pxe" => Ok(BootMethod::Pxe),
        uri if uri.parse::<Uri>().is_ok_and(|uri| is_address(&uri)) => Ok(BootMethod::Http {
            uri: uri.to_owned(),
        }),
        _ => {
            let message = "`bootMethod` is `iscsi`, `pxe`, or an address, as in `https://boot.example/ipxe.efi`";
            Err(ApiError::bad_request("INVALID_BOOT_METHOD", message).source("bootMethod"))
        }
    }
}

fn read_trust(text: &str) -> Result<BmcTrust, ApiError> {
    let text = text.trim();
    let fingerprint = || {
        let digits = text
            .strip_prefix("sha256:")?
            .replace(':', "")
            .to_ascii_lowercase();
        let is_whole = digits.len() == FINGERPRINT && digits.bytes().all(|b| b.is_ascii_hexdigit());
        is_whole.then_some(BmcTrust::Fingerprint { sha256: digits })
    };
    let is_pem = text.starts_with("-----BEGIN CERTIFICATE-----") && text.len() <= LONGEST_PEM;
    match text {
        "system" => Ok(BmcTrust::System),
        "insecure" => Ok(BmcTrust::Insecure),
        _ if is_pem => Ok(BmcTrust::Authority {
            pem: text.to_owned(),
        }),
        _ => fingerprint().ok_or_else(|| {
            let message = "`bmcTrust` is `system`, `insecure`, `sha256:` with 64 hexadecimal digits, \
                           or the PEM of a certificate";
            ApiError::bad_request("INVALID_TRUST", message).source("bmcTrust")
        }),
    }
}

fn read_ports(ports: Vec<PortWire>) -> Result<Vec<Port>, ApiError> {
    let wrong = |message: String| ApiError::bad_request("INVALID_PORT", message).source("ports");
    if ports.len() > MOST_PORTS {
        return Err(wrong(format!("a server has at most {MOST_PORTS} ports")));
    }
    let mut read: Vec<Port> = Vec::with_capacity(ports.len());
    for port in ports {
        let id = name(Some(port.id), None)?;
        let mac = port
            .mac
            .parse()
            .map_err(|why: String| wrong(format!("port `{id}`: {why}")))?;
        let next = Port { id, mac };
        if !next.mac.is_of_a_port() {
            let (id, mac) = (&next.id, next.mac);
            return Err(wrong(format!("port `{id}`: {mac} is no address of a port")));
        }
        if read
            .iter()
            .any(|port| port.id == next.id || port.mac == next.mac)
        {
            return Err(wrong(format!("port `{}` is there twice", next.id)));
        }
        read.push(next);
    }
    Ok(read)
}

/// Refuses a server that is another one by its ports, its UUID or its initiator name: both would have
/// one identity.
///
/// # Errors
/// 409.
pub(super) fn refuse_twins(
    view: &mut View<'_>,
    id: Option<&Id>,
    server: &ServerHardware,
) -> Result<(), ApiError> {
    for other in view.all::<ServerHardware>()? {
        if Some(&other.id) == id {
            continue;
        }
        let same = |own: &Option<String>, theirs: &Option<String>| {
            own.as_ref()
                .zip(theirs.as_ref())
                .is_some_and(|(own, theirs)| own.eq_ignore_ascii_case(theirs))
        };
        let mut ports = server.ports.iter();
        let port = ports.find(|own| other.body.ports.iter().any(|theirs| theirs.mac == own.mac));
        let (member, what) = match port {
            Some(port) => ("ports", format!("the MAC address {}", port.mac)),
            None if same(&server.uuid, &other.body.uuid) => ("uuid", "the UUID".to_owned()),
            None if same(&server.initiator, &other.body.initiator) => {
                ("initiator", "the initiator name".to_owned())
            }
            None => continue,
        };
        let (kind, name) = (Kind::ServerHardware.singular(), &other.body.name);
        let message = format!("{kind} `{name}` has {what} already");
        return Err(
            ApiError::new(StatusCode::CONFLICT, "DUPLICATE_SERVER", message)
                .source(member)
                .action("Change that server, or correct this one."),
        );
    }
    Ok(())
}
