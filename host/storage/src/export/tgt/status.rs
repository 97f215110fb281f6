//! What a tgtd has: the text of `tgtadm --op show --mode target`, read.
//!
//! An initiator names itself in it as it likes, in more than one line even. So the text is read strictly:
//! what cannot be tgtd's own is an error, and nothing is done by it.

use std::net::IpAddr;

/// A target of a tgtd.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Target {
    /// Its number.
    pub(super) tid: u32,
    /// Its name; a target of somebody else can have any.
    pub(super) name: String,
    /// Who is logged in.
    pub(super) sessions: Vec<LiveSession>,
    /// Its disks, and its controller.
    pub(super) units: Vec<Unit>,
    /// The accounts that it asks for.
    pub(super) asked: Vec<String>,
    /// The account that it proves itself by.
    pub(super) proof: Option<String>,
    /// Who may log in.
    pub(super) admitted: Vec<String>,
}

/// A session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct LiveSession {
    /// Its number.
    pub(super) id: u64,
    /// Who the initiator is.
    pub(super) initiator: String,
    /// The numbers of its connections.
    pub(super) connections: Vec<u32>,
    /// From where.
    pub(super) address: Option<IpAddr>,
}

/// A logical unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) number: u64,
    pub(super) kind: String,
    pub(super) id: String,
    pub(super) serial: String,
    pub(super) online: bool,
    pub(super) read_only: bool,
    pub(super) store: String,
    pub(super) path: String,
}

/// The parts of a target, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    System,
    Sessions,
    Units,
    Accounts,
    Admitted,
}

impl Part {
    fn of(heading: &str) -> Option<Self> {
        Some(match heading {
            "System information:" => Self::System,
            "I_T nexus information:" => Self::Sessions,
            "LUN information:" => Self::Units,
            "Account information:" => Self::Accounts,
            "ACL information:" => Self::Admitted,
            _ => return None,
        })
    }
}

/// Reads all targets.
///
/// # Errors
/// What is not as a tgtd writes it.
pub(super) fn parse(text: &str) -> Result<Vec<Target>, String> {
    let mut targets: Vec<Target> = Vec::new();
    let mut part = None;
    for line in text.lines() {
        let inner = line.trim_start_matches(' ');
        let depth = line.len() - inner.len();
        let odd = || format!("a line is not as tgtd writes it: `{}`", line.escape_debug());
        if depth == 0 {
            if !targets.is_empty() && part != Some(Part::Admitted) {
                return Err(odd());
            }
            targets.push(heading(inner).ok_or_else(odd)?);
            part = None;
            continue;
        }
        let target = targets.last_mut().ok_or_else(odd)?;
        if depth == 4 {
            let next = Part::of(inner).ok_or_else(odd)?;
            // The parts come once, in their order.
            let follows = part.map_or(next == Part::System, |part| next as u8 == part as u8 + 1);
            if !follows {
                return Err(odd());
            }
            part = Some(next);
            continue;
        }
        take(target, part.ok_or_else(odd)?, depth, inner).ok_or_else(odd)?;
    }
    if !targets.is_empty() && part != Some(Part::Admitted) {
        return Err("the list of targets is cut off".to_owned());
    }
    check_unique(&targets)?;
    Ok(targets)
}

/// `Target 1: iqn.2026-11.com.example:web01`.
fn heading(line: &str) -> Option<Target> {
    let (tid, name) = line.strip_prefix("Target ")?.split_once(": ")?;
    Some(Target {
        tid: tid.parse().ok()?,
        name: name.to_owned(),
        ..Target::default()
    })
}

fn take(target: &mut Target, part: Part, depth: usize, line: &str) -> Option<()> {
    match (part, depth) {
        (Part::System, 8) => {}
        (Part::Sessions, 8) => target.sessions.push(LiveSession {
            id: line.strip_prefix("I_T nexus: ")?.parse().ok()?,
            ..LiveSession::default()
        }),
        (Part::Sessions, _) => session_line(target.sessions.last_mut()?, line)?,
        (Part::Units, 8) => target.units.push(Unit {
            number: line.strip_prefix("LUN: ")?.parse().ok()?,
            ..Unit::default()
        }),
        (Part::Units, _) => unit_line(target.units.last_mut()?, line),
        (Part::Accounts, 8) => match line.strip_suffix(" (outgoing)") {
            Some(user) => target.proof = Some(user.to_owned()),
            None => target.asked.push(line.to_owned()),
        },
        (Part::Admitted, 8) => target.admitted.push(line.to_owned()),
        _ => return None,
    }
    Some(())
}

fn session_line(session: &mut LiveSession, line: &str) -> Option<()> {
    if let Some(rest) = line.strip_prefix("Initiator: ") {
        let name = rest.split(" alias: ").next().unwrap_or_default();
        session.initiator = name.to_owned();
    } else if let Some(number) = line.strip_prefix("Connection: ") {
        session.connections.push(number.parse().ok()?);
    } else if let Some(address) = line.strip_prefix("IP Address: ") {
        session.address = address.trim_matches(['[', ']']).parse().ok();
    } else if !line.starts_with("RDMA ") {
        return None;
    }
    Some(())
}

/// Other versions have other lines between these.
fn unit_line(unit: &mut Unit, line: &str) {
    let Some((key, value)) = line.split_once(": ") else {
        return;
    };
    let value = value.to_owned();
    match key {
        "Type" => unit.kind = value,
        "SCSI ID" => unit.id = value,
        "SCSI SN" => unit.serial = value,
        "Online" => unit.online = value == "Yes",
        "Readonly" => unit.read_only = value == "Yes",
        "Backing store type" => unit.store = value,
        "Backing store path" => unit.path = value,
        _ => {}
    }
}

/// Numbers rise, and a name is there once: an entry that an initiator made up cannot take another's place.
fn check_unique(targets: &[Target]) -> Result<(), String> {
    let rise = targets.windows(2).all(|pair| pair[0].tid < pair[1].tid);
    let mut names: Vec<&str> = targets.iter().map(|target| target.name.as_str()).collect();
    names.sort_unstable();
    let unique = names.windows(2).all(|pair| pair[0] != pair[1]);
    match rise && unique {
        true => Ok(()),
        false => Err("the list of targets has one twice".to_owned()),
    }
}

/// The portals of `tgtadm --op show --mode portal`: `Portal: 10.0.0.1:3260,1`.
pub(super) fn parse_portals(text: &str) -> Vec<String> {
    let portals = text
        .lines()
        .filter_map(|line| line.strip_prefix("Portal: "));
    let portals = portals.map(|line| line.rsplit_once(',').map_or(line, |(address, _)| address));
    portals.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
