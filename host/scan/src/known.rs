//! Well-known forms of secrets, recognized without knowing the secret.

use crate::kind::Kind;

/// A form that starts with a mark and goes on as told.
pub(crate) struct Known {
    pub(crate) kind: Kind,
    pub(crate) mark: &'static str,
    /// Whether what follows the mark makes it a secret.
    pub(crate) goes_on: fn(&[u8]) -> bool,
    /// Whether letters and digits right before the mark make it something else.
    pub(crate) at_word_start: bool,
}

/// How much behind a mark is looked at, in bytes.
pub(crate) const AHEAD: usize = 2048;

const fn token(mark: &'static str, goes_on: fn(&[u8]) -> bool) -> Known {
    Known {
        kind: Kind::Token,
        mark,
        goes_on,
        at_word_start: true,
    }
}

const fn hash(mark: &'static str, goes_on: fn(&[u8]) -> bool) -> Known {
    Known {
        kind: Kind::PasswordHash,
        mark,
        goes_on,
        at_word_start: false,
    }
}

const fn key(mark: &'static str, goes_on: fn(&[u8]) -> bool) -> Known {
    Known {
        kind: Kind::PrivateKey,
        mark,
        goes_on,
        at_word_start: false,
    }
}

/// The forms, from the documentation of their makers; hashes from crypt(5).
pub(crate) const KNOWN: &[Known] = &[
    key("-----BEGIN ", pem_private_key),
    key("PuTTY-User-Key-File-", |rest| run(rest, is_digit) == 1),
    key("AGE-SECRET-KEY-1", |rest| run(rest, is_alnum) >= 58),
    hash("$1$", |rest| salted(rest, 0..=8, 22)),
    hash("$5$", |rest| salted(after_rounds(rest), 0..=16, 43)),
    hash("$6$", |rest| salted(after_rounds(rest), 0..=16, 86)),
    hash("$y$", yescrypt),
    hash("$gy$", yescrypt),
    hash("$7$", |rest| salted(rest, 11..=100, 43)),
    hash("$2a$", bcrypt),
    hash("$2b$", bcrypt),
    hash("$2y$", bcrypt),
    hash("$argon2i", argon2),
    hash("$argon2d", argon2),
    token("AKIA", aws),
    token("ASIA", aws),
    token("ghp_", |rest| run(rest, is_alnum) >= 36),
    token("gho_", |rest| run(rest, is_alnum) >= 36),
    token("ghu_", |rest| run(rest, is_alnum) >= 36),
    token("ghs_", |rest| run(rest, is_alnum) >= 36),
    token("ghr_", |rest| run(rest, is_alnum) >= 36),
    token("github_pat_", |rest| run(rest, is_name) >= 60),
    token("glpat-", |rest| run(rest, is_url_base64) >= 20),
    token("xoxb-", slack),
    token("xoxp-", slack),
    token("xoxa-", slack),
    token("xoxr-", slack),
    token("xoxs-", slack),
    token("sk_live_", |rest| run(rest, is_alnum) >= 24),
    token("rk_live_", |rest| run(rest, is_alnum) >= 24),
    token("AIza", |rest| run(rest, is_url_base64) == 35),
    token("npm_", |rest| run(rest, is_alnum) == 36),
    token("pypi-AgE", |rest| run(rest, is_url_base64) >= 50),
    token("hvs.", |rest| run(rest, is_url_base64) >= 24),
    token("dckr_pat_", |rest| run(rest, is_url_base64) >= 27),
    token("dop_v1_", |rest| run(rest, is_alnum) == 64),
    token("eyJ", json_web_token),
];

fn is_digit(byte: u8) -> bool {
    byte.is_ascii_digit()
}

fn is_alnum(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_url_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// The alphabet of crypt(5).
fn is_crypt(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/')
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

/// How many bytes at the start are such.
fn run(bytes: &[u8], is: fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| is(**byte)).count()
}

fn split(bytes: &[u8], is: fn(u8) -> bool) -> (usize, &[u8]) {
    let count = run(bytes, is);
    (count, bytes.get(count..).unwrap_or_default())
}

/// `SALT$HASH`.
fn salted(rest: &[u8], salt: std::ops::RangeInclusive<usize>, hash: usize) -> bool {
    let (count, rest) = split(rest, is_crypt);
    let rest = rest.strip_prefix(b"$");
    salt.contains(&count) && rest.is_some_and(|rest| run(rest, is_crypt) == hash)
}

fn after_rounds(rest: &[u8]) -> &[u8] {
    let rounds = rest
        .strip_prefix(b"rounds=")
        .map(|rest| split(rest, is_digit));
    match rounds {
        Some((1..=9, after)) => after.strip_prefix(b"$").unwrap_or(after),
        _ => rest,
    }
}

/// `PARAMETERS$SALT$HASH`.
fn yescrypt(rest: &[u8]) -> bool {
    let (count, rest) = split(rest, is_crypt);
    let salt = rest
        .strip_prefix(b"$")
        .filter(|_| (1..=20).contains(&count));
    salt.is_some_and(|rest| salted(rest, 0..=86, 43))
}

/// `COST$` and 53 letters.
fn bcrypt(rest: &[u8]) -> bool {
    let (count, rest) = split(rest, is_digit);
    let rest = rest.strip_prefix(b"$").filter(|_| count == 2);
    rest.is_some_and(|rest| run(rest, is_crypt) == 53)
}

/// `d$v=19$m=65536,t=3,p=4$SALT$HASH`.
fn argon2(rest: &[u8]) -> bool {
    let line = run(rest, |byte| byte.is_ascii_graphic());
    let line = rest.get(..line).unwrap_or_default();
    let mut parts = line.split(|byte| *byte == b'$').rev();
    let is_long =
        |part: Option<&[u8]>, least| part.is_some_and(|part| run(part, is_base64) >= least);
    line.split(|byte| *byte == b'$').count() >= 4
        && is_long(parts.next(), 20)
        && is_long(parts.next(), 10)
}

/// `RSA PRIVATE KEY-----`, a line's end, and a line of a header or of base64: a program that only
/// knows the mark has none.
fn pem_private_key(rest: &[u8]) -> bool {
    let label = run(rest, |byte| byte.is_ascii_uppercase() || byte == b' ');
    let (label, body) = rest.split_at_checked(label).unwrap_or_default();
    let is_key = label.ends_with(b"PRIVATE KEY") || label == b"PGP PRIVATE KEY BLOCK";
    let Some(body) = body
        .strip_prefix(b"-----")
        .filter(|_| is_key && label.len() <= 40)
    else {
        return false;
    };
    // Keys inside of JSON or a shell's string have their line ends escaped.
    let ends: [&[u8]; 3] = [b"\r\n", b"\n", b"\\n"];
    let Some(line) = ends.iter().find_map(|end| body.strip_prefix(*end)) else {
        return false;
    };
    let headers: [&[u8]; 4] = [b"Proc-Type:", b"DEK-Info:", b"Comment:", b"Version:"];
    run(line, is_base64) >= 40 || headers.iter().any(|header| line.starts_with(header))
}

fn aws(rest: &[u8]) -> bool {
    let count = run(rest, |byte| {
        byte.is_ascii_uppercase() || byte.is_ascii_digit()
    });
    // The maker's own example, which stands in many documents.
    count == 16 && !rest.starts_with(b"IOSFODNN7EXAMPLE") && !run_goes_on(rest, 16)
}

fn run_goes_on(rest: &[u8], at: usize) -> bool {
    rest.get(at).is_some_and(|byte| is_name(*byte))
}

fn slack(rest: &[u8]) -> bool {
    run(rest, is_url_base64) >= 20 && rest.first().is_some_and(u8::is_ascii_digit)
}

/// `HEADER.PAYLOAD.SIGNATURE`; header and payload are JSON objects.
fn json_web_token(rest: &[u8]) -> bool {
    let (header, rest) = split(rest, is_url_base64);
    let Some(payload) = rest.strip_prefix(b".eyJ").filter(|_| header >= 10) else {
        return false;
    };
    let (payload, rest) = split(payload, is_url_base64);
    // A long payload ends behind what is looked at.
    rest.is_empty() && payload > AHEAD / 2
        || payload >= 10
            && rest
                .strip_prefix(b".")
                .is_some_and(|s| run(s, is_url_base64) >= 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_of(text: &str) -> Option<Kind> {
        let known = KNOWN.iter().find(|known| {
            text.strip_prefix(known.mark)
                .is_some_and(|rest| (known.goes_on)(rest.as_bytes()))
        });
        known.map(|known| known.kind)
    }

    #[test]
    fn secrets_are_recognized() {
        let a = |count: usize| "a".repeat(count);
        for (text, kind) in [
            (format!("$6$salt${}", a(86)), Kind::PasswordHash),
            (
                format!("$6$rounds=5000$salt${}:1", a(86)),
                Kind::PasswordHash,
            ),
            (format!("$5$s${}", a(43)), Kind::PasswordHash),
            (format!("$1$12345678${}", a(22)), Kind::PasswordHash),
            (format!("$y$j9T${}${}:", a(22), a(43)), Kind::PasswordHash),
            (format!("$2b$12${}", a(53)), Kind::PasswordHash),
            (
                format!("$argon2id$v=19$m=65536,t=3,p=4${}${}", a(22), a(43)),
                Kind::PasswordHash,
            ),
            (
                format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{}\n", a(70)),
                Kind::PrivateKey,
            ),
            (
                "-----BEGIN RSA PRIVATE KEY-----\r\nProc-Type: 4".into(),
                Kind::PrivateKey,
            ),
            (
                format!("-----BEGIN PRIVATE KEY-----\\n{}", a(64)),
                Kind::PrivateKey,
            ),
            ("AKIAABCDEFGHIJKLMNOP".into(), Kind::Token),
            (format!("ghp_{}", a(36)), Kind::Token),
            ("xoxb-123456789012-1234567890123-abc".into(), Kind::Token),
            (format!("eyJ{}.eyJ{}.{}", a(20), a(40), a(43)), Kind::Token),
        ] {
            assert_eq!(kind_of(&text), Some(kind), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_secret_is_none() {
        for text in [
            "$6$",
            "$6$salt$tooshort",
            "$1$ and $2$ in a shell",
            "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQG",
            "-----BEGIN OPENSSH PRIVATE KEY-----\n\0other strings of a program",
            "-----BEGIN %s PRIVATE KEY-----\n",
            "AKIAIOSFODNN7EXAMPLE",
            "AKIAABCDEFGHIJKLMNOPQ",
            "ghp_short",
            "eyJhbGciOiJIUzI1NiJ9 and no more",
            "PuTTY-User-Key-File-",
        ] {
            assert_eq!(kind_of(text), None, "{text}");
        }
    }
}
