//! Where units are: the search path, links between units, and drop-ins.

use super::install::Install;
use super::name::UnitName;
use crate::file::access;
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::FileKind;
use mintage_volume::tree::VolumeTree;
use std::collections::{BTreeMap, BTreeSet};

/// Where the administrator's units are, and the links that enable units.
pub(super) const CONFIG: &str = "/etc/systemd/system";
/// The largest unit file that is read, in bytes.
const MAX_UNIT: usize = 1024 * 1024;
/// How many links are followed from one unit to another.
const MAX_LINKS: usize = 64;

/// Services that distributions name differently.
const SAME: [[&str; 2]; 4] = [
    ["ssh.service", "sshd.service"],
    ["cron.service", "crond.service"],
    ["chrony.service", "chronyd.service"],
    ["apache2.service", "httpd.service"],
];

/// A unit of the volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    /// Its own name, never an alias.
    pub(super) name: UnitName,
    /// The file that it is in, as systemctl writes it into links.
    pub(super) path: String,
    /// Whether it is masked: a link to nothing, or an empty file.
    pub(super) is_masked: bool,
    pub(super) install: Install,
}

/// What stands in the search path under a name.
enum Entry {
    File,
    Masked,
    Link(String),
}

/// The directories that units are searched in, first the ones that win.
pub(super) struct SearchPath {
    pub(super) directories: Vec<&'static str>,
}

impl SearchPath {
    /// As the volume's own systemctl has it: where its links lead into `/lib`, that comes first,
    /// so that new links look as the ones that are there.
    pub(super) fn of(tree: &VolumeTree) -> Result<Self, PlanError> {
        let (lib, usr_lib) = ("/lib/systemd/system", "/usr/lib/systemd/system");
        let leads_into_lib = |target: &String| target.starts_with("/lib/");
        let vendor = match links(tree, CONFIG)?.values().any(leads_into_lib) {
            true => [lib, usr_lib],
            false => [usr_lib, lib],
        };
        let mut directories = vec![CONFIG, "/usr/local/lib/systemd/system"];
        directories.extend(vendor);
        Ok(Self { directories })
    }

    /// The unit of this name, of its aliases and of the names that other distributions give it.
    ///
    /// # Errors
    /// `P2016` for a link that leads to another kind of unit or in circles.
    pub(super) fn find(
        &self,
        tree: &VolumeTree,
        name: &UnitName,
    ) -> Result<Option<Unit>, PlanError> {
        if let Some(unit) = self.follow(tree, name)? {
            return Ok(Some(unit));
        }
        if let Some(unit) = self.by_alias(tree, name)? {
            return Ok(Some(unit));
        }
        let pair = SAME.iter().find(|pair| pair.contains(&name.as_str()));
        let others = pair.into_iter().flatten();
        for other in others.filter(|other| **other != name.as_str()) {
            if let Some(other) = UnitName::checked(other)
                && let Some(unit) = self.follow(tree, &other)?
            {
                return Ok(Some(unit));
            }
        }
        Ok(None)
    }

    /// The unit that stands under the name itself, links between units followed.
    pub(super) fn follow(
        &self,
        tree: &VolumeTree,
        name: &UnitName,
    ) -> Result<Option<Unit>, PlanError> {
        let mut name = name.clone();
        let Some((mut path, mut entry)) = self.search(tree, &name)? else {
            return Ok(None);
        };
        for _ in 0..MAX_LINKS {
            let target = match entry {
                Entry::File => return self.load(tree, name, path).map(Some),
                Entry::Masked => return Ok(Some(masked(name, path))),
                Entry::Link(target) => target,
            };
            let next = linked_name(&name, &target).ok_or_else(|| bad_link(&path))?;
            let found = if target.rsplit('/').next() == path.rsplit('/').next() {
                look(tree, &target)?.map(|entry| (target, entry))
            } else {
                self.search(tree, &next)?
            };
            // A link that leads nowhere is a unit that is not there.
            let Some(found) = found else { return Ok(None) };
            (name, (path, entry)) = (next, found);
        }
        Err(bad_link(&path))
    }

    /// The unit whose `[Install]` section claims the name, which enabling it would give it.
    fn by_alias(&self, tree: &VolumeTree, alias: &UnitName) -> Result<Option<Unit>, PlanError> {
        for directory in &self.directories {
            for name in names(tree, directory)? {
                if name.kind() != alias.kind() || name == *alias {
                    continue;
                }
                let claims = |unit: &Unit| unit.install.aliases.iter().any(|a| a == alias.as_str());
                if let Some(unit) = self.follow(tree, &name)?.filter(claims) {
                    return Ok(Some(unit));
                }
            }
        }
        Ok(None)
    }

    fn search(
        &self,
        tree: &VolumeTree,
        name: &UnitName,
    ) -> Result<Option<(String, Entry)>, PlanError> {
        for name in [Some(name.clone()), name.template()].iter().flatten() {
            for directory in &self.directories {
                let path = format!("{directory}/{}", name.as_str());
                if let Some(entry) = look(tree, &path)? {
                    return Ok(Some((path, entry)));
                }
            }
        }
        Ok(None)
    }

    fn load(&self, tree: &VolumeTree, name: UnitName, path: String) -> Result<Unit, PlanError> {
        let mut install = Install::default();
        install.read(&access::read(tree, &path, MAX_UNIT)?);
        for drop_in in self.drop_ins(tree, &name)? {
            install.read(&access::read(tree, &drop_in, MAX_UNIT)?);
        }
        Ok(Unit {
            name,
            path,
            is_masked: false,
            install,
        })
    }

    /// The unit's drop-ins, in the order in which they are read: by their names, and of one name
    /// the one that is found first.
    fn drop_ins(&self, tree: &VolumeTree, name: &UnitName) -> Result<Vec<String>, PlanError> {
        let mut found = BTreeMap::new();
        for name in [Some(name.clone()), name.template()].iter().flatten() {
            for directory in &self.directories {
                let folder = format!("{directory}/{}.d", name.as_str());
                for file in list(tree, &folder)? {
                    let path = format!("{folder}/{file}");
                    if file.ends_with(".conf") && is_file(tree, &path)? {
                        found.entry(file).or_insert(path);
                    }
                }
            }
        }
        Ok(found.into_values().collect())
    }

    /// The names of all units, links and files alike.
    pub(super) fn all(&self, tree: &VolumeTree) -> Result<BTreeSet<UnitName>, PlanError> {
        let mut all = BTreeSet::new();
        for directory in &self.directories {
            all.extend(names(tree, directory)?);
        }
        Ok(all)
    }
}

/// Every link of units below a directory of units, by its path: in it, and in the directories in it.
pub(super) fn links(
    tree: &VolumeTree,
    directory: &str,
) -> Result<BTreeMap<String, String>, PlanError> {
    let mut found = BTreeMap::new();
    for name in list(tree, directory)? {
        let path = format!("{directory}/{name}");
        match access::look_at_link(tree, &path)?.map(|found| found.kind) {
            Some(FileKind::Directory) => {
                for inner in list(tree, &path)? {
                    add_link(tree, format!("{path}/{inner}"), &inner, &mut found)?;
                }
            }
            Some(FileKind::Symlink) => add_link(tree, path, &name, &mut found)?,
            _ => {}
        }
    }
    Ok(found)
}

fn add_link(
    tree: &VolumeTree,
    path: String,
    name: &str,
    found: &mut BTreeMap<String, String>,
) -> Result<(), PlanError> {
    let is_link =
        access::look_at_link(tree, &path)?.is_some_and(|found| found.kind == FileKind::Symlink);
    if is_link && UnitName::checked(name).is_some() {
        let target = String::from_utf8_lossy(&tree.read_link(&path)?).into_owned();
        found.insert(path, target);
    }
    Ok(())
}

/// The names in a directory that are UTF-8; none where there is no directory.
pub(super) fn list(tree: &VolumeTree, directory: &str) -> Result<Vec<String>, PlanError> {
    let is_directory =
        access::look(tree, directory)?.is_some_and(|found| found.kind == FileKind::Directory);
    if !is_directory {
        return Ok(Vec::new());
    }
    let entries = tree.read_dir(directory)?.into_iter();
    Ok(entries
        .filter_map(|entry| String::from_utf8(entry.name).ok())
        .collect())
}

fn names(tree: &VolumeTree, directory: &str) -> Result<Vec<UnitName>, PlanError> {
    let names = list(tree, directory)?;
    Ok(names
        .iter()
        .filter_map(|name| UnitName::checked(name))
        .collect())
}

fn is_file(tree: &VolumeTree, path: &str) -> Result<bool, PlanError> {
    Ok(access::look(tree, path)?.is_some_and(|found| found.kind == FileKind::File))
}

fn look(tree: &VolumeTree, path: &str) -> Result<Option<Entry>, PlanError> {
    let Some(found) = access::look_at_link(tree, path)? else {
        return Ok(None);
    };
    Ok(match found.kind {
        FileKind::File if found.len == 0 => Some(Entry::Masked),
        FileKind::File => Some(Entry::File),
        FileKind::Symlink => {
            let target = String::from_utf8_lossy(&tree.read_link(path)?).into_owned();
            Some(match target.as_str() {
                "/dev/null" => Entry::Masked,
                target => Entry::Link(absolute(path, target)),
            })
        }
        _ => None,
    })
}

/// The target of a link at `path`, from the root; `..` in it goes up.
pub(super) fn absolute(path: &str, target: &str) -> String {
    let whole = match (target.starts_with('/'), path.rsplit_once('/')) {
        (false, Some((folder, _))) => format!("{folder}/{target}"),
        _ => target.to_owned(),
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// The name of the unit that a link of the unit `name` leads to; `None` where they cannot be one.
fn linked_name(name: &UnitName, target: &str) -> Option<UnitName> {
    let linked = UnitName::checked(target.rsplit('/').next()?)?;
    let fits =
        linked.kind() == name.kind() && linked.instance().is_some() == name.instance().is_some();
    let linked = match name.instance() {
        Some(instance) if linked.is_template() => linked.with_instance(instance),
        _ => linked,
    };
    fits.then_some(linked)
}

fn masked(name: UnitName, path: String) -> Unit {
    Unit {
        name,
        path,
        is_masked: true,
        install: Install::default(),
    }
}

fn bad_link(path: &str) -> PlanError {
    let message = format!("the link `{path}` leads to no unit of its kind, or in circles");
    PlanError::new(Code::P2016, message).at(path)
}
