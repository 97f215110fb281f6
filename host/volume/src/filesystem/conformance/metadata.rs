//! Checks of owners, modes, times and extended attributes.

use super::*;

const ACCESS_ACL: &str = "system.posix_acl_access";
const DEFAULT_ACL: &str = "system.posix_acl_default";

pub(super) fn new_things_have_their_owner_and_mode(case: &mut Case<'_>) {
    let owner = Ownership {
        mode: 0o4750,
        uid: 1000,
        gid: 100_000,
    };
    let (f, d) = (at("/f"), at("/d"));
    if !case.can.owners {
        refused(case.fs.create_file(&f, owner), Kind::NotSupported);
        refused(case.fs.create_dir(&d, owner), Kind::NotSupported);
        case.missing("/f");
        return;
    }
    case.fs.create_file(&f, owner).unwrap();
    case.fs.create_dir(&d, owner).unwrap();
    for path in ["/f", "/d"] {
        let m = case.metadata(path);
        assert_eq!((m.mode, m.uid, m.gid), (0o4750, 1000, 100_000), "{path}");
    }
    if case.can.symlinks {
        case.fs.create_symlink(&at("/l"), b"t", owner).unwrap();
        let m = case.metadata("/l");
        assert_eq!((m.mode, m.uid, m.gid), (0o777, 1000, 100_000));
    }
    let wide = Ownership::root(0o10644);
    refused(case.fs.create_file(&at("/w"), wide), Kind::InvalidArgument);
    case.missing("/w");
}

pub(super) fn nothing_is_inherited(case: &mut Case<'_>) {
    case.dir("/d");
    if case.can.modes {
        case.fs.set_mode(&at("/d"), 0o2775).unwrap();
    }
    if case.can.owners {
        case.fs.set_owner(&at("/d"), 7, 8).unwrap();
    }
    if case.can.xattrs.contains(&"system") {
        let acl = acl(&[(1, 7), (2, 7), (4, 5), (16, 7), (32, 5)]);
        case.fs.set_xattr(&at("/d"), DEFAULT_ACL, &acl).unwrap();
    }
    case.file("/d/f", b"");
    case.dir("/d/sub");
    for (path, mode) in [("/d/f", 0o644), ("/d/sub", 0o755)] {
        let m = case.metadata(path);
        assert_eq!((m.uid, m.gid), (0, 0), "{path}");
        assert!(!case.can.modes || m.mode == mode, "{path}: {:o}", m.mode);
        let xattrs = case.fs.xattrs(&at(path)).unwrap();
        assert!(xattrs.keys().all(|name| !name.starts_with("system.")));
    }
}

pub(super) fn modes_are_twelve_bits(case: &mut Case<'_>) {
    case.file("/f", b"");
    let f = at("/f");
    if !case.can.modes {
        let shown = case.metadata("/f").mode;
        case.fs.set_mode(&f, shown).unwrap();
        refused(case.fs.set_mode(&f, 0o600), Kind::NotSupported);
        return;
    }
    for mode in [0, 0o644, 0o1777, 0o2755, 0o4711, 0o7777] {
        case.fs.set_mode(&f, mode).unwrap();
        assert_eq!(case.metadata("/f").mode, mode);
    }
    refused(case.fs.set_mode(&f, 0o10000), Kind::InvalidArgument);
    refused(case.fs.set_mode(&at("/none"), 0o600), Kind::NotFound);
    case.dir("/d");
    case.fs.set_mode(&at("/d"), 0o1777).unwrap();
    let m = case.metadata("/d");
    assert_eq!((m.kind, m.mode), (FileKind::Directory, 0o1777));
}

pub(super) fn owners_are_numbers(case: &mut Case<'_>) {
    case.file("/f", b"");
    let f = at("/f");
    case.fs.set_owner(&f, 0, 0).unwrap();
    if !case.can.owners {
        refused(case.fs.set_owner(&f, 1000, 0), Kind::NotSupported);
        refused(case.fs.set_owner(&f, 0, 1000), Kind::NotSupported);
        return;
    }
    case.fs.set_mode(&f, 0o4755).unwrap();
    for (uid, gid) in [(1000, 0), (0, 65_534), (65_536, 100_000), (u32::MAX - 1, 7)] {
        case.fs.set_owner(&f, uid, gid).unwrap();
        let m = case.metadata("/f");
        assert_eq!((m.uid, m.gid, m.mode), (uid, gid, 0o4755));
    }
    refused(case.fs.set_owner(&at("/none"), 0, 0), Kind::NotFound);
    if case.can.symlinks {
        case.symlink("/l", "f");
        case.fs.set_owner(&at("/l"), 5, 6).unwrap();
        assert_eq!(case.metadata("/l").uid, 5);
        assert_ne!(case.metadata("/f").uid, 5);
    }
}

fn time(seconds: i64, nanoseconds: u32) -> Timestamp {
    Timestamp {
        seconds,
        nanoseconds,
    }
}

/// What the filesystem keeps of a time of change.
fn kept(case: &Case<'_>, given: Timestamp) -> Timestamp {
    let step = case.can.time_step;
    if step >= 1_000_000_000 {
        let step = i64::try_from(step / 1_000_000_000).unwrap();
        return time(given.seconds.div_euclid(step) * step, 0);
    }
    let step = u32::try_from(step).unwrap();
    time(given.seconds, given.nanoseconds / step * step)
}

pub(super) fn times_are_set(case: &mut Case<'_>) {
    case.file("/f", b"content");
    case.dir("/d");
    for path in ["/f", "/d"] {
        let (accessed, modified) = (time(1_234_567_891, 987_654_321), time(1_111_111_111, 5));
        case.fs.set_times(&at(path), accessed, modified).unwrap();
        let m = case.metadata(path);
        assert_eq!(m.modified, kept(case, modified), "{path}");
        let expected = match case.can.access_times {
            true => kept(case, accessed),
            false => time(1_234_567_891 / 86_400 * 86_400, 0),
        };
        assert_eq!(m.accessed, expected, "{path}");
    }
    let wrong = time(1_111_111_111, 1_000_000_000);
    let result = case.fs.set_times(&at("/f"), wrong, wrong);
    refused(result, Kind::InvalidArgument);
    refused(case.fs.set_times(&at("/none"), TIME, TIME), Kind::NotFound);
    // A time that is too far is refused or stored, but not replaced by the nearest.
    let far = time(i64::MAX, 0);
    match case.fs.set_times(&at("/f"), far, far) {
        Ok(()) => assert_eq!(case.metadata("/f").modified, far),
        Err(error) => assert_eq!(error.kind(), Kind::InvalidArgument),
    }
}

pub(super) fn times_before_1970(case: &mut Case<'_>) {
    case.file("/f", b"");
    let earlier = time(-86_400 * 365, 0);
    let result = case.fs.set_times(&at("/f"), earlier, earlier);
    if case.can.first_second > earlier.seconds {
        refused(result, Kind::InvalidArgument);
        assert_eq!(case.metadata("/f").modified, TIME);
    } else {
        result.unwrap();
        assert_eq!(case.metadata("/f").modified, earlier);
    }
}

pub(super) fn changes_leave_the_declared_time(case: &mut Case<'_>) {
    case.dir("/d");
    case.file("/d/f", b"content");
    assert_eq!(case.metadata("/d/f").modified, TIME);
    let (d, f) = (at("/d"), at("/d/f"));
    let earlier = time(1_000_000_000, 0);
    type Change = fn(&mut dyn FileSystem) -> Result<()>;
    // Each change, and whether it is one of the file or of its directory.
    let changes: [(Change, bool, bool); 6] = [
        (|fs| fs.write_at(&at("/d/f"), 1, b"x"), true, false),
        (|fs| fs.set_len(&at("/d/f"), 2), true, false),
        (
            |fs| fs.replace_content(&at("/d/f"), &mut &b"y"[..]).map(|_| ()),
            true,
            false,
        ),
        (
            |fs| fs.create_file(&at("/d/g"), Ownership::root(0o600)),
            false,
            true,
        ),
        (|fs| fs.rename(&at("/d/g"), &at("/d/h")), false, true),
        (|fs| fs.remove_file(&at("/d/h")), false, true),
    ];
    for (n, (change, of_file, of_directory)) in changes.into_iter().enumerate() {
        case.fs.set_times(&f, earlier, earlier).unwrap();
        case.fs.set_times(&d, earlier, earlier).unwrap();
        change(case.fs).unwrap();
        let expected = |changed| if changed { TIME } else { earlier };
        assert_eq!(case.metadata("/d/f").modified, expected(of_file), "{n}");
        assert_eq!(case.metadata("/d").modified, expected(of_directory), "{n}");
    }
}

pub(super) fn reading_leaves_no_time(case: &mut Case<'_>) {
    case.dir("/d");
    case.file("/d/f", b"content");
    let earlier = time(1_000_000_000, 0);
    case.fs.set_times(&at("/d/f"), earlier, earlier).unwrap();
    case.fs.set_times(&at("/d"), earlier, earlier).unwrap();
    let before = (case.metadata("/d"), case.metadata("/d/f"));
    case.content("/d/f");
    case.names("/d");
    assert_eq!((case.metadata("/d"), case.metadata("/d/f")), before);
}

pub(super) fn xattrs_are_set_replaced_and_removed(case: &mut Case<'_>) {
    case.file("/f", b"content");
    case.dir("/d");
    if case.can.xattrs.is_empty() {
        assert!(case.fs.xattrs(&at("/f")).unwrap().is_empty());
        let result = case.fs.set_xattr(&at("/f"), "user.a", b"x");
        refused(result, Kind::NotSupported);
        return;
    }
    let big = vec![0x5a; case.can.xattr_bytes];
    for path in [at("/f"), at("/d")] {
        let before = case.fs.xattrs(&path).unwrap();
        for namespace in case.can.xattrs.iter().filter(|name| **name != "system") {
            let (name, second) = (format!("{namespace}.first"), format!("{namespace}.2nd"));
            case.fs.set_xattr(&path, &name, b"one").unwrap();
            case.fs.set_xattr(&path, &name, b"").unwrap();
            case.fs.set_xattr(&path, &second, b"\0\xff").unwrap();
            let mut expected = before.clone();
            expected.insert(name.clone(), Vec::new());
            expected.insert(second.clone(), b"\0\xff".to_vec());
            assert_eq!(case.fs.xattrs(&path).unwrap(), expected);
            case.fs.set_xattr(&path, &name, &big).unwrap();
            assert_eq!(case.fs.xattrs(&path).unwrap()[&name], big);
            case.fs.remove_xattr(&path, &name).unwrap();
            case.fs.remove_xattr(&path, &second).unwrap();
            assert_eq!(case.fs.xattrs(&path).unwrap(), before);
        }
    }
    assert_eq!(case.content("/f"), b"content");
}

pub(super) fn xattrs_refuse_what_they_must(case: &mut Case<'_>) {
    let Some(namespace) = case.can.xattrs.first() else {
        return;
    };
    case.file("/f", b"");
    let (f, none) = (at("/f"), at("/none"));
    let name = format!("{namespace}.name");
    refused(case.fs.set_xattr(&none, &name, b""), Kind::NotFound);
    refused(case.fs.remove_xattr(&none, &name), Kind::NotFound);
    refused(case.fs.remove_xattr(&f, &name), Kind::NotFound);
    refused(case.fs.xattrs(&none), Kind::NotFound);
    let long = format!("{namespace}.{}", "n".repeat(256));
    refused(case.fs.set_xattr(&f, &long, b""), Kind::InvalidArgument);
    let result = case.fs.set_xattr(&f, &name, &[0; 65_537]);
    assert!(result.is_err(), "65537 bytes are more than Linux takes");
    for namespace in ["user", "security", "trusted", "unknown"] {
        if !case.can.xattrs.contains(&namespace) {
            let result = case.fs.set_xattr(&f, &format!("{namespace}.x"), b"");
            refused(result, Kind::NotSupported);
        }
    }
    assert!(!case.fs.xattrs(&f).unwrap().contains_key(&name));
}

/// An access ACL of version 2 with the given (tag, permissions) entries.
fn acl(entries: &[(u16, u16)]) -> Vec<u8> {
    let mut value = 2u32.to_le_bytes().to_vec();
    for (tag, permissions) in entries {
        let id = if *tag == 2 { 1000 } else { u32::MAX };
        value.extend(tag.to_le_bytes());
        value.extend(permissions.to_le_bytes());
        value.extend(id.to_le_bytes());
    }
    value
}

pub(super) fn an_acl_goes_with_the_mode(case: &mut Case<'_>) {
    if !case.can.xattrs.contains(&"system") {
        return;
    }
    case.file("/f", b"");
    let f = at("/f");
    let given = acl(&[(1, 6), (2, 7), (4, 4), (16, 5), (32, 1)]);
    case.fs.set_xattr(&f, ACCESS_ACL, &given).unwrap();
    assert_eq!(case.fs.xattrs(&f).unwrap()[ACCESS_ACL], given);
    assert_eq!(case.metadata("/f").mode, 0o651);
    case.fs.set_mode(&f, 0o734).unwrap();
    let expected = acl(&[(1, 7), (2, 7), (4, 4), (16, 3), (32, 4)]);
    assert_eq!(case.fs.xattrs(&f).unwrap()[ACCESS_ACL], expected);
    assert_eq!(case.metadata("/f").mode, 0o734);
    case.fs.remove_xattr(&f, ACCESS_ACL).unwrap();
    assert_eq!(case.metadata("/f").mode, 0o734);
}
