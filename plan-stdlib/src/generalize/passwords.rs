//! The hashes of passwords that accounts have.

use crate::accounts::database::Database;
use mintage_engine::PlanError;
use mintage_volume::tree::VolumeTree;

/// What stands in the place of a hash that lets nobody in (shadow(5)).
const NO_PASSWORD: &str = "*";
/// The field of passwd, shadow and gshadow that has the hash.
const PASSWORD: usize = 1;

/// Takes every hash out of the files of accounts; gives how many files changed.
pub(super) fn remove(tree: &mut VolumeTree) -> Result<usize, PlanError> {
    let mut changed = 0;
    for database in [Database::Passwd, Database::Shadow, Database::GroupShadow] {
        // Without a hash in it a file is not even marked as secret.
        let content = database.read(tree)?;
        if !content.split(|byte| *byte == b'\n').any(has_hash) {
            continue;
        }
        changed += usize::from(database.edit(tree, |table| {
            table.set_where(PASSWORD, is_hash, NO_PASSWORD);
        })?);
    }
    Ok(changed)
}

fn has_hash(line: &[u8]) -> bool {
    let mut fields = line.split(|byte| *byte == b':');
    fields.nth(PASSWORD).is_some_and(is_hash)
}

/// Whether this is a hash, of an account that is locked too: crypt(5) has them start with `$` or
/// `_`, or be the 13 characters of old.
fn is_hash(field: &[u8]) -> bool {
    let unlocked = field.iter().position(|byte| *byte != b'!');
    let field = unlocked
        .and_then(|start| field.get(start..))
        .unwrap_or_default();
    let is_old = field.len() == 13
        && field
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/'));
    matches!(field, [b'$' | b'_', _, ..]) || is_old
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::TestWorld;

    #[test]
    fn hashes_are_told_from_what_lets_nobody_in() {
        for (field, expected) in [
            ("$y$j9T$salt$hash", true),
            ("!$6$salt$hash", true),
            ("!!$1$salt$hash", true),
            ("_J9..rasmBYk8r9AiWNc", true),
            ("abJnggxhB/yWI", true),
            ("", false),
            ("*", false),
            ("!", false),
            ("!!", false),
            ("!*", false),
            ("!locked", false),
            ("x", false),
            ("*LK*", false),
        ] {
            assert_eq!(is_hash(field.as_bytes()), expected, "{field}");
        }
    }

    #[test]
    fn every_line_with_a_hash_loses_it_and_no_other_changes() {
        let shadow =
            b"root:!$6$a$b:1:0:::::\nops:!:1\n\xff:abJnggxhB/yWI:1\nops:$y$a$b$c:2\n+:$1$a$b\n";
        let mut tree = TestWorld::debian().with_file("/etc/shadow", shadow).tree;
        assert_eq!(remove(&mut tree).unwrap(), 1);
        let left = tree.read("/etc/shadow", 1000).unwrap();
        assert_eq!(left, b"root:*:1:0:::::\nops:!:1\n\xff:*:1\nops:*:2\n+:*\n");
        assert_eq!(remove(&mut tree).unwrap(), 0);
    }
}
