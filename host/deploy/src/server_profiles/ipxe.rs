//! The iPXE script of a server, and the token that its address needs.

use super::Profiles;
use crate::os_volumes::DeployError;
use mintage_boot::ipxe::{IpxeError, script};
use mintage_boot::power::IscsiBoot;
use mintage_records::model::{ServerIdentity, ServerProfile};
use mintage_records::{Id, View};
use mintage_storage::export::{Export, LUN, Portal};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// How many hexadecimal digits a token has.
const TOKEN_LENGTH: usize = 32;

impl Profiles {
    /// What the address of a profile's script has, in hex: 128 bits that nobody can guess who has neither
    /// the key that seals secrets nor, with it, the CHAP secret. Another initiator or another secret makes
    /// it another one. With more bits the address would not fit into the name of a boot file, for which DHCP
    /// has 128 bytes (RFC 2131).
    ///
    /// # Errors
    /// `Records` when a secret cannot be opened.
    pub fn ipxe_token(
        &self,
        profile: &Id,
        identity: &ServerIdentity,
    ) -> Result<Zeroizing<String>, DeployError> {
        let secret = self.sealer.open(&identity.chap_secret)?;
        // None of the parts has a line end.
        let marked = Zeroizing::new(format!(
            "ipxe\n{profile}\n{}\n{}",
            identity.initiator, *secret
        ));
        let mut token = Zeroizing::new(self.sealer.mark(&marked));
        token.truncate(TOKEN_LENGTH);
        Ok(token)
    }

    /// The script by which the server of a profile boots now; none for another token, for a profile that is
    /// not there, and for one whose volume is not offered.
    ///
    /// # Errors
    /// `Records`; `Run` for names that cannot be.
    pub fn ipxe_script(
        &self,
        view: &mut View<'_>,
        profile: &Id,
        token: &str,
    ) -> Result<Option<Zeroizing<String>>, DeployError> {
        let Some(stored) = view.find::<ServerProfile>(profile)? else {
            return Ok(None);
        };
        let right = self.ipxe_token(profile, &stored.body.identity)?;
        // The time that it takes to compare hashes tells nothing of what was hashed.
        if Sha256::digest(token) != Sha256::digest(right.as_bytes()) {
            return Ok(None);
        }
        let Some(export) = self.export_of(view, profile)? else {
            return Ok(None);
        };
        match script(&iscsi_boot(export, self.exporter.portals())) {
            Ok(script) => Ok(Some(script)),
            Err(IpxeError::NoPortal) => Ok(None),
            Err(error) => Err(DeployError::failed("IPXE_SCRIPT", error.to_string(), "")),
        }
    }
}

/// What the firmware of a server needs to know of what is offered to it.
pub(super) fn iscsi_boot(export: Export, portals: Vec<Portal>) -> IscsiBoot {
    IscsiBoot {
        initiator: export.initiator,
        target: export.target,
        lun: LUN,
        portals,
        chap: export.chap,
        mutual: export.mutual,
    }
}
