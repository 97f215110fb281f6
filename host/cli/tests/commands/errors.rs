//! How the errors of libraries, inputs, images and outputs read, each provoked by a command. Those
//! that a script's text or a function provokes are kept beside the engine and the standard library.

use crate::place::Place;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;

const RUN: &str = "run plan --image golden.img --preview --seed web01";

/// The name of the snapshot, the script, what else is to be prepared, and the command.
type Provoked = (&'static str, String, fn(&Place), &'static str);

fn nothing(_: &Place) {}

/// Adds to the build plan.
fn declare(place: &Place, text: &str) {
    let path = place.path("plan/build-plan.toml");
    let plan = fs::read_to_string(&path).unwrap();
    fs::write(path, plan + text).unwrap();
}

/// Writes over the image from `offset` on.
fn damage(place: &Place, offset: usize, bytes: &[u8]) {
    let path = place.path("golden.img");
    let mut image = fs::read(&path).unwrap();
    image[offset..offset + bytes.len()].copy_from_slice(bytes);
    fs::write(path, image).unwrap();
}

/// Where the root filesystem begins in the image, in bytes.
const ROOT: usize = 16 << 20;
/// Where its superblock begins.
const SUPERBLOCK: usize = ROOT + 1024;

fn scripts() -> Vec<Provoked> {
    let functions: String = (0..300).map(|n| format!("fn f{n}() {{}}\n")).collect();
    let variables: String = (0..300).map(|n| format!("let v{n} = {n};\n")).collect();
    vec![
        ("P1004", " ".repeat(600 * 1024), nothing, "check plan"),
        ("P1008", functions, nothing, "check plan"),
        ("P1009", "return attribute(\"HostName\");\nfile::touch(\"/a\");".into(), nothing, "check plan"),
        (
            "P2012",
            "let line = \"\";\nwhile line.len < 100000 { line += \"0123456789\"; }\nloop { log::info(line); }".into(),
            nothing,
            RUN,
        ),
        ("P2018", variables, nothing, RUN),
        ("P3013", "file::symlink(\"/boot/efi/link\", \"target\");".into(), nothing, RUN),
        ("P4002", "attribute(\"HostNam\");".into(), nothing, "check plan"),
        (
            "P4003",
            "attribute(\"HostName\");".into(),
            nothing,
            "run plan --image golden.img --preview --seed web01 --set HostName=a.b",
        ),
        (
            "P4004",
            "attribute(\"Count\");".into(),
            |place| declare(place, "[attribute.Count]\ntype = \"number\"\nmax = 9\nhelp = \"How many\"\n"),
            "run plan --image golden.img --preview --seed web01 --set Count=10",
        ),
        ("P5007", "let name = 1;".into(), nothing, "check plan"),
    ]
}

fn inputs() -> Vec<Provoked> {
    let none = String::new;
    vec![
        (
            "P5001",
            none(),
            |place| fs::remove_file(place.path("plan/scripts/one.rhai")).unwrap(),
            "check plan",
        ),
        (
            "P5002",
            none(),
            |place| declare(place, "typ = \"number\"\n"),
            "check plan",
        ),
        (
            "P5003",
            none(),
            |place| symlink("/etc/passwd", place.path("plan/scripts/two.rhai")).unwrap(),
            "check plan",
        ),
        (
            "P5004",
            none(),
            |place| fs::write(place.path("plan/scripts/two.rhai"), vec![b' '; 2 << 20]).unwrap(),
            "check plan",
        ),
        (
            "P5005",
            none(),
            |place| fs::write(place.path("web01.json"), "{\n  \"name\": 7\n}\n").unwrap(),
            "run plan --image golden.img --preview --profile web01.json",
        ),
        (
            "P5006",
            none(),
            |place| {
                fs::create_dir_all(place.path("plan/tests/one")).unwrap();
                let case = "volume = \"debian-12\"\nsed = \"web01\"\n";
                fs::write(place.path("plan/tests/one/case.toml"), case).unwrap();
            },
            "test plan",
        ),
    ]
}

fn images() -> Vec<Provoked> {
    let none = String::new;
    vec![
        ("P7001", none(), nothing, "inspect missing.img"),
        (
            "P7002",
            none(),
            |place| {
                damage(place, 512 + 16, &[0xff; 64]);
                damage(place, (64 << 20) - 512 + 16, &[0xff; 64]);
            },
            "inspect golden.img",
        ),
        (
            "P7003",
            none(),
            |place| fs::write(place.path("golden.img"), vec![0; 1 << 20]).unwrap(),
            "ls golden.img",
        ),
        (
            "P7004",
            none(),
            |place| {
                fs::write(
                    place.path("golden.img"),
                    [&b"QFI\xfb\0\0\0\x03"[..], &[0; 4096]].concat(),
                )
                .unwrap()
            },
            "ls golden.img",
        ),
        (
            "P7005",
            none(),
            |place| {
                declare(place, "[mounts]\n\"/\" = { partition = 2 }\n");
                damage(place, ROOT, b"LUKS\xba\xbe\x00\x02");
                damage(place, SUPERBLOCK, &[0; 1024]);
            },
            RUN,
        ),
        (
            "P7006",
            none(),
            |place| damage(place, SUPERBLOCK + 0x78, &[0xff; 16]),
            "ls golden.img",
        ),
        (
            "P7008",
            none(),
            |place| fs::write(place.path("web01.img"), "mine").unwrap(),
            "run plan --image golden.img --out web01.img --seed web01",
        ),
        (
            "P7009",
            none(),
            nothing,
            "run plan --image golden.img --out missing/web01.img --seed web01",
        ),
        (
            "P7011",
            none(),
            nothing,
            "run plan --image golden.img --out golden.img --seed web01",
        ),
    ]
}

/// Writes `bundle.zip` with these entries.
fn bundle(place: &Place, entries: &[(&str, &str)]) {
    let mut archive = zip::ZipWriter::new(File::create(place.path("bundle.zip")).unwrap());
    for (name, text) in entries {
        archive
            .start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap();
}

fn bundles() -> Vec<Provoked> {
    const MANIFEST: (&str, &str) = ("MANIFEST.MF", "Artifact Name:Sample\n");
    fn verify(code: &'static str, prepare: fn(&Place)) -> Provoked {
        (code, String::new(), prepare, "bundle verify bundle.zip")
    }
    vec![
        verify("P5008", |place| {
            fs::write(place.path("bundle.zip"), "no zip file").unwrap()
        }),
        verify("P5009", |place| {
            bundle(place, &[MANIFEST, ("../evil", "x")])
        }),
        verify("P5010", |place| {
            let sums = ("SHA256SUM.sha256sum", "MANIFEST.MF\tabcd\n");
            bundle(place, &[MANIFEST, sums]);
        }),
        verify("P5011", |place| {
            let names: Vec<_> = (0..10_001).map(|n| format!("{n}")).collect();
            let entries: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
            bundle(place, &entries);
        }),
        (
            "P5012",
            String::new(),
            |place| {
                fs::create_dir_all(place.path("mine/scripts")).unwrap();
                fs::write(place.path("mine/bundle.toml"), "name = \"Mine\"\n").unwrap();
                fs::write(place.path("mine/scripts/lonely.toml"), "name = \"x\"\n").unwrap();
            },
            "bundle pack mine bundle.zip",
        ),
    ]
}

fn service() -> Vec<Provoked> {
    vec![(
        "P9002",
        String::new(),
        nothing,
        "serve --config /dev/null --data golden.img --listen 127.0.0.1:0",
    )]
}

#[test]
fn errors_read_well() {
    for (code, script, prepare, line) in
        [scripts(), inputs(), images(), bundles(), service()].concat()
    {
        let place = Place::new();
        place.script(&script);
        prepare(&place);
        let ended = place.mintage(line);
        // What a test shows of a case, it shows with its results.
        let said = String::from_utf8(ended.out).unwrap() + ended.err.as_str();
        let marks = [format!("error[{code}]"), format!("warning[{code}]")];
        assert!(
            marks.iter().any(|mark| said.contains(mark)),
            "{code}: {said}"
        );
        let shown = said.lines().map(|line| line.get(..200).unwrap_or(line));
        insta::assert_snapshot!(code, shown.collect::<Vec<_>>().join("\n"));
    }
}
