//! `time_sync`: where the system gets its time from, by chrony, systemd-timesyncd or ntpd.

use crate::file::access;
use crate::hosts::name;
use crate::text::{Edited, MAX_TEXT, lines};
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::{FileKind, Ownership};
use mintage_volume::tree::VolumeTree;
use rhai::plugin::*;
use rhai::{Array, Dynamic, Module};
use std::net::IpAddr;

/// A program that keeps the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Daemon {
    /// With its main file.
    Chrony(&'static str),
    Ntp(&'static str),
    Timesyncd,
}

/// Where chrony reads more than its main file.
const CHRONY_FOLDERS: [&str; 3] = [
    "/etc/chrony.d",
    "/etc/chrony/conf.d",
    "/etc/chrony/sources.d",
];
const TIMESYNCD_FOLDER: &str = "/etc/systemd/timesyncd.conf.d";
const TIMESYNCD: &str = "/etc/systemd/timesyncd.conf.d/50-servers.conf";

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Sets the servers that the system gets its time from.");
    module
}

fn daemon(tree: &VolumeTree) -> Result<Daemon, PlanError> {
    for (path, daemon) in [
        (
            "/etc/chrony/chrony.conf",
            Daemon::Chrony("/etc/chrony/chrony.conf"),
        ),
        ("/etc/chrony.conf", Daemon::Chrony("/etc/chrony.conf")),
        ("/etc/ntpsec/ntp.conf", Daemon::Ntp("/etc/ntpsec/ntp.conf")),
        ("/etc/ntp.conf", Daemon::Ntp("/etc/ntp.conf")),
        ("/usr/lib/systemd/systemd-timesyncd", Daemon::Timesyncd),
        ("/lib/systemd/systemd-timesyncd", Daemon::Timesyncd),
        ("/etc/systemd/timesyncd.conf", Daemon::Timesyncd),
    ] {
        if access::look(tree, path)?.is_some_and(|found| found.kind == FileKind::File) {
            return Ok(daemon);
        }
    }
    Err(PlanError::new(
        Code::P3001,
        "the volume has neither chrony, ntpd nor systemd-timesyncd",
    )
    .help("install one of them in the golden image"))
}

fn set_servers(tree: &mut VolumeTree, servers: &Array) -> Result<bool, PlanError> {
    let servers: Result<Vec<String>, PlanError> =
        servers.iter().map(crate::values::scalar).collect();
    let servers = servers?;
    if servers.is_empty() {
        return Err(PlanError::new(Code::P2013, "the list of servers is empty"));
    }
    for server in &servers {
        if server.parse::<IpAddr>().is_err() {
            name::check(server, name::MAX_DOMAIN_NAME)?;
        }
    }
    match daemon(tree)? {
        Daemon::Chrony(path) => {
            let mut has_changed = false;
            for folder in CHRONY_FOLDERS {
                for path in files(tree, folder)? {
                    has_changed |= access::edit(tree, &path, |content| sources(content, &[]))?;
                }
            }
            Ok(access::edit(tree, path, |content| sources(content, &servers))? || has_changed)
        }
        Daemon::Ntp(path) => access::edit(tree, path, |content| sources(content, &servers)),
        Daemon::Timesyncd => {
            tree.make_dirs(TIMESYNCD_FOLDER, Ownership::root(0o755))?;
            let text = format!("[Time]\nNTP={}\n", servers.join(" "));
            access::write_bytes(tree, TIMESYNCD, text.as_bytes(), Ownership::root(0o644))
        }
    }
}

fn files(tree: &VolumeTree, folder: &str) -> Result<Vec<String>, PlanError> {
    if access::look(tree, folder)?.is_none_or(|found| found.kind != FileKind::Directory) {
        return Ok(Vec::new());
    }
    let names = tree.read_dir(folder)?.into_iter();
    let names = names.filter_map(|entry| String::from_utf8(entry.name).ok());
    let names = names.filter(|name| name.ends_with(".conf") || name.ends_with(".sources"));
    Ok(names.map(|name| format!("{folder}/{name}")).collect())
}

fn is_source(line: &[u8]) -> bool {
    let text = String::from_utf8_lossy(line);
    let word = text.split_ascii_whitespace().next().unwrap_or_default();
    // The local clock of ntpd is no server.
    matches!(word, "server" | "pool" | "peer") && !text.contains("127.127.")
}

/// Puts lines `server NAME iburst` where the first source stands, and takes the others away.
fn sources(content: &[u8], servers: &[String]) -> Edited {
    let mut all = lines::split(content);
    let wanted: Vec<String> = servers
        .iter()
        .map(|server| format!("server {server} iburst"))
        .collect();
    let found = all
        .iter()
        .filter(|line| is_source(line.text))
        .map(|line| line.text);
    if found.eq(wanted.iter().map(String::as_bytes)) {
        return Ok(None);
    }
    let place = all
        .iter()
        .position(|line| is_source(line.text))
        .unwrap_or(all.len());
    all.retain(|line| !is_source(line.text));
    for (index, line) in wanted.iter().enumerate() {
        lines::insert(
            &mut all,
            place + index,
            line.as_bytes(),
            lines::line_break(content),
        );
    }
    lines::join(&all).map(Some)
}

fn servers(tree: &VolumeTree) -> Result<Array, PlanError> {
    let listed = |content: &[u8]| -> Vec<String> {
        let sources = lines::split(content)
            .into_iter()
            .filter(|line| is_source(line.text));
        let texts = sources.map(|line| String::from_utf8_lossy(line.text).into_owned());
        texts
            .filter_map(|text| text.split_ascii_whitespace().nth(1).map(str::to_owned))
            .collect()
    };
    let paths = match daemon(tree)? {
        Daemon::Chrony(path) => {
            let mut paths = vec![path.to_owned()];
            for folder in CHRONY_FOLDERS {
                paths.extend(files(tree, folder)?);
            }
            paths
        }
        Daemon::Ntp(path) => vec![path.to_owned()],
        Daemon::Timesyncd => return timesyncd_servers(tree),
    };
    let mut found = Vec::new();
    for path in paths {
        found.extend(listed(&access::read(tree, &path, MAX_TEXT)?));
    }
    Ok(found.into_iter().map(Dynamic::from).collect())
}

/// Of drop-ins and the main file, the last that says anything.
fn timesyncd_servers(tree: &VolumeTree) -> Result<Array, PlanError> {
    let mut paths = vec!["/etc/systemd/timesyncd.conf".to_owned()];
    paths.extend(files(tree, TIMESYNCD_FOLDER)?);
    let mut found = Array::new();
    for path in paths {
        if access::look(tree, &path)?.is_none() {
            continue;
        }
        let text = access::read_text(tree, &path, MAX_TEXT)?;
        for servers in text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("NTP="))
        {
            let servers = servers.split_ascii_whitespace();
            found = servers
                .map(|server| Dynamic::from(server.to_owned()))
                .collect();
        }
    }
    Ok(found)
}

#[export_module]
mod exported {
    use super::Daemon;
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Array, NativeCallContext};

    /// Sets the servers that the system gets its time from, in place of all that it has.
    ///
    /// They are host names or addresses. With chrony, lines `server NAME iburst` take the place of
    /// the sources in its main file, and those in `/etc/chrony.d`, `/etc/chrony/conf.d` and
    /// `/etc/chrony/sources.d` are removed; with ntpd the same happens in `ntp.conf`; with
    /// systemd-timesyncd the file is `/etc/systemd/timesyncd.conf.d/50-servers.conf`. Everything
    /// else stays. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2006` for a server that is no text.
    /// - `P2013` for an empty list, or what is neither a host name nor an address.
    /// - `P3001` when the volume has none of these programs.
    ///
    /// # Example
    /// ```rhai
    /// time_sync::set_servers(["ntp1.example.com", "192.0.2.1"]);
    /// time_sync::servers() == ["ntp1.example.com", "192.0.2.1"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn set_servers(ctx: NativeCallContext, servers: Array) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::set_servers(world.tree(), &servers))
    }

    /// Gives the servers and pools that the system gets its time from.
    ///
    /// # Errors
    /// - `P3001` when the volume has none of the programs.
    ///
    /// # Example
    /// ```rhai
    /// time_sync::servers() == []
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn servers(ctx: NativeCallContext) -> RhaiResultOf<Array> {
        ctx.call_world(|world| super::servers(world.tree()))
    }

    /// Gives the program that keeps the time: `chrony`, `ntp` or `timesyncd`.
    ///
    /// # Errors
    /// - `P3001` when the volume has none of them.
    ///
    /// # Example
    /// ```rhai
    /// time_sync::daemon() == "timesyncd"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn daemon(ctx: NativeCallContext) -> RhaiResultOf<String> {
        ctx.call_world(|world| {
            let name = match super::daemon(world.tree())? {
                Daemon::Chrony(_) => "chrony",
                Daemon::Ntp(_) => "ntp",
                Daemon::Timesyncd => "timesyncd",
            };
            Ok(name.to_owned())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::TestWorld;

    fn list(servers: &[&str]) -> Array {
        servers
            .iter()
            .map(|server| Dynamic::from((*server).to_owned()))
            .collect()
    }

    #[test]
    fn sources_are_replaced_where_they_stand() {
        let servers = ["a.example".to_owned(), "2001:db8::1".to_owned()];
        for (content, expected) in [
            (
                "# c\npool 2.debian.pool.ntp.org iburst\nserver x\nserver 127.127.1.0\nmakestep 1 3\n",
                "# c\nserver a.example iburst\nserver 2001:db8::1 iburst\nserver 127.127.1.0\nmakestep 1 3\n",
            ),
            (
                "rtcsync\n",
                "rtcsync\nserver a.example iburst\nserver 2001:db8::1 iburst\n",
            ),
        ] {
            let edited = sources(content.as_bytes(), &servers).unwrap().unwrap();
            assert_eq!(String::from_utf8(edited).unwrap(), expected);
            assert_eq!(sources(expected.as_bytes(), &servers).unwrap(), None);
        }
    }

    #[test]
    fn each_program_has_its_files() {
        for (path, expected) in [
            ("/etc/chrony.conf", Daemon::Chrony("/etc/chrony.conf")),
            ("/etc/ntp.conf", Daemon::Ntp("/etc/ntp.conf")),
            ("/etc/motd", Daemon::Timesyncd),
        ] {
            let mut tree = TestWorld::debian()
                .with_file(path, "pool x.example iburst\n")
                .tree;
            assert_eq!(daemon(&tree).unwrap(), expected);
            assert!(
                set_servers(&mut tree, &list(&["a.example"])).unwrap(),
                "{path}"
            );
            assert!(
                !set_servers(&mut tree, &list(&["a.example"])).unwrap(),
                "{path}"
            );
            assert_eq!(servers(&tree).unwrap().len(), 1);
        }
    }

    #[test]
    fn what_is_no_server_is_refused() {
        let mut tree = TestWorld::debian().tree;
        for bad in [&["a b"][..], &["a\nlocal stratum 1"], &[""], &[]] {
            assert_eq!(
                set_servers(&mut tree, &list(bad)).unwrap_err().code,
                Code::P2013,
                "{bad:?}"
            );
        }
    }
}
