//! The accounts of a volume: users and groups with their files, as shadow-utils keeps them; and
//! here their names and numbers.

pub(crate) mod database;
pub(crate) mod defaults;
pub(crate) mod names;
pub(crate) mod numbers;
pub(crate) mod table;

use crate::values::{self, shorten};
use database::Database;
use mintage_engine::{Code, PlanError};
use mintage_volume::tree::VolumeTree;
use rhai::Dynamic;

/// Which of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    User,
    Group,
}

impl Kind {
    fn database(self) -> Database {
        match self {
            Self::User => Database::Passwd,
            Self::Group => Database::Group,
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
        }
    }
}

/// The number of a user or group that a script gave by name or by number.
///
/// # Errors
/// `P2013` when the volume has no such name or the number is none, `P2006` for another type.
pub(crate) fn number(tree: &VolumeTree, kind: Kind, given: &Dynamic) -> Result<u32, PlanError> {
    let noun = kind.noun();
    if let Ok(number) = given.as_int() {
        // The highest number means "leave it as it is" to the system calls.
        return u32::try_from(number)
            .ok()
            .filter(|number| *number != u32::MAX)
            .ok_or_else(|| {
                PlanError::new(
                    Code::P2013,
                    format!("{number} is not the number of a {noun}"),
                )
                .help("numbers go from 0 to 4294967294")
            });
    }
    let name = given.clone().into_immutable_string().map_err(|_| {
        let found = values::type_name(given);
        PlanError::new(
            Code::P2006,
            format!("a {noun} is a name or a number, not a value of type `{found}`"),
        )
    })?;
    let content = kind.database().read(tree)?;
    number_in(&content, name.as_bytes()).ok_or_else(|| {
        let (shown, path) = (shorten(&name), kind.database().path());
        PlanError::new(Code::P2013, format!("the volume has no {noun} `{shown}`"))
            .at(path)
            .help(format!(
                "the names are those of the volume's own `{path}`; a number works always"
            ))
    })
}

/// The name of a number, where the volume has one that is text.
pub(crate) fn name(
    tree: &VolumeTree,
    kind: Kind,
    number: u32,
) -> Result<Option<String>, PlanError> {
    Ok(name_in(&kind.database().read(tree)?, number))
}

/// The fields `name` and `number` of every line that has them.
fn entries(content: &[u8]) -> impl Iterator<Item = (&[u8], u32)> {
    content.split(|byte| *byte == b'\n').filter_map(|line| {
        let mut fields = line.split(|byte| *byte == b':');
        let name = fields.next()?;
        let number = std::str::from_utf8(fields.nth(1)?).ok()?;
        Some((name, number.parse().ok()?))
    })
}

fn number_in(content: &[u8], wanted: &[u8]) -> Option<u32> {
    entries(content)
        .find(|(name, _)| *name == wanted)
        .map(|(_, number)| number)
}

fn name_in(content: &[u8], wanted: u32) -> Option<String> {
    let (name, _) = entries(content).find(|(_, number)| *number == wanted)?;
    String::from_utf8(name.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_found_in_hostile_files() {
        let passwd =
            b"root:x:0:0::/root:/bin/sh\n\xff:x:7:7\nbroken\nno:x:minus:1\nops:x:1000:1000:::\n";
        for (name, number) in [
            ("root", Some(0)),
            ("ops", Some(1000)),
            ("no", None),
            ("broken", None),
        ] {
            assert_eq!(number_in(passwd, name.as_bytes()), number, "{name}");
        }
        assert_eq!(name_in(passwd, 1000).as_deref(), Some("ops"));
        assert_eq!(name_in(passwd, 7), None);
    }
}
