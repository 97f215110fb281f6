//! Who a server is: made once, and kept whatever it is deployed with.

use super::Rules;
use crate::os_volumes::{DeployError, Seed};
use mintage_records::model::ServerIdentity;
use mintage_records::{Id, RecordsError, Sealer};

/// The characters of a secret, 64: firmware, boot scripts and URLs take them everywhere.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// The length of a secret: 96 bits, as RFC 3720 (8.2.1) wants, and no more than Windows takes.
const SECRET_LENGTH: usize = 16;

/// An identity that no other server has or had.
///
/// # Errors
/// When the system has no randomness.
pub(super) fn draw(rules: &Rules, sealer: &Sealer) -> Result<ServerIdentity, DeployError> {
    let mutual = match rules.mutual_chap {
        true => Some(sealer.seal(&secret()?)?),
        false => None,
    };
    Ok(ServerIdentity {
        seed: sealer.seal(&Seed::random()?.0)?,
        initiator: format!("{}:server-{}", rules.iqn_prefix, Id::generate()),
        chap_secret: sealer.seal(&secret()?)?,
        mutual_secret: mutual,
    })
}

/// A secret that nobody can guess.
fn secret() -> Result<String, RecordsError> {
    let random = Sealer::generate_key()?;
    let letters = random.iter().take(SECRET_LENGTH);
    let letters = letters.map(|byte| char::from(LETTERS[usize::from(byte % 64)]));
    Ok(letters.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use mintage_storage::export::{Chap, Iqn};

    #[test]
    fn an_identity_is_what_every_initiator_takes_and_never_drawn_twice() {
        let sealer = Sealer::new(&[7; 32]);
        for mutual_chap in [false, true] {
            let rules = Rules {
                mutual_chap,
                ..Rules::default()
            };
            let one = draw(&rules, &sealer).unwrap();
            let other = draw(&rules, &sealer).unwrap();
            Iqn::parse(&one.initiator).unwrap();
            assert_ne!(one.initiator, other.initiator);
            assert_eq!(one.mutual_secret.is_some(), mutual_chap);
            let open = |sealed| sealer.open(sealed).unwrap().to_string();
            let secrets = [
                Some(&one.chap_secret),
                one.mutual_secret.as_ref(),
                Some(&other.chap_secret),
            ];
            let secrets: Vec<String> = secrets.into_iter().flatten().map(open).collect();
            for (place, secret) in secrets.iter().enumerate() {
                Chap::new("web01", secret).unwrap();
                assert!(!secrets[..place].contains(secret));
            }
            assert_eq!(open(&one.seed).len(), 64);
            assert_ne!(open(&one.seed), open(&other.seed));
        }
    }
}
