//! `xml`: XML.

mod document;
pub(crate) mod edit;
pub(crate) mod element;

use crate::file::access;
use crate::structured::keys::{self, keys};
use crate::structured::{Key, Value};
use crate::text::{Edited, MAX_TEXT};
use crate::values::path_text;
use document::Place;
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::Ownership;
use mintage_volume::tree::VolumeTree;
use rhai::plugin::*;
use rhai::{Array, Dynamic, Module};

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Edits files of XML.");
    module
}

/// What `ask` finds in a file.
fn ask<T>(
    tree: &VolumeTree,
    path: &str,
    ask: impl FnOnce(&str) -> Result<T, PlanError>,
) -> Result<T, PlanError> {
    let text = access::read_text(tree, path, MAX_TEXT)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    ask(text).map_err(|error| access::named(error, "read", path))
}

fn find(tree: &VolumeTree, path: &str, given: &Dynamic) -> Result<Option<Dynamic>, PlanError> {
    let given = keys(given)?;
    ask(tree, path, |text| {
        let document = document::parse(text)?;
        match document::find(text, &document, &given)? {
            None => Ok(None),
            Some(Place::Attribute(node, name)) => {
                let mut all = document::element(text, node, 0)?.attributes.into_iter();
                Ok(all
                    .find(|(found, _)| found == name)
                    .map(|(_, value)| value.into()))
            }
            Some(Place::Element(node)) => {
                let found = document::element(text, node, 0)?;
                match found.elements.is_empty() {
                    true => Ok(Some(found.text.into())),
                    false => Err(document::bad("the element has others in it, and no text")),
                }
            }
        }
    })
}

fn get(tree: &VolumeTree, path: &str, given: &Dynamic) -> Result<Dynamic, PlanError> {
    find(tree, path, given)?.ok_or_else(|| missing(path, given))
}

fn missing(path: &str, given: &Dynamic) -> PlanError {
    let shown = path_text(path);
    let place = keys(given)
        .map(|keys| keys::shown(&keys))
        .unwrap_or_default();
    PlanError::new(Code::P2008, format!("`{shown}` has no `{place}`"))
        .at(&shown)
        .help("give a default as the last argument")
}

/// How many elements the keys lead to; the last one has no number.
fn count(tree: &VolumeTree, path: &str, given: &Dynamic) -> Result<i64, PlanError> {
    let given = keys(given)?;
    ask(tree, path, |text| {
        let document = document::parse(text)?;
        let Some((Key::Name(name), parents)) = given.split_last() else {
            return Err(PlanError::new(
                Code::P2013,
                "the last key is the name of the elements",
            ));
        };
        let parent = match parents {
            [] => document.root(),
            parents => match document::find(text, &document, parents)? {
                Some(Place::Element(node)) => node,
                _ => return Ok(0),
            },
        };
        let found = document::named(text, parent, name).len();
        Ok(i64::try_from(found).unwrap_or(i64::MAX))
    })
}

fn names(tree: &VolumeTree, path: &str, given: &Dynamic) -> Result<Array, PlanError> {
    let wanted = keys(given)?;
    let found = ask(tree, path, |text| {
        let document = document::parse(text)?;
        let node = match wanted.as_slice() {
            [] => Some(document.root()),
            wanted => match document::find(text, &document, wanted)? {
                Some(Place::Element(node)) => Some(node),
                _ => None,
            },
        };
        let Some(node) = node else {
            return Ok(None);
        };
        let attributes = node.attributes().map(|found| {
            let name = text.get(found.range_qname()).unwrap_or_default();
            format!("@{name}")
        });
        let mut names: Vec<String> = attributes.collect();
        for child in node.children().filter(roxmltree::Node::is_element) {
            let name = document::name(text, child);
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        Ok(Some(names.into_iter().map(Dynamic::from).collect()))
    })?;
    found.ok_or_else(|| missing(path, given))
}

/// Makes a change that needs no file to be there: one is made.
fn bring(
    tree: &mut VolumeTree,
    path: &str,
    given: &Dynamic,
    value: &Dynamic,
    change: fn(&str, &[Key], &Value) -> Edited,
) -> Result<bool, PlanError> {
    let keys = keys(given)?;
    let (value, is_secret) = Value::of(value)?;
    access::mark(tree, path, is_secret)?;
    let mode = if is_secret { 0o600 } else { 0o644 };
    access::edit_or_create(tree, path, Ownership::root(mode), |content| {
        edited(content, |text| change(text, &keys, &value))
    })
}

/// Makes a change that has nothing to do in a file that is not there.
fn take(
    tree: &mut VolumeTree,
    path: &str,
    change: impl FnOnce(&str) -> Edited,
) -> Result<bool, PlanError> {
    if access::look(tree, path)?.is_none() {
        return Ok(false);
    }
    access::edit(tree, path, |content| edited(content, change))
}

/// The bytes after a change; those before its text stay.
pub(crate) fn edited(content: &[u8], change: impl FnOnce(&str) -> Edited) -> Edited {
    const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
    let mark = content
        .strip_prefix(BYTE_ORDER_MARK)
        .map_or(&b""[..], |_| BYTE_ORDER_MARK);
    let text = content
        .get(mark.len()..)
        .and_then(|text| std::str::from_utf8(text).ok());
    let text = text.ok_or_else(|| document::bad("it is not a text in UTF-8"))?;
    let Some(new) = change(text)?.filter(|new| new != text.as_bytes()) else {
        return Ok(None);
    };
    match new.len() > MAX_TEXT {
        true => Err(crate::text::too_large()),
        false => Ok(Some([mark, &new].concat())),
    }
}

fn remove_item(
    tree: &mut VolumeTree,
    path: &str,
    given: &Dynamic,
    item: &Dynamic,
) -> Result<bool, PlanError> {
    let (keys, (item, _)) = (keys(given)?, Value::of(item)?);
    take(tree, path, |text| edit::remove_item(text, &keys, &item))
}

#[export_module]
mod exported {
    use super::{bring, edit, names, take};
    use crate::RhaiResultOf;
    use crate::structured::keys::keys as keys_of;
    use mintage_engine::CallWorld;
    use rhai::{Array, Dynamic, NativeCallContext};

    #[rhai_fn(volatile, return_raw)]
    pub fn get(ctx: NativeCallContext, path: &str, keys: Dynamic) -> RhaiResultOf<Dynamic> {
        ctx.call_world(|world| super::get(world.tree(), path, &keys))
    }

    /// Gives the text of an element or the value of an attribute, or the default.
    ///
    /// The keys are an array of the names of elements from the root on, with prefixes as they
    /// stand there; a number, from 0, behind a name that is there several times; and last `@` with
    /// the name of an attribute.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2008` when there is none and no default is given.
    /// - `P2013` for keys that lead nowhere in XML.
    /// - `P2016` when the file is not XML or defines its own entities, when the element has others
    ///   in it, or when several are there and no number says which.
    /// - `P3001` when there is no file.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/z.xml", `<zone target="DROP"><short>Ops</short><port port="22"/><port port="80"/></zone>`);
    /// xml::get("/etc/z.xml", ["zone", "short"]) == "Ops"
    ///     && xml::get("/etc/z.xml", ["zone", "port", 1, "@port"]) == "80"
    ///     && xml::get("/etc/z.xml", ["zone", "@version"], "1") == "1"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "get", volatile, return_raw)]
    pub fn get_or(
        ctx: NativeCallContext,
        path: &str,
        keys: Dynamic,
        default: Dynamic,
    ) -> RhaiResultOf<Dynamic> {
        ctx.call_world(|world| Ok(find(world.tree(), path, &keys)?.unwrap_or(default)))
    }

    /// Gives how many elements of a name there are.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2013` for keys that lead nowhere in XML.
    /// - `P2016` when the file is not XML or defines its own entities.
    /// - `P3001` when there is no file.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/z.xml", `<zone><port port="22"/><port port="80"/></zone>`);
    /// xml::count("/etc/z.xml", ["zone", "port"]) == 2
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn count(ctx: NativeCallContext, path: &str, keys: Dynamic) -> RhaiResultOf<i64> {
        ctx.call_world(|world| super::count(world.tree(), path, &keys))
    }

    /// Gives the attributes of an element, with `@`, and the names of the elements in it, each once.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2008` when there is no such element.
    /// - `P2013` for keys that lead nowhere in XML.
    /// - `P2016` when the file is not XML or defines its own entities.
    /// - `P3001` when there is no file.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/z.xml", `<zone target="DROP"><short>Ops</short><port/><port/></zone>`);
    /// xml::keys("/etc/z.xml", "zone") == ["@target", "short", "port"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn keys(ctx: NativeCallContext, path: &str, keys: Dynamic) -> RhaiResultOf<Array> {
        ctx.call_world(|world| names(world.tree(), path, &keys))
    }

    /// Sets the text of an element or the value of an attribute.
    ///
    /// Elements that are missing on the way to it are made, and so is the file. Everything else
    /// stays byte for byte, comments too. With a secret as the value the file is marked as secret.
    /// Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2006` for a value that is no single one.
    /// - `P2008` for a number that no element has.
    /// - `P2013` for a name or a character that XML cannot have.
    /// - `P2016` when the file is not XML or defines its own entities, or the element has more in
    ///   it than a text.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/z.xml", "<zone>\n  <!-- ours -->\n  <short>Ops</short>\n</zone>\n");
    /// xml::set("/etc/z.xml", ["zone", "short"], "R&D");
    /// xml::set("/etc/z.xml", ["zone", "@target"], "DROP");
    /// file::read("/etc/z.xml") == "<zone target=\"DROP\">\n  <!-- ours -->\n  <short>R&amp;D</short>\n</zone>\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn set(
        ctx: NativeCallContext,
        path: &str,
        keys: Dynamic,
        value: Dynamic,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| bring(world.tree(), path, &keys, &value, edit::set))
    }

    /// Removes an element with all that is in it, or an attribute.
    ///
    /// Returns whether there was any; a file that does not exist has none.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2013` for keys that lead nowhere in XML.
    /// - `P2016` when the file is not XML or defines its own entities, when several elements could
    ///   be meant, or it is the root.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/z.xml", "<zone>\n  <short>Ops</short>\n  <port/>\n</zone>\n");
    /// xml::remove("/etc/z.xml", ["zone", "port"])
    ///     && file::read("/etc/z.xml") == "<zone>\n  <short>Ops</short>\n</zone>\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove(ctx: NativeCallContext, path: &str, keys: Dynamic) -> RhaiResultOf<bool> {
        ctx.call_world(|world| {
            let keys = keys_of(&keys)?;
            take(world.tree(), path, |text| edit::remove(text, &keys))
        })
    }

    /// Makes sure that an element is there, one among others of its name.
    ///
    /// The item is its text, or a map of attributes (`"@port": "22"`), a text (`"#text"`), and
    /// elements. One with exactly this in it counts as there; a new one comes behind the last of
    /// its name. Elements on the way are made, and so is the file. Returns whether anything
    /// changed.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2013` for a name or a character that XML cannot have.
    /// - `P2016` when the file is not XML or defines its own entities, or a text is where the
    ///   element would go.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/z.xml", "<zone>\n  <port port=\"22\"/>\n</zone>\n");
    /// xml::ensure_item("/etc/z.xml", ["zone", "port"], #{ "@port": 80 });
    /// file::read("/etc/z.xml") == "<zone>\n  <port port=\"22\"/>\n  <port port=\"80\"/>\n</zone>\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn ensure_item(
        ctx: NativeCallContext,
        path: &str,
        keys: Dynamic,
        item: Dynamic,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| bring(world.tree(), path, &keys, &item, edit::ensure_item))
    }

    /// Removes every element with exactly this in it, given as for `ensure_item`.
    ///
    /// Returns whether there was any; a file that does not exist has none.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2013` for keys that lead nowhere in XML.
    /// - `P2016` when the file is not XML or defines its own entities.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/z.xml", "<zone>\n  <service>ssh</service>\n</zone>\n");
    /// xml::remove_item("/etc/z.xml", ["zone", "service"], "ssh")
    ///     && file::read("/etc/z.xml") == "<zone>\n</zone>\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove_item(
        ctx: NativeCallContext,
        path: &str,
        keys: Dynamic,
        item: Dynamic,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::remove_item(world.tree(), path, &keys, &item))
    }
}
