//! Settings and aliases of multipath, on every layout.

use super::*;
use crate::test_world::TestWorld;

fn map(entries: &[(&str, &str)]) -> Map {
    let entries = entries.iter();
    entries
        .map(|(key, value)| ((*key).into(), Dynamic::from((*value).to_owned())))
        .collect()
}

#[test]
fn every_layout_takes_settings_and_aliases_once() {
    for layout in ["debian-12", "ubuntu-24.04", "rhel-9", "sles-15"] {
        let mut tree = TestWorld::layout(layout).tree;
        for (expected, is_found) in [(true, true), (false, false)] {
            let friendly = set(
                &mut tree,
                "defaults",
                "user_friendly_names",
                &Dynamic::FALSE,
            );
            assert_eq!(friendly.unwrap(), expected, "{layout}");
            let alias = ensure_multipath(&mut tree, "36001405", &map(&[("alias", "data")]));
            assert_eq!(alias.unwrap(), expected, "{layout}");
            let devnode = ensure_item(&mut tree, "blacklist", "devnode", "^vd[a-z]");
            assert_eq!(devnode.unwrap(), expected, "{layout}");
            assert_eq!(forget(&mut tree).unwrap(), is_found, "{layout}");
        }
        let value = get(&tree, "defaults", "user_friendly_names").unwrap();
        assert_eq!(value.as_deref(), Some("no"), "{layout}");
        for path in FOUND {
            assert!(access::look(&tree, path).unwrap().is_none(), "{layout}");
        }
    }
}

#[test]
fn the_file_that_wins_is_the_one_that_changes() {
    let mut world = TestWorld::debian().with_file(MAIN, "defaults {\n\tkey 1\n}\n");
    world
        .tree
        .make_dirs(FOLDER, Ownership::root(0o755))
        .unwrap();
    let dropped = format!("{FOLDER}/50-site.conf");
    let mut world = world.with_file(&dropped, "defaults {\n\tkey 2\n}\n");
    assert_eq!(
        get(&world.tree, "defaults", "key").unwrap().as_deref(),
        Some("2")
    );
    assert!(set(&mut world.tree, "defaults", "key", &3.into()).unwrap());
    assert_eq!(world.text(MAIN), "defaults {\n\tkey 1\n}\n");
    assert_eq!(world.text(&dropped), "defaults {\n\tkey 3\n}\n");
    assert!(remove(&mut world.tree, "defaults", "key").unwrap());
    assert_eq!(world.text(MAIN), "defaults {\n}\n");
    assert_eq!(world.text(&dropped), "defaults {\n}\n");
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let mut tree = TestWorld::debian().tree;
    let code = |result: Result<bool, PlanError>| result.unwrap_err().code;
    assert_eq!(code(set(&mut tree, "devices", "a", &1.into())), Code::P2013);
    assert_eq!(
        code(set(&mut tree, "defaults", "a b", &1.into())),
        Code::P2013
    );
    assert_eq!(
        code(set(&mut tree, "defaults", "a", &"1\n}".into())),
        Code::P2013
    );
    assert_eq!(
        code(ensure_item(&mut tree, "blacklist", "wwid", "a\nb")),
        Code::P2013
    );
    for alias in ["", "a/b", "a b", "..", "a\n"] {
        let refused = ensure_multipath(&mut tree, "1", &map(&[("alias", alias)]));
        assert_eq!(code(refused), Code::P2013, "{alias}");
    }
    let double = ensure_multipath(&mut tree, "1", &map(&[("wwid", "2")]));
    assert_eq!(code(double), Code::P2013);
    assert!(access::look(&tree, MAIN).unwrap().is_none());
    ensure_multipath(&mut tree, "1", &map(&[("alias", "data")])).unwrap();
    let taken = ensure_multipath(&mut tree, "2", &map(&[("alias", "data")]));
    assert_eq!(code(taken), Code::P2013);
}
