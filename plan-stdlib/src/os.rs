//! `os`: which operating system the volume has.

use crate::file::access;
use crate::shell_vars::document::Document;
use crate::shell_vars::word::Word;
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::FileKind;
use mintage_volume::tree::{LastLink, VolumeTree};
use rhai::Module;
use rhai::plugin::*;

/// Where os-release(5) is, in the order of that manual page.
const OS_RELEASE: [&str; 2] = ["/etc/os-release", "/usr/lib/os-release"];

/// The largest os-release that is read, in bytes.
const MAX_OS_RELEASE: usize = 64 * 1024;

/// The families that the library tells apart: the name, and the distributions that found one.
const FAMILIES: [(&str, &[&str]); 7] = [
    ("debian", &["debian", "ubuntu"]),
    ("redhat", &["rhel", "fedora", "centos"]),
    ("suse", &["suse", "opensuse", "sles", "sled"]),
    ("arch", &["arch"]),
    ("alpine", &["alpine"]),
    ("gentoo", &["gentoo"]),
    ("void", &["void"]),
];

/// Programs of which one is in every system, to read the machine from.
const PROGRAMS: [&str; 4] = [
    "/bin/sh",
    "/usr/bin/env",
    "/sbin/init",
    "/usr/lib/systemd/systemd",
];

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Tells which operating system the volume has.");
    module
}

/// The value of a field; empty when the file does not have it.
///
/// # Errors
/// `P3001` when the volume has no os-release.
pub(crate) fn field(tree: &VolumeTree, name: &str) -> Result<String, PlanError> {
    for path in OS_RELEASE {
        if access::look(tree, path)?.is_none_or(|found| found.kind != FileKind::File) {
            continue;
        }
        let content = access::read(tree, path, MAX_OS_RELEASE)?;
        return Ok(match Document::parse(&content).get(name) {
            Some(Word::Plain(value)) => String::from_utf8_lossy(&value).into_owned(),
            _ => String::new(),
        });
    }
    let message = "the volume has no `/etc/os-release` and no `/usr/lib/os-release`";
    Err(PlanError::new(Code::P3001, message)
        .at(OS_RELEASE[0])
        .help("is the volume mounted as the build plan expects?"))
}

/// `ID`, or what the manual page says where it is missing.
pub(crate) fn id(tree: &VolumeTree) -> Result<String, PlanError> {
    let id = field(tree, "ID")?;
    Ok(if id.is_empty() {
        "linux".to_owned()
    } else {
        id
    })
}

/// The distribution and those that it takes after, nearest first.
fn ancestry(tree: &VolumeTree) -> Result<Vec<String>, PlanError> {
    let like = field(tree, "ID_LIKE")?;
    let mut ancestry = vec![id(tree)?];
    ancestry.extend(like.split_ascii_whitespace().map(str::to_owned));
    Ok(ancestry)
}

/// The family of the distribution; its own name where it has none of those known here.
pub(crate) fn family(tree: &VolumeTree) -> Result<String, PlanError> {
    let ancestry = ancestry(tree)?;
    let known = ancestry.iter().find_map(|id| {
        // `opensuse-leap`, `sles_sap`: what comes first is the name of the house.
        let house = id.split(['-', '_']).next().unwrap_or(id);
        let founded = FAMILIES
            .iter()
            .find(|(_, ids)| ids.contains(&id.as_str()) || ids.contains(&house));
        founded.map(|(family, _)| (*family).to_owned())
    });
    Ok(known
        .or_else(|| ancestry.into_iter().next())
        .unwrap_or_default())
}

pub(crate) fn init(tree: &VolumeTree) -> Result<&'static str, PlanError> {
    let there = |path| -> Result<bool, PlanError> { Ok(access::look(tree, path)?.is_some()) };
    if there("/sbin/init")? {
        let program = tree.resolve("/sbin/init", LastLink::Follow)?;
        match program.file_name().unwrap_or_default() {
            b"systemd" => return Ok("systemd"),
            b"openrc-init" => return Ok("openrc"),
            b"runit-init" | b"runit" => return Ok("runit"),
            b"busybox" if there("/sbin/openrc")? => return Ok("openrc"),
            b"busybox" => return Ok("busybox"),
            _ => {}
        }
    }
    if there("/usr/lib/systemd/systemd")? || there("/lib/systemd/systemd")? {
        return Ok("systemd");
    }
    if there("/sbin/openrc")? {
        return Ok("openrc");
    }
    Ok(if there("/sbin/init")? {
        "sysvinit"
    } else {
        "none"
    })
}

/// The machine that the volume's own programs are for, as `uname -m` names it.
fn architecture(tree: &VolumeTree) -> Result<&'static str, PlanError> {
    for path in PROGRAMS {
        if access::look(tree, path)?.is_some_and(|found| found.kind == FileKind::File) {
            let mut head = [0; 20];
            let filled = tree.read_at(path, 0, &mut head)?;
            if let Some(machine) = head.get(..filled).and_then(machine) {
                return Ok(machine);
            }
        }
    }
    let message = "the volume has no program that tells which machine it is for";
    Err(PlanError::new(Code::P2016, message).at(PROGRAMS[0]))
}

/// The machine of an ELF program.
fn machine(head: &[u8]) -> Option<&'static str> {
    let is_little = match head {
        [0x7f, b'E', b'L', b'F', _, 1, ..] => true,
        [0x7f, b'E', b'L', b'F', _, 2, ..] => false,
        _ => return None,
    };
    let number = [*head.get(18)?, *head.get(19)?];
    let number = if is_little {
        u16::from_le_bytes(number)
    } else {
        u16::from_be_bytes(number)
    };
    match (number, is_little) {
        (3, true) => Some("i686"),
        (62, true) => Some("x86_64"),
        (40, true) => Some("armv7l"),
        (183, true) => Some("aarch64"),
        (243, true) => Some("riscv64"),
        (258, true) => Some("loongarch64"),
        (21, true) => Some("ppc64le"),
        (21, false) => Some("ppc64"),
        (22, false) => Some("s390x"),
        _ => None,
    }
}

#[export_module]
mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::NativeCallContext;

    /// Gives the distribution's short name, the `ID` of os-release.
    ///
    /// # Errors
    /// - `P3001` when the volume has no os-release.
    ///
    /// # Example
    /// ```rhai
    /// os::id() == "debian"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn id(ctx: NativeCallContext) -> RhaiResultOf<String> {
        ctx.call_world(|world| super::id(world.tree()))
    }

    /// Gives the distribution's version, `VERSION_ID`; empty where it has none.
    ///
    /// # Errors
    /// - `P3001` when the volume has no os-release.
    ///
    /// # Example
    /// ```rhai
    /// os::version() == "12"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn version(ctx: NativeCallContext) -> RhaiResultOf<String> {
        ctx.call_world(|world| field(world.tree(), "VERSION_ID"))
    }

    /// Gives the name of the distribution's version, `VERSION_CODENAME`; empty where it has none.
    ///
    /// # Errors
    /// - `P3001` when the volume has no os-release.
    ///
    /// # Example
    /// ```rhai
    /// os::version_codename() == "bookworm"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn version_codename(ctx: NativeCallContext) -> RhaiResultOf<String> {
        ctx.call_world(|world| field(world.tree(), "VERSION_CODENAME"))
    }

    /// Gives the distribution's name for people, `PRETTY_NAME`; empty where it has none.
    ///
    /// # Errors
    /// - `P3001` when the volume has no os-release.
    ///
    /// # Example
    /// ```rhai
    /// os::name() == "Debian GNU/Linux 12 (bookworm)"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn name(ctx: NativeCallContext) -> RhaiResultOf<String> {
        ctx.call_world(|world| field(world.tree(), "PRETTY_NAME"))
    }

    /// Gives the mode of SELinux: `enforcing`, `permissive` or `disabled`.
    ///
    /// It is the same as `selinux::mode()`, for scripts that first ask what the volume is.
    ///
    /// # Errors
    /// - `P2003` for a configuration of more than 8 MiB.
    ///
    /// # Example
    /// ```rhai
    /// os::selinux() == "disabled"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn selinux(ctx: NativeCallContext) -> RhaiResultOf<String> {
        ctx.call_world(|world| Ok(crate::selinux::mode(world.tree())?.to_owned()))
    }

    /// Gives the family of the distribution.
    ///
    /// It is `debian`, `redhat`, `suse`, `arch`, `alpine`, `gentoo` or `void`, found by `ID` and
    /// `ID_LIKE`; a distribution of no such family is one by itself.
    ///
    /// # Errors
    /// - `P3001` when the volume has no os-release.
    ///
    /// # Example
    /// ```rhai
    /// os::family() == "debian"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn family(ctx: NativeCallContext) -> RhaiResultOf<String> {
        ctx.call_world(|world| super::family(world.tree()))
    }

    /// Says whether the distribution is the named one or takes after it, by `ID` and `ID_LIKE`.
    ///
    /// # Errors
    /// - `P3001` when the volume has no os-release.
    ///
    /// # Example
    /// ```rhai
    /// os::like("debian") && !os::like("rhel")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn like(ctx: NativeCallContext, id: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| Ok(ancestry(world.tree())?.iter().any(|found| found == id)))
    }

    /// Gives what starts the system: `systemd`, `openrc`, `runit`, `busybox`, `sysvinit` or `none`.
    ///
    /// # Errors
    /// - `P3007` when links lead in circles.
    ///
    /// # Example
    /// ```rhai
    /// os::init() == "systemd"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn init(ctx: NativeCallContext) -> RhaiResultOf<String> {
        ctx.call_world(|world| Ok(super::init(world.tree())?.to_owned()))
    }

    /// Gives what sets up the network: `ifcfg`, `networkmanager`, `netplan`, `networkd`, `wicked`,
    /// `ifupdown` or `none`.
    ///
    /// What is installed and enabled decides. `ifcfg` is for the files of the RHEL family up to 8,
    /// whether NetworkManager or scripts read them.
    ///
    /// # Errors
    /// - `P3001` when the volume has no os-release.
    ///
    /// # Example
    /// ```rhai
    /// os::network_stack() == "none"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn network_stack(ctx: NativeCallContext) -> RhaiResultOf<String> {
        ctx.call_world(|world| {
            let stack = crate::network::detect::network_stack(world.tree())?;
            Ok(stack.map_or("none", |stack| stack.as_str()).to_owned())
        })
    }

    /// Gives the machine that the volume's programs are for, as `uname -m` names it.
    ///
    /// # Errors
    /// - `P2016` when no program tells it.
    ///
    /// # Example
    /// ```rhai
    /// os::architecture() == "x86_64"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn architecture(ctx: NativeCallContext) -> RhaiResultOf<String> {
        ctx.call_world(|world| Ok(super::architecture(world.tree())?.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::TestWorld;

    fn with_release(text: &str) -> VolumeTree {
        TestWorld::debian()
            .with_file("/usr/lib/os-release", text)
            .tree
    }

    #[test]
    fn families_come_from_id_and_id_like() {
        for (release, expected) in [
            ("ID=ubuntu\nID_LIKE=debian\n", "debian"),
            ("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", "debian"),
            ("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n", "redhat"),
            ("ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\n", "suse"),
            ("ID=sles\n", "suse"),
            ("ID=alpine\n", "alpine"),
            ("ID=manjaro\nID_LIKE=arch\n", "arch"),
            ("ID=nixos\n", "nixos"),
            ("", "linux"),
        ] {
            assert_eq!(
                family(&with_release(release)).unwrap(),
                expected,
                "{release}"
            );
        }
    }

    #[test]
    fn a_hostile_os_release_is_just_text() {
        let tree = with_release("ID=`reboot`\nVERSION_ID=$(id)\nPRETTY_NAME='<b>\u{1b}[31m'\n");
        assert_eq!(id(&tree).unwrap(), "linux");
        assert_eq!(field(&tree, "VERSION_ID").unwrap(), "");
        assert_eq!(field(&tree, "PRETTY_NAME").unwrap(), "<b>\u{1b}[31m");
        let huge = with_release(&"#".repeat(MAX_OS_RELEASE + 1));
        assert_eq!(id(&huge).unwrap_err().code, Code::P2003);
    }

    #[test]
    fn the_second_place_serves_where_the_first_leads_nowhere() {
        let mut tree = TestWorld::debian().tree;
        tree.remove("/etc/os-release").unwrap();
        assert_eq!(id(&tree).unwrap(), "debian");
        tree.remove("/usr/lib/os-release").unwrap();
        assert_eq!(id(&tree).unwrap_err().code, Code::P3001);
    }

    #[test]
    fn machines_are_read_from_programs() {
        let mut head = *b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\xb7\0";
        assert_eq!(machine(&head), Some("aarch64"));
        head[5] = 2;
        head[18..].copy_from_slice(&[0, 22]);
        assert_eq!(machine(&head), Some("s390x"));
        assert_eq!(machine(b"#!/bin/sh\n"), None);
        assert_eq!(machine(&head[..19]), None);
    }
}
