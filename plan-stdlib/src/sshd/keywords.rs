//! The keywords of sshd_config(5), up to OpenSSH 9.6: with one that it does not know, sshd does
//! not start, and nobody gets in to repair it.

use crate::values::shorten;
use mintage_engine::nearest::nearest;
use mintage_engine::{Code, PlanError};

/// Keywords of which the first value counts.
const SINGLE: [&str; 82] = [
    "AddressFamily",
    "AllowAgentForwarding",
    "AllowStreamLocalForwarding",
    "AllowTcpForwarding",
    "AuthenticationMethods",
    "AuthorizedKeysCommand",
    "AuthorizedKeysCommandUser",
    "AuthorizedKeysFile",
    "AuthorizedPrincipalsCommand",
    "AuthorizedPrincipalsCommandUser",
    "AuthorizedPrincipalsFile",
    "Banner",
    "CASignatureAlgorithms",
    "ChallengeResponseAuthentication",
    "ChannelTimeout",
    "ChrootDirectory",
    "Ciphers",
    "ClientAliveCountMax",
    "ClientAliveInterval",
    "Compression",
    "DisableForwarding",
    "ExposeAuthInfo",
    "FingerprintHash",
    "ForceCommand",
    "GatewayPorts",
    "GSSAPIAuthentication",
    "GSSAPICleanupCredentials",
    "GSSAPIKeyExchange",
    "GSSAPIStoreCredentialsOnRekey",
    "GSSAPIStrictAcceptorCheck",
    "HostbasedAcceptedAlgorithms",
    "HostbasedAuthentication",
    "HostbasedUsesNameFromPacketOnly",
    "HostCertificate",
    "HostKeyAgent",
    "HostKeyAlgorithms",
    "IgnoreRhosts",
    "IgnoreUserKnownHosts",
    "IPQoS",
    "KbdInteractiveAuthentication",
    "KerberosAuthentication",
    "KerberosOrLocalPasswd",
    "KerberosTicketCleanup",
    "KexAlgorithms",
    "LoginGraceTime",
    "LogLevel",
    "MACs",
    "MaxAuthTries",
    "MaxSessions",
    "MaxStartups",
    "ModuliFile",
    "PasswordAuthentication",
    "PermitEmptyPasswords",
    "PermitRootLogin",
    "PermitTTY",
    "PermitTunnel",
    "PermitUserEnvironment",
    "PermitUserRC",
    "PerSourceMaxStartups",
    "PerSourceNetBlockSize",
    "PidFile",
    "PrintLastLog",
    "PrintMotd",
    "PubkeyAcceptedAlgorithms",
    "PubkeyAuthentication",
    "PubkeyAuthOptions",
    "RekeyLimit",
    "RequiredRSASize",
    "RevokedKeys",
    "SecurityKeyProvider",
    "StreamLocalBindMask",
    "StreamLocalBindUnlink",
    "StrictModes",
    "SyslogFacility",
    "TCPKeepAlive",
    "TrustedUserCAKeys",
    "UnusedConnectionTimeout",
    "UseDNS",
    "UsePAM",
    "VersionAddendum",
    "X11Forwarding",
    "XAuthLocation",
];

/// Keywords whose values add up.
const CUMULATIVE: [&str; 13] = [
    "AcceptEnv",
    "AllowGroups",
    "AllowUsers",
    "DenyGroups",
    "DenyUsers",
    "HostKey",
    "ListenAddress",
    "LogVerbose",
    "PermitListen",
    "PermitOpen",
    "Port",
    "SetEnv",
    "Subsystem",
];

/// A keyword as sshd_config(5) writes it, and whether its values add up.
///
/// # Errors
/// `P2013` for any other, with the nearest.
pub(super) fn keyword(given: &str) -> Result<(&'static str, bool), PlanError> {
    let all = || SINGLE.iter().chain(&CUMULATIVE).copied();
    if let Some(found) = all().find(|known| known.eq_ignore_ascii_case(given)) {
        return Ok((found, CUMULATIVE.contains(&found)));
    }
    let shown = shorten(given);
    let message = match nearest(given, all()) {
        Some(near) => format!("sshd has no keyword `{shown}`, did you mean `{near}`?"),
        None => format!("sshd has no keyword `{shown}`"),
    };
    Err(PlanError::new(Code::P2013, message).help(
        "blocks and includes are written as files: `file::write(\"/etc/ssh/sshd_config.d/…\", …)`",
    ))
}
