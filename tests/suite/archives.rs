//! Archives between the volume and the real GNU tar, both ways.

use mintage_test_support::environment::succeed;
use mintage_test_support::{Environment, Guest, Need, lane};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

#[test]
fn gnu_tar_and_the_volume_read_each_others_archives() {
    if !lane::can_run("archives", &[Need::Program("tar"), Need::Program("gzip")]) {
        return;
    }
    let environment = Environment::new();
    let source = environment.path("source");
    let deep = source.join("deep/".repeat(30));
    fs::create_dir_all(&deep).unwrap();
    fs::create_dir(source.join("empty")).unwrap();
    fs::write(deep.join("n".repeat(120)), "long\n".repeat(50_000)).unwrap();
    fs::write(source.join("\u{fc} \\ name"), b"\0\xff").unwrap();
    fs::hard_link(source.join("\u{fc} \\ name"), source.join("z-hard")).unwrap();
    symlink("/nowhere/at/all", source.join("soft")).unwrap();
    fs::set_permissions(source.join("z-hard"), fs::Permissions::from_mode(0o4750)).unwrap();
    for (index, options) in [
        vec!["--format=gnu"],
        vec!["--format=pax"],
        vec!["--format=pax", "--gzip"],
        vec!["--format=gnu", "--gzip", "--blocking-factor=1"],
    ]
    .into_iter()
    .enumerate()
    {
        let theirs = environment.path(&format!("{index}.tar"));
        let mut tar = environment.program("tar");
        tar.args(&options)
            .args(["--sort=name", "-C"])
            .arg(&source)
            .arg("-cf")
            .arg(&theirs)
            .arg(".");
        succeed(&mut tar);
        let guest = Guest::text("/srv/\n").with_file("/srv/theirs.tar", fs::read(&theirs).unwrap());
        let guest = guest.ran(
            "archive::extract(`/srv/theirs.tar`, `/srv/out`);\n\
             archive::create(`/srv/ours.tgz`, `/srv/out`);\n\
             file::remove(`/srv/theirs.tar`);",
        );
        let shown = guest.export(environment.path(&format!("{index}.volume")));
        // What was unpacked here, and what GNU tar unpacks of the archive made here.
        let back = environment.path(&format!("{index}.back"));
        fs::create_dir(&back).unwrap();
        let mut tar = environment.program("tar");
        tar.arg("-C")
            .arg(&back)
            .arg("-xpf")
            .arg(shown.join("srv/ours.tgz"));
        succeed(&mut tar);
        for found in [shown.join("srv/out"), back] {
            let mut diff = environment.program("diff");
            succeed(
                diff.args(["--recursive", "--no-dereference"])
                    .arg(&source)
                    .arg(&found),
            );
            let mode = fs::metadata(found.join("z-hard"))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o7777, 0o4750, "{options:?}");
        }
    }
}
