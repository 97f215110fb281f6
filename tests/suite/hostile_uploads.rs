//! Hostile images, bundles and backups against the running service: each is refused with a reason,
//! before a task is made as far as the rehearsal reaches, and leaves nothing behind.
//!
//! `tests/fixtures/hostile_archives.py` makes them, by Python's zip file writer and by hand.

use mintage_records::{DatabaseUrl, Records};
use mintage_test_support::environment::{project, succeed};
use mintage_test_support::server::Answer;
use mintage_test_support::{Environment, Need, Server, lane};
use serde_json::{Value as Json, json};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use ureq::http::Method;

const BOUNDARY: &str = "8721656041911415653955004498";
/// The most memory that the service may ever have under all this, in bytes.
const MEMORY: u64 = 256 << 20;
/// Low limits, so that what is above them is short.
const LIMITS: &[&str] = &[
    "--limits-disk",
    "64 MiB",
    "--limits-expansion-floor",
    "1 MiB",
    "--limits-image-upload",
    "8 MiB",
    "--limits-bundle-upload",
    "64 MiB",
];

/// The status of the reply that refuses a file.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Refusal {
    /// Whatever is rehearsed.
    Reply(u16),
    /// Only expanding tells: where nothing is rehearsed, the task does.
    Inside(u16),
}
use Refusal::{Inside, Reply};

impl Refusal {
    fn status(self, rehearsed: bool) -> u16 {
        match self {
            Reply(status) => status,
            Inside(status) if rehearsed => status,
            Inside(_) => 202,
        }
    }
}

/// Files, and the code and a part of the reason by which they are refused.
type Case = (&'static str, Refusal, &'static str, &'static str);

const IMAGES: &[Case] = &[
    (
        "image-climbs",
        Reply(400),
        "IMAGE_REFUSED",
        "leads out of its folder",
    ),
    (
        "image-absolute",
        Reply(400),
        "IMAGE_REFUSED",
        "leads out of its folder",
    ),
    (
        "image-windows",
        Reply(400),
        "IMAGE_REFUSED",
        "leads out of its folder",
    ),
    ("image-twice", Reply(400), "IMAGE_REFUSED", "has 2 entries"),
    ("image-link", Reply(400), "IMAGE_REFUSED", "no regular file"),
    (
        "image-folder",
        Reply(400),
        "IMAGE_REFUSED",
        "no regular file",
    ),
    (
        "image-many",
        Reply(413),
        "UPLOAD_TOO_LONG",
        "limits.image-upload",
    ),
    ("image-none", Reply(400), "IMAGE_REFUSED", "has 0 entries"),
    (
        "image-no-zip",
        Reply(400),
        "IMAGE_FORMAT_MISMATCH",
        "declared as zip",
    ),
    ("image-empty", Reply(400), "IMAGE_REFUSED", "empty"),
    ("image-truncated", Reply(400), "IMAGE_DAMAGED", "truncated"),
    ("image-half", Reply(400), "IMAGE_DAMAGED", "truncated"),
    (
        "image-too-large",
        Reply(413),
        "IMAGE_TOO_LARGE",
        "limits.disk",
    ),
    (
        "image-bomb",
        Inside(413),
        "IMAGE_TOO_LARGE",
        "limits.expansion-ratio",
    ),
    (
        "image-nested",
        Inside(400),
        "IMAGE_REFUSED",
        "looks like a zip file",
    ),
    ("image-wrong-crc", Inside(400), "IMAGE_DAMAGED", "checksum"),
    (
        "image-longer-than-said",
        Inside(400),
        "IMAGE_DAMAGED",
        "declared uncompressed size",
    ),
    (
        "image-no-sectors",
        Inside(400),
        "IMAGE_REFUSED",
        "512-byte sectors",
    ),
    (
        "image-truncated.gz",
        Inside(400),
        "IMAGE_TRUNCATED",
        "truncated",
    ),
    (
        "image-trailing.gz",
        Inside(400),
        "IMAGE_REFUSED",
        "behind the content",
    ),
    (
        "image-wrong-sum.gz",
        Inside(400),
        "IMAGE_DAMAGED",
        "damaged",
    ),
    ("image-damaged.xz", Inside(400), "IMAGE_DAMAGED", "damaged"),
    (
        "image-large-dictionary.xz",
        Inside(413),
        "IMAGE_TOO_LARGE",
        "limits.image-window",
    ),
    (
        "image-backing.qcow2",
        Reply(400),
        "IMAGE_REFUSED",
        "backing file",
    ),
];

const BUNDLES: &[Case] = &[
    (
        "bundle-climbs",
        Reply(400),
        "P5009",
        "no name that leads out of it",
    ),
    ("bundle-absolute", Reply(400), "P5009", "no folders"),
    (
        "bundle-twice",
        Reply(400),
        "P5009",
        "two entries have this name",
    ),
    ("bundle-link", Reply(400), "P5009", "a link or a device"),
    ("bundle-folder", Reply(400), "P5009", "it is a folder"),
    (
        "bundle-control",
        Reply(400),
        "P5009",
        "no control characters",
    ),
    ("bundle-many", Reply(413), "P5011", "limits.bundle-entries"),
    ("bundle-ratio", Reply(413), "P5011", "limits.bundle-ratio"),
    ("bundle-long", Reply(413), "P5011", "limits.bundle-text"),
    (
        "bundle-long-together",
        Reply(413),
        "P5011",
        "limits.bundle-texts",
    ),
    ("bundle-overlap", Reply(400), "P5008", "filename mismatch"),
    ("bundle-wrong-sum", Reply(400), "P5010", "MANIFEST.MF"),
    ("bundle-no-sums", Reply(400), "P5008", "SHA256SUM"),
    (
        "bundle-missing-sum",
        Reply(400),
        "P5010",
        "11-aa_planscript.json",
    ),
    (
        "bundle-truncated",
        Reply(400),
        "P5008",
        "no complete zip file",
    ),
    ("bundle-no-zip", Reply(400), "P5008", "no complete zip file"),
    ("bundle-deep", Reply(400), "P5012", "it is not JSON"),
    ("bundle-wrong-type", Reply(400), "P5012", "name"),
    (
        "bundle-no-json",
        Reply(400),
        "P5012",
        "11-aa_planscript.json",
    ),
    (
        "bundle-climbing-image-name",
        Reply(400),
        "P5012",
        "no entry `../evil`",
    ),
    (
        "bundle-image-nested",
        Inside(400),
        "P5009",
        "zip file again",
    ),
    (
        "bundle-image-climbs",
        Inside(400),
        "P5009",
        "no name that leads out of it",
    ),
    ("bundle-image-two", Inside(400), "P5009", "2 entries"),
    (
        "bundle-image-too-large",
        Inside(413),
        "P5011",
        "limits.disk",
    ),
    (
        "bundle-image-no-zip",
        Inside(400),
        "P5008",
        "no complete zip file",
    ),
];

/// Forms around a sound image.
const FORMS: &[Case] = &[
    ("no name", Reply(400), "NAME_MISSING", "no name"),
    ("no file", Reply(400), "INVALID_MULTIPART", "no part `file`"),
    (
        "two files",
        Reply(400),
        "INVALID_MULTIPART",
        "more than one part",
    ),
    (
        "many parts",
        Reply(413),
        "BODY_TOO_LONG",
        "limits.form-parts",
    ),
    ("long text", Reply(413), "BODY_TOO_LONG", "limits.form-text"),
    ("no UTF-8", Reply(400), "INVALID_MULTIPART", "not UTF-8"),
    (
        "endless head",
        Reply(400),
        "INVALID_MULTIPART",
        "to its end",
    ),
    ("no end", Reply(400), "INVALID_MULTIPART", "to its end"),
    (
        "other boundary",
        Reply(400),
        "INVALID_MULTIPART",
        "to its end",
    ),
    (
        "control in name",
        Reply(400),
        "INVALID_NAME",
        "control characters",
    ),
    (
        "wrong sum",
        Reply(400),
        "CHECKSUM_MISMATCH",
        "not the declared",
    ),
    (
        "no sum",
        Reply(400),
        "INVALID_CHECKSUM",
        "64 hexadecimal digits",
    ),
    ("no format", Reply(400), "FORMAT_NOT_DECLARED", "vmdk"),
];

#[test]
fn hostile_uploads_are_refused_and_leave_nothing() {
    refuses(true);
}

#[test]
fn hostile_uploads_that_are_not_rehearsed_are_refused_by_their_tasks() {
    refuses(false);
}

fn refuses(rehearsed: bool) {
    if !lane::can_run("hostile_uploads", &[Need::Program("python3")]) {
        return;
    }
    let environment = Environment::new();
    let archives = environment.path("archives");
    fs::create_dir(&archives).unwrap();
    let maker = project().join("tests/fixtures/hostile_archives.py");
    let mut python = environment.program("python3");
    succeed(python.args(["-W", "ignore"]).arg(maker).arg(&archives));
    let read = |name: &str| fs::read(archives.join(name)).unwrap();
    let rehearsal = ["--limits-rehearsal", if rehearsed { "16 MiB" } else { "0" }];
    let mut server = Server::start(&environment, &[LIMITS, &rehearsal].concat());
    let mut wrong = Vec::new();
    let mut case = |server: &Server<'_>, what: String, expected: &Case, answer: Answer| {
        let (_, refusal, code, reason) = *expected;
        let told = told(server, answer);
        let is_told = told.1["errorCode"] == code && told.1.to_string().contains(reason);
        if told.0 != refusal.status(rehearsed) || !is_told {
            wrong.push(format!("{what}: {told:?}, not {refusal:?} {code} {reason}"));
        }
        if let Err(left) = Left::nothing(server) {
            wrong.push(format!("{what} leaves {left}"));
        }
    };
    for image in IMAGES {
        let file = read(image.0);
        let format = Path::new(image.0).extension().and_then(|e| e.to_str());
        let format = match format {
            Some("gz") => "gzip",
            Some(format) => format,
            None => "zip",
        };
        let path = format!("/rest/golden-images?name=hostile&format={format}");
        case(
            &server,
            image.0.to_owned(),
            image,
            upload(&server, &path, &file),
        );
        if let Inside(_) = image.1 {
            let answer = upload_in_pieces(&server, format, &file);
            case(&server, format!("{} in pieces", image.0), image, answer);
        }
    }
    for bundle in BUNDLES {
        let file = read(bundle.0);
        let answer = upload(&server, "/rest/artifact-bundles", &file);
        case(&server, bundle.0.to_owned(), bundle, answer);
        // A backup is looked into in the same way; that it is none comes later.
        let answer = upload(&server, "/rest/artifact-bundles/backups/archive", &file);
        let expected = match bundle.1 {
            Reply(_) => *bundle,
            Inside(_) => ("", Reply(400), "NOT_A_BACKUP", "no backup"),
        };
        case(
            &server,
            format!("{} as backup", bundle.0),
            &expected,
            answer,
        );
    }
    for form in FORMS {
        case(
            &server,
            form.0.to_owned(),
            form,
            send_form(&server, form.0, &read("image-sound")),
        );
    }
    assert!(
        wrong.is_empty(),
        "{}\n{}",
        wrong.join("\n"),
        server.logged()
    );
    assert!(server.peak_memory() < MEMORY, "{}", server.peak_memory());

    // What is not hostile is taken.
    for (path, file) in [
        ("/rest/golden-images?name=sound", "image-sound"),
        ("/rest/artifact-bundles", "bundle-sound"),
        ("/rest/artifact-bundles?name=second", "bundle-image-sound"),
    ] {
        let answer = upload(&server, path, &read(file));
        assert_eq!(answer.status, 202, "{file}: {}", answer.json());
        assert_eq!(ended(&server, &answer.json())["taskState"], "Completed");
    }
    assert!(server.stop().success());
    let url = format!("sqlite:{}", server.data().join("records.db").display());
    let records = Records::open(&DatabaseUrl::parse(&url).unwrap(), "test").unwrap();
    assert_eq!(records.check().unwrap(), []);
}

/// Sends `file` as clients do.
fn upload(server: &Server<'_>, path: &str, file: &[u8]) -> Answer {
    send(
        server,
        path,
        BOUNDARY,
        &[&part("file", "a.zip"), file, &end()].concat(),
    )
}

/// Declares an upload and sends it as one piece.
fn upload_in_pieces(server: &Server<'_>, format: &str, file: &[u8]) -> Answer {
    let declared = json!({ "name": "hostile", "format": format, "size": file.len() });
    let kind = [("content-type", "application/json")];
    let declared = server.send(
        Method::POST,
        "/rest/golden-images/uploads",
        &kind,
        declared.to_string().into_bytes(),
    );
    let uri = declared.json()["uri"].as_str().unwrap().to_owned();
    let range = format!("bytes 0-{}/{}", file.len() - 1, file.len());
    let headers = [
        ("content-type", "application/octet-stream"),
        ("content-range", range.as_str()),
    ];
    server.send(Method::PUT, &uri, &headers, file.to_vec())
}

fn part(name: &str, file_name: &str) -> Vec<u8> {
    let file_name = match file_name {
        "" => String::new(),
        name => format!("; filename=\"{name}\""),
    };
    let head =
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file_name}");
    format!("{head}\r\n\r\n").into_bytes()
}

fn end() -> Vec<u8> {
    format!("\r\n--{BOUNDARY}--\r\n").into_bytes()
}

fn send(server: &Server<'_>, path: &str, boundary: &str, body: &[u8]) -> Answer {
    let kind = format!("multipart/form-data; boundary={boundary}");
    let headers = [("content-type", kind.as_str())];
    server.send(Method::POST, path, &headers, body.to_vec())
}

/// Sends a form that is wrong in the named way.
fn send_form(server: &Server<'_>, wrong: &str, file: &[u8]) -> Answer {
    let sound = [&part("file", "a.zip"), file].concat();
    let text = |text: &[u8]| [b"\r\n", part("description", "").as_slice(), text].concat();
    let query = match wrong {
        "no name" => "",
        "control in name" => "?name=a%00b",
        "wrong sum" => &format!("?name=a&checksum={}", "0".repeat(64)),
        "no sum" => "?name=a&checksum=1234",
        "no format" => "?name=a&format=vmdk",
        _ => "?name=a",
    };
    let body = match wrong {
        "no file" => [part("text", ""), b"x".to_vec(), end()].concat(),
        "two files" => [&sound, b"\r\n".as_slice(), &sound, &end()].concat(),
        "many parts" => [&sound, text(b"x").repeat(40).as_slice(), &end()].concat(),
        "long text" => [&sound, text(&[b'x'; 70_000]).as_slice(), &end()].concat(),
        "no UTF-8" => [&sound, text(b"\xff").as_slice(), &end()].concat(),
        "endless head" => format!("--{BOUNDARY}\r\nX: {}", "x".repeat(4 << 20)).into_bytes(),
        "no end" => sound,
        _ => [sound, end()].concat(),
    };
    let boundary = if wrong == "other boundary" {
        "other"
    } else {
        BOUNDARY
    };
    send(
        server,
        &format!("/rest/golden-images{query}"),
        boundary,
        &body,
    )
}

/// The status of the reply, and the envelope with the reason, of the reply or the task.
fn told(server: &Server<'_>, answer: Answer) -> (u16, Json) {
    let body = answer.json();
    if answer.status != 202 {
        return (answer.status, body);
    }
    let task = ended(server, &body);
    (answer.status, task["taskErrors"][0].clone())
}

/// The task when it has ended.
fn ended(server: &Server<'_>, accepted: &Json) -> Json {
    let uri = accepted["uri"].as_str().unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    while Instant::now() < end {
        let task = server.get(&format!("{uri}?wait=20")).json();
        let state = task["taskState"].as_str().unwrap_or_default();
        if matches!(state, "Completed" | "Warning" | "Error" | "Terminated") {
            return task;
        }
    }
    panic!("the task does not end: {}", server.get(uri).json());
}

/// What is left of uploads.
pub struct Left;

impl Left {
    /// Waits until nothing is left: no resource, no file, no connection's work.
    ///
    /// # Errors
    /// What is left after some seconds, or is not well.
    pub fn nothing(server: &Server<'_>) -> Result<(), String> {
        let end = Instant::now() + Duration::from_secs(10);
        loop {
            let left = Self::of(server);
            if left.is_empty() {
                return Ok(());
            }
            if Instant::now() > end {
                return Err(left.join(", "));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn of(server: &Server<'_>) -> Vec<String> {
        let mut left = Vec::new();
        for folder in [
            "golden-volumes",
            "os-volumes",
            "artifact-bundles",
            "backups",
            "incoming",
        ] {
            let entries = fs::read_dir(server.data().join(folder)).unwrap();
            left.extend(entries.map(|entry| entry.unwrap().path().display().to_string()));
        }
        for list in [
            "golden-images",
            "artifact-bundles",
            "artifact-bundles/backups",
            "plan-scripts",
        ] {
            let listed = server.get(&format!("/rest/{list}"));
            if listed.status != 200 || listed.json()["total"] != 0 {
                left.push(format!("{list}: {} {}", listed.status, listed.json()));
            }
        }
        let running = server
            .get("/rest/tasks?filter=%22taskState%3D%27Running%27%22")
            .json();
        if running["total"] != 0 {
            left.push(format!("tasks: {running}"));
        }
        if server.get("/health/ready").status != 200 {
            left.push("a service that is not ready".to_owned());
        }
        left
    }
}
