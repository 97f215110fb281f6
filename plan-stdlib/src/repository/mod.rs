//! `repository`: where the system gets its packages from, by apt, dnf or zypper.

mod apt;
mod description;
mod rpm;

use crate::file::access;
use crate::options::Options;
use crate::os;
use description::{KEYS, Repository, bad};
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::{FileKind, Ownership};
use mintage_volume::tree::VolumeTree;
use rhai::plugin::*;
use rhai::{Array, Dynamic, Map, Module};

/// The largest key that is taken, in bytes.
const MAX_KEY: usize = 1024 * 1024;

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Adds, removes and switches the repositories that packages come from.");
    module
}

/// The program that installs packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manager {
    Apt,
    Dnf,
    Zypper,
}

impl Manager {
    fn of(tree: &VolumeTree) -> Result<Self, PlanError> {
        match os::family(tree)?.as_str() {
            "debian" => Ok(Self::Apt),
            "redhat" => Ok(Self::Dnf),
            "suse" => Ok(Self::Zypper),
            _ => Err(PlanError::new(
                Code::P3013,
                "how this distribution names its repositories is not known",
            )),
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Apt => "/etc/apt/sources.list.d",
            Self::Dnf => "/etc/yum.repos.d",
            Self::Zypper => "/etc/zypp/repos.d",
        }
    }

    fn path(self, name: &str) -> String {
        let ending = if self == Self::Apt { "sources" } else { "repo" };
        format!("{}/{name}.{ending}", self.folder())
    }

    fn key_path(self, name: &str) -> String {
        match self {
            Self::Apt => format!("/etc/apt/keyrings/{name}.asc"),
            Self::Dnf | Self::Zypper => format!("/etc/pki/rpm-gpg/RPM-GPG-KEY-{name}"),
        }
    }
}

fn check_name(name: &str) -> Result<(), PlanError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    match !name.is_empty()
        && name.len() <= 100
        && !name.starts_with(['.', '-'])
        && name.bytes().all(fits)
    {
        true => Ok(()),
        false => Err(bad("name", name).help("a name has letters, digits and `-_.`")),
    }
}

fn ensure(tree: &mut VolumeTree, name: &str, options: Map) -> Result<bool, PlanError> {
    check_name(name)?;
    let options = Options::checked("repository::ensure", options, &KEYS)?;
    let manager = Manager::of(tree)?;
    let key = options.text("key")?;
    if let Some(key) = &key {
        check_key(key)?;
    }
    let repository = Repository::of(name, &options, key.as_ref().map(|_| manager.key_path(name)))?;
    let text = match manager {
        Manager::Apt => apt::text(tree, &repository)?,
        Manager::Dnf => rpm::text(&repository, false)?,
        Manager::Zypper => rpm::text(&repository, true)?,
    };
    let mut has_changed = false;
    if let Some(key) = &key {
        has_changed |= put(tree, &manager.key_path(name), key.as_bytes())?;
    }
    Ok(put(tree, &manager.path(name), text.as_bytes())? || has_changed)
}

fn check_key(key: &str) -> Result<(), PlanError> {
    let is_key = key
        .trim_start()
        .starts_with("-----BEGIN PGP PUBLIC KEY BLOCK-----")
        && key
            .trim_end()
            .ends_with("-----END PGP PUBLIC KEY BLOCK-----");
    match is_key && key.len() <= MAX_KEY {
        true => Ok(()),
        false => Err(PlanError::new(Code::P2013, "the key is no PGP public key in text form")
            .help("it starts with `-----BEGIN PGP PUBLIC KEY BLOCK-----`; `gpg --armor --export` writes one")),
    }
}

fn put(tree: &mut VolumeTree, path: &str, content: &[u8]) -> Result<bool, PlanError> {
    if let Some((folder, _)) = path.rsplit_once('/') {
        tree.make_dirs(folder, Ownership::root(0o755))?;
    }
    access::write_bytes(tree, path, content, Ownership::root(0o644))
}

fn remove(tree: &mut VolumeTree, name: &str) -> Result<bool, PlanError> {
    check_name(name)?;
    let manager = Manager::of(tree)?;
    let mut has_changed = false;
    for path in [manager.path(name), manager.key_path(name)] {
        if access::look_at_link(tree, &path)?.is_some() {
            tree.remove(&path)?;
            has_changed = true;
        }
    }
    Ok(has_changed)
}

fn switch(tree: &mut VolumeTree, name: &str, on: bool) -> Result<bool, PlanError> {
    check_name(name)?;
    let manager = Manager::of(tree)?;
    if manager == Manager::Apt {
        let path = manager.path(name);
        if access::look(tree, &path)?.is_none() {
            return Err(missing(name));
        }
        return access::edit(tree, &path, |content| apt::switched(content, on));
    }
    for path in files(tree, manager)? {
        let content = access::read(tree, &path, crate::text::MAX_TEXT)?;
        if rpm::has(&content, name) {
            return access::edit(tree, &path, |content| rpm::switched(content, name, on));
        }
    }
    Err(missing(name))
}

fn missing(name: &str) -> PlanError {
    PlanError::new(
        Code::P3001,
        format!("the volume has no repository `{name}`"),
    )
}

fn files(tree: &VolumeTree, manager: Manager) -> Result<Vec<String>, PlanError> {
    let folder = manager.folder();
    if access::look(tree, folder)?.is_none_or(|found| found.kind != FileKind::Directory) {
        return Ok(Vec::new());
    }
    let names = tree.read_dir(folder)?.into_iter();
    let names = names.filter_map(|entry| String::from_utf8(entry.name).ok());
    let names = names.filter(|name| name.ends_with(".repo") || name.ends_with(".sources"));
    Ok(names.map(|name| format!("{folder}/{name}")).collect())
}

fn names(tree: &VolumeTree) -> Result<Array, PlanError> {
    let manager = Manager::of(tree)?;
    let mut names = Vec::new();
    for path in files(tree, manager)? {
        match manager {
            Manager::Apt => {
                let file = path
                    .rsplit('/')
                    .next()
                    .and_then(|file| file.strip_suffix(".sources"));
                names.extend(file.map(str::to_owned));
            }
            Manager::Dnf | Manager::Zypper => {
                names.extend(rpm::names(&access::read(
                    tree,
                    &path,
                    crate::text::MAX_TEXT,
                )?));
            }
        }
    }
    Ok(names.into_iter().map(Dynamic::from).collect())
}

#[export_module]
mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Array, Map, NativeCallContext};

    /// Makes sure that the system has a repository, exactly as described.
    ///
    /// In the Debian family it is `/etc/apt/sources.list.d/NAME.sources`, with its key in
    /// `/etc/apt/keyrings/NAME.asc`; in the Red Hat family `/etc/yum.repos.d/NAME.repo`, in SUSE's
    /// `/etc/zypp/repos.d/NAME.repo`, with their keys in `/etc/pki/rpm-gpg`. Options:
    /// - `url`: where it is; needed;
    /// - `key`: its PGP public key as text; without one, the keys of the distribution are taken;
    /// - `signed`: whether packages must be signed, `true` unless told otherwise;
    /// - `enabled`: `true` unless told otherwise;
    /// - `description`: its name for people; not for apt;
    /// - `suites`, `components`, `architectures`: arrays, for apt only; the suite is the
    ///   distribution's code name and the component `main` unless told otherwise;
    /// - `autorefresh`: for zypper only, `true` unless told otherwise.
    ///
    /// Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2006` for an option of another type.
    /// - `P2013` for a wrong option, name, address or key.
    /// - `P3001` when the volume has no os-release.
    /// - `P3013` for another family of distributions.
    ///
    /// # Example
    /// ```rhai
    /// repository::ensure("example", #{ url: "https://packages.example.com/debian", components: ["main", "extra"] });
    /// file::read("/etc/apt/sources.list.d/example.sources").contains("Suites: bookworm\nComponents: main extra\n")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn ensure(ctx: NativeCallContext, name: &str, options: Map) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::ensure(world.tree(), name, options))
    }

    /// Removes the file of a repository and the key that came with it.
    ///
    /// Returns whether there was any.
    ///
    /// # Errors
    /// - `P2013` for what cannot be a name.
    /// - `P3001` when the volume has no os-release.
    /// - `P3013` for another family of distributions.
    ///
    /// # Example
    /// ```rhai
    /// repository::ensure("example", #{ url: "https://packages.example.com/debian" });
    /// repository::remove("example") && !repository::remove("example")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove(ctx: NativeCallContext, name: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::remove(world.tree(), name))
    }

    /// Switches a repository on, in whatever file it is.
    ///
    /// For apt, the name is that of a file `NAME.sources`. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` for what cannot be a name.
    /// - `P3001` when there is no such repository.
    /// - `P3013` for another family of distributions.
    ///
    /// # Example
    /// ```rhai
    /// repository::ensure("example", #{ url: "https://packages.example.com/debian", enabled: false });
    /// repository::enable("example") && !repository::enable("example")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn enable(ctx: NativeCallContext, name: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::switch(world.tree(), name, true))
    }

    /// Switches a repository off, in whatever file it is.
    ///
    /// For apt, the name is that of a file `NAME.sources`. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` for what cannot be a name.
    /// - `P3001` when there is no such repository.
    /// - `P3013` for another family of distributions.
    ///
    /// # Example
    /// ```rhai
    /// repository::ensure("example", #{ url: "https://packages.example.com/debian" });
    /// repository::disable("example") && !repository::disable("example")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn disable(ctx: NativeCallContext, name: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::switch(world.tree(), name, false))
    }

    /// Gives the names of the repositories, those that are off too.
    ///
    /// For apt they are the names of the files `*.sources`; lines of `sources.list` have none.
    ///
    /// # Errors
    /// - `P3001` when the volume has no os-release.
    /// - `P3013` for another family of distributions.
    ///
    /// # Example
    /// ```rhai
    /// repository::ensure("example", #{ url: "https://packages.example.com/debian" });
    /// repository::names() == ["example"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn names(ctx: NativeCallContext) -> RhaiResultOf<Array> {
        ctx.call_world(|world| super::names(world.tree()))
    }
}

#[cfg(test)]
mod tests;
