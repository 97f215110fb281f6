//! `RbdPool`: which pool of which cluster, and as whom.

use std::path::{Path, PathBuf};

/// Which pool of which cluster, and as whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RbdPool {
    /// The pool.
    pub name: String,
    /// The cluster's user, without `client.`; Ceph's own default is `admin`.
    pub user: Option<String>,
    /// The cluster's configuration file. It names the monitors and, where need be, the user's keyring.
    pub conf: PathBuf,
}

/// Where Ceph's packages put it.
const CONF: &str = "/etc/ceph/ceph.conf";

impl RbdPool {
    /// Reads `rbd://POOL?id=USER&conf=PATH`; `id` and `conf` can be left out.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(url: &str) -> Result<Self, String> {
        let rest = url.strip_prefix("rbd://");
        let rest = rest.ok_or("it does not begin with `rbd://`")?;
        let (name, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut pool = Self {
            name: plain("the pool", name)?,
            user: None,
            conf: PathBuf::from(CONF),
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("id", user)) => pool.user = Some(plain("`id`", user)?),
                Some(("conf", path)) => pool.conf = conf(path)?,
                _ => return Err("it has a parameter that is neither `id` nor `conf`".to_owned()),
            }
        }
        Ok(pool)
    }
}

/// Names go into command lines, and into lists that commas and semicolons divide.
fn plain(what: &str, name: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    match !name.is_empty() && !name.starts_with(['-', '.']) && name.chars().all(fits) {
        true => Ok(name.to_owned()),
        false => Err(format!(
            "{what} has to be letters, digits, `-`, `_` and `.`, and to begin with a letter or digit"
        )),
    }
}

fn conf(path: &str) -> Result<PathBuf, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    match Path::new(path).is_absolute() && path.chars().all(fits) {
        true => Ok(PathBuf::from(path)),
        false => Err(
            "`conf` has to be an absolute path of letters, digits, `-`, `_`, `.` and `/`"
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_pool() {
        let pool = RbdPool::parse("rbd://os-volumes?id=mintage&conf=/etc/ceph/two.conf").unwrap();
        assert_eq!(pool.name, "os-volumes");
        assert_eq!(pool.user.as_deref(), Some("mintage"));
        assert_eq!(pool.conf, Path::new("/etc/ceph/two.conf"));
        let pool = RbdPool::parse("rbd://rbd").unwrap();
        assert_eq!((pool.user, pool.conf), (None, PathBuf::from(CONF)));
    }

    #[test]
    fn nothing_can_be_smuggled_into_a_command() {
        for url in [
            "rbd:",
            "rbd://",
            "rbd://-p",
            "rbd://a/b",
            "rbd://a,driver=file",
            "rbd://a@b",
            "rbd://a?id=",
            "rbd://a?id=x,y",
            "rbd://a?id=--yes",
            "rbd://a?conf=ceph.conf",
            "rbd://a?conf=/c,x=y",
            "rbd://a?key=secret",
        ] {
            assert!(RbdPool::parse(url).is_err(), "{url}");
        }
    }
}
