//! Golden images over their routes: uploads as real clients send them, hostile ones, pieces, downloads.

use mintage_volume::VolumeSum;
use crate::support::{Reply, Service, names, request};
use axum::http::{Method, Request, header};
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};
use std::io::{Cursor, Read as _, Write as _};
use zip::write::SimpleFileOptions;

const IMAGES: &str = "/rest/golden-images";

fn disk() -> Vec<u8> {
    let mut disk = vec![0; 3 << 20];
    disk[510..512].copy_from_slice(b"\x55\xaa");
    disk[1 << 20..(1 << 20) + 8192].fill(7);
    disk
}

fn sha256(bytes: &[u8]) -> String {
    let sum = Sha256::digest(bytes);
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        let options = SimpleFileOptions::default();
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A form as HPE's Python client writes it: that boundary, and one line end too many.
fn form(parts: &[(&str, Option<&str>, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, content) in parts {
        body.extend(b"------------ThIs_Is_tHe_bouNdaRY_$\r\n");
        let file = file
            .map(|file| format!("; filename=\"{file}\""))
            .unwrap_or_default();
        write!(
            body,
            "Content-Disposition: form-data; name=\"{name}\"{file}\r\n"
        )
        .unwrap();
        body.extend(b"Content-Type: application/octet-stream\r\n\r\n");
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(b"------------ThIs_Is_tHe_bouNdaRY_$--\r\n\r\n");
    body
}

fn upload(service: &Service, query: &str, body: Vec<u8>) -> Reply {
    let request = Request::post(format!("{IMAGES}{query}"))
        .header(
            header::CONTENT_TYPE,
            "multipart/form-data; boundary=----------ThIs_Is_tHe_bouNdaRY_$",
        )
        .header("uploadfilename", "image_file.zip")
        .header("X-API-Version", "800");
    service.send(request.body(body.into()).unwrap())
}

/// The task of an accepted request when it has ended.
fn ended(service: &Service, accepted: &Reply) -> Json {
    let body = accepted.json(202);
    let uri = accepted.headers["location"].to_str().unwrap();
    assert_eq!(body["uri"], uri);
    loop {
        let task = service.get(&format!("{uri}?wait=30")).json(200);
        let state = task["taskState"].as_str().unwrap();
        if matches!(state, "Completed" | "Warning" | "Error" | "Terminated") {
            return task;
        }
    }
}

/// The golden image of a task that went well.
fn made(service: &Service, accepted: &Reply) -> Json {
    let task = ended(service, accepted);
    assert_eq!(task["taskState"], "Completed", "{task}");
    let uri = task["associatedResource"]["resourceUri"].as_str().unwrap();
    service.get(uri).json(200)
}

/// The names of all files that images have.
fn files(service: &Service) -> Vec<String> {
    let folders =
        ["golden-volumes", "incoming"].map(|folder| service.state.folder.root().join(folder));
    let entries = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap());
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn assert_nothing_is_left(service: &Service, what: &str) {
    let listed = service.get(IMAGES).json(200);
    assert_eq!(names(&listed), Vec::<&str>::new(), "{what}");
    assert_eq!(files(service), Vec::<String>::new(), "{what}");
}

#[test]
fn an_image_goes_in_and_comes_out() {
    let service = Service::start();
    let file = zipped(&[("93c6709b-96ed-440b-a7db-767b6791c013", &disk())]);
    let body = form(&[("file", Some("image_file.zip"), &file)]);
    let image = made(
        &service,
        &upload(&service, "?name=Web%20server&description=d", body),
    );
    let expected = json!({
        "type": "GoldenImage", "category": "golden-images", "name": "Web server", "description": "d",
        "state": "OK", "status": "OK", "size": 3 << 20, "checkSum": sha256(&file),
        "volumeSum": VolumeSum::of(&disk()), "format": "zip", "used": 12288, "imageCapture": false,
        "importedFromBundle": false, "bundleName": null, "bundleURI": null, "readOnly": false,
        "artifactBundleCategory": null, "buildPlanName": null, "buildPlanUri": null,
        "buildPlanCategory": null, "osVolumeName": null, "osVolumeURI": null,
        "osVolumeCategory": null, "dependentArtifacts": [], "uploadUri": null,
    });
    for (member, value) in expected.as_object().unwrap() {
        assert_eq!(&image[member], value, "{member}");
    }
    let uri = image["uri"].as_str().unwrap();
    let id = image["id"].as_str().unwrap();

    let down = service.get(&format!("{IMAGES}/download/{id}"));
    assert_eq!(
        down.headers["content-disposition"],
        "attachment; filename=\"Web server.zip\""
    );
    let mut zip = zip::ZipArchive::new(Cursor::new(down.bytes.to_vec())).unwrap();
    assert_eq!(zip.len(), 1);
    let mut entry = zip.by_index(0).unwrap();
    assert_eq!(entry.name().unwrap(), id);
    let mut content = Vec::new();
    entry.read_to_end(&mut content).unwrap();
    assert!(content == disk());

    let archive = service.get(&format!("{IMAGES}/archive/{id}"));
    let text = String::from_utf8_lossy(&archive.bytes);
    for part in [
        "golden image: Web server",
        &sha256(&file),
        "became a disk of 3145728 bytes",
    ] {
        assert!(text.contains(part), "{text}");
    }

    for filter in [
        "status=OK",
        "state=OK",
        "%22name%3D%27web%20server%27%22",
        "imageCapture=false",
    ] {
        let listed = service.get(&format!("{IMAGES}?filter={filter}")).json(200);
        assert_eq!(names(&listed), ["Web server"], "{filter}");
    }
    for filter in ["status=Critical", "status%3C%3EOK", "status=Warning"] {
        let listed = service.get(&format!("{IMAGES}?filter={filter}")).json(200);
        assert_eq!(listed["total"], 0, "{filter}");
    }

    let mut whole = image.clone();
    whole["name"] = json!("Database");
    let renamed = service.put(uri, &whole).json(200);
    assert_eq!(
        (&renamed["name"], &renamed["description"]),
        (&json!("Database"), &json!("d"))
    );
    assert_eq!(renamed["checkSum"], image["checkSum"]);
    service.put(uri, &whole).refusal(412);
    service.put(uri, &json!({ "name": " " })).refusal(400);
    assert_eq!(
        service.put(uri, &json!({ "description": null })).json(200)["description"],
        Json::Null
    );

    service.delete(uri).empty(204);
    service.get(uri).refusal(404);
    service.get(&format!("{IMAGES}/download/{id}")).refusal(404);
    assert_nothing_is_left(&service, "deleted");
}

#[test]
fn names_and_formats_come_in_parts_too() {
    let service = Service::start();
    for (order, name) in [(false, "first"), (true, "second")] {
        let disk = disk();
        let mut parts: Vec<(&str, Option<&str>, &[u8])> = vec![
            ("file", Some("disk.img"), &disk),
            ("name", None, name.as_bytes()),
            ("description", None, b"as Ruby sends it"),
            ("format", None, b"raw"),
        ];
        if order {
            parts.rotate_left(1);
        }
        let sum = sha256(&disk);
        parts.push(("checksum", None, sum.as_bytes()));
        let image = made(&service, &upload(&service, "", form(&parts)));
        assert_eq!(
            (&image["name"], &image["format"]),
            (&json!(name), &json!("raw"))
        );
        assert_eq!(image["description"], "as Ruby sends it");
    }
}

#[test]
fn forms_that_are_refused_leave_nothing() {
    let service = Service::start();
    let disk = disk();
    let file = |name| form(&[("file", Some(name), &disk)]);
    let cut = {
        let mut body = file("a.zip");
        body.truncate(body.len() / 2);
        body
    };
    let long = vec![b'x'; 70_000];
    let many: Vec<(&str, Option<&str>, &[u8])> = vec![("x", None, b"y"); 40];
    let sum = "?name=a&checksum=12";
    let cases: [(&str, Vec<u8>, &str); 10] = [
        (
            "?name=a",
            form(&[]),
            "INVALID_MULTIPART: the form has no part `file`",
        ),
        (
            "?name=a",
            form(&[("other", None, b"x")]),
            "INVALID_MULTIPART: the form has no part `file`",
        ),
        (
            "?name=a",
            form(&[
                ("file", Some("a.zip"), &disk),
                ("file", Some("a.zip"), &disk),
            ]),
            "INVALID_MULTIPART: the form has more than one part `file`",
        ),
        (
            "?name=a",
            cut,
            "INVALID_MULTIPART: the form cannot be read to its end",
        ),
        (
            "?name=a",
            form(&many),
            "INVALID_MULTIPART: the form has more than 32 parts",
        ),
        (
            "",
            form(&[("name", None, &long)]),
            "INVALID_MULTIPART: a text of the form is longer",
        ),
        ("", file("a.zip"), "NAME_MISSING"),
        ("?name=a", file("a.img"), "FORMAT_NOT_DECLARED"),
        (
            "?name=a&format=vmdk",
            file("a.zip"),
            "FORMAT_NOT_DECLARED: no image format `vmdk`",
        ),
        (sum, file("a.zip"), "INVALID_CHECKSUM"),
    ];
    for (query, body, expected) in cases {
        let refusal = upload(&service, query, body).refusal(400);
        assert!(refusal.starts_with(expected), "{refusal}");
        assert_nothing_is_left(&service, expected);
    }
    let request = request(Method::POST, IMAGES, "{}");
    service.send(request).refusal(400);
    let capture =
        json!({ "name": "a", "imageCapture": "true", "osVolumeURI": "x", "buildPlanUri": "y" });
    service.post(IMAGES, &capture).refusal(400);
}

#[test]
fn a_name_that_is_taken_is_refused() {
    let service = Service::start();
    let body = || form(&[("file", Some("a.img"), &disk())]);
    made(&service, &upload(&service, "?name=web&format=raw", body()));
    let before = files(&service);
    let refusal = upload(&service, "?name=Web&format=raw", body()).refusal(409);
    assert!(refusal.starts_with("DUPLICATE_NAME"), "{refusal}");
    assert_eq!(files(&service), before);
}

#[test]
fn hostile_images_fail_with_a_reason_and_leave_nothing() {
    let service = Service::start();
    let disk = disk();
    let raw = |bytes: &[u8]| ("raw", bytes.to_vec());
    let zip = |entries: &[(&str, &[u8])]| ("zip", zipped(entries));
    let mut wrong_sum = zipped(&[("disk", &disk)]);
    let directory = wrong_sum.len() - 22 - 46 - 4;
    wrong_sum[directory + 16] ^= 1;
    let truncated = zipped(&[("disk", &disk)]);
    let truncated = truncated[..truncated.len() / 2].to_vec();
    let inner = zipped(&[("disk", &disk)]);
    // 80 MiB of data from 80 KiB: more than 250 to 1.
    let bomb = zipped(&[("disk", &vec![1; 80 << 20])]);
    let cases = [
        (zip(&[("../disk", &disk)]), "IMAGE_REFUSED"),
        (zip(&[("/disk", &disk)]), "IMAGE_REFUSED"),
        (zip(&[("a", &disk), ("b", &disk)]), "IMAGE_REFUSED"),
        (zip(&[("disk.zip", &inner)]), "IMAGE_REFUSED"),
        (("zip", wrong_sum), "IMAGE_DAMAGED"),
        (("zip", truncated), "IMAGE_"),
        (("zip", bomb), "IMAGE_TOO_LARGE"),
        (("zip", disk.clone()), "IMAGE_FORMAT_MISMATCH"),
        (raw(&inner), "IMAGE_FORMAT_MISMATCH"),
        (raw(b""), "IMAGE_REFUSED"),
        (raw(&disk[..1000]), "IMAGE_REFUSED"),
        (("qcow2", b"QFI\xfb".to_vec()), "IMAGE_TRUNCATED"),
        (
            ("zstd", b"\x28\xb5\x2f\xfd\x00\x88\x01\0\0".to_vec()),
            "IMAGE_TOO_LARGE",
        ),
    ];
    for ((format, file), expected) in cases {
        let body = form(&[("file", Some("a"), &file)]);
        let task = ended(
            &service,
            &upload(&service, &format!("?name=a&format={format}"), body),
        );
        assert_eq!(task["taskState"], "Error", "{expected}: {task}");
        let error = &task["taskErrors"][0];
        let code = error["errorCode"].as_str().unwrap();
        assert!(code.starts_with(expected), "{expected}: {error}");
        assert!(!error["message"].as_str().unwrap().is_empty());
        assert!(!error["recommendedActions"][0].as_str().unwrap().is_empty());
        assert_nothing_is_left(&service, expected);
    }
    let body = form(&[("file", Some("a"), &disk)]);
    let query = format!("?name=a&format=raw&checksum={}", "0".repeat(64));
    let task = ended(&service, &upload(&service, &query, body));
    assert_eq!(task["taskErrors"][0]["errorCode"], "CHECKSUM_MISMATCH");
    assert_nothing_is_left(&service, "checksum");
}

#[test]
fn a_file_longer_than_the_limit_is_refused() {
    let service = Service::start_with(|state| {
        let limits = std::sync::Arc::make_mut(&mut state.limits);
        limits.image_upload = 1 << 20;
    });
    let body = form(&[("file", Some("a"), &disk())]);
    let refusal = upload(&service, "?name=a&format=raw", body).refusal(413);
    assert!(refusal.starts_with("UPLOAD_TOO_LONG"), "{refusal}");
    assert_nothing_is_left(&service, "too long");
}

#[test]
fn an_upload_in_pieces() {
    let service = Service::start();
    let disk = disk();
    let size = disk.len();
    let uploads = format!("{IMAGES}/uploads");
    let wrong = json!({ "name": "web", "format": "raw", "size": 0 });
    service.post(&uploads, &wrong).refusal(413);
    let declared = json!({ "name": "web", "format": "raw", "size": size, "sha256": sha256(&disk) });
    let reply = service.post(&uploads, &declared);
    let uri = reply.json(201)["uri"].as_str().unwrap().to_owned();
    assert_eq!(reply.headers["location"], uri.as_str());
    service.post(&uploads, &declared).refusal(409);
    let image = reply.json(201)["goldenImageUri"]
        .as_str()
        .unwrap()
        .to_owned();
    let shown = service.get(&image).json(200);
    assert_eq!(
        (&shown["state"], &shown["uploadUri"]),
        (&json!("CREATING"), &json!(uri))
    );

    let put = |first: usize, last: usize, bytes: &[u8]| {
        let range = format!("bytes {first}-{last}/{size}");
        let request = Request::put(&uri)
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .header(header::CONTENT_RANGE, range);
        service.send(request.body(bytes.to_vec().into()).unwrap())
    };
    put(5, 9, b"12345").refusal(409);
    put(0, size, &disk).refusal(400);
    assert_eq!(
        put(0, 1_999_999, &disk[..2_000_000]).json(200)["offset"],
        2_000_000
    );
    // Cut off after a part of what was announced.
    let refusal = put(2_000_000, size - 1, &disk[2_000_000..2_500_000]).refusal(400);
    assert!(refusal.starts_with("PIECE_CUT_OFF"), "{refusal}");
    let offset = service.get(&uri).json(200)["offset"].clone();
    assert_eq!(offset, 2_500_000);
    let last = put(2_500_000, size - 1, &disk[2_500_000..]);
    let image = made(&service, &last);
    assert_eq!(
        (&image["state"], &image["checkSum"]),
        (&json!("OK"), &json!(VolumeSum::of(&disk)))
    );
    service.get(&uri).refusal(404);
}

#[test]
fn an_upload_in_pieces_is_given_up() {
    let service = Service::start();
    let declared = json!({ "name": "web", "format": "raw", "size": 1000 });
    let reply = service
        .post(&format!("{IMAGES}/uploads"), &declared)
        .json(201);
    let uri = reply["uri"].as_str().unwrap();
    let no_range = Request::put(uri).body("x".into()).unwrap();
    service.send(no_range).refusal(400);
    let range = Request::put(uri).header(header::CONTENT_RANGE, "bytes 0-3/1000");
    service.send(range.body("1234".into()).unwrap()).json(200);
    assert_eq!(files(&service).len(), 1);
    service.delete(uri).empty(204);
    assert_nothing_is_left(&service, "given up");
}
