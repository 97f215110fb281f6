//! `/etc/selinux/config`: whether SELinux is on, and which policy is used.

/// The path of the file.
const PATH: &str = "/etc/selinux/config";

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `SELINUX=`.
    pub mode: Mode,
    /// `SELINUXTYPE=`, the name of the policy's folder in `/etc/selinux`.
    pub policy: String,
}

/// What the guest's kernel does with the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// What is not allowed fails.
    Enforcing,
    /// What is not allowed is logged.
    Permissive,
    /// There is no SELinux.
    Disabled,
}

impl Mode {
    /// All modes.
    pub const ALL: [Self; 3] = [Self::Enforcing, Self::Permissive, Self::Disabled];

    /// As it stands in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enforcing => "enforcing",
            Self::Permissive => "permissive",
            Self::Disabled => "disabled",
        }
    }
}

impl Config {
    /// The path of the file in a volume.
    pub const PATH: &str = PATH;

    /// Reads the file's text. Without a mode SELinux is off; without a policy it is `targeted`,
    /// as for libselinux. A policy whose name is no file name counts as missing.
    pub fn parse(text: &[u8]) -> Self {
        let text = String::from_utf8_lossy(text);
        let value = |key: &str| {
            let mut values = text
                .lines()
                .filter_map(|line| line.trim().strip_prefix(key));
            values.next_back().map(str::trim)
        };
        let mode = value("SELINUX=").unwrap_or_default();
        let mode = Mode::ALL
            .into_iter()
            .find(|known| mode.eq_ignore_ascii_case(known.as_str()));
        let policy = value("SELINUXTYPE=").filter(|name| is_name(name));
        Self {
            mode: mode.unwrap_or(Mode::Disabled),
            policy: policy.unwrap_or("targeted").to_owned(),
        }
    }

    /// The path of one of the policy's files.
    pub fn file(&self, name: &str) -> String {
        format!("/etc/selinux/{}/contexts/{name}", self.policy)
    }
}

fn is_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['/', '\0'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mode_and_policy_are_read() {
        for (text, mode, policy) in [
            (
                "SELINUX=enforcing\nSELINUXTYPE=targeted\n",
                Mode::Enforcing,
                "targeted",
            ),
            (
                "# SELINUX=enforcing\nSELINUX=permissive\nSELINUXTYPE=mls ",
                Mode::Permissive,
                "mls",
            ),
            ("  SELINUX=Disabled\n", Mode::Disabled, "targeted"),
            (
                "SELINUX=enforcing\nSELINUX=disabled",
                Mode::Disabled,
                "targeted",
            ),
            (
                "SELINUX=maybe\nSELINUXTYPE=../../x\n",
                Mode::Disabled,
                "targeted",
            ),
            ("", Mode::Disabled, "targeted"),
        ] {
            let config = Config::parse(text.as_bytes());
            assert_eq!(
                (config.mode, config.policy.as_str()),
                (mode, policy),
                "{text}"
            );
        }
    }
}
