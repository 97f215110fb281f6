//! The text that iPXE boots a server by: its disk over iSCSI, by every path.
//!
//! iPXE's scripts have no quotes: a value is what stands there. So only values that mean nothing to it get
//! into a script; the types of names, secrets and addresses let no others in, and [`script`] looks again.

use crate::power::IscsiBoot;
use mintage_storage::export::{Chap, Portal};
use zeroize::Zeroizing;

/// Why there is no script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IpxeError {
    /// There is no portal.
    #[error("the volume is served nowhere: there is no portal")]
    NoPortal,
    /// A value has a character that means something to iPXE.
    #[error("{0} has a character that an iPXE script cannot have")]
    Character(&'static str),
}

/// The script for a server. It holds the CHAP secrets, so it is for that server alone.
///
/// The server boots by all portals that answer, and goes on by the others when one is lost. Where iPXE has no
/// space to tell the system of them all (its iBFT has 768 bytes), the first that works alone is taken. When none
/// answers, it tries again after ten seconds rather than to boot something else.
///
/// # Errors
/// `NoPortal`; `Character`, which no value of these types has.
pub fn script(boot: &IscsiBoot) -> Result<Zeroizing<String>, IpxeError> {
    if boot.portals.is_empty() {
        return Err(IpxeError::NoPortal);
    }
    let target = plain("the target's name", boot.target.as_str())?;
    let paths: Vec<String> = boot
        .portals
        .iter()
        .map(|portal| path(*portal, boot.lun, target))
        .collect();
    let mut text = Zeroizing::new(String::from("#!ipxe\n"));
    set(
        &mut text,
        "initiator-iqn",
        "the initiator's name",
        boot.initiator.as_str(),
    )?;
    let accounts: [(&Option<Chap>, [&'static str; 2]); 2] = [
        (&boot.chap, ["username", "password"]),
        (&boot.mutual, ["reverse-username", "reverse-password"]),
    ];
    for (chap, [user, secret]) in accounts {
        // What an earlier script set must not hold for this server.
        match chap {
            None => *text += &format!("clear {user} ||\nclear {secret} ||\n"),
            Some(chap) => {
                set(&mut text, user, "the CHAP name", &chap.user)?;
                set(&mut text, secret, "the CHAP secret", chap.secret.expose())?;
            }
        }
    }
    // A disk that was opened and not booted would stay with it, and keep the next try from its place. One that
    // boots stays in any case, and so does the iBFT, in which the system finds the addresses and secrets.
    *text += "clear keep-san ||\n:boot\n";
    let all = (paths.len() > 1).then(|| paths.join(" "));
    for disk in all.iter().chain(&paths) {
        *text += &format!("sanboot {disk} ||\n");
    }
    *text += "echo The disk of this server does not answer\nsleep 10\ngoto boot\n";
    Ok(text)
}

/// `iscsi:ADDRESS::PORT:LUN:TARGET` (RFC 4173), the LUN in hexadecimal.
fn path(portal: Portal, lun: u64, target: &str) -> String {
    let address = match portal.0.ip() {
        std::net::IpAddr::V4(address) => address.to_string(),
        std::net::IpAddr::V6(address) => format!("[{address}]"),
    };
    format!("iscsi:{address}::{}:{lun:x}:{target}", portal.0.port())
}

fn set(text: &mut String, name: &str, what: &'static str, value: &str) -> Result<(), IpxeError> {
    let value = plain(what, value)?;
    for part in ["set ", name, " ", value, "\n"] {
        text.push_str(part);
    }
    Ok(())
}

/// `value`, if every character of it is only itself to iPXE: `$` would expand, `#` begin a comment,
/// `&` and `|` join commands, blanks and ends of lines separate.
fn plain<'v>(what: &'static str, value: &'v str) -> Result<&'v str, IpxeError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:+/=".contains(&byte);
    match !value.is_empty() && value.bytes().all(is_plain) {
        true => Ok(value),
        false => Err(IpxeError::Character(what)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mintage_storage::export::Iqn;

    fn boot(portals: &[&str]) -> IscsiBoot {
        IscsiBoot {
            initiator: Iqn::parse("iqn.2026-11.com.example:web01").unwrap(),
            target: Iqn::parse("iqn.2026-11.com.example:vol:17").unwrap(),
            lun: 1,
            portals: portals
                .iter()
                .map(|at| Portal(at.parse().unwrap()))
                .collect(),
            chap: None,
            mutual: None,
        }
    }

    #[test]
    fn the_script_of_a_server_with_two_paths_and_both_secrets() {
        let mut boot = boot(&["192.0.2.1:3260", "192.0.2.2:3261"]);
        boot.chap = Some(Chap::new("web01", "abcdefghijkl").unwrap());
        boot.mutual = Some(Chap::new("array", "ABC-._:+/=01").unwrap());
        insta::assert_snapshot!(script(&boot).unwrap().as_str());
    }

    #[test]
    fn the_script_of_a_server_without_chap() {
        let mut boot = boot(&["[2001:db8::1]:3260"]);
        boot.lun = 17;
        insta::assert_snapshot!(script(&boot).unwrap().as_str());
    }

    #[test]
    fn no_value_can_say_more_than_itself() {
        for bad in [
            "",
            "a b",
            "a\nb",
            "${net0/ip}",
            "#",
            "a&&b",
            "a||b",
            "a\u{e9}",
            "a\0",
        ] {
            assert!(plain("it", bad).is_err(), "{bad:?}");
        }
        assert_eq!(script(&boot(&[])), Err(IpxeError::NoPortal));
    }
}
