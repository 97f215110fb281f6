//! SELinux labels of what is made, replaced, copied and moved.

use super::*;
use crate::filesystem::FileKind;
use crate::selinux::XATTR;

const CONFIG: &str = "SELINUX=enforcing\nSELINUXTYPE=targeted\n";
const CONTEXTS: &str = "\
    /.*            system_u:object_r:default_t:s0\n\
    /etc(/.*)?     system_u:object_r:etc_t:s0\n\
    /etc/shadow -- system_u:object_r:shadow_t:s0\n\
    /srv(/.*)?     system_u:object_r:var_t:s0\n\
    /srv/web(/.*)? system_u:object_r:web_t:s0\n\
    /srv/l -l      system_u:object_r:link_t:s0\n\
    /srv/p -p      system_u:object_r:pipe_t:s0\n\
    /none(/.*)?    <<none>>\n";

/// A volume with a policy, as a run holds it.
fn guest(config: &str) -> VolumeTree {
    let mut tree = tree(&["/etc/selinux/targeted/contexts/files/", "/srv/", "/none/"]);
    tree.write("/etc/selinux/config", config.as_bytes(), ROOT)
        .unwrap();
    let files = "/etc/selinux/targeted/contexts/files/file_contexts";
    tree.write(files, CONTEXTS.as_bytes(), ROOT).unwrap();
    let customizable = "/etc/selinux/targeted/contexts/customizable_types";
    tree.write(customizable, b"public_t\n", ROOT).unwrap();
    tree.label_by_policy();
    tree
}

/// The type in the label of what is at `path`.
fn kind(tree: &VolumeTree, path: &str) -> String {
    let label = tree.label(path).unwrap();
    label.map_or_else(String::new, |label| {
        label.split(':').nth(2).unwrap().to_owned()
    })
}

#[test]
fn everything_new_gets_the_label_of_its_path() {
    let mut tree = guest(CONFIG);
    tree.write("/etc/shadow", b"x", ROOT).unwrap();
    tree.append("/etc/appended", b"x", ROOT).unwrap();
    tree.make_dirs("/srv/web/a/b", Ownership::root(0o755))
        .unwrap();
    tree.symlink("/srv/l", "web", ROOT).unwrap();
    tree.make_node("/srv/p", FileKind::Fifo, (0, 0), ROOT)
        .unwrap();
    tree.write("/none/x", b"x", ROOT).unwrap();
    for (path, expected) in [
        ("/etc/shadow", "shadow_t"),
        ("/etc/appended", "etc_t"),
        ("/srv/web", "web_t"),
        ("/srv/web/a/b", "web_t"),
        ("/srv/l", "link_t"),
        ("/srv/p", "pipe_t"),
        ("/none/x", ""),
        ("/srv", ""),
    ] {
        assert_eq!(kind(&tree, path), expected, "{path}");
    }
    let stored = &tree.xattrs("/etc/shadow", LastLink::Keep).unwrap()[XATTR];
    assert_eq!(stored, b"system_u:object_r:shadow_t:s0\0");
}

#[test]
fn what_is_copied_or_moved_gets_the_label_of_its_new_path() {
    let mut tree = guest(CONFIG);
    tree.make_dirs("/etc/d/e", Ownership::root(0o755)).unwrap();
    tree.write("/etc/d/f", b"x", ROOT).unwrap();
    tree.copy("/etc/d", "/srv/web").unwrap();
    assert_eq!(kind(&tree, "/srv/web/e"), "web_t");
    tree.rename("/srv/web", "/srv/other").unwrap();
    assert_eq!(kind(&tree, "/srv/other"), "var_t");
    assert_eq!(kind(&tree, "/srv/other/f"), "var_t");
    // What the policy leaves alone keeps what it has.
    tree.copy("/etc/d/f", "/none/f").unwrap();
    assert_eq!(kind(&tree, "/none/f"), "etc_t");
    tree.rename("/etc/d/f", "/etc/shadow").unwrap();
    assert_eq!(kind(&tree, "/etc/shadow"), "shadow_t");
}

#[test]
fn a_file_that_is_there_keeps_its_label() {
    let mut tree = guest(CONFIG);
    tree.write("/etc/a", b"x", ROOT).unwrap();
    tree.write("/etc/b", b"y", ROOT).unwrap();
    tree.set_label("/etc/a", "u:r:chosen_t:s0").unwrap();
    tree.write("/etc/a", b"z", ROOT).unwrap();
    assert_eq!(kind(&tree, "/etc/a"), "chosen_t");
    tree.copy("/etc/b", "/etc/a").unwrap();
    assert_eq!(kind(&tree, "/etc/a"), "chosen_t");
    // A label that is none is not kept.
    tree.set_label("/etc/a", "u:r:unlabeled_t:s0").unwrap();
    tree.write("/etc/a", b"1", ROOT).unwrap();
    assert_eq!(kind(&tree, "/etc/a"), "etc_t");
    tree.remove_xattr("/etc/a", XATTR).unwrap();
    tree.write("/etc/a", b"2", ROOT).unwrap();
    assert_eq!(kind(&tree, "/etc/a"), "etc_t");
}

#[test]
fn replacing_keeps_capabilities_and_acls() {
    // Owner, the user 1000, group, mask, others: tag, permissions, number.
    let entries = [
        (1, 6, u32::MAX),
        (2, 4, 1000),
        (4, 4, u32::MAX),
        (16, 4, u32::MAX),
        (32, 0, u32::MAX),
    ];
    let entry = |(tag, permissions, id): (u16, u16, u32)| {
        [
            tag.to_le_bytes().to_vec(),
            permissions.to_le_bytes().to_vec(),
            id.to_le_bytes().to_vec(),
        ]
        .concat()
    };
    let acl = [2_u32.to_le_bytes().to_vec()]
        .into_iter()
        .chain(entries.map(entry))
        .collect::<Vec<_>>()
        .concat();
    let mut tree = guest(CONFIG);
    tree.write("/etc/a", b"x", ROOT).unwrap();
    tree.set_xattr("/etc/a", "security.capability", &[1, 2])
        .unwrap();
    tree.set_xattr("/etc/a", "system.posix_acl_access", &acl)
        .unwrap();
    tree.write("/etc/a", b"y", ROOT).unwrap();
    tree.copy("/etc/a", "/srv/a").unwrap();
    for path in ["/etc/a", "/srv/a"] {
        let xattrs = tree.xattrs(path, LastLink::Keep).unwrap();
        let names: Vec<_> = xattrs.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            ["security.capability", XATTR, "system.posix_acl_access"],
            "{path}"
        );
    }
}

#[test]
fn without_a_policy_that_is_used_nothing_is_labelled() {
    for config in [
        "SELINUX=disabled\nSELINUXTYPE=targeted\n",
        "SELINUX=enforcing\nSELINUXTYPE=other\n",
    ] {
        let mut tree = guest(config);
        tree.write("/etc/a", b"x", ROOT).unwrap();
        assert_eq!(kind(&tree, "/etc/a"), "", "{config}");
    }
    let mut tree = guest("SELINUX=permissive\n");
    tree.write("/etc/a", b"x", ROOT).unwrap();
    assert_eq!(kind(&tree, "/etc/a"), "etc_t");
    // Switched off, but labelled: it may be switched on again.
    let mut tree = guest("SELINUX=disabled\n");
    tree.set_label("/", "system_u:object_r:root_t:s0").unwrap();
    tree.write("/etc/a", b"x", ROOT).unwrap();
    assert_eq!(kind(&tree, "/etc/a"), "etc_t");
}

#[test]
fn a_policy_that_the_run_changes_counts_from_then_on() {
    let mut tree = guest(CONFIG);
    tree.write("/etc/a", b"x", ROOT).unwrap();
    let local = "/etc/selinux/targeted/contexts/files/file_contexts.local";
    tree.write(local, b"/etc/b  u:r:local_t:s0\n", ROOT)
        .unwrap();
    tree.write("/etc/b", b"x", ROOT).unwrap();
    assert_eq!(
        (kind(&tree, "/etc/a"), kind(&tree, "/etc/b")),
        ("etc_t".into(), "local_t".into())
    );
}

#[test]
fn a_policy_that_cannot_be_read_stops_what_would_be_made() {
    let mut tree = guest(CONFIG);
    let local = "/etc/selinux/targeted/contexts/files/file_contexts.local";
    tree.write(local, b"/etc/bad(?!x)  u:r:x_t:s0\n", ROOT)
        .unwrap();
    assert_eq!(
        tree.write("/etc/bad", b"x", ROOT).unwrap_err().kind(),
        Kind::NotSupported
    );
    assert!(!tree.exists("/etc/bad").unwrap());
    tree.write("/etc/good", b"x", ROOT).unwrap();
    tree.write(local, b"/etc/x\n", ROOT).unwrap();
    let error = tree.write("/etc/c", b"x", ROOT).unwrap_err();
    assert_eq!(error.kind(), Kind::InvalidArgument);
    assert!(error.to_string().contains("line 1"), "{error}");
}

#[test]
fn relabelling_does_what_restorecon_does() {
    let mut tree = guest(CONFIG);
    for path in ["/etc/a", "/etc/b", "/etc/c", "/etc/d"] {
        tree.write(path, b"x", ROOT).unwrap();
    }
    tree.set_label("/etc/a", "staff_u:object_r:wrong_t:s0:c1")
        .unwrap();
    tree.set_label("/etc/b", "staff_u:object_r:public_t:s0")
        .unwrap();
    tree.remove_xattr("/etc/c", XATTR).unwrap();
    tree.set_label("/etc/d", "staff_u:object_r:etc_t:s0")
        .unwrap();
    let label = |tree: &VolumeTree, path: &str| tree.label(path).unwrap().unwrap();
    assert!(tree.relabel("/etc", Relabel::default()).unwrap() >= 2);
    assert_eq!(tree.relabel("/etc", Relabel::default()).unwrap(), 0);
    assert_eq!(label(&tree, "/etc/a"), "staff_u:object_r:etc_t:s0:c1");
    assert_eq!(label(&tree, "/etc/b"), "staff_u:object_r:public_t:s0");
    assert_eq!(label(&tree, "/etc/c"), "system_u:object_r:etc_t:s0");
    assert_eq!(tree.relabel("/etc", Relabel { force: true }).unwrap(), 3);
    for path in ["/etc/a", "/etc/b", "/etc/d"] {
        assert_eq!(label(&tree, path), "system_u:object_r:etc_t:s0");
    }
}

#[test]
fn a_label_has_the_form_of_one() {
    let mut tree = guest(CONFIG);
    for bad in ["", "etc_t", "a:b:c\nd", "a:b:c\0"] {
        let error = tree.set_label("/etc", bad).unwrap_err();
        assert_eq!(error.kind(), Kind::InvalidArgument, "{bad}");
    }
}
