//! A label taken apart: `system_u:object_r:etc_t:s0`.

use std::fmt;

/// User, role, type, and with a multi-level policy the range, which may have `:` in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context<'l> {
    /// `system_u`.
    pub user: &'l str,
    /// `object_r`.
    pub role: &'l str,
    /// `etc_t`.
    pub kind: &'l str,
    /// `s0`, `s0:c0.c1023`.
    pub range: Option<&'l str>,
}

impl<'l> Context<'l> {
    /// Takes a label apart; none when it is none. Whether the policy knows the names is not asked.
    pub fn parse(label: &'l str) -> Option<Self> {
        let mut parts = label.splitn(4, ':');
        let mut name = || parts.next().filter(|part| is_part(part, ""));
        let (user, role, kind) = (name()?, name()?, name()?);
        let range = parts.next();
        range
            .is_none_or(|range| is_part(range, ":,"))
            .then_some(Self {
                user,
                role,
                kind,
                range,
            })
    }
}

impl fmt::Display for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.user, self.role, self.kind)?;
        self.range.map_or(Ok(()), |range| write!(f, ":{range}"))
    }
}

fn is_part(text: &str, more: &str) -> bool {
    let is_known = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c) || more.contains(c);
    !text.is_empty() && text.chars().all(is_known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_taken_apart_and_put_together() {
        for label in [
            "system_u:object_r:etc_t:s0",
            "u:r:t",
            "u:r:t:s0-s15:c0.c1023,c5",
        ] {
            assert_eq!(Context::parse(label).unwrap().to_string(), label);
        }
        let context = Context::parse("a:b:c_t:s0:c1,c2").unwrap();
        assert_eq!((context.kind, context.range), ("c_t", Some("s0:c1,c2")));
        for bad in [
            "",
            "etc_t",
            "u:r",
            "u::t",
            "u:r:t:",
            "u:r:t t",
            "u:r:t\n:s0",
            "<<none>>",
        ] {
            assert_eq!(Context::parse(bad), None, "{bad}");
        }
    }
}
