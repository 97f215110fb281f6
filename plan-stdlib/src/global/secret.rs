//! `crypt`: what can be made of a secret.

use crate::password;
use rhai::plugin::*;

#[export_module]
pub(super) mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::{CallWorld, Secret};
    use rhai::NativeCallContext;

    #[rhai_fn(name = "crypt", volatile, return_raw)]
    pub fn crypt_default(ctx: NativeCallContext, secret: Secret) -> RhaiResultOf<Secret> {
        ctx.call_world(|world| password::hashed(world, &secret, None, ""))
    }

    #[rhai_fn(name = "crypt", volatile, return_raw)]
    pub fn crypt_by(ctx: NativeCallContext, secret: Secret, method: &str) -> RhaiResultOf<Secret> {
        ctx.call_world(|world| password::hashed(world, &secret, Some(method), ""))
    }

    /// Hashes a password as `/etc/shadow` holds it; the hash is a secret again.
    ///
    /// The method is `"yescrypt"` (`$y$j9T$`) or `"sha512"` (`$6$`, 5000 rounds); without one it is
    /// that of the volume's own `passwd`: what `/etc/pam.d/common-password` or `system-auth` says,
    /// else `ENCRYPT_METHOD` in `/etc/login.defs`, else SHA-512. The salt is derived from the run's
    /// seed and the purpose, so the same run writes the same hash; give each password a purpose of
    /// its own (`"grub"`), or their salts are equal. `user::ensure` and `user::set_password` need
    /// none of this: they take a password as it is.
    ///
    /// # Errors
    /// - `P2013` for another method, and for a password that is empty, longer than 511 bytes or
    ///   has a NUL byte.
    ///
    /// # Example
    /// ```rhai
    /// let hash = attribute("OpsPassword").crypt("yescrypt", "backup");
    /// file::write("/etc/backup.passwd", hash)
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "crypt", volatile, return_raw)]
    pub fn crypt(
        ctx: NativeCallContext,
        secret: Secret,
        method: &str,
        purpose: &str,
    ) -> RhaiResultOf<Secret> {
        ctx.call_world(|world| password::hashed(world, &secret, Some(method), purpose))
    }
}
