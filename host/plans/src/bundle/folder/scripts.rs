//! Plan scripts in a folder: their texts, their templates and their other fields.

use super::stems::Stems;
use super::toml::{Writer, parse, take_more, to_toml};
use super::{TEMPLATES, derived_id, folder_of};
use crate::bundle::artifact::{ArtifactKind, Language, PlanScript, check_name, is_id};
use crate::bundle::error::{BundleError, Result};
use crate::bundle::fields::Fields;
use crate::bundle::names::is_relative_path;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// The texts of a folder by their paths in it.
pub(super) type Texts = BTreeMap<String, String>;

/// How the file of a script in this language ends.
fn ending(language: Language) -> &'static str {
    match language {
        Language::Rhai => ".rhai",
        Language::Guestfish => ".gfs",
    }
}

/// The language of the script in the file `path`, and the path without its ending.
fn split(path: &str) -> Option<(&str, Language)> {
    let all = [Language::Rhai, Language::Guestfish];
    let mut found = all.into_iter().filter_map(|language| {
        let stem = path.strip_suffix(ending(language))?;
        Some((stem, language))
    });
    found.next()
}

/// Adds the files of `scripts` to `texts`; the answer has the file of each by its id.
pub(super) fn write(scripts: &[PlanScript], texts: &mut Texts) -> BTreeMap<String, String> {
    let mut stems = Stems::default();
    let mut paths = BTreeMap::new();
    let mut placed = Vec::new();
    for script in scripts {
        let templates = script.templates.iter().map(|(name, content)| {
            let path = place_template(texts, name, content);
            (name.clone(), path)
        });
        placed.push(templates.collect::<BTreeMap<_, _>>());
    }
    let all = default_templates(texts);
    for (script, templates) in scripts.iter().zip(placed) {
        let folder = folder_of(ArtifactKind::PlanScript);
        let stem = format!("{folder}/{}", stems.take(&script.name));
        let path = format!("{stem}{}", ending(script.language));
        let mut file = Writer::new();
        file.text("name", Some(&script.name))
            .text("id", Some(&script.id))
            .text("type", script.kind.as_deref())
            .text("description", script.description.as_deref())
            .flag("read-only", script.read_only);
        let expected = match script.language {
            Language::Rhai => all.clone(),
            Language::Guestfish => BTreeMap::new(),
        };
        if templates != expected {
            write_templates(&mut file, &templates);
        }
        file.more(&script.more);
        texts.insert(format!("{stem}.toml"), file.finish());
        texts.insert(path.clone(), script.content.clone());
        paths.insert(script.id.clone(), path);
    }
    paths
}

/// Names where each lies under its own name, else a table from names to paths.
fn write_templates(file: &mut Writer, templates: &BTreeMap<String, String>) {
    let is_plain = |(name, path): (&String, &String)| *path == default_path(name);
    let value: Json = match templates.iter().all(is_plain) {
        true => templates.keys().cloned().collect(),
        false => {
            let entries = templates
                .iter()
                .map(|(name, path)| (name.clone(), path.clone().into()));
            Json::Object(entries.collect::<Map<_, _>>())
        }
    };
    if let Some(value) = to_toml(&value) {
        file.value("templates", value);
    }
}

fn default_path(name: &str) -> String {
    format!("{TEMPLATES}/{name}")
}

/// What a script in Rhai has when it does not say: everything in the folder.
fn default_templates(texts: &Texts) -> BTreeMap<String, String> {
    let paths = texts.keys().filter_map(|path| {
        let name = path.strip_prefix(TEMPLATES)?.strip_prefix('/')?;
        Some((name.to_owned(), path.clone()))
    });
    paths.collect()
}

/// Finds a place for a template: under its own name unless another one of this name, or a folder
/// or file in the way, is there.
fn place_template(texts: &mut Texts, name: &str, content: &str) -> String {
    let mut path = default_path(name);
    let mut number = 1;
    while !is_free(texts, &path, content) {
        number += 1;
        path = format!("{TEMPLATES}/variant-{number}/{name}");
    }
    texts.insert(path.clone(), content.to_owned());
    path
}

fn is_free(texts: &Texts, path: &str, content: &str) -> bool {
    let below = |inner: &str, outer: &str| {
        inner
            .strip_prefix(outer)
            .is_some_and(|rest| rest.starts_with('/'))
    };
    let path = path.to_ascii_lowercase();
    texts.iter().all(|(taken, text)| {
        let is_same = *taken == path && text == content;
        let taken = taken.to_ascii_lowercase();
        is_same || (taken != path && !below(&taken, &path) && !below(&path, &taken))
    })
}

/// The plan scripts in `texts`, with the files that they lie in.
pub(super) fn read(texts: &Texts) -> Result<Vec<(String, PlanScript)>> {
    let all = default_templates(texts);
    let prefix = format!("{}/", folder_of(ArtifactKind::PlanScript));
    let mut scripts = Vec::new();
    let files = texts.iter().filter(|(path, _)| path.starts_with(&prefix));
    for (path, content) in files {
        let Some((stem, language)) = split(path) else {
            check_not_alone(path, texts)?;
            continue;
        };
        let name = format!("{stem}.toml");
        let text = texts.get(&name).map_or("", String::as_str);
        let fields = parse(&name, text)?;
        let short = stem.strip_prefix(&prefix).unwrap_or(stem);
        let script = read_one(fields, language, short, content, &all, texts)?;
        scripts.push((path.clone(), script));
    }
    Ok(scripts)
}

/// A file with the fields of a script needs the script.
fn check_not_alone(path: &str, texts: &Texts) -> Result<()> {
    let Some(stem) = path.strip_suffix(".toml") else {
        return Ok(());
    };
    let all = [Language::Rhai, Language::Guestfish];
    let has_script = all
        .iter()
        .any(|language| texts.contains_key(&format!("{stem}{}", ending(*language))));
    match has_script {
        true => Ok(()),
        false => Err(BundleError::artifact(
            path,
            format!("there is no script `{stem}.rhai` or `{stem}.gfs` beside it"),
        )),
    }
}

fn read_one(
    mut fields: Fields<'_>,
    language: Language,
    stem: &str,
    content: &str,
    all: &BTreeMap<String, String>,
    texts: &Texts,
) -> Result<PlanScript> {
    let (name, id) = take_identity(&mut fields, ArtifactKind::PlanScript, Some(stem))?;
    let paths = match (fields.take("templates"), language) {
        (None, Language::Rhai) => all.clone(),
        (None, Language::Guestfish) => BTreeMap::new(),
        (Some(given), _) => template_paths(&fields, given)?,
    };
    let mut templates = BTreeMap::new();
    for (name, path) in paths {
        let text = texts
            .get(&path)
            .ok_or_else(|| fields.error("templates", &format!("there is no template `{path}`")))?;
        templates.insert(name, text.clone());
    }
    let script = PlanScript {
        id,
        name,
        description: fields.text("description")?,
        kind: fields.text("type")?,
        read_only: fields.flag("read-only")?.unwrap_or(false),
        language,
        content: content.to_owned(),
        templates,
        more: take_more(&mut fields)?,
    };
    fields.finish()?;
    Ok(script)
}

/// Paths of templates by their names, as [`write_templates`] wrote them.
fn template_paths(fields: &Fields<'_>, given: Json) -> Result<BTreeMap<String, String>> {
    let wrong = || {
        fields.error(
            "templates",
            "it must list names, or be a table of paths by name",
        )
    };
    let mut paths = BTreeMap::new();
    match given {
        Json::Array(names) => {
            for name in names {
                let Json::String(name) = name else {
                    return Err(wrong());
                };
                paths.insert(name.clone(), default_path(&name));
            }
        }
        Json::Object(map) => {
            for (name, path) in map {
                let Json::String(path) = path else {
                    return Err(wrong());
                };
                paths.insert(name, path);
            }
        }
        _ => return Err(wrong()),
    }
    match paths.keys().find(|name| !is_relative_path(name)) {
        None => Ok(paths),
        Some(name) => Err(fields.error("templates", &format!("`{name}` is no path of a template"))),
    }
}

/// The name and id of an artifact; both may be left out by people who write them by hand, the name
/// only where the file has one that will do.
pub(super) fn take_identity(
    fields: &mut Fields<'_>,
    kind: ArtifactKind,
    otherwise: Option<&str>,
) -> Result<(String, String)> {
    let name = match (fields.text("name")?, otherwise) {
        (Some(name), _) => name,
        (None, Some(otherwise)) => otherwise.to_owned(),
        (None, None) => return Err(fields.error("name", "it must be a text, and is missing")),
    };
    check_name(&name).map_err(|why| fields.error("name", &why))?;
    let id = fields
        .text("id")?
        .unwrap_or_else(|| derived_id(kind, &name));
    match is_id(&id) {
        true => Ok((name, id)),
        false => Err(fields.error("id", "it must be an id: up to 64 letters, digits and `-`")),
    }
}
