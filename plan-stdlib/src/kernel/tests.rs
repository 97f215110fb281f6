//! The kernel's arguments in the files of real distributions.

use super::*;
use crate::test_world::TestWorld;
use mintage_volume::filesystem::Ownership;

const GRUB_CFG: &str = "menuentry 'Debian' {\n\tsearch x\n\tlinux\t/boot/vmlinuz-6.1.0-18-amd64 root=UUID=1 ro  quiet\n\tinitrd\t/boot/initrd.img\n}\nmenuentry 'memtest' {\n\tlinux16 /boot/memtest86+.bin\n}\n";
const ENTRY: &str = "title RHEL\nversion 5.14.0-284\nlinux /vmlinuz-5.14.0-284\noptions root=/dev/mapper/r ro quiet\ngrub_users $grub_users\n";
const BY_VARIABLE: &str = "title RHEL\nlinux /vmlinuz\noptions $kernelopts $tuned_params\n";

fn world(files: &[(&str, &str)]) -> VolumeTree {
    let mut world = TestWorld::debian();
    world.tree.remove(places::DEFAULT_GRUB).unwrap();
    for (path, content) in files {
        let (folder, _) = path.rsplit_once('/').unwrap();
        world
            .tree
            .make_dirs(folder, Ownership::root(0o755))
            .unwrap();
        world = world.with_file(path, content);
    }
    world.tree
}

fn block(variables: &str) -> String {
    format!(
        "{:#<1024}",
        format!("# GRUB Environment Block\n{variables}")
    )
}

fn read(tree: &VolumeTree, path: &str) -> String {
    String::from_utf8(tree.read(path, 1 << 20).unwrap()).unwrap()
}

fn arguments_of(tree: &VolumeTree) -> String {
    let found = arguments(tree).unwrap();
    found
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn every_place_is_changed_and_the_rest_stays() {
    let defaults = "# c\nGRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet splash\"\nGRUB_CMDLINE_LINUX='a=1'\n";
    let mut tree = world(&[
        ("/boot/grub/grub.cfg", GRUB_CFG),
        ("/boot/loader/entries/1-5.14.0-284.conf", ENTRY),
        ("/boot/loader/entries/1-5.14.0-70.conf", "options old\n"),
        ("/etc/kernel/cmdline", "root=UUID=1 ro quiet"),
        ("/etc/default/grub", defaults),
    ]);
    assert_eq!(arguments_of(&tree), "root=/dev/mapper/r ro quiet");
    assert!(change(&mut tree, Change::Add("console=ttyS0")).unwrap());
    assert!(change(&mut tree, Change::Remove("quiet")).unwrap());
    assert!(set_argument(&mut tree, "a", &Dynamic::from(2_i64)).unwrap());
    for (path, expected) in [
        (
            "/boot/grub/grub.cfg",
            GRUB_CFG.replace("ro  quiet", "ro console=ttyS0 a=2"),
        ),
        (
            "/boot/loader/entries/1-5.14.0-284.conf",
            ENTRY.replace("ro quiet", "ro console=ttyS0 a=2"),
        ),
        (
            "/boot/loader/entries/1-5.14.0-70.conf",
            "options old console=ttyS0 a=2\n".to_owned(),
        ),
        (
            "/etc/kernel/cmdline",
            "root=UUID=1 ro console=ttyS0 a=2".to_owned(),
        ),
        (
            "/etc/default/grub",
            defaults
                .replace("quiet splash", "splash")
                .replace("'a=1'", "'a=2 console=ttyS0'"),
        ),
    ] {
        assert_eq!(read(&tree, path), expected, "{path}");
    }
    assert!(!change(&mut tree, Change::Add("console=ttyS0")).unwrap());
    assert!(!change(&mut tree, Change::Remove("quiet")).unwrap());
    assert!(!set_argument(&mut tree, "a", &Dynamic::from("2")).unwrap());
    assert_eq!(
        arguments_of(&tree),
        "root=/dev/mapper/r ro console=ttyS0 a=2"
    );
}

#[test]
fn entries_that_name_grubs_variable_are_changed_there() {
    let mut tree = world(&[
        ("/boot/loader/entries/1-5.conf", BY_VARIABLE),
        ("/boot/loader/entries/1-4.conf", "options x\n"),
        (
            "/boot/grub2/grubenv",
            &block("saved_entry=1-5\nkernelopts=root=/dev/r ro quiet\n"),
        ),
    ]);
    assert!(change(&mut tree, Change::Add("a")).unwrap());
    assert!(change(&mut tree, Change::Remove("quiet")).unwrap());
    assert_eq!(read(&tree, "/boot/loader/entries/1-5.conf"), BY_VARIABLE);
    let expected = block("saved_entry=1-5\nkernelopts=root=/dev/r ro a\n");
    assert_eq!(read(&tree, "/boot/grub2/grubenv"), expected);
    assert_eq!(arguments_of(&tree), "root=/dev/r ro a $tuned_params");
    let long = "x".repeat(1000);
    assert_eq!(
        change(&mut tree, Change::Add(&long)).unwrap_err().code,
        Code::P2016
    );
}

#[test]
fn what_is_not_known_is_an_error_before_anything_changes() {
    let mut tree = world(&[]);
    assert_eq!(
        change(&mut tree, Change::Add("a")).unwrap_err().code,
        Code::P3001
    );
    assert_eq!(arguments(&tree).unwrap_err().code, Code::P3001);
    let mut tree = world(&[
        ("/etc/kernel/cmdline", "ro\n"),
        ("/etc/default/grub", "GRUB_CMDLINE_LINUX=\"$(cat /x)\"\n"),
    ]);
    assert_eq!(
        change(&mut tree, Change::Add("a")).unwrap_err().code,
        Code::P2016
    );
    assert_eq!(read(&tree, "/etc/kernel/cmdline"), "ro\n");
}

#[test]
fn entries_without_options_or_with_several_lines() {
    for (entry, expected) in [
        ("title a\n", "title a\noptions a=2\n"),
        (
            "options x\noptions a=1 y\n",
            "options x\noptions y\noptions a=2\n",
        ),
        ("options a=2\noptions y\n", "options a=2\noptions y\n"),
    ] {
        let mut tree = world(&[("/boot/loader/entries/a.conf", entry)]);
        let has_changed = set_argument(&mut tree, "a", &Dynamic::from("2")).unwrap();
        assert_eq!(has_changed, entry != expected);
        assert_eq!(read(&tree, "/boot/loader/entries/a.conf"), expected);
    }
}

#[test]
fn modules_are_files_of_their_own() {
    let mut tree = world(&[]);
    assert!(modules::load(&mut tree, "kvm").unwrap());
    assert!(!modules::load(&mut tree, "kvm").unwrap());
    for bad in ["", "a b", "../x", "a\nb"] {
        assert_eq!(
            modules::blacklist(&mut tree, bad).unwrap_err().code,
            Code::P2013
        );
    }
    let options = vec![Dynamic::from("a=1\ninstall x /bin/evil")];
    assert_eq!(
        modules::options(&mut tree, "kvm", &options)
            .unwrap_err()
            .code,
        Code::P2013
    );
}
