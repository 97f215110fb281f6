//! SSH host keys: their public part and its fingerprints. Private parts are found by their form.

use super::{files_in, read};
use crate::identities::Identities;
use crate::kind::Kind;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use md5::Md5;
use mintage_volume::digits::hex;
use mintage_volume::error::Result;
use mintage_volume::tree::VolumeTree;
use sha2::{Digest as _, Sha256};

pub(super) fn collect(tree: &VolumeTree, found: &mut Identities) -> Result<()> {
    for path in files_in(tree, "/etc/ssh")? {
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        if name.starts_with(b"ssh_host_") && name.ends_with(b".pub") {
            take(&read(tree, &path)?, found);
        }
    }
    Ok(())
}

/// `TYPE BASE64 COMMENT`.
fn take(line: &[u8], found: &mut Identities) {
    let mut words = line.split(u8::is_ascii_whitespace);
    let Some(blob) = words.nth(1) else { return };
    let Ok(key) = STANDARD.decode(blob) else {
        return;
    };
    found.add(Kind::SshHostKey, blob);
    found.add(
        Kind::SshFingerprint,
        STANDARD_NO_PAD.encode(Sha256::digest(&key)),
    );
    let md5 = hex(&Md5::digest(&key));
    let pairs: Vec<&str> = (0..md5.len())
        .step_by(2)
        .filter_map(|at| md5.get(at..at + 2))
        .collect();
    found.add(Kind::SshFingerprint, pairs.join(":"));
}
