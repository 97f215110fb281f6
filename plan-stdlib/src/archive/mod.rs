//! `archive` and `gzip`: packed files of the volume, unpacked and made inside it.

mod create;
mod extract;
mod read;
mod stream;
#[cfg(test)]
mod tests;

use crate::file::access::{self, Access};
use crate::options::Options;
use crate::values::path_text;
use extract::Unpacking;
use flate2::read::MultiGzDecoder;
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::{FileKind, Ownership};
use mintage_volume::tree::{LastLink, VolumeTree, WalkEntry};
use read::Kind;
use rhai::plugin::*;
use rhai::{Array, Dynamic, Map, Module};
use std::cell::RefCell;
use std::io;
use stream::{Bounded, FileReader};

/// The most entries that an archive is made of.
const MAX_ENTRIES: usize = 200_000;
/// The most bytes that a file packed by gzip unpacks to.
const MAX_BYTES: u64 = 8 * 1024 * 1024 * 1024;

/// The module `archive` with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Unpacks and makes tar archives inside the volume, packed by gzip or not.");
    module
}

/// The module `gzip` with all its functions.
pub(crate) fn gzip_module() -> Module {
    let mut module = rhai::exported_module!(gzip_exported);
    module.set_doc("Packs and unpacks single files inside the volume.");
    module
}

fn extract(
    tree: &mut VolumeTree,
    archive: &str,
    directory: &str,
    options: Map,
) -> Result<i64, PlanError> {
    let options = Options::checked("archive::extract", options, &["strip", "owner", "group"])?;
    let access = Access::from_options(&options, tree)?;
    let given = |key| options.value(key).is_some();
    let new = access.ownership(0);
    let strip = options
        .value("strip")
        .cloned()
        .unwrap_or(Dynamic::from(0_i64));
    let strip = strip
        .as_int()
        .ok()
        .and_then(|strip| usize::try_from(strip).ok());
    let how = Unpacking {
        strip: strip.ok_or_else(|| {
            let message = "`strip` is how many directories go from the start of each path";
            PlanError::new(Code::P2013, message)
        })?,
        uid: given("owner").then_some(new.uid),
        gid: given("group").then_some(new.gid),
    };
    let count = extract::extract(tree, archive, directory, &how)?;
    Ok(i64::try_from(count).unwrap_or(i64::MAX))
}

fn list(tree: &mut VolumeTree, archive: &str, limit: usize) -> Result<Array, PlanError> {
    access::refuse_secret(tree, archive)?;
    let mut names = Array::new();
    let lent = RefCell::new(tree);
    read::each(&lent, archive, |entry, _| {
        if names.len() == limit {
            let message = format!("it has more than {limit} entries");
            return Err(PlanError::new(Code::P2003, message));
        }
        let mut path = String::from_utf8(entry.path.clone())
            .map_err(|_| read::bad("it has a name that is not UTF-8"))?;
        if entry.kind == Kind::Directory {
            path.push('/');
        }
        names.push(path.into());
        Ok(())
    })?;
    Ok(names)
}

fn create(
    tree: &mut VolumeTree,
    archive: &str,
    directory: &str,
    options: Map,
) -> Result<bool, PlanError> {
    let options = Options::checked(
        "archive::create",
        options,
        &["gzip", "mode", "owner", "group"],
    )?;
    let access = Access::from_options(&options, tree)?;
    let by_name = archive.ends_with(".gz") || archive.ends_with(".tgz");
    let is_packed = options.flag("gzip", by_name)?;
    let root = tree
        .resolve(directory, LastLink::Follow)?
        .as_bytes()
        .to_vec();
    if tree.metadata(directory)?.kind != FileKind::Directory {
        let shown = path_text(directory);
        let message = format!("`{shown}` is no directory to make an archive of");
        return Err(PlanError::new(Code::P3003, message).at(&shown));
    }
    let entries = tree.walk(directory, MAX_ENTRIES)?;
    let target = tree.resolve(archive, LastLink::Follow)?;
    let entries: Vec<WalkEntry> = entries
        .into_iter()
        .filter(|entry| entry.path != target)
        .collect();
    let is_secret = entries.iter().any(|entry| tree.holds_secret(&entry.path));
    access::mark(tree, archive, is_secret)?;
    let new = access.ownership(if is_secret { 0o600 } else { 0o644 });
    let written = stream::write(tree, archive, new, |lent, out| {
        create::pack(lent, &root, &entries, is_packed, out)
    })?;
    Ok(access.apply(tree, archive)? || written)
}

fn compress(tree: &mut VolumeTree, from: &str, to: &str) -> Result<bool, PlanError> {
    single(tree, from, to, |lent, out| {
        let mut packed = create::gzip(out);
        io::copy(&mut FileReader::new(lent, from.as_bytes()), &mut packed)
            .map_err(create::failed)?;
        packed.finish().map(drop).map_err(create::failed)
    })
}

fn decompress(tree: &mut VolumeTree, from: &str, to: &str) -> Result<bool, PlanError> {
    single(tree, from, to, |lent, out| {
        let packed = MultiGzDecoder::new(FileReader::new(lent, from.as_bytes()));
        let copied = io::copy(&mut Bounded::new(packed, MAX_BYTES), out);
        copied.map(drop).map_err(|error| {
            let error = stream::unwrap(error, "it is not packed by gzip, or damaged");
            access::named(error, "unpack", from)
        })
    })
}

/// One file made of another, which has its mode and owner when it is new.
fn single(
    tree: &mut VolumeTree,
    from: &str,
    to: &str,
    make: impl Fn(&stream::Lent<'_>, &mut dyn io::Write) -> Result<(), PlanError>,
) -> Result<bool, PlanError> {
    let found = tree.metadata(from)?;
    if found.kind != FileKind::File {
        let shown = path_text(from);
        return Err(PlanError::new(Code::P3005, format!("`{shown}` is no file")).at(&shown));
    }
    let (source, target) = (
        tree.resolve(from, LastLink::Follow)?,
        tree.resolve(to, LastLink::Follow)?,
    );
    if source == target {
        let message = "a file cannot be packed into itself, or unpacked";
        return Err(PlanError::new(Code::P2013, message));
    }
    let is_secret = tree.holds_secret(from);
    access::mark(tree, to, is_secret)?;
    let new = Ownership {
        mode: found.mode,
        uid: found.uid,
        gid: found.gid,
    };
    stream::write(tree, to, new, make)
}

#[export_module]
mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Array, Map, NativeCallContext};

    #[rhai_fn(volatile, return_raw)]
    pub fn extract(ctx: NativeCallContext, archive: &str, directory: &str) -> RhaiResultOf<i64> {
        ctx.call_world(|world| super::extract(world.tree(), archive, directory, Map::new()))
    }

    /// Unpacks a tar archive of the volume, packed by gzip or not, into a directory.
    ///
    /// Modes, owners by their numbers, times and extended attributes come with the files; the
    /// options `owner` and `group` give everything to one, and `strip` takes that many directories
    /// from the start of each path. What is there already is replaced, other things in the
    /// directory stay; the directory is made when it is missing. The whole archive is looked at
    /// before anything is written: paths that are absolute or have `..`, that go through links of
    /// the archive or out of the directory, hard links out of it, devices, files with holes and
    /// paths that are there twice are errors. Returns how many entries were unpacked.
    ///
    /// # Errors
    /// - `P2003` for more than 200000 entries, or more than 8 GiB.
    /// - `P2013` for a wrong option.
    /// - `P2016` for what is no tar archive, is damaged, or is one of the above.
    /// - `P3001` when there is no archive.
    /// - `P3002` when a directory stands where a file goes, or the other way round.
    ///
    /// # Example
    /// ```rhai
    /// archive::create("/tmp/ssh.tar.gz", "/etc/ssh");
    /// archive::extract("/tmp/ssh.tar.gz", "/srv/copy") == 2
    ///     && file::checksum("/srv/copy/sshd_config") == file::checksum("/etc/ssh/sshd_config")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "extract", volatile, return_raw)]
    pub fn extract_with(
        ctx: NativeCallContext,
        archive: &str,
        directory: &str,
        options: Map,
    ) -> RhaiResultOf<i64> {
        ctx.call_world(|world| super::extract(world.tree(), archive, directory, options))
    }

    /// Gives the paths in a tar archive, in its order, those of directories with a `/` at their end.
    ///
    /// # Errors
    /// - `P2003` for more entries than an array may hold.
    /// - `P2016` for what is no tar archive, or has what cannot be unpacked.
    /// - `P3001` when there is no archive.
    ///
    /// # Example
    /// ```rhai
    /// archive::create("/tmp/ssh.tar", "/etc/ssh");
    /// archive::list("/tmp/ssh.tar") == ["ssh_host_ed25519_key", "sshd_config"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn list(ctx: NativeCallContext, archive: &str) -> RhaiResultOf<Array> {
        let limit = ctx.engine().max_array_size();
        ctx.call_world(|world| super::list(world.tree(), archive, limit))
    }

    #[rhai_fn(volatile, return_raw)]
    pub fn create(ctx: NativeCallContext, archive: &str, directory: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::create(world.tree(), archive, directory, Map::new()))
    }

    /// Makes a tar archive of what is in a directory.
    ///
    /// Paths in it are relative to the directory and sorted; modes, owners by their numbers, times
    /// and extended attributes come with the files, and links stay links. It is packed by gzip
    /// when its name ends in `.gz` or `.tgz`; the option `gzip` says otherwise. `mode`, `owner` and
    /// `group` are those of the archive. The same files give the same bytes. Returns whether
    /// anything changed.
    ///
    /// # Errors
    /// - `P2013` for a device, pipe or socket, or a wrong option.
    /// - `P3001` when there is no directory.
    /// - `P3003` when it is none.
    /// - `P3014` for more than 200000 entries.
    ///
    /// # Example
    /// ```rhai
    /// archive::create("/tmp/etc.tar", "/etc", #{ gzip: true, mode: 0o600 })
    ///     && !archive::create("/tmp/etc.tar", "/etc", #{ gzip: true, mode: 0o600 })
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "create", volatile, return_raw)]
    pub fn create_with(
        ctx: NativeCallContext,
        archive: &str,
        directory: &str,
        options: Map,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::create(world.tree(), archive, directory, options))
    }
}

#[export_module]
mod gzip_exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::NativeCallContext;

    /// Packs a file into another one.
    ///
    /// The first stays. A new file has the mode and owner of the first; no name and no time is in
    /// it, so the same content gives the same bytes. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P3001` when there is no file.
    /// - `P3005` when it is none.
    ///
    /// # Example
    /// ```rhai
    /// gzip::compress("/etc/motd", "/srv/motd.gz") && !gzip::compress("/etc/motd", "/srv/motd.gz")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn compress(ctx: NativeCallContext, from: &str, to: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::compress(world.tree(), from, to))
    }

    /// Unpacks a file that was packed by gzip into another one.
    ///
    /// The first stays. A new file has the mode and owner of the first. Returns whether anything
    /// changed.
    ///
    /// # Errors
    /// - `P2003` when it unpacks to more than 8 GiB.
    /// - `P2016` when it was not packed by gzip, or is damaged.
    /// - `P3001` when there is no file.
    /// - `P3005` when it is none.
    ///
    /// # Example
    /// ```rhai
    /// gzip::compress("/etc/motd", "/srv/motd.gz");
    /// gzip::decompress("/srv/motd.gz", "/srv/motd");
    /// file::checksum("/srv/motd") == file::checksum("/etc/motd")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn decompress(ctx: NativeCallContext, from: &str, to: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::decompress(world.tree(), from, to))
    }
}
