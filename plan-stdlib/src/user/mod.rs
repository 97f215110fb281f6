//! `user`: the users of the volume's own `/etc/passwd`.

mod ensure;
pub(crate) mod home;
mod login;
pub(crate) mod remove;
mod wanted;

use crate::accounts::database::Database;
use crate::accounts::defaults::Defaults;
use crate::accounts::table::Table;
use crate::group::membership;
use crate::password;
use crate::values::shorten;
use mintage_engine::{Code, PlanError, PlanWorld};
use mintage_volume::tree::VolumeTree;
use rhai::plugin::*;
use rhai::{Dynamic, Module};

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("The users of the volume's own `/etc/passwd`.");
    module
}

/// There is no user of this name.
pub(crate) fn unknown(name: &str) -> PlanError {
    let message = format!("the volume has no user `{}`", shorten(name));
    PlanError::new(Code::P2013, message)
        .at(Database::Passwd.path())
        .help("make it first, by `user::ensure`")
}

fn require(tree: &VolumeTree, name: &str) -> Result<(), PlanError> {
    if exists(tree, name)? {
        return Ok(());
    }
    Err(unknown(name))
}

fn exists(tree: &VolumeTree, name: &str) -> Result<bool, PlanError> {
    let passwd = Database::Passwd.read(tree)?;
    Ok(Table::parse(&passwd).find(name).is_some())
}

/// The names of those who log in, in the order of the file.
fn list(tree: &VolumeTree) -> Result<Vec<String>, PlanError> {
    let people = Defaults::of(tree)?.users(false);
    let passwd = Database::Passwd.read(tree)?;
    let names = Table::parse(&passwd);
    let names = names.rows().filter_map(|row| {
        let text = |field: usize| std::str::from_utf8(row.get(field)?).ok();
        let uid: u32 = text(ensure::UID)?.parse().ok()?;
        people.contains(&uid).then(|| text(0).map(str::to_owned))?
    });
    Ok(names.collect())
}

/// The names of the groups that a user is a member of, its own apart.
fn groups(tree: &VolumeTree, name: &str) -> Result<Vec<String>, PlanError> {
    require(tree, name)?;
    let content = Database::Group.read(tree)?;
    let table = Table::parse(&content);
    let of_user = table.rows().filter(|row| {
        let members = row.get(membership::MEMBERS).copied().unwrap_or_default();
        members
            .split(|byte| *byte == b',')
            .any(|member| member == name.as_bytes())
    });
    let names = of_user.filter_map(|row| String::from_utf8(row.first()?.to_vec()).ok());
    Ok(names.collect())
}

fn set_password(world: &mut dyn PlanWorld, name: &str, given: &Dynamic) -> Result<bool, PlanError> {
    require(world.tree(), name)?;
    let hash = password::of_account(world, name, given)?;
    let today = ensure::today(world);
    login::set(world.tree(), name, Some(hash.reveal()), None, &today)
}

fn set_locked(world: &mut dyn PlanWorld, name: &str, locked: bool) -> Result<bool, PlanError> {
    require(world.tree(), name)?;
    let today = ensure::today(world);
    login::set(world.tree(), name, None, Some(locked), &today)
}

#[export_module]
mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Array, Dynamic, Map, NativeCallContext};

    /// Says whether the volume has a user.
    ///
    /// # Errors
    /// - `P2003` when `/etc/passwd` is larger than 4 MiB.
    ///
    /// # Example
    /// ```rhai
    /// user::exists("ops") && !user::exists("nobody-here")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn exists(ctx: NativeCallContext, name: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::exists(world.tree(), name))
    }

    /// Gives the names of the users who are people: those whose numbers are from `UID_MIN` to
    /// `UID_MAX` of `/etc/login.defs`, 1000 to 60000 where it does not say.
    ///
    /// # Errors
    /// - `P2003` when `/etc/passwd` is larger than 4 MiB.
    ///
    /// # Example
    /// ```rhai
    /// user::list() == ["ops"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn list(ctx: NativeCallContext) -> RhaiResultOf<Array> {
        let names = ctx.call_world(|world| super::list(world.tree()))?;
        Ok(names.into_iter().map(Into::into).collect())
    }

    /// Gives the home directory of a user.
    ///
    /// # Errors
    /// - `P2013` when the volume has no such user.
    /// - `P2016` when its line in `/etc/passwd` has no such path.
    ///
    /// # Example
    /// ```rhai
    /// user::home("ops") == "/home/ops"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn home(ctx: NativeCallContext, name: &str) -> RhaiResultOf<String> {
        ctx.call_world(|world| Ok(home::Owner::of(world.tree(), name)?.home))
    }

    /// Gives the names of the groups that a user is a member of. Its own group is not among them.
    ///
    /// # Errors
    /// - `P2013` when the volume has no such user.
    ///
    /// # Example
    /// ```rhai
    /// user::groups("ops") == ["adm"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn groups(ctx: NativeCallContext, name: &str) -> RhaiResultOf<Array> {
        let names = ctx.call_world(|world| super::groups(world.tree(), name))?;
        Ok(names.into_iter().map(Into::into).collect())
    }

    #[rhai_fn(name = "ensure", volatile, return_raw)]
    pub fn ensure_plain(ctx: NativeCallContext, name: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| ensure::ensure(world, name, Map::new()))
    }

    /// Makes sure that the volume has a user, with its group, password, home and keys.
    ///
    /// Options; what is not given stays as it is, or is the distribution's default for a new user:
    /// - `uid`: its number. Default: the one that `useradd` would give it.
    /// - `group`: its own group, a name or a number. Default: one of the same name is made, but on
    ///   SUSE it is `users` (`USERGROUPS_ENAB` in `/etc/login.defs`, `GROUP` in
    ///   `/etc/default/useradd`).
    /// - `groups`: names of groups that it is to be in besides those it is in.
    /// - `comment`: usually the full name.
    /// - `home`: its home directory. Default: `/home/NAME`.
    /// - `create_home`: whether to make the home, from `/etc/skel`, if it is missing. Default: for
    ///   new users, but not for the system's own.
    /// - `shell`: one that the volume has. Default: `SHELL` of `/etc/default/useradd`; in the
    ///   Debian family that of `adduser`, `/bin/bash`; `nologin` for the system's own users.
    /// - `password`: a secret, which is hashed as the volume's own `passwd` would (see `crypt`),
    ///   or a hash. A new user without one cannot log in by password.
    /// - `locked`: whether its password is locked. Keys still let it in.
    /// - `expires`: the day from which on the account is closed, `"2026-12-31"`, or `"never"`.
    /// - `system`: whether a new user is one of the system's own. Default: false.
    /// - `authorized_keys`: SSH keys that let it in, besides those that are there.
    ///
    /// It writes `/etc/passwd`, `shadow`, `group`, and where the volume has them `gshadow`,
    /// `subuid`, `subgid`, and a mail spool where `useradd` would make one. Dates are those of the
    /// time that the run takes for now. Files of a home that exists keep their owners. Returns
    /// whether anything changed.
    ///
    /// # Errors
    /// - `P2006` for an option of another type.
    /// - `P2013` for what is no name, number, date or key, when another user has the number or this
    ///   one has another, when the volume has no such group or shell, and for a password that is a
    ///   plain string.
    /// - `P3001` when the volume has no `/etc/passwd`, `/etc/shadow` or `/etc/group`.
    ///
    /// # Example
    /// ```rhai
    /// user::ensure("web", #{
    ///     comment: "Web team",
    ///     groups: ["adm"],
    ///     password: attribute("OpsPassword"),
    /// });
    /// user::groups("web") == ["adm"] && file::mode("/home/web") == 0o755
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn ensure(ctx: NativeCallContext, name: &str, options: Map) -> RhaiResultOf<bool> {
        ctx.call_world(|world| ensure::ensure(world, name, options))
    }

    #[rhai_fn(name = "remove", volatile, return_raw)]
    pub fn remove_plain(ctx: NativeCallContext, name: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| remove::remove(world.tree(), name, Map::new()))
    }

    /// Removes a user with all that has its name.
    ///
    /// These are its lines in all files of accounts and in the copies that the system keeps of
    /// them (`/etc/shadow-`), its places in groups, its own group when nobody else is in it, its
    /// file in `/etc/sudoers.d`, its crontab, its mail and its lingering session. Option: `home`,
    /// whether to remove its home directory with all in it (default false). Returns whether there
    /// was anything to remove.
    ///
    /// # Errors
    /// - `P2013` for root, for what is no name of a user, and when the home belongs to another
    ///   user or the home of another is in it.
    ///
    /// # Example
    /// ```rhai
    /// user::ensure("old");
    /// user::remove("old", #{ home: true });
    /// !user::exists("old") && !file::exists("/home/old")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove(ctx: NativeCallContext, name: &str, options: Map) -> RhaiResultOf<bool> {
        ctx.call_world(|world| remove::remove(world.tree(), name, options))
    }

    /// Sets the password of a user, and unlocks it. Returns whether anything changed.
    ///
    /// The password is a secret, which is hashed as the volume's own `passwd` would (see `crypt`),
    /// with a salt that is derived from the run's seed and the user's name; or it is a hash.
    ///
    /// # Errors
    /// - `P2006` for another type.
    /// - `P2013` when the volume has no such user, and for a plain string that is no hash.
    /// - `P3001` when the volume has no `/etc/shadow`.
    ///
    /// # Example
    /// ```rhai
    /// user::set_password("ops", attribute("OpsPassword"))
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn set_password(
        ctx: NativeCallContext,
        name: &str,
        password: Dynamic,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::set_password(world, name, &password))
    }

    /// Locks the password of a user: it no longer lets anybody in, and is kept. Keys still do.
    ///
    /// Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` when the volume has no such user.
    ///
    /// # Example
    /// ```rhai
    /// user::lock("root") && !user::lock("root")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn lock(ctx: NativeCallContext, name: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| set_locked(world, name, true))
    }

    /// Unlocks the password of a user. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` when the volume has no such user, or the user has no password.
    ///
    /// # Example
    /// ```rhai
    /// user::set_password("ops", attribute("OpsPassword"));
    /// user::lock("ops");
    /// user::unlock("ops")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn unlock(ctx: NativeCallContext, name: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| set_locked(world, name, false))
    }
}

#[cfg(test)]
mod tests;
