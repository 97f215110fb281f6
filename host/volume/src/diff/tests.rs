//! Diffs of trees: what is shown, what is summarised, what is secret.

use super::*;
use crate::filesystem::{Memory, Ownership, Timestamp};
use crate::tree::{LastLink, Mount};

mod edits;

fn empty() -> VolumeTree {
    VolumeTree::new(Mount {
        point: VolumePath::root(),
        filesystem: Box::new(Memory::new(Timestamp::default())),
        read_only: false,
        source: "memory".into(),
    })
}

/// A small system; made twice, it is the before and the after of a test.
fn system() -> VolumeTree {
    let mut tree = empty();
    tree.make_dirs("/etc/ssh", Ownership::root(0o755)).unwrap();
    tree.make_dirs("/var/lib/systemd", Ownership::root(0o755))
        .unwrap();
    for (path, content, mode) in [
        (
            "/etc/passwd",
            "root:x:0:0:root:/root:/bin/sh\nops:x:1000:100::/:\n",
            0o644,
        ),
        (
            "/etc/group",
            "root:x:0:\nshadow:x:42:\nsudo:x:27:ops\n",
            0o644,
        ),
        ("/etc/hostname", "golden\n", 0o644),
        (
            "/etc/shadow",
            "root:*:19000::::::\nops:!:19000::::::\n",
            0o640,
        ),
        ("/etc/long", &numbered(30, None), 0o644),
        ("/var/lib/systemd/random-seed", "\0\u{1}\u{2}", 0o600),
    ] {
        tree.write(path, content.as_bytes(), Ownership::root(mode))
            .unwrap();
    }
    tree.set_owner("/etc/shadow", 0, 42, LastLink::Follow)
        .unwrap();
    tree.symlink(
        "/etc/localtime",
        "/usr/share/zoneinfo/UTC",
        Ownership::root(0o777),
    )
    .unwrap();
    tree
}

fn numbered(lines: usize, changed: Option<usize>) -> String {
    let line = |n| match changed == Some(n) {
        true => "changed\n".to_owned(),
        false => format!("line {n}\n"),
    };
    (1..=lines).map(line).collect()
}

fn write(tree: &mut VolumeTree, path: &str, content: impl AsRef<[u8]>) {
    tree.write(path, content.as_ref(), Ownership::root(0o644))
        .unwrap();
}

/// The diff by touched paths, after checking that comparing everything finds the same.
fn diff(before: &VolumeTree, after: &VolumeTree) -> TreeDiff {
    let limits = DiffLimits::default();
    let scope = Scope::Paths(after.touched());
    let touched = TreeDiff::between(before, after, scope, limits).unwrap();
    let everything = TreeDiff::between(before, after, Scope::Everything, limits).unwrap();
    assert_eq!(touched, everything);
    touched
}

fn edited() -> TreeDiff {
    let (before, mut after) = (system(), system());
    write(&mut after, "/etc/hostname", "web01\n");
    write(&mut after, "/etc/long", numbered(30, Some(20)));
    write(
        &mut after,
        "/etc/shadow",
        "root:*:19000::::::\nops:$y$j9T$secret:19000::::::\n",
    );
    after.mark_secret("/etc/shadow").unwrap();
    after.mark_secret("/etc/ssh/ssh_host_ed25519_key").unwrap();
    let key = "-----BEGIN-----\nabcdefgh\n-----END-----\n";
    let private = Ownership::root(0o600);
    after
        .write("/etc/ssh/ssh_host_ed25519_key", key.as_bytes(), private)
        .unwrap();
    write(&mut after, "/etc/token", "hunter22");
    after.mark_secret("/etc/token").unwrap();
    after.remove("/var/lib/systemd/random-seed").unwrap();
    write(&mut after, "/etc/motd", "welcome \u{1b}[31m\n\n\tto \\ it");
    write(&mut after, "/etc/blob", b"\0binary");
    after.remove("/etc/localtime").unwrap();
    let link = "/usr/share/zoneinfo/Europe/Berlin";
    after
        .symlink("/etc/localtime", link, Ownership::root(0o777))
        .unwrap();
    after
        .make_dir(
            "/home",
            Ownership {
                mode: 0o700,
                uid: 1000,
                gid: 100,
            },
        )
        .unwrap();
    after.set_mode("/etc/group", 0o600).unwrap();
    after
        .set_owner("/etc/group", 0, 27, LastLink::Follow)
        .unwrap();
    let label = b"system_u:object_r:passwd_file_t:s0\0";
    after
        .set_xattr("/etc/group", "security.selinux", label)
        .unwrap();
    after
        .make_node(
            "/null",
            FileKind::CharDevice,
            (1, 3),
            Ownership::root(0o666),
        )
        .unwrap();
    diff(&before, &after)
}

#[test]
fn a_preview_reads_well() {
    insta::assert_snapshot!(edited().render(Style::Plain), @r"
    A  /etc/blob                             0644 root:root  7 bytes, sha256 268576d50a74…
    M  /etc/group                            0644 → 0600 root:root → root:sudo
         security.selinux system_u:object_r:passwd_file_t:s0
    M  /etc/hostname                         0644 root:root
         -golden
         +web01
    M  /etc/localtime                        root:root  link to /usr/share/zoneinfo/UTC → link to /usr/share/zoneinfo/Europe/Berlin
    M  /etc/long                             0644 root:root
         @@ -17,7 +17,7 @@
          line 17
          line 18
          line 19
         -line 20
         +changed
          line 21
          line 22
          line 23
    A  /etc/motd                             0644 root:root
         +welcome \u{1b}[31m
         +
         +	to \ it
         \ no newline at the end
    M  /etc/shadow                           0640 root:shadow  1 line, secret
    A  /etc/ssh/ssh_host_ed25519_key         0600 root:root  3 lines, secret
    A  /etc/token                            0644 root:root  1 line, secret
    A  /home                                 0700 ops:100  directory
    A  /null                                 0666 root:root  character device 1:3
    D  /var/lib/systemd/random-seed
    5 changed, 6 added, 1 removed
    ");
}

#[test]
fn a_diff_travels_as_json() {
    let diff = edited();
    let json = serde_json::to_string(&diff).unwrap();
    assert_eq!(serde_json::from_str::<TreeDiff>(&json).unwrap(), diff);
    let hostname = diff
        .entries
        .iter()
        .find(|e| e.path.to_string() == "/etc/hostname");
    insta::assert_snapshot!(serde_json::to_string_pretty(&hostname).unwrap(), @r#"
    {
      "path": "/etc/hostname",
      "change": "modified",
      "before": {
        "kind": "file",
        "mode": 420,
        "uid": 0,
        "gid": 0,
        "user": "root",
        "group": "root",
        "len": 7
      },
      "after": {
        "kind": "file",
        "mode": 420,
        "uid": 0,
        "gid": 0,
        "user": "root",
        "group": "root",
        "len": 6
      },
      "content": {
        "kind": "text",
        "hunks": [
          {
            "before_line": 1,
            "after_line": 1,
            "lines": [
              {
                "side": "removed",
                "text": "golden"
              },
              {
                "side": "added",
                "text": "web01"
              }
            ]
          }
        ]
      }
    }
    "#);
}

#[test]
fn secrets_show_neither_text_nor_length_nor_digest() {
    let json = serde_json::to_string(&edited()).unwrap();
    for told in ["$y$", "hunter22", "abcdefgh", "\"len\":8"] {
        assert!(!json.contains(told), "{told}");
    }
    let token = edited()
        .entries
        .into_iter()
        .find(|e| e.path.to_string() == "/etc/token")
        .unwrap();
    assert_eq!(
        token.content,
        Some(ContentChange::Secret { lines: Some(1) })
    );
    assert_eq!(token.after.unwrap().len, None);
}

#[test]
fn a_secret_file_is_one_by_all_its_names() {
    let linked = || {
        let mut tree = system();
        write(&mut tree, "/etc/token", "old");
        tree.hard_link("/etc/token", "/etc/other").unwrap();
        tree
    };
    let (before, mut after) = (linked(), linked());
    after.mark_secret("/etc/token").unwrap();
    write(&mut after, "/etc/token", "hunter22");
    write(&mut after, "/etc/other", "hunter22 more");
    assert!(after.holds_secret("/etc/other"));
    after.copy("/etc/other", "/etc/copy").unwrap();
    assert!(after.holds_secret("/etc/copy"));
    assert!(!after.holds_secret("/etc/hostname"));
    let diff = diff(&before, &after);
    let json = serde_json::to_string(&diff).unwrap();
    assert!(
        json.contains("/etc/other") && !json.contains("hunter22"),
        "{json}"
    );
}

#[test]
fn colours_come_on_demand_and_change_no_text() {
    let (plain, color) = (edited().render(Style::Plain), edited().render(Style::Color));
    assert!(!plain.contains('\u{1b}'));
    assert!(color.contains("\u{1b}[32m+web01\u{1b}[0m"));
    let bare = [31, 32, 33, 36, 0]
        .iter()
        .fold(color, |t, n| t.replace(&format!("\u{1b}[{n}m"), ""));
    assert_eq!(bare, plain);
}

#[test]
fn what_is_as_before_is_no_change() {
    let (before, mut after) = (system(), system());
    write(&mut after, "/etc/hostname", "golden\n");
    let later = Timestamp {
        seconds: 9,
        nanoseconds: 9,
    };
    after.set_times("/etc/long", later, later).unwrap();
    write(&mut after, "/etc/made", "and gone");
    after.remove("/etc/made").unwrap();
    after.rename("/etc/ssh", "/etc/ssh2").unwrap();
    after.rename("/etc/ssh2", "/etc/ssh").unwrap();
    let diff = diff(&before, &after);
    assert!(diff.is_empty(), "{diff:?}");
    assert_eq!(diff.render(Style::Plain), "nothing changed\n");
}

#[test]
fn a_changed_name_of_an_owner_is_no_change_of_its_files() {
    let (before, mut after) = (system(), system());
    write(&mut after, "/etc/group", "wheel:x:0:\nshadow:x:42:\n");
    let changed: Vec<_> = diff(&before, &after)
        .entries
        .iter()
        .map(|e| e.path.to_string())
        .collect();
    assert_eq!(changed, ["/etc/group"]);
}

#[test]
fn another_kind_in_the_same_place_is_a_modification() {
    let (before, mut after) = (system(), system());
    after.remove("/etc/hostname").unwrap();
    after
        .make_dir("/etc/hostname", Ownership::root(0o755))
        .unwrap();
    after.remove("/etc/localtime").unwrap();
    write(&mut after, "/etc/localtime", "now a file\n");
    after.remove_all("/etc/ssh").unwrap();
    after
        .symlink("/etc/ssh", "/var", Ownership::root(0o777))
        .unwrap();
    insta::assert_snapshot!(diff(&before, &after).render(Style::Plain), @"
    M  /etc/hostname                         0644 → 0755 root:root  file → directory
    M  /etc/localtime                        0777 → 0644 root:root  link to /usr/share/zoneinfo/UTC → file
         +now a file
    M  /etc/ssh                              root:root  directory → link to /var
    3 changed
    ");
}

#[test]
fn what_is_too_long_or_too_much_is_summarised() {
    let (before, mut after) = (system(), system());
    for n in 0..3 {
        write(&mut after, &format!("/etc/{n}"), "0123456789\n".repeat(10));
    }
    write(&mut after, "/etc/long", "x".repeat(201));
    let limits = DiffLimits {
        text: 200,
        total: 250,
        ..DiffLimits::default()
    };
    let diff = TreeDiff::between(&before, &after, Scope::Everything, limits).unwrap();
    insta::assert_snapshot!(diff.render_entries(Style::Plain).replace("0123456789", "…"), @"
    A  /etc/0                                0644 root:root
         +…
         +…
         +…
         +…
         +…
         +…
         +…
         +…
         +…
         +…
    A  /etc/1                                0644 root:root
         +…
         +…
         +…
         +…
         +…
         +…
         +…
         +…
         +…
         +…
    A  /etc/2                                0644 root:root  110 bytes, sha256 9ba15883115e…
    M  /etc/long                             0644 root:root  231 bytes, sha256 a328ec5f9c28… → 201 bytes, sha256 84a0678c9093…
    ");
    let few = DiffLimits {
        entries: 3,
        ..limits
    };
    for scope in [Scope::Everything, Scope::Paths(after.touched())] {
        let error = TreeDiff::between(&before, &after, scope, few).unwrap_err();
        assert_eq!(error.kind(), crate::VolumeErrorKind::LimitReached);
    }
}

#[test]
fn redacting_masks_every_form_of_a_secret() {
    let secret = "correct horse";
    let base64 = |before: &str| {
        let text = format!("{before}{secret} and after");
        crate::digits::base64(text.as_bytes(), crate::digits::STANDARD)
    };
    let hex = crate::digits::hex(secret.as_bytes());
    let before = system();
    for line in [
        "password=correct horse".to_owned(),
        base64(""),
        base64("a"),
        base64("ab"),
        base64("abc"),
        format!("0x{hex}"),
        hex.to_uppercase(),
        "the second line".to_owned(),
    ] {
        let mut after = system();
        write(&mut after, "/etc/conf", format!("shown\n{line}\n"));
        after
            .symlink("/etc/link", &line, Ownership::root(0o777))
            .unwrap();
        write(&mut after, &format!("/etc/{}", line.replace('/', "_")), "");
        let mut diff = diff(&before, &after);
        diff.redact(&["abc", secret, "the first line\nthe second line", ""]);
        let json = serde_json::to_string(&diff).unwrap();
        let text = diff.render(Style::Plain);
        assert!(!json.contains(&line), "{json}");
        assert!(text.contains("     +shown\n     +[secret]\n"), "{text}");
        assert!(text.contains("link to [secret]"), "{text}");
        let conf = diff
            .entries
            .iter()
            .find(|e| e.path.to_string() == "/etc/conf")
            .unwrap();
        assert_eq!(conf.after.as_ref().unwrap().len, None);
    }
}
