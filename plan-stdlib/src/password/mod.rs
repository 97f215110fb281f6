//! Passwords: from a secret to its hash.

pub(crate) mod crypt;

use crate::accounts::defaults::Defaults;
use crate::seed;
use crate::values::type_name;
use crypt::Method;
use mintage_engine::{Code, PlanError, PlanWorld, Secret};
use rhai::Dynamic;

/// The hash of `password` by `method`, or by the one that the volume itself would use.
///
/// The salt comes from the run's seed, the method and `purpose`, never from the password: it
/// stands in the file, and a quick hash of the password in it would undo the slow one.
pub(crate) fn hashed(
    world: &mut dyn PlanWorld,
    password: &Secret,
    method: Option<&str>,
    purpose: &str,
) -> Result<Secret, PlanError> {
    let method = match method {
        Some(name) => Method::named(name)?,
        None => {
            let tree = world.tree();
            let defaults = Defaults::of(tree)?;
            Method::of(tree, defaults.login("ENCRYPT_METHOD"))?
        }
    };
    let purpose = match method {
        Method::Yescrypt => format!("password-salt yescrypt {purpose}"),
        Method::Sha512 => format!("password-salt sha512 {purpose}"),
    };
    let salt = seed::derive(world, &purpose);
    Ok(Secret::new(method.hash(password.reveal(), &salt)?))
}

/// The hash for the account `user`: what a script gave, if it is one, else the hash of it.
///
/// # Errors
/// `P2013` for a text that is no hash: a password must be a secret. `P2006` for another type.
pub(crate) fn of_account(
    world: &mut dyn PlanWorld,
    user: &str,
    given: &Dynamic,
) -> Result<Secret, PlanError> {
    if let Some(secret) = given.read_lock::<Secret>().map(|secret| secret.clone()) {
        if crypt::is_hash(secret.reveal()) {
            return Ok(secret);
        }
        return hashed(world, &secret, None, &format!("user {user}"));
    }
    let text = given.clone().into_immutable_string().map_err(|_| {
        let found = type_name(given);
        let message = format!("a password is a secret, not a value of type `{found}`");
        PlanError::new(Code::P2006, message)
    })?;
    if crypt::is_hash(&text) {
        return Ok(Secret::new(text.as_str()));
    }
    let message = format!("the password of `{user}` is a plain text that is no hash");
    Err(PlanError::new(Code::P2013, message).help(
        "declare it as an attribute of the type `password`, which makes it a secret: `attribute(\"OpsPassword\")`",
    ))
}
