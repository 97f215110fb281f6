//! The commands that look at an image.

use crate::place::Place;
use std::fs;

const HOSTILE: &str = "\
/srv/absolute -> /etc/hostname
/srv/relative -> ../../../../../../../../etc/hostname
/srv/nowhere -> /etc/only-on-the-host
/srv/loop -> loop
/srv/two\\nlines\\u{1b}[31m
  | painted
/srv/bytes
  % AAH/
";

#[test]
fn listings_show_what_the_image_has() {
    let place = Place::with(HOSTILE);
    let root = place.mintage("ls golden.img").text();
    assert!(root.contains("drwxr-xr-x  0:0"), "{root}");
    let srv = place.mintage("ls golden.img /srv").text();
    assert!(srv.contains("lrwxrwxrwx"), "{srv}");
    assert!(srv.contains("absolute -> /etc/hostname"), "{srv}");
    let esp = place.mintage("ls golden.img /boot/efi/EFI/debian").text();
    assert!(esp.ends_with("  grub.cfg\n"), "{esp}");
    let one = place.mintage("ls --json golden.img /etc/shadow").json();
    assert_eq!(one["entries"][0]["mode"], "-rw-r-----");
    assert_eq!(one["entries"][0]["gid"], 42);
    let tree = place.mintage("tree golden.img /etc/ssh").text();
    assert!(tree.contains("\n/sshd_config "), "{tree}");
    assert!(tree.contains("\n  | Include /etc/ssh"), "{tree}");
    let inspection = place.mintage("inspect golden.img").text();
    assert!(
        inspection.contains("gpt, 2 partitions · Debian GNU/Linux 12"),
        "{inspection}"
    );
    let inspection = place.mintage("inspect --json golden.img").json();
    assert_eq!(inspection["volume"]["mounts"][1]["point"], "/boot/efi");
}

#[test]
fn links_stay_in_the_image_and_files_come_out_as_they_are() {
    let place = Place::with(HOSTILE);
    for path in ["/srv/absolute", "/srv/relative", "/etc/../etc/hostname"] {
        assert_eq!(
            place.mintage(&format!("cat golden.img {path}")).text(),
            "golden\n"
        );
    }
    assert_eq!(place.mintage("cat golden.img /srv/bytes").out, [0, 1, 255]);
    let json = place.mintage("cat --json golden.img /srv/bytes").json();
    assert_eq!(
        (&json["hex"], &json["bytes"]),
        (&"0001ff".into(), &3.into())
    );
    let json = place.mintage("cat --json golden.img /srv/relative").json();
    assert_eq!(
        (&json["text"], &json["path"]),
        (&"golden\n".into(), &"/etc/hostname".into())
    );
}

#[test]
fn hostile_names_reach_no_terminal() {
    let place = Place::with(HOSTILE);
    for command in [
        "ls golden.img /srv",
        "tree golden.img /srv",
        "ls --json golden.img /srv",
    ] {
        let shown = place.mintage(command).text();
        assert!(shown.contains("two") && shown.contains("[31m"), "{shown}");
        assert!(!shown.contains('\x1b'), "{command}");
        assert!(!shown.contains("two\nlines"), "{command}");
    }
    let error = place.mintage("cat golden.img /srv/\x1b[31m\nx");
    assert!(!error.err.contains('\x1b'), "{}", error.err);
}

#[test]
fn what_cannot_be_read_has_a_name_and_an_exit_code() {
    let place = Place::with(HOSTILE);
    fs::write(place.path("zeros.img"), vec![0; 1 << 20]).unwrap();
    fs::write(place.path("text.img"), "no image at all\n".repeat(1000)).unwrap();
    let mut qcow2 = vec![0; 1 << 20];
    qcow2[..4].copy_from_slice(b"QFI\xfb");
    fs::write(place.path("qcow2.img"), qcow2).unwrap();
    for (command, code, error) in [
        ("ls golden.img /missing", 1, "error[P3001]"),
        ("cat golden.img /srv/nowhere", 1, "error[P3001]"),
        ("cat golden.img /srv/loop", 1, "error[P3007]"),
        ("cat golden.img /etc", 1, "error[P3004]"),
        ("ls missing.img", 3, "error[P7001]"),
        ("ls .", 3, "error[P7001]"),
        ("ls /dev/null", 3, "error[P7001]"),
        ("ls zeros.img", 3, "error[P700"),
        ("ls text.img", 3, "error[P700"),
        ("inspect zeros.img", 3, "error[P700"),
        ("ls qcow2.img", 3, "error[P7004]"),
        ("ls", 2, "Usage:"),
        ("frobnicate", 2, "unrecognized subcommand"),
    ] {
        let ended = place.mintage(command).fails(code, error);
        assert!(!ended.err.contains("panicked"), "{command}: {}", ended.err);
    }
    let json = place.mintage("ls --json golden.img /missing");
    let json: serde_json::Value = serde_json::from_slice(&json.out).unwrap();
    assert_eq!(json["errors"][0]["code"], "P3001");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Place::new();
    let mut command = place.command("tree golden.img /");
    let mut child = command
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn diffs_end_with_1_when_there_is_one() {
    let place = Place::new();
    let other = Place::with("/srv/new\n  | here\n");
    fs::copy(other.path("golden.img"), place.path("other.img")).unwrap();
    assert_eq!(
        place.mintage("diff golden.img golden.img").text(),
        "nothing changed\n"
    );
    let diff = place.mintage("diff golden.img other.img").fails(1, "");
    let diff = String::from_utf8(diff.out).unwrap();
    assert!(
        diff.contains("A  /srv/new") && diff.contains("+here"),
        "{diff}"
    );
    let back = place
        .mintage("diff --json other.img golden.img")
        .fails(1, "");
    let back: serde_json::Value = serde_json::from_slice(&back.out).unwrap();
    assert_eq!(back["entries"][0]["change"], "removed");
}

#[test]
fn a_check_finds_mistakes_without_an_image() {
    let place = Place::new();
    let shown = place.mintage("check plan").text();
    assert!(
        shown.starts_with("build plan \"A plan\" · 1 step"),
        "{shown}"
    );
    place.script("file::wirte(\"/etc/x\", attribute(\"HostName\"));\nlet x = undefined_name;");
    let ended = place
        .mintage("check plan")
        .fails(1, "--> scripts/one.rhai:");
    assert!(ended.err.contains("error[P100"), "{}", ended.err);
    let json = place.mintage("check --json plan").fails(1, "");
    let json: serde_json::Value = serde_json::from_slice(&json.out).unwrap();
    assert_eq!(json["findings"][0]["severity"], "error");
    place.mintage("check missing").fails(3, "error[P5001]");
}
