//! Checks of the names that files can have.

use super::*;

/// Makes a file of that name, finds it, lists it and removes it.
fn works(case: &mut Case<'_>, name: &[u8]) {
    let path = VolumePath::root().join(name).unwrap();
    case.fs
        .create_file(&path, Ownership::root(0o644))
        .unwrap_or_else(|error| panic!("{error}"));
    case.fs.write_at(&path, 0, name).unwrap();
    assert_eq!(case.content_at(&path), name);
    let entries = case.fs.read_dir(&VolumePath::root()).unwrap();
    assert!(entries.iter().any(|e| e.name == name), "{path} is listed");
    case.fs.remove_file(&path).unwrap();
    refused(case.fs.metadata(&path), Kind::NotFound);
}

/// Checks that nothing of that name can be made.
fn unsupported(case: &mut Case<'_>, name: &[u8]) {
    let path = VolumePath::root().join(name).unwrap();
    let owner = Ownership::root(0o644);
    refused(case.fs.create_file(&path, owner), Kind::NotSupported);
    refused(case.fs.create_dir(&path, owner), Kind::NotSupported);
    refused(case.fs.metadata(&path), Kind::NotFound);
    case.file("/plain", b"");
    refused(case.fs.rename(&at("/plain"), &path), Kind::NotSupported);
    case.fs.remove_file(&at("/plain")).unwrap();
    assert!(case.names("/").is_empty());
}

pub(super) fn names_have_up_to_255_bytes(case: &mut Case<'_>) {
    works(case, &[b'n'; 255]);
    works(case, "é".repeat(127).as_bytes());
    works(case, b"x");
    let long = VolumePath::root().join([b'n'; 256]);
    refused(long, Kind::InvalidPath);
}

pub(super) fn names_of_any_bytes(case: &mut Case<'_>) {
    for name in [&b"caf\xe9"[..], b"\xff\xfe", b"\xc3"] {
        match case.can.any_names {
            true => works(case, name),
            false => unsupported(case, name),
        }
    }
}

pub(super) fn names_with_control_characters(case: &mut Case<'_>) {
    for name in [
        "line\nbreak",
        "\x1b[31mred",
        "tab\t",
        "back\\slash",
        "que?tion",
        "\x7f",
    ] {
        match case.can.any_names || name == "\x7f" {
            true => works(case, name.as_bytes()),
            false => unsupported(case, name.as_bytes()),
        }
    }
}

pub(super) fn names_that_look_odd(case: &mut Case<'_>) {
    for name in [
        "...x",
        " leading",
        "a b  c",
        ".hidden",
        "two.dots.txt",
        "UPPER.TXT",
        "Mixed.Txt",
        "toolongfor83.text",
        "a+b,c;d=e[f]",
        "日本語",
        "ÄÖÜ",
        "🦀.rs",
        "TILDE~1",
        "x.y~1",
    ] {
        works(case, name.as_bytes());
    }
    for name in ["dot.", "space "] {
        match case.can.any_names {
            true => works(case, name.as_bytes()),
            false => unsupported(case, name.as_bytes()),
        }
    }
}

pub(super) fn names_and_case(case: &mut Case<'_>) {
    case.dir("/Efi");
    case.file("/Efi/Boot.conf", b"content");
    assert_eq!(case.names("/Efi"), ["Boot.conf"]);
    if case.can.case_sensitive {
        case.missing("/efi");
        case.missing("/Efi/BOOT.CONF");
        case.file("/Efi/boot.conf", b"other");
        assert_eq!(case.content("/Efi/Boot.conf"), b"content");
        return;
    }
    assert_eq!(case.content("/efi/BOOT.CONF"), b"content");
    let owner = Ownership::root(0o644);
    let result = case.fs.create_file(&at("/EFI/boot.conf"), owner);
    refused(result, Kind::AlreadyExists);
    case.fs
        .rename(&at("/efi/boot.conf"), &at("/efi/BOOT.conf"))
        .unwrap();
    assert_eq!(case.names("/efi"), ["BOOT.conf"]);
    assert_eq!(case.content("/Efi/Boot.conf"), b"content");
    case.fs.remove_file(&at("/EFI/BOOT.CONF")).unwrap();
    assert!(case.names("/Efi").is_empty());
}
