//! Labels by tables; the comparison with libselinux itself is in the test lanes.

use super::pattern::{Pattern, prefix};
use super::*;

fn labels(file_contexts: &str) -> Labels {
    let files = PolicyFiles {
        file_contexts: file_contexts.into(),
        ..PolicyFiles::default()
    };
    Labels::parse(&files).unwrap()
}

fn label(file_contexts: &str, path: &str) -> Option<String> {
    let mut labels = labels(file_contexts);
    let found = labels.label(path.as_bytes(), FileKind::File).unwrap();
    found.map(str::to_owned)
}

#[test]
fn the_last_that_matches_counts_and_plain_ones_first() {
    let contexts = "\
        # comment\n\
        /etc/hosts  --  u:r:plain:s0\n\
        /.*  u:r:default:s0\n\
        /etc(/.*)?  u:r:etc:s0\n\
        /etc/h.*  u:r:h:s0\n\
        /etc/none(/.*)?  <<none>>\n\
        /etc/dir  -d  u:r:dir:s0\n";
    for (path, expected) in [
        ("/etc/hosts", Some("u:r:plain:s0")),
        ("/etc/hosts2", Some("u:r:h:s0")),
        ("/etc/passwd", Some("u:r:etc:s0")),
        ("/etc", Some("u:r:etc:s0")),
        ("/etc2", Some("u:r:default:s0")),
        ("/etc/none", None),
        ("/etc/none/x", None),
        ("/etc/dir", Some("u:r:etc:s0")),
        ("/", Some("u:r:default:s0")),
    ] {
        assert_eq!(label(contexts, path).as_deref(), expected, "{path}");
    }
    let mut labels = labels(contexts);
    let dir = labels.label(b"/etc/dir", FileKind::Directory).unwrap();
    assert_eq!(dir, Some("u:r:dir:s0"));
    assert_eq!(
        labels.label(b"/etc/hosts", FileKind::Symlink).unwrap(),
        Some("u:r:h:s0")
    );
}

#[test]
fn later_files_count_before_earlier_ones() {
    let files = PolicyFiles {
        file_contexts: b"/home/[^/]+/.*  u:r:a:s0\n/srv/.*  u:r:srv:s0\n".into(),
        homedirs: b"/home/bob/.*  u:r:b:s0\n".into(),
        local: b"/home/bob/x.*  u:r:c:s0\n".into(),
        subs: b"/data /srv/www\n".into(),
        subs_dist: b"/srv/www /srv\n/export/home /home".into(),
        customizable_types: b"a_t\nb_t\n".into(),
    };
    let mut labels = Labels::parse(&files).unwrap();
    for (path, expected) in [
        ("/home/ann/x", "u:r:a:s0"),
        ("/home/bob/y", "u:r:b:s0"),
        ("/home/bob/x", "u:r:c:s0"),
        ("/export/home/bob/x", "u:r:c:s0"),
        ("/data/x", "u:r:srv:s0"),
    ] {
        let found = labels.label(path.as_bytes(), FileKind::File).unwrap();
        assert_eq!(found, Some(expected), "{path}");
    }
    assert!(labels.is_customizable("b_t") && !labels.is_customizable("c_t"));
}

#[test]
fn patterns_mean_what_they_mean_in_pcre() {
    for (pattern, yes, no) in [
        ("/a", "/a", "/ab"),
        ("/a\\.b", "/a.b", "/axb"),
        ("/a.b", "/axb", "/ab"),
        ("/a(/.*)?", "/a/b/c", "/ab"),
        ("/[^/]+/x", "/abc/x", "/a/b/x"),
        ("/[]a]", "/]", "/["),
        ("/[a[]", "/[", "/b"),
        ("/[a&&b]", "/&", "/c"),
        ("/[a-c~-]", "/-", "/d"),
        ("/[a\\-c]", "/-", "/b"),
        ("/[[:digit:]x]+", "/12x", "/a"),
        ("/x\\d{2,3}", "/x12", "/x1"),
        ("/x{y}", "/x{y}", "/xy"),
        ("/x{2}", "/xx", "/x"),
        ("/a\\+\\+", "/a++", "/aa"),
        ("/a|/b", "/b", "/c"),
        ("/a|/b", "/axyz", "/xb2"),
        ("/a$", "/a\n", "/a\n\n"),
        ("/a.*?b", "/axxb", "/ax"),
        ("/\\w\\s", "/a ", "/-a"),
        ("/a.", "/a\n", "/a"),
    ] {
        assert!(
            Pattern::new(pattern.as_bytes())
                .unwrap()
                .matches(yes.as_bytes()),
            "{pattern} {yes}"
        );
        assert!(
            !Pattern::new(pattern.as_bytes())
                .unwrap()
                .matches(no.as_bytes()),
            "{pattern} {no}"
        );
        let begin = &pattern.as_bytes()[..prefix(pattern.as_bytes())];
        assert!(yes.as_bytes().starts_with(begin), "{pattern}");
    }
    let any = Pattern::new(b"/.*x").unwrap();
    assert!(any.matches(b"/\xff\n\xe9x"));
}

#[test]
fn what_takes_unbounded_time_is_refused_where_it_is_met() {
    let contexts = "/.*  u:r:a:s0\n/opt/(?!x).*  u:r:b:s0\n/srv/(a)\\1  u:r:c:s0\n/b/a++  u:r:d:s0\n/c/(*FAIL)  u:r:e:s0\n/d/[a  u:r:f:s0\n/e/a{1000}{1000}{1000}  u:r:f:s0\n";
    assert_eq!(label(contexts, "/etc/x").as_deref(), Some("u:r:a:s0"));
    for path in ["/opt/y", "/srv/aa", "/b/a", "/c/x", "/d/a", "/e/aaa"] {
        let error = labels(contexts)
            .label(path.as_bytes(), FileKind::File)
            .unwrap_err();
        assert_eq!(error.kind(), VolumeErrorKind::NotSupported, "{path}");
        assert!(
            error
                .to_string()
                .contains("of the SELinux policy's `file_contexts`"),
            "{error}"
        );
    }
}

#[test]
fn lines_that_libselinux_does_not_read_are_errors() {
    for bad in [
        "/etc\n",
        "/etc -x u:r:t\n",
        "/etc etc u:r:t\n",
        "/etc -- \u{ff}\n\n/x",
    ] {
        let files = PolicyFiles {
            file_contexts: bad.as_bytes().to_vec(),
            ..PolicyFiles::default()
        };
        let result = Labels::parse(&files);
        let Err(error) = result else {
            assert!(bad.contains('\u{ff}'), "{bad}");
            continue;
        };
        assert_eq!(error.kind(), VolumeErrorKind::InvalidArgument, "{bad}");
    }
}
