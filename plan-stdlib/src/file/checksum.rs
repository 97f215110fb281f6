//! `file::checksum`: what a file holds, in 64 digits.

use super::access;
use crate::values::path_text;
use mintage_engine::{Code, PlanError};
use mintage_volume::digits::hex;
use mintage_volume::tree::VolumeTree;
use rhai::plugin::*;
use sha2::{Digest, Sha256};

/// The largest file that is read for its checksum, in bytes; a sparse file may claim far more.
const MAX_LEN: u64 = 4 << 30;

/// SHA-256 of the content, in lower-case hexadecimal.
fn checksum(tree: &VolumeTree, path: &str) -> Result<String, PlanError> {
    access::refuse_secret(tree, path)?;
    let len = tree.metadata(path)?.len;
    if len > MAX_LEN {
        let shown = path_text(path);
        let message = format!("`{shown}` has {len} bytes, too many for a checksum");
        return Err(PlanError::new(Code::P2003, message)
            .at(&shown)
            .help("the limit is 4 GiB"));
    }
    let mut hash = Sha256::new();
    let mut chunk = vec![0; 256 * 1024];
    let mut offset = 0u64;
    loop {
        let filled = tree.read_at(path, offset, &mut chunk)?;
        let Some(bytes) = chunk.get(..filled).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        tree.check_interrupt()?;
        hash.update(bytes);
        offset = offset.saturating_add(u64::try_from(filled).unwrap_or(u64::MAX));
    }
    Ok(hex(&hash.finalize()))
}

#[export_module]
pub(super) mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::NativeCallContext;

    /// Gives the SHA-256 checksum of a file's content, as 64 hexadecimal digits.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 GiB.
    /// - `P3001` when there is none.
    /// - `P3004` for a directory.
    /// - `P4005` for a file that this run wrote a secret into.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/tmp/x", "abc");
    /// file::checksum("/tmp/x") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn checksum(ctx: NativeCallContext, path: &str) -> RhaiResultOf<String> {
        ctx.call_world(|world| super::checksum(world.tree(), path))
    }
}
