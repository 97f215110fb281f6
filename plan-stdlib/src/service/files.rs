//! Unit files and drop-ins that a script writes.

use super::name::UnitName;
use super::unit::CONFIG;
use crate::file::access::{self, Access, Content};
use crate::values::{scalar, shorten, type_name};
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::Ownership;
use mintage_volume::tree::VolumeTree;
use rhai::{Array, Dynamic, Map};

/// Writes a whole unit into the administrator's directory.
pub(super) fn write(
    tree: &mut VolumeTree,
    name: &UnitName,
    content: &Dynamic,
) -> Result<bool, PlanError> {
    let content = unit_text(name, content)?;
    tree.make_dirs(CONFIG, Ownership::root(0o755))?;
    put(tree, &format!("{CONFIG}/{}", name.as_str()), &content)
}

/// Writes a drop-in of a unit. Its name gets the ending `.conf`.
pub(super) fn drop_in(
    tree: &mut VolumeTree,
    unit: &UnitName,
    name: &str,
    content: &Dynamic,
) -> Result<bool, PlanError> {
    let stem = name.strip_suffix(".conf").unwrap_or(name);
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte);
    if stem.is_empty() || stem.starts_with('.') || stem.len() > 200 || !stem.bytes().all(fits) {
        let shown = shorten(name);
        let message = format!("`{shown}` cannot be the name of a drop-in");
        return Err(PlanError::new(Code::P2013, message)
            .help("a name has letters, digits and `-_.@`, for example `10-limits`"));
    }
    let content = unit_text(unit, content)?;
    let folder = format!("{CONFIG}/{}.d", unit.as_str());
    tree.make_dirs(&folder, Ownership::root(0o755))?;
    put(tree, &format!("{folder}/{stem}.conf"), &content)
}

fn put(tree: &mut VolumeTree, path: &str, content: &Content) -> Result<bool, PlanError> {
    access::write(tree, path, content, Access::default())
}

/// A unit's text: as the script gave it, or made of a map of sections.
fn unit_text(unit: &UnitName, given: &Dynamic) -> Result<Content, PlanError> {
    if let Some(sections) = given.read_lock::<Map>() {
        return Ok(Content::Text(of_sections(unit, &sections)?.into()));
    }
    let content = Content::of(given)?;
    check(&content)?;
    Ok(content)
}

/// systemd skips lines that it does not understand: a unit that is none would do nothing.
fn check(content: &Content) -> Result<(), PlanError> {
    let text = String::from_utf8_lossy(content.as_bytes());
    let mut lines = text.lines().map(str::trim);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with(['#', ';']));
    let is_unit = first.is_some_and(|line| line.starts_with('[') && line.ends_with(']'));
    if is_unit && !content.as_bytes().contains(&0) {
        return Ok(());
    }
    Err(PlanError::new(
        Code::P2013,
        "the text is no unit: its first line must be a section like `[Unit]`",
    ))
}

/// The text of a map of sections, in the order in which administrators write them: `[Unit]`, the
/// one of the unit's own kind, others, `[Install]`.
fn of_sections(unit: &UnitName, sections: &Map) -> Result<String, PlanError> {
    let place = |section: &str| match section {
        "Unit" => 0,
        "Install" => 3,
        own if own.eq_ignore_ascii_case(unit.kind()) => 1,
        _ => 2,
    };
    let mut sorted: Vec<_> = sections.iter().collect();
    sorted.sort_by_key(|(section, _)| place(section));
    let mut text = String::new();
    for (section, settings) in sorted {
        if !is_word(section) {
            return Err(bad("section", section));
        }
        let settings = settings.read_lock::<Map>().ok_or_else(|| {
            let found = type_name(settings);
            let message =
                format!("the section `{section}` must be a map, not a value of type `{found}`");
            PlanError::new(Code::P2006, message)
        })?;
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!("[{section}]\n"));
        for (key, value) in settings.iter() {
            if !is_word(key) {
                return Err(bad("setting", key));
            }
            for value in values(value)? {
                let value = match key.as_str() {
                    "Environment" => assignment(value),
                    _ => value,
                };
                text.push_str(&format!("{key}={value}\n"));
            }
        }
    }
    Ok(text)
}

/// One variable for a unit: quoted where its value has blanks, which would end it, or quotes, which
/// systemd would take as its own. One that the script has quoted is left as it is.
fn assignment(value: String) -> String {
    let is_quoted = value.starts_with(['"', '\''])
        || value
            .split_once('=')
            .is_some_and(|(_, text)| text.starts_with(['"', '\'']));
    if is_quoted || !value.contains([' ', '\t', '"', '\'']) {
        return value;
    }
    format!("\"{}\"", value.replace('"', "\\\""))
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn bad(what: &str, name: &str) -> PlanError {
    let shown = shorten(name);
    PlanError::new(
        Code::P2013,
        format!("`{shown}` cannot be the name of a {what}"),
    )
}

/// One value, or the values of a setting that is given several times.
fn values(value: &Dynamic) -> Result<Vec<String>, PlanError> {
    let values = match value.read_lock::<Array>() {
        Some(values) => values.iter().map(scalar).collect::<Result<_, _>>()?,
        None => vec![scalar(value)?],
    };
    for value in &values {
        let is_one_line = !value.contains(|c: char| c.is_control() && c != '\t');
        if !is_one_line || value.ends_with('\\') || value.trim() != value {
            let shown = shorten(value);
            let message = format!("`{shown}` cannot be a value in a unit");
            return Err(PlanError::new(Code::P2013, message)
                .help("a value is on one line, does not start or end with blanks, and does not end in `\\`"));
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::TestWorld;

    fn map(script: &str) -> Dynamic {
        let map: Map = rhai::Engine::new_raw().eval(script).unwrap();
        Dynamic::from_map(map)
    }

    #[test]
    fn maps_become_sections() {
        let given =
            map("#{ Service: #{ Restart: \"always\", Environment: [\"A=1\", \"B=2\"], Nice: 5 } }");
        let text = unit_text(&UnitName::parse("a").unwrap(), &given).unwrap();
        assert_eq!(
            text.as_bytes(),
            b"[Service]\nEnvironment=A=1\nEnvironment=B=2\nNice=5\nRestart=always\n"
        );
    }

    #[test]
    fn sections_have_the_usual_order() {
        let given = map(
            "#{ Install: #{}, Service: #{}, Socket: #{}, Timer: #{}, Unit: #{}, \"X-Site\": #{} }",
        );
        for (unit, expected) in [
            ("a", "Unit Service Socket Timer X-Site Install"),
            ("a.timer", "Unit Timer Service Socket X-Site Install"),
        ] {
            let text = of_sections(
                &UnitName::parse(unit).unwrap(),
                &given.read_lock::<Map>().unwrap(),
            );
            let text = text.unwrap().replace("]\n\n[", " ");
            assert_eq!(text, format!("[{expected}]\n"), "{unit}");
        }
    }

    #[test]
    fn variables_with_blanks_are_quoted() {
        for (given, expected) in [
            ("A=1", "A=1"),
            ("A=b c", "\"A=b c\""),
            ("A=b\tc", "\"A=b\tc\""),
            ("A=it's", "\"A=it's\""),
            ("A=say \"x\"", "\"A=say \\\"x\\\"\""),
            ("\"A=b c\" D=1", "\"A=b c\" D=1"),
            ("A='b c'", "A='b c'"),
        ] {
            assert_eq!(assignment(given.to_owned()), expected);
        }
    }

    #[test]
    fn nothing_breaks_out_of_its_place() {
        let mut tree = TestWorld::debian().tree;
        let unit = UnitName::parse("a").unwrap();
        for given in [
            "#{ Service: #{ Environment: \"A=1\\nExecStartPre=/bin/evil\" } }",
            "#{ Service: #{ Environment: \"A=1\\\\\" } }",
            "#{ Service: #{ \"A\\nB\": 1 } }",
            "#{ \"Service]\\nX=1\": #{} }",
        ] {
            let error = drop_in(&mut tree, &unit, "x", &map(given)).unwrap_err();
            assert_eq!(error.code, Code::P2013, "{given}");
        }
        for name in ["", "../x", "a b", ".x", "a/b"] {
            let error = drop_in(&mut tree, &unit, name, &"[Unit]\n".into()).unwrap_err();
            assert_eq!(error.code, Code::P2013, "{name}");
        }
        for text in [
            "",
            "ExecStart=/bin/x\n",
            "# only\n",
            "[Unit\n",
            "[Unit]\n\0",
        ] {
            let error = write(&mut tree, &unit, &text.into()).unwrap_err();
            assert_eq!(error.code, Code::P2013, "{text}");
        }
    }
}
