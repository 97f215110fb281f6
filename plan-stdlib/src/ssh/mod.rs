//! `ssh`: by which keys users get in, and by which the server is known.

pub(crate) mod authorized_keys;
mod host_keys;
pub(crate) mod keys;

use keys::Key;
use mintage_engine::PlanError;
use rhai::plugin::*;
use rhai::{Array, Module};

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("By which SSH keys users get in, and by which the server is known.");
    module
}

fn parse_all(keys: Array) -> Result<Vec<Key>, PlanError> {
    let texts = keys.into_iter().map(|key| {
        key.into_string().map_err(|_| {
            let message = "keys are an array of strings";
            PlanError::new(mintage_engine::Code::P2006, message)
        })
    });
    texts.map(|text| Key::parse(&text?)).collect()
}

#[export_module]
mod exported {
    use crate::RhaiResultOf;
    use crate::seed;
    use mintage_engine::{CallWorld, LogLevel};
    use rhai::{Array, Map, NativeCallContext};

    /// Gives the lines of a user's `.ssh/authorized_keys` that let somebody in.
    ///
    /// # Errors
    /// - `P2013` when the volume has no such user.
    /// - `P3003` or `P3005` when `.ssh` is no directory or `authorized_keys` no file; links are
    ///   neither.
    ///
    /// # Example
    /// ```rhai
    /// ssh::authorized_keys("ops") == []
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn authorized_keys(ctx: NativeCallContext, user: &str) -> RhaiResultOf<Array> {
        let lines = ctx.call_world(|world| authorized_keys::list(world.tree(), user))?;
        Ok(lines.into_iter().map(Into::into).collect())
    }

    /// Makes sure that a key lets a user in.
    ///
    /// The key is a line of `authorized_keys`, with options where they are wanted:
    /// `restrict,command="/usr/bin/backup" ssh-ed25519 AAAA… backup`. If it is there with other
    /// options or another comment, its line is replaced. `.ssh` gets mode 0700 and the file 0600,
    /// and both belong to the user. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` when the volume has no such user, and for what is no key that sshd takes.
    /// - `P3001` when the user has no home.
    /// - `P3003` or `P3005` when `.ssh` is no directory or `authorized_keys` no file; links are
    ///   neither.
    ///
    /// # Example
    /// ```rhai
    /// let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c ops";
    /// ssh::ensure_authorized_key("ops", key);
    /// ssh::authorized_keys("ops") == [key] && file::mode("/home/ops/.ssh") == 0o700
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn ensure_authorized_key(
        ctx: NativeCallContext,
        user: &str,
        key: &str,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| authorized_keys::ensure(world.tree(), user, &Key::parse(key)?))
    }

    /// Makes sure that these keys let a user in, and no others. Returns whether anything changed.
    ///
    /// The whole file is written; see `ensure_authorized_key` for what a key is.
    ///
    /// # Errors
    /// - `P2006` for what is no array of strings.
    /// - `P2013` when the volume has no such user, and for what is no key that sshd takes.
    /// - `P3001` when the user has no home.
    /// - `P3003` or `P3005` when `.ssh` is no directory or `authorized_keys` no file; links are
    ///   neither.
    ///
    /// # Example
    /// ```rhai
    /// ssh::set_authorized_keys("ops", []);
    /// file::read("/home/ops/.ssh/authorized_keys") == ""
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn set_authorized_keys(
        ctx: NativeCallContext,
        user: &str,
        keys: Array,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| authorized_keys::set(world.tree(), user, &parse_all(keys)?))
    }

    /// Makes sure that a key does not let a user in, whatever its options and its comment are.
    ///
    /// Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` when the volume has no such user, and for what is no key that sshd takes.
    /// - `P3003` or `P3005` when `.ssh` is no directory or `authorized_keys` no file; links are
    ///   neither.
    ///
    /// # Example
    /// ```rhai
    /// let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c";
    /// ssh::ensure_authorized_key("ops", "restrict " + key);
    /// ssh::remove_authorized_key("ops", key) && ssh::authorized_keys("ops") == []
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove_authorized_key(
        ctx: NativeCallContext,
        user: &str,
        key: &str,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| authorized_keys::remove(world.tree(), user, &Key::parse(key)?))
    }

    #[rhai_fn(name = "host_keys", volatile, return_raw)]
    pub fn host_keys_default(ctx: NativeCallContext) -> RhaiResultOf<bool> {
        host_keys(ctx, Map::new())
    }

    /// Gives the server its own SSH host keys, in place of those of the golden image.
    ///
    /// A key in the server's identity (`ssh-host-ed25519-key`, `ssh-host-ecdsa-key`,
    /// `ssh-host-rsa-key`, in OpenSSH's format) is taken; any other is derived from the run's seed,
    /// so that the same seed is the same server. Who knows or guesses the seed has the keys: the
    /// log has a warning when it is shorter than 32 characters. Option: `types`, an array of
    /// `"ed25519"`, `"ecdsa"` (P-256) and `"rsa"`; default: the first two, and `rsa` where the
    /// identity has one, as it cannot be derived. Host keys of other types are removed.
    ///
    /// The private keys have mode 0600, or 0640 and the group `ssh_keys` where the volume has it
    /// (the Red Hat family); they are secrets. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` for another type, for `rsa` without one in the identity, and for a key in the
    ///   identity that is of another type, not in OpenSSH's format, or locked by a passphrase.
    /// - `P3001` when the volume has no `/etc/ssh`.
    ///
    /// # Example
    /// ```rhai
    /// ssh::host_keys(#{ types: ["ed25519"] });
    /// file::read("/etc/ssh/ssh_host_ed25519_key.pub").starts_with("ssh-ed25519 ")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn host_keys(ctx: NativeCallContext, options: Map) -> RhaiResultOf<bool> {
        let done = ctx.call_world(|world| host_keys::ensure(world, options))?;
        if done.guessable {
            ctx.log(LogLevel::Warning, seed::GUESSABLE)?;
        }
        Ok(done.changed)
    }
}

#[cfg(test)]
mod tests;
