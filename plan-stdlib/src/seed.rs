//! What must be unique, derived from the run's seed.

use mintage_engine::PlanWorld;
use sha2::{Digest, Sha256};

/// Bytes that only this seed and this purpose give: the same for the same run, unrelated for any
/// other purpose.
///
/// They are SHA-256 in counter mode over length-prefixed inputs, so whoever knows the seed knows
/// them; what is derived as a key is as secret as the seed is. Purposes are never renamed: a
/// redeploy would make another server.
pub(crate) fn derive<const N: usize>(world: &dyn PlanWorld, purpose: &str) -> [u8; N] {
    derived(world.seed(), purpose)
}

/// The shortest seed, in bytes, of which keys are derived without a warning: 32 hexadecimal digits
/// of randomness are as hard to guess as the keys themselves.
const MIN_FOR_KEYS: usize = 32;

/// What a run says that derives private keys from a seed which somebody could guess.
pub(crate) const GUESSABLE: &str = "private keys were derived from a seed shorter than 32 \
    characters: whoever guesses it has them; use a long random seed, or put the keys into the \
    server's identity";

/// Whether somebody could guess the seed, and with it the keys that are derived from it.
pub(crate) fn is_guessable(world: &dyn PlanWorld) -> bool {
    world.seed().len() < MIN_FOR_KEYS
}

fn derived<const N: usize>(seed: &str, purpose: &str) -> [u8; N] {
    let mut bytes = [0; N];
    for (counter, chunk) in (0_u64..).zip(bytes.chunks_mut(32)) {
        let mut hash = Sha256::new_with_prefix(b"mintage seed 1");
        for part in [seed, purpose] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        hash.update(counter.to_le_bytes());
        let block = hash.finalize();
        chunk.copy_from_slice(&block[..chunk.len()]);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use mintage_volume::digits::hex;

    #[test]
    fn the_same_inputs_give_the_same_bytes_for_ever() {
        let bytes: [u8; 40] = derived("web01", "machine-id");
        insta::assert_snapshot!(hex(&bytes), @"630c8079f476c9cdb35f3f638beef70e29b7de2d470f60cf2780a2ad375a8a5f8301e46dac98de66");
    }

    #[test]
    fn neither_seed_nor_purpose_can_be_taken_for_the_other() {
        let one: [u8; 32] = derived("ab", "c");
        let other: [u8; 32] = derived("a", "bc");
        assert_ne!(one, other);
        let short: [u8; 16] = derived("ab", "c");
        assert_eq!(one[..16], short);
    }
}
