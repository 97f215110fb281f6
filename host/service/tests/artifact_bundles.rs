//! Artifact bundles and backups over the wire, between two services.

use crate::support::{Service, names, request};
use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::{Value as Json, json};

/// As the Python SDK builds it, with its superfluous line end.
fn multipart(service: &Service, uri: &str, file: &[u8]) -> crate::support::Reply {
    let boundary = "----------ThIs_Is_tHe_bouNdaRY_$";
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"b.zip\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    let tail = format!("\r\n--{boundary}--\r\n\r\n");
    let body = [head.as_bytes(), file, tail.as_bytes()].concat();
    let request = Request::builder()
        .method(Method::POST)
        .uri(uri)
        .header(
            header::CONTENT_TYPE,
            format!("multipart/form-data; boundary={boundary}"),
        )
        .header("uploadfilename", "b.zip");
    service.send(request.body(Body::from(body)).unwrap())
}

/// Waits for the task of a reply, and returns it.
#[track_caller]
fn ended(service: &Service, reply: crate::support::Reply) -> Json {
    let location = reply.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(reply.json(202)["uri"], location);
    let task = service.get(&format!("{location}?wait=60")).json(200);
    assert!(
        ["Completed", "Error", "Warning"].contains(&task["taskState"].as_str().unwrap()),
        "{task}"
    );
    task
}

#[track_caller]
fn done(service: &Service, reply: crate::support::Reply) -> String {
    let task = ended(service, reply);
    assert_eq!(task["taskState"], "Completed", "{task}");
    task["associatedResource"]["resourceUri"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// A service with a script, a build plan with a password, and a deployment plan.
fn filled() -> Service {
    let service = Service::start();
    let script = json!({ "name": "motd", "planType": "deploy", "language": "rhai",
        "content": "log::info(attribute(\"Motd\"));", "hpProvided": false });
    let script = service.post("/rest/plan-scripts", &script).json(201);
    let plan = json!({ "name": "Web", "oeBuildPlanType": "deploy",
        "buildStep": [{ "serialNumber": "1", "planScriptUri": script["uri"], "planScriptName": "motd", "parameters": null }],
        "customAttributes": [
            { "name": "Motd", "type": "String", "value": "hi", "description": "", "constraints": "{}" },
            { "name": "Root", "type": "password", "value": "hunter2", "description": "", "constraints": "{}" },
        ] });
    let plan = service.post("/rest/build-plans", &plan).json(201);
    let plan =
        json!({ "name": "Web server", "oeBuildPlanURI": plan["uri"], "goldenImageURI": null });
    service.post("/rest/deployment-plans", &plan).json(201);
    service
}

fn export(service: &Service) -> String {
    let plan = service.get("/rest/deployment-plans").json(200)["members"][0]["uri"].clone();
    let body = json!({ "name": "Export", "description": "All of it", "goldenImages": [],
        "deploymentPlans": [{ "resourceUri": plan, "readOnly": "true" }] });
    done(service, service.post("/rest/artifact-bundles", &body))
}

fn download(service: &Service, bundle: &str) -> Vec<u8> {
    let id = bundle.rsplit('/').next().unwrap();
    let reply = service.get(&format!("/rest/artifact-bundles/download/{id}"));
    assert_eq!(reply.status, 200);
    assert_eq!(reply.headers["content-type"], "application/octet-stream");
    reply.bytes.to_vec()
}

fn extract(service: &Service, bundle: &str, query: &str) -> crate::support::Reply {
    let uri = format!("{bundle}?extract=true{query}");
    let request = Request::builder().method(Method::PUT).uri(uri);
    let request = request.header(header::CONTENT_TYPE, "text/plain;charset=UTF-8");
    service.send(request.body(Body::from("null")).unwrap())
}

#[test]
fn a_bundle_goes_from_one_service_to_another() {
    let (here, there) = (filled(), Service::start());
    let bundle = export(&here);
    let row = here.get(&bundle).json(200);
    for (member, value) in [
        ("type", json!("ArtifactsBundle")),
        ("category", json!("artifact-bundles")),
        ("name", json!("Export")),
        ("state", json!("OK")),
        ("status", json!("OK")),
        ("artifactsCount", json!(3)),
        ("importbundle", json!(false)),
        ("readOnly", json!(false)),
        ("goldenimage", json!([])),
    ] {
        assert_eq!(row[member], value, "{member}");
    }
    assert_eq!(row["planScripts"][0]["planScriptName"], "motd");
    assert_eq!(row["buildPlans"][0]["planScriptName"], "motd");
    assert_eq!(row["deploymentPlans"][0]["oebpName"], "Web");
    assert_eq!(row["deploymentPlans"][0]["readOnly"], true);
    let file = download(&here, &bundle);
    assert_eq!(row["size"], file.len());
    assert_eq!(
        row["downloadURI"]
            .as_str()
            .unwrap()
            .replace("download/", ""),
        bundle
    );

    let sent = multipart(
        &there,
        "/rest/artifact-bundles?name=Mine&description=d",
        &file,
    );
    let sent = done(&there, sent);
    let row = there.get(&sent).json(200);
    assert_eq!(
        (&row["name"], &row["importbundle"], &row["checksum"]),
        (
            &json!("Mine"),
            &json!(true),
            &here.get(&bundle).json(200)["checksum"]
        )
    );
    assert_eq!(
        done(&there, extract(&there, &sent, "&forceImport=true")),
        sent
    );
    let plan = &there.get("/rest/deployment-plans").json(200)["members"][0];
    assert_eq!(
        (&plan["name"], &plan["hpProvided"]),
        (&json!("Web server"), &json!(true))
    );
    let script = there.get("/rest/plan-scripts").json(200)["members"][0].clone();
    assert_eq!(
        script["content"],
        here.get("/rest/plan-scripts").json(200)["members"][0]["content"]
    );
    // Again, without force: it is all there.
    done(&there, extract(&there, &sent, ""));
}

#[test]
fn clashes_are_told_and_forced() {
    let (here, there) = (filled(), filled());
    let mut script = there.get("/rest/plan-scripts").json(200)["members"][0].clone();
    script["content"] = json!("log::info(\"other\");");
    let uri = script["uri"].as_str().unwrap().to_owned();
    there.put(&uri, &script).json(200);
    let sent = done(
        &there,
        multipart(
            &there,
            "/rest/artifact-bundles",
            &download(&here, &export(&here)),
        ),
    );
    let task = ended(&there, extract(&there, &sent, ""));
    assert_eq!(task["taskState"], "Error");
    let errors = task["taskErrors"].as_array().unwrap();
    assert!(
        errors
            .iter()
            .all(|error| error["errorCode"] == "NAME_CLASH"),
        "{task}"
    );
    assert_eq!(
        errors[0]["message"],
        "there is another plan script with the name `motd`"
    );
    done(&there, extract(&there, &sent, "&forceImport=true"));
    assert!(
        there.get(&uri).json(200)["content"]
            .as_str()
            .unwrap()
            .contains("attribute")
    );
}

#[test]
fn a_bundle_is_renamed_listed_and_deleted() {
    let service = filled();
    let bundle = export(&service);
    let mut row = service.get(&bundle).json(200);
    row["name"] = json!("Renamed");
    let row = service.put(&bundle, &row).json(200);
    assert_eq!(
        (&row["name"], &row["uri"]),
        (&json!("Renamed"), &json!(bundle))
    );
    let list = service
        .get("/rest/artifact-bundles?filter=%22name='Renamed'%22")
        .json(200);
    assert_eq!(names(&list), ["Renamed"]);
    assert_eq!(
        service
            .put(&bundle, &json!({ "name": "\n" }))
            .refusal(400)
            .split(':')
            .next(),
        Some("INVALID_NAME")
    );
    service.delete(&bundle).empty(204);
    service.get(&bundle).refusal(404);
    let folder = service.state.folder.root().join("artifact-bundles");
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0);
}

#[test]
fn hostile_uploads_leave_nothing() {
    let service = filled();
    let whole = download(&service, &export(&service));
    let before = service.get("/rest/artifact-bundles").json(200);
    let mut damaged = whole.clone();
    let at = damaged.len() / 3;
    damaged[at] ^= 1;
    for (what, file) in [
        ("empty", Vec::new()),
        ("no zip", b"PK\x03\x04 and no more".to_vec()),
        ("cut off", whole[..whole.len() - 30].to_vec()),
        ("damaged", damaged),
        ("spaces", vec![b' '; 3 << 20]),
    ] {
        let reply = multipart(&service, "/rest/artifact-bundles", &file);
        assert!(reply.status.is_client_error(), "{what}: {reply:?}");
        let status = reply.status.as_u16();
        assert!(reply.refusal(status).starts_with("P50"), "{what}");
    }
    let uri = "/rest/artifact-bundles";
    let json = service.send(request(Method::POST, uri, "[".repeat(100_000)));
    assert!(json.status.is_client_error());
    for (body, code) in [
        (json!({}), "MISSING_MEMBER"),
        (json!({ "name": "x" }), "NOTHING_WANTED"),
        (
            json!({ "name": "x", "planScripts": [{ "resourceUri": "/rest/plan-scripts/none" }] }),
            "RESOURCE_NOT_FOUND",
        ),
        (
            json!({ "name": "x", "planScripts": [{ "resourceUri": "../.." }] }),
            "INVALID_URI",
        ),
        (json!({ "name": "x", "planScripts": {} }), "INVALID_JSON"),
    ] {
        let reply = service.post(uri, &body);
        let status = reply.status.as_u16();
        assert!(reply.refusal(status).starts_with(code), "{body}");
    }
    let taken = multipart(&service, uri, &whole);
    assert!(taken.refusal(409).starts_with("DUPLICATE_NAME"));
    assert_eq!(service.get(uri).json(200), before);
    let incoming = service.state.folder.root().join("incoming");
    assert_eq!(std::fs::read_dir(incoming).unwrap().count(), 0);
}

#[test]
fn a_backup_is_made_downloaded_and_restored() {
    let service = filled();
    let group = service.get("/rest/deployment-groups").json(200)["members"][0]["uri"].clone();
    let body = json!({ "deploymentGroupURI": group });
    let uri = "/rest/artifact-bundles/backups";
    assert_eq!(json!(done(&service, service.post(uri, &body))), group);
    let list = service.get(uri).json(200);
    let backup = list["members"][0].clone();
    assert_eq!(
        (&list["total"], &backup["backupService"]),
        (&json!(1), &json!(true))
    );
    let archive = service.get(backup["downloadURI"].as_str().unwrap());
    assert_eq!(archive.status, 200);
    let before = service.get("/rest/build-plans").json(200)["members"].clone();
    let more = json!({ "name": "goes", "planType": "general", "content": "", "language": "rhai" });
    service.post("/rest/plan-scripts", &more).json(201);
    done(
        &service,
        service.put(backup["uri"].as_str().unwrap(), &body),
    );
    assert_eq!(
        names(&service.get("/rest/plan-scripts").json(200)),
        ["motd"]
    );
    assert_eq!(
        service.get("/rest/build-plans").json(200)["members"],
        before
    );
    // Into another service, which has the same key here.
    let there = Service::start();
    done(
        &there,
        multipart(&there, &format!("{uri}/archive"), &archive.bytes),
    );
    assert_eq!(names(&there.get("/rest/plan-scripts").json(200)), ["motd"]);
    assert!(
        service
            .post(
                uri,
                &json!({ "deploymentGroupURI": "/rest/deployment-groups/none" })
            )
            .refusal(400)
            .starts_with("REFERENCE_NOT_FOUND")
    );
}
