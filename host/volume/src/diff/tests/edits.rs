//! Random edits: what a run touched is all that changed.

use super::*;
use proptest::prelude::*;

/// One step of a run, on names from a small set, so that steps meet each other.
#[derive(Debug, Clone)]
enum Edit {
    Write(String, u8),
    Append(String),
    MakeDirs(String),
    Symlink(String, String),
    HardLink(String, String),
    Rename(String, String),
    Copy(String, String),
    RemoveAll(String),
    SetMode(String, u32),
    SetXattr(String),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let path = || prop::collection::vec(prop::sample::select(vec!["a", "b", "c"]), 1..4);
    let path = move || path().prop_map(|names| format!("/{}", names.join("/")));
    let edit = prop_oneof![
        (path(), 0..4u8).prop_map(|(at, n)| Edit::Write(at, n)),
        path().prop_map(Edit::Append),
        path().prop_map(Edit::MakeDirs),
        (path(), path()).prop_map(|(at, to)| Edit::Symlink(at, to)),
        (path(), path()).prop_map(|(at, to)| Edit::HardLink(at, to)),
        (path(), path()).prop_map(|(at, to)| Edit::Rename(at, to)),
        (path(), path()).prop_map(|(at, to)| Edit::Copy(at, to)),
        path().prop_map(Edit::RemoveAll),
        (path(), 0..0o10000u32).prop_map(|(at, mode)| Edit::SetMode(at, mode)),
        path().prop_map(Edit::SetXattr),
    ];
    prop::collection::vec(edit, 0..24)
}

/// Does an edit; one that the tree refuses changes nothing, which is as good a case.
fn apply(tree: &mut VolumeTree, edit: &Edit) {
    // A file with two names changes under both, and only one of them counts as touched.
    let shared = |tree: &VolumeTree, at: &str| {
        let found = tree.metadata(at);
        found.is_ok_and(|found| found.kind == FileKind::File && found.links > 1)
    };
    let owner = Ownership::root(0o644);
    let done = match edit {
        Edit::Write(at, _) | Edit::Append(at) | Edit::SetMode(at, _) | Edit::SetXattr(at)
            if shared(tree, at) =>
        {
            Ok(())
        }
        Edit::Write(at, n) => tree.write(at, &[b'x', *n, b'\n'], owner),
        Edit::Append(at) => tree.append(at, b"more\n", owner),
        Edit::MakeDirs(at) => tree.make_dirs(at, Ownership::root(0o755)).map(drop),
        Edit::Symlink(at, to) => tree.symlink(at, to, owner),
        Edit::HardLink(at, to) => tree.hard_link(at, to),
        Edit::Rename(at, to) => tree.rename(at, to),
        Edit::Copy(at, to) => tree.copy(at, to),
        Edit::RemoveAll(at) => tree.remove_all(at).map(drop),
        Edit::SetMode(at, mode) => tree.set_mode(at, *mode),
        Edit::SetXattr(at) => tree.set_xattr(at, "user.note", b"value"),
    };
    drop(done);
}

proptest! {
    /// What a run touched is all that changed: comparing only that finds what comparing
    /// everything finds. `diff` checks it.
    #[test]
    fn touched_paths_are_enough(first in edits(), then in edits()) {
        let (mut before, mut after) = (empty(), empty());
        for edit in &first {
            apply(&mut before, edit);
            apply(&mut after, edit);
        }
        // The run begins here, with nothing touched.
        let mut run = VolumeTree::new(after.into_mounts().remove(0));
        for edit in &then {
            apply(&mut run, edit);
        }
        diff(&before, &run);
    }
}
