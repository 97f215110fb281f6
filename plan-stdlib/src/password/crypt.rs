//! Hashes of passwords as crypt(5) describes them.

use crate::file::access;
use mintage_engine::{Code, PlanError};
use mintage_volume::tree::VolumeTree;
use sha_crypt::{PasswordHash, PasswordHasher};

/// Where the hash that new passwords get is set, by PAM; the first that says one counts.
const PAM: [&str; 2] = ["/etc/pam.d/common-password", "/etc/pam.d/system-auth"];

/// The largest file of PAM that is read, in bytes.
const MAX_PAM: usize = 64 * 1024;

/// The longest password that libxcrypt takes, in bytes.
const MAX_PASSWORD: usize = 511;

/// How a password is hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// `$y$j9T$`, the default cost of libxcrypt.
    Yescrypt,
    /// `$6$`, with the default of 5000 rounds.
    Sha512,
}

impl Method {
    /// The method of this name.
    ///
    /// # Errors
    /// `P2013` for any other.
    pub(crate) fn named(name: &str) -> Result<Self, PlanError> {
        match name {
            "yescrypt" => Ok(Self::Yescrypt),
            "sha512" => Ok(Self::Sha512),
            _ => {
                let message = "there is no such method to hash a password";
                Err(PlanError::new(Code::P2013, message)
                    .help("the methods are `yescrypt` and `sha512`"))
            }
        }
    }

    /// The method of this name in a setting of the distribution.
    fn of_setting(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "yescrypt" => Some(Self::Yescrypt),
            "sha512" => Some(Self::Sha512),
            _ => None,
        }
    }

    /// What `passwd` in the volume would use: as PAM says, else as `login` (login.defs) says. A
    /// volume that says neither, or an old method, can read SHA-512 at least.
    pub(crate) fn of(tree: &VolumeTree, login: Option<&str>) -> Result<Self, PlanError> {
        for path in PAM {
            if access::look(tree, path)?.is_some() {
                let content = access::read(tree, path, MAX_PAM)?;
                if let Some(method) = of_pam(&String::from_utf8_lossy(&content)) {
                    return Ok(method);
                }
            }
        }
        Ok(login.and_then(Self::of_setting).unwrap_or(Self::Sha512))
    }

    /// Bytes of salt to derive a hash's own salt from.
    pub(crate) const SALT: usize = 16;

    /// The hash of a password, as it stands in `/etc/shadow`.
    ///
    /// # Errors
    /// `P2013` for a password that the guest's own library does not take.
    pub(crate) fn hash(self, password: &str, salt: &[u8; Self::SALT]) -> Result<String, PlanError> {
        if password.is_empty() || password.len() > MAX_PASSWORD || password.contains('\0') {
            let message = format!(
                "a password to be hashed has from 1 to {MAX_PASSWORD} bytes, and no NUL byte"
            );
            return Err(PlanError::new(Code::P2013, message));
        }
        let hash = match self {
            Self::Yescrypt => {
                let hash = yescrypt::Yescrypt::default()
                    .hash_password_with_salt(password.as_bytes(), salt);
                hash.map(|hash: PasswordHash| hash.to_string())
            }
            Self::Sha512 => {
                // As letters, 12 bytes are the 16 that libraries read; they would cut a longer one.
                let hash = sha_crypt::ShaCrypt::SHA512
                    .hash_password_with_salt(password.as_bytes(), &salt[..12]);
                // The default number of rounds is not written by anyone else.
                hash.map(|hash: PasswordHash| hash.as_str().replacen("rounds=5000$", "", 1))
            }
        };
        hash.map_err(|_| PlanError::new(Code::P2011, "a password could not be hashed"))
    }
}

/// The method on the line of `pam_unix` in a PAM file.
fn of_pam(text: &str) -> Option<Method> {
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    let mut unix = lines.filter(|line| line.contains("pam_unix.so"));
    unix.find_map(|line| line.split_ascii_whitespace().find_map(Method::of_setting))
}

/// Whether a text is a hash that crypt(5) describes, of a method that is still safe to use.
pub(crate) fn is_hash(text: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '/');
    let is_digest = |text: &str, len: usize| text.len() == len && text.chars().all(is_letter);
    let is_salt = |text: &str| (1..=86).contains(&text.len()) && text.chars().all(is_letter);
    let fields: Vec<&str> = text.split('$').collect();
    match fields.as_slice() {
        ["", "y" | "gy", cost, salt, digest] => {
            is_salt(cost) && is_salt(salt) && is_digest(digest, 43)
        }
        ["", "7", salt, digest] => is_salt(salt) && is_digest(digest, 43),
        ["", "2a" | "2b" | "2y", cost, digest] => cost.len() == 2 && is_digest(digest, 53),
        ["", id @ ("5" | "6"), rest @ .., salt, digest] => {
            let rounds = match rest {
                [] => true,
                [rounds] => rounds
                    .strip_prefix("rounds=")
                    .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit())),
                _ => false,
            };
            rounds && is_salt(salt) && is_digest(digest, if *id == "5" { 43 } else { 86 })
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALT: &[u8; 16] = b"0123456789abcdef";

    #[test]
    fn the_same_password_and_salt_give_the_same_hash_for_ever() {
        // Checked against crypt(3) of libxcrypt, as the lane `accounts` does with many more.
        insta::assert_snapshot!(Method::Sha512.hash("correct horse", SALT).unwrap());
        insta::assert_snapshot!(Method::Yescrypt.hash("correct horse", SALT).unwrap());
    }

    #[test]
    fn every_hash_is_known_as_one() {
        for method in [Method::Sha512, Method::Yescrypt] {
            for password in [
                "x",
                "a longer one, with é and 'quotes'",
                &"p".repeat(MAX_PASSWORD),
            ] {
                let hash = method.hash(password, SALT).unwrap();
                assert!(is_hash(&hash), "{hash}");
            }
        }
    }

    #[test]
    fn what_is_no_hash_is_a_password() {
        for text in [
            "",
            "!",
            "*",
            "x",
            "$6$",
            "$6$salt$short",
            "$1$abcdefgh$1234567890123456789012",
            "hunter22",
        ] {
            assert!(!is_hash(text), "{text}");
        }
        let sha512 = format!("$6$rounds=10000$salt${}", "a".repeat(86));
        assert!(is_hash(&sha512));
        for broken in [
            format!("!{sha512}"),
            format!("{sha512}\n"),
            format!("{sha512}:"),
            sha512.replace("=1", "=x"),
        ] {
            assert!(!is_hash(&broken), "{broken}");
        }
    }

    #[test]
    fn passwords_that_no_library_takes_are_refused() {
        for password in ["", "a\0b", &"p".repeat(MAX_PASSWORD + 1)] {
            assert_eq!(
                Method::Sha512.hash(password, SALT).unwrap_err().code,
                Code::P2013
            );
        }
    }

    #[test]
    fn pam_says_the_method() {
        for (text, expected) in [
            (
                "password [success=1 default=ignore] pam_unix.so obscure yescrypt\n",
                Some(Method::Yescrypt),
            ),
            (
                "password sufficient pam_unix.so sha512 shadow nullok use_authtok\n",
                Some(Method::Sha512),
            ),
            (
                "auth required pam_unix.so\npassword x pam_unix.so sha512\n",
                Some(Method::Sha512),
            ),
            (
                "# password pam_unix.so yescrypt\npassword pam_unix.so md5\n",
                None,
            ),
            ("password pam_sss.so yescrypt\n", None),
        ] {
            assert_eq!(of_pam(text), expected, "{text}");
        }
    }
}
