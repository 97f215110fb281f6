//! `firewall`: what firewalld lets through, in its files of XML.

mod definition;
mod functions;
mod traffic;
mod zone;

use crate::file::access;
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::FileKind;
use mintage_volume::tree::VolumeTree;
use rhai::Module;

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(functions::exported);
    module.set_doc("Sets what firewalld lets through: its zones and services.");
    module
}

/// firewalld has each zone and service in a file, its own in `/etc`, the distribution's in
/// `/usr/lib`; one of its own hides the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Zone,
    Service,
}

impl Kind {
    fn folder(self) -> &'static str {
        match self {
            Self::Zone => "zones",
            Self::Service => "services",
        }
    }

    fn own(self, name: &str) -> String {
        format!("/etc/firewalld/{}/{name}.xml", self.folder())
    }

    fn default(self, name: &str) -> String {
        format!("/usr/lib/firewalld/{}/{name}.xml", self.folder())
    }

    fn what(self) -> &'static str {
        match self {
            Self::Zone => "zone",
            Self::Service => "service",
        }
    }

    /// The file that firewalld takes.
    ///
    /// # Errors
    /// `P3001` when it has no such zone or service, or the volume no firewalld.
    fn file(self, tree: &VolumeTree, name: &str) -> Result<String, PlanError> {
        for path in [self.own(name), self.default(name)] {
            if is_file(tree, &path)? {
                return Ok(path);
            }
        }
        let message = format!("firewalld has no {} `{name}`", self.what());
        Err(PlanError::new(Code::P3001, message).help(match self {
            Self::Zone => "`firewall::zones` gives those that there are",
            Self::Service => "make one by `firewall::define_service`, or open a port",
        }))
    }

    /// The names of all, sorted.
    fn names(self, tree: &VolumeTree) -> Result<Vec<String>, PlanError> {
        let mut names = Vec::new();
        for top in ["/etc", "/usr/lib"] {
            let folder = format!("{top}/firewalld/{}", self.folder());
            let found = access::look(tree, &folder)?;
            if found.is_none_or(|found| found.kind != FileKind::Directory) {
                continue;
            }
            let files = tree.read_dir(&folder)?.into_iter();
            let files = files.filter_map(|entry| String::from_utf8(entry.name).ok());
            names.extend(files.filter_map(|file| file.strip_suffix(".xml").map(str::to_owned)));
        }
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// # Errors
    /// `P2013` for what firewalld does not take for a name.
    fn check(self, name: &str) -> Result<(), PlanError> {
        // Names of chains are made of those of zones, and have few bytes.
        let longest = if self == Self::Zone { 17 } else { 100 };
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if !name.is_empty() && name.len() <= longest && name.bytes().all(fits) {
            return Ok(());
        }
        let shown = crate::values::shorten(name);
        let message = format!("`{shown}` cannot be the name of a {}", self.what());
        Err(PlanError::new(Code::P2013, message).help(format!(
            "a name has letters, digits and `-_`, at most {longest}"
        )))
    }
}

fn is_file(tree: &VolumeTree, path: &str) -> Result<bool, PlanError> {
    Ok(access::look(tree, path)?.is_some_and(|found| found.kind == FileKind::File))
}

/// # Errors
/// `P3001` for a volume that filters by something else, or not at all.
fn need_firewalld(tree: &VolumeTree) -> Result<(), PlanError> {
    for path in ["/usr/sbin/firewalld", "/etc/firewalld/firewalld.conf"] {
        if is_file(tree, path)? {
            return Ok(());
        }
    }
    Err(
        PlanError::new(Code::P3001, "the volume has no firewalld").help(
            "install it in the golden image; the files of ufw and nftables are written by `file::`",
        ),
    )
}

#[cfg(test)]
mod tests;
