//! [`Bmc`]: where a server's BMC is, who may log in, and what is trusted.

use std::fmt;
use zeroize::Zeroizing;

/// How a server's BMC is reached.
#[derive(Debug, Clone)]
pub struct Bmc {
    /// `https://ADDRESS` or `https://ADDRESS:PORT`; `http://` only with [`Trust::Insecure`].
    pub url: String,
    /// The name of an account.
    pub user: String,
    /// Its password.
    pub password: BmcPassword,
    /// What is trusted.
    pub trust: Trust,
    /// Which of its systems is the server.
    pub system: SystemChoice,
}

/// A password; it is shown nowhere, and its memory is cleared.
#[derive(Clone, PartialEq, Eq)]
pub struct BmcPassword(Zeroizing<String>);

impl BmcPassword {
    /// Takes `password`.
    pub fn new(password: impl Into<String>) -> Self {
        Self(Zeroizing::new(password.into()))
    }

    /// The password itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for BmcPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BmcPassword(..)")
    }
}

/// Which certificate of a BMC is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// The one with this SHA-256, `AB:CD:…`, whatever name and dates are in it: BMCs make their own.
    Pinned(String),
    /// Those that one of these authorities (PEM) signed, with the BMC's address in it.
    Authorities(String),
    /// Any, and none: whoever is between can read the password. Has to be declared.
    Insecure,
}

/// Which system of a BMC is the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SystemChoice {
    /// The only one.
    Only,
    /// The one at this path, `/redfish/v1/Systems/1`.
    Path(String),
    /// The one with this UUID.
    Uuid(String),
}
