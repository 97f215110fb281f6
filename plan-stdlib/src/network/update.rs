//! One call of a script: the model with its change, and the files that follow from it.

use super::detect::{self, Stack};
use super::model::address::Mac;
use super::model::network::{Kind, Network};
use super::model::resolve::resolve;
use super::model::{Key, Model};
use super::present;
use super::render::{self, Rendered};
use super::resolver;
use crate::file::access;
use crate::seed;
use mintage_engine::{Code, PlanError, PlanWorld, Value};
use mintage_volume::filesystem::Ownership;
use mintage_volume::tree::VolumeTree;
use std::collections::BTreeSet;

/// Changes the model and writes what follows; says whether any file changed. What fails changes
/// neither the model nor, unless the volume itself fails, a file.
pub(super) fn update(
    world: &mut dyn PlanWorld,
    change: impl FnOnce(&mut Model) -> Result<(), PlanError>,
) -> Result<bool, PlanError> {
    let mut model = current(world)?;
    change(&mut model)?;
    let stack = stack(world.tree(), &model)?;
    let shared: &dyn PlanWorld = world;
    let network = resolve(&model, stack, &|purpose| seed::derive(shared, purpose))?;
    let resolver = resolver::resolver(world.tree(), stack)?;
    let mut files = render::render(stack, &network)?;
    if stack != Stack::NetworkManager
        && !detect::is_enabled(world.tree(), "NetworkManager.service")?
    {
        files.retain(|file| !file.path.starts_with("/etc/NetworkManager/"));
    }
    files.extend(resolver.file(&network.dns));
    check_packages(world.tree(), stack, &network)?;

    let tree = world.tree();
    let mut changed = remove_old(tree, &model.written, &files)?;
    for file in &files {
        changed |= put(tree, file)?;
    }
    changed |= present::source_folder(tree, stack)?;
    let is_ours = |name: &str| {
        network
            .interfaces
            .iter()
            .any(|interface| interface.id == name)
    };
    changed |= present::drop_stanzas(tree, stack, is_ours)?;
    changed |= resolver.edit(tree, &network)?;
    model.written = files.into_iter().map(|file| file.path).collect();
    world.memory().keep(model);
    Ok(changed)
}

/// Takes out what the image has for all interfaces.
pub(super) fn clear(world: &mut dyn PlanWorld) -> Result<bool, PlanError> {
    let model = current(world)?;
    let stack = stack(world.tree(), &model)?;
    present::clear(world.tree(), stack, &model)
}

/// Takes out one interface, of the image or of this run.
pub(super) fn remove(world: &mut dyn PlanWorld, key: &Key) -> Result<bool, PlanError> {
    let model = current(world)?;
    let is_boot = match key {
        Key::Mac(mac) => model.boot.contains_key(mac),
        Key::Name(name) => model.boot.values().flatten().any(|boot| boot == name),
    };
    if is_boot {
        let message = format!("`{key}` carries the boot volume and stays");
        return Err(PlanError::new(Code::P2013, message));
    }
    let stack = stack(world.tree(), &model)?;
    let mut changed = present::remove(world.tree(), stack, &model, key)?;
    if model.interfaces.contains_key(key) || model.routes.contains_key(key) {
        changed |= update(world, |model| {
            model.interfaces.remove(key);
            model.routes.remove(key);
            Ok(())
        })?;
    }
    Ok(changed)
}

/// The model so far, with the boot ports of the server profile.
fn current(world: &mut dyn PlanWorld) -> Result<Model, PlanError> {
    let mut model: Model = world.memory().of();
    let Value::Map(profile) = world.profile() else {
        return Ok(model);
    };
    let Some(Value::List(macs)) = profile.get("bootMacs") else {
        return Ok(model);
    };
    for mac in macs {
        let Value::Text(text) = mac else {
            let message = "`bootMacs` of the server profile lists hardware addresses";
            return Err(PlanError::new(Code::P2013, message));
        };
        model.boot.entry(Mac::parse(text)?).or_insert(None);
    }
    Ok(model)
}

fn stack(tree: &VolumeTree, model: &Model) -> Result<Stack, PlanError> {
    let found = match model.stack {
        Some(stack) => Some(stack),
        None => detect::network_stack(tree)?,
    };
    found.ok_or_else(|| {
        PlanError::new(Code::P2013, "the volume has no network stack that is known")
            .help("choose one: `network::renderer(\"networkd\")`")
    })
}

/// ifupdown sets up bonds and bridges by scripts of other packages; without them it would do
/// nothing, and say nothing.
fn check_packages(tree: &VolumeTree, stack: Stack, network: &Network) -> Result<(), PlanError> {
    if stack != Stack::Ifupdown {
        return Ok(());
    }
    for interface in &network.interfaces {
        let (package, script) = match interface.kind {
            Kind::Bond { .. } => ("ifenslave", "/etc/network/if-pre-up.d/ifenslave"),
            Kind::Bridge { .. } => ("bridge-utils", "/etc/network/if-pre-up.d/bridge"),
            _ => continue,
        };
        if access::look(tree, script)?.is_none() {
            let id = &interface.id;
            let message = format!(
                "ifupdown cannot set up `{id}`: the volume does not have the package `{package}`"
            );
            return Err(PlanError::new(Code::P2013, message)
                .at(script)
                .help("install it in the golden image, or use another network stack"));
        }
    }
    Ok(())
}

fn remove_old(
    tree: &mut VolumeTree,
    old: &BTreeSet<String>,
    files: &[Rendered],
) -> Result<bool, PlanError> {
    let mut changed = false;
    for path in old {
        if !files.iter().any(|file| file.path == *path)
            && access::look_at_link(tree, path)?.is_some()
        {
            tree.remove(path)?;
            changed = true;
        }
    }
    Ok(changed)
}

fn put(tree: &mut VolumeTree, file: &Rendered) -> Result<bool, PlanError> {
    if let Some((folder, _)) = file.path.rsplit_once('/') {
        tree.make_dirs(folder, Ownership::root(0o755))?;
    }
    let written = access::write_bytes(
        tree,
        &file.path,
        file.text.as_bytes(),
        Ownership::root(file.mode),
    )?;
    let is_open = tree.metadata(&file.path)?.mode != file.mode;
    if is_open {
        tree.set_mode(&file.path, file.mode)?;
    }
    Ok(written || is_open)
}
