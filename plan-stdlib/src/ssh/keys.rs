//! Lines of `authorized_keys`, as sshd(8) describes them.

use crate::values::shorten;
use mintage_engine::{Code, PlanError};
use ssh_key::PublicKey;

/// The longest line, in bytes; sshd reads 8 KiB.
const MAX_LINE: usize = 8 * 1024;

/// Options that stand alone.
const FLAGS: [&str; 17] = [
    "agent-forwarding",
    "cert-authority",
    "no-agent-forwarding",
    "no-port-forwarding",
    "no-pty",
    "no-require-user-presence",
    "no-touch-required",
    "no-user-rc",
    "no-X11-forwarding",
    "port-forwarding",
    "pty",
    "require-user-presence",
    "restrict",
    "touch-required",
    "user-rc",
    "verify-required",
    "X11-forwarding",
];

/// Options with a value in quotes.
const SETTINGS: [&str; 8] = [
    "command",
    "environment",
    "expiry-time",
    "from",
    "permitlisten",
    "permitopen",
    "principals",
    "tunnel",
];

/// One line of `authorized_keys` that lets somebody in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    /// The line as it was given, trimmed.
    line: String,
    public: PublicKey,
}

impl Key {
    /// The line that a script gave.
    ///
    /// # Errors
    /// `P2013` for what sshd would not take.
    pub(crate) fn parse(text: &str) -> Result<Self, PlanError> {
        Self::of_line(text).map_err(|why| {
            let message = format!("`{}` is no authorized key: {why}", shorten(text));
            PlanError::new(Code::P2013, message)
                .help("it is the line of a file `.pub`: `ssh-ed25519 AAAA… comment`, with options before it where they are wanted")
        })
    }

    /// As [`Self::parse`], for a line that is in a file already; the reason when it is no key.
    pub(super) fn of_line(text: &str) -> Result<Self, &'static str> {
        let line = text.trim_matches([' ', '\t', '\n', '\r']);
        if line.len() > MAX_LINE {
            return Err("it is longer than 8 KiB");
        }
        if line.chars().any(|c| c.is_control() && c != '\t') {
            return Err("it has a line break or another control character");
        }
        if line.is_empty() || line.starts_with('#') {
            return Err("it is empty or a comment");
        }
        let key = match public_key(line) {
            Some(public) => public,
            None => {
                let rest = after_options(line)?;
                public_key(rest).ok_or("no key of a known type stands in it")?
            }
        };
        let line = line.to_owned();
        Ok(Self { line, public: key })
    }

    /// The line.
    pub(super) fn line(&self) -> &str {
        &self.line
    }

    /// Whether it is the same key, whatever its options and its comment are.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.public.key_data() == other.public.key_data()
    }
}

/// A key without options: its type, the key itself, which names the type again, and a comment.
fn public_key(text: &str) -> Option<PublicKey> {
    let mut words = text.split([' ', '\t']).filter(|word| !word.is_empty());
    let (kind, key) = (words.next()?, words.next()?);
    PublicKey::from_openssh(&format!("{kind} {key}")).ok()
}

/// What comes behind the options at the start of a line.
fn after_options(line: &str) -> Result<&str, &'static str> {
    let mut rest = line;
    loop {
        let end = rest
            .find(['=', ',', ' ', '\t'])
            .ok_or("no key stands in it")?;
        let (name, behind) = rest.split_at(end);
        let is_one_of = |known: &[&str]| known.iter().any(|known| known.eq_ignore_ascii_case(name));
        rest = match behind.strip_prefix('=') {
            Some(value) if is_one_of(&SETTINGS) => after_quoted(value)?,
            None if is_one_of(&FLAGS) => behind,
            _ => return Err("it starts with neither a type of key nor an option of sshd"),
        };
        match rest.strip_prefix(',') {
            Some(next) => rest = next,
            None if rest.starts_with([' ', '\t']) => {
                return Ok(rest.trim_start_matches([' ', '\t']));
            }
            None => return Err("an option is not followed by a comma or a blank"),
        }
    }
}

/// What comes behind a value in quotes, in which `\"` is a quote.
fn after_quoted(text: &str) -> Result<&str, &'static str> {
    let inner = text
        .strip_prefix('"')
        .ok_or("the value of an option has no quotes")?;
    let mut escaped = false;
    for (index, c) in inner.char_indices() {
        match c {
            '"' if !escaped => return Ok(&inner[index + 1..]),
            _ => escaped = c == '\\' && !escaped,
        }
    }
    Err("the value of an option has no end")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const ED25519: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c";

    #[test]
    fn keys_come_with_and_without_options() {
        for line in [
            ED25519.to_owned(),
            format!("{ED25519} ops@example.com, the laptop"),
            format!("  {ED25519}\t  comment \n"),
            format!("restrict,pty {ED25519}"),
            format!("command=\"/usr/bin/backup --name \\\"a b\\\"\",no-pty {ED25519} backup"),
            format!("from=\"192.0.2.0/24,!192.0.2.7\",cert-authority {ED25519}"),
            format!("No-PTY\t{ED25519}"),
        ] {
            let key = Key::parse(&line).unwrap();
            assert!(key.is_same(&Key::parse(ED25519).unwrap()), "{line}");
            assert_eq!(key.line(), line.trim());
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let other_type = ED25519.replacen("ssh-ed25519", "ssh-rsa", 1);
        let cut = &ED25519[..ED25519.len() - 4];
        for line in [
            "",
            "# comment",
            "ssh-ed25519",
            "ssh-ed25519 AAAA",
            cut,
            &other_type,
            &format!("{ED25519}\nssh-ed25519 AAAA"),
            &format!("command=\"x\ny\" {ED25519}"),
            &format!("comand=\"x\" {ED25519}"),
            &format!("command=x {ED25519}"),
            &format!("command=\"x {ED25519}"),
            &format!("no-pty=\"x\" {ED25519}"),
            &format!("no-pty; {ED25519}"),
            &format!("no-pty,{ED25519}"),
            "no-pty",
            &format!("restrict {}", "x".repeat(9000)),
            "-----BEGIN OPENSSH PRIVATE KEY-----",
        ] {
            assert_eq!(Key::parse(line).unwrap_err().code, Code::P2013, "{line}");
        }
    }
}
