//! The client before BMCs that are only thought of, the hostile ones above all; `tests/suite/redfish.rs`
//! has it before a real emulator.

use super::*;
use crate::power::IscsiBoot;
use mintage_storage::export::{Chap, Iqn, Portal};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

const SECRET: &str = "correct horse";

/// A request: its first line without the version, its token, its body.
#[derive(Debug, Clone, PartialEq)]
struct Asked {
    line: String,
    token: Option<String>,
    body: String,
}

/// A BMC that answers as it is told: status, more headers, body.
struct Fake {
    url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

type Said = (u16, String, String);

impl Fake {
    fn new(answer: impl Fn(&Asked) -> Said + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that goes away in the middle is what some tests are about.
                let _ = serve(stream.unwrap(), &kept, &answer);
            }
        });
        Self { url, asked }
    }

    fn client(&self, system: SystemChoice) -> Redfish {
        Redfish::new(&Bmc {
            url: self.url.clone(),
            user: "admin".into(),
            password: BmcPassword::new(SECRET),
            trust: Trust::Insecure,
            system,
        })
        .unwrap()
    }

    fn lines(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|asked| asked.line.clone()).collect()
    }
}

fn serve(
    mut stream: TcpStream,
    kept: &Mutex<Vec<Asked>>,
    answer: &dyn Fn(&Asked) -> Said,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let (mut length, mut token) = (0, None);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.trim().split_once(": ") else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap(),
            "x-auth-token" => token = Some(value.to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let asked = Asked {
        line: line.trim().trim_end_matches(" HTTP/1.1").to_owned(),
        token,
        body: String::from_utf8(body).unwrap(),
    };
    kept.lock().unwrap().push(asked.clone());
    let (status, headers, body) = answer(&asked);
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    )
}

fn ok(body: impl ToString) -> Said {
    (200, String::new(), body.to_string())
}

fn session() -> Said {
    let headers = "X-Auth-Token: t1\r\nLocation: /redfish/v1/SessionService/Sessions/1\r\n";
    (201, headers.into(), "{}".into())
}

fn system() -> Json {
    json!({
        "@odata.id": "/redfish/v1/Systems/1",
        "UUID": "38947555-7742-3448-3784-823347823834",
        "PowerState": "On",
        "Boot": {
            "BootSourceOverrideEnabled": "Disabled",
            "BootSourceOverrideTarget@Redfish.AllowableValues": ["None", "Pxe", "RemoteDrive"],
        },
        "Actions": { "#ComputerSystem.Reset": {
            "target": "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset",
            "ResetType@Redfish.AllowableValues": ["On", "ForceOff", "PowerCycle"],
        } },
        "NetworkInterfaces": { "@odata.id": "/redfish/v1/Systems/1/NetworkInterfaces" },
    })
}

fn one(path: &str) -> Said {
    ok(json!({ "Members": [{ "@odata.id": path }] }))
}

/// A BMC as the schemas have it, with one system.
fn usual(asked: &Asked) -> Said {
    let interface = "/redfish/v1/Systems/1/NetworkInterfaces/1";
    let functions = "/redfish/v1/Chassis/1/NetworkAdapters/1/NetworkDeviceFunctions";
    match asked.line.split_once(' ').unwrap() {
        ("POST", "/redfish/v1/SessionService/Sessions") => session(),
        ("GET", SYSTEMS) => one("/redfish/v1/Systems/1"),
        ("GET", "/redfish/v1/Systems/1") => ok(system()),
        ("GET", "/redfish/v1/Systems/1/NetworkInterfaces") => one(interface),
        ("GET", path) if path == interface => {
            ok(json!({ "NetworkDeviceFunctions": { "@odata.id": functions } }))
        }
        ("GET", path) if path == functions => one(&format!("{functions}/1")),
        ("GET", path) if path == format!("{functions}/1") => {
            ok(json!({ "@odata.id": path, "@odata.etag": "\"7\"", "iSCSIBoot": {} }))
        }
        ("GET", _) => (404, String::new(), String::new()),
        _ => (204, String::new(), String::new()),
    }
}

#[test]
fn one_session_serves_all_calls_and_is_ended() {
    let bmc = Fake::new(usual);
    let server = bmc.client(SystemChoice::Only);
    assert_eq!(server.state().unwrap(), PowerState::On);
    assert_eq!(server.boot().unwrap(), None);
    server.power(Power::On).unwrap();
    server.power(Power::Restart(Manner::Forced)).unwrap();
    drop(server);
    let asked = bmc.asked.lock().unwrap().clone();
    let lines: Vec<&str> = asked.iter().map(|asked| asked.line.as_str()).collect();
    let wanted = [
        "POST /redfish/v1/SessionService/Sessions",
        "GET /redfish/v1/Systems",
        "GET /redfish/v1/Systems/1",
        "GET /redfish/v1/Systems/1",
        "GET /redfish/v1/Systems/1",
        "GET /redfish/v1/Systems/1",
        "POST /redfish/v1/Systems/1/Actions/ComputerSystem.Reset",
        "DELETE /redfish/v1/SessionService/Sessions/1",
    ];
    assert_eq!(lines, wanted);
    assert_eq!(asked[6].body, r#"{"ResetType":"PowerCycle"}"#);
    assert!(
        asked[1..]
            .iter()
            .all(|asked| asked.token.as_deref() == Some("t1"))
    );
}

#[test]
fn a_session_that_ran_out_is_made_anew_once() {
    let count = Mutex::new(0);
    let bmc = Fake::new(move |asked| {
        let mut count = count.lock().unwrap();
        *count += 1;
        match *count {
            4 => (401, String::new(), String::new()),
            _ => usual(asked),
        }
    });
    let server = bmc.client(SystemChoice::Only);
    assert_eq!(server.state().unwrap(), PowerState::On);
    assert_eq!(server.state().unwrap(), PowerState::On);
    assert_eq!(bmc.lines()[4], "POST /redfish/v1/SessionService/Sessions");
}

#[test]
fn the_system_is_found() {
    let bmc = Fake::new(usual);
    let uuid = "38947555-7742-3448-3784-823347823834".to_uppercase();
    let table = [
        (SystemChoice::Only, true),
        (SystemChoice::Uuid(uuid), true),
        (SystemChoice::Uuid("0".into()), false),
        (SystemChoice::Path("/redfish/v1/Systems/1".into()), true),
        (SystemChoice::Path("/redfish/v1/Systems/2".into()), false),
    ];
    for (choice, is_there) in table {
        let found = bmc.client(choice.clone()).state();
        match is_there {
            true => assert_eq!(found, Ok(PowerState::On), "{choice:?}"),
            false => assert!(
                matches!(found, Err(PowerError::NoServer { .. })),
                "{found:?}"
            ),
        }
    }
}

#[test]
fn what_it_cannot_do_is_told_and_not_tried() {
    let bmc = Fake::new(usual);
    let server = bmc.client(SystemChoice::Only);
    let boot = Boot {
        target: BootTarget::Disk,
        times: Times::Once,
    };
    let told = [
        server.power(Power::Off(Manner::Graceful)).unwrap_err(),
        server.set_boot(&boot).unwrap_err(),
    ];
    for error in told {
        assert!(matches!(error, PowerError::Unsupported { .. }), "{error}");
    }
    assert!(!bmc.lines().iter().any(|line| line.starts_with("PATCH")));
}

#[test]
fn the_initiator_of_the_firmware_is_set() {
    let bmc = Fake::new(usual);
    let server = bmc.client(SystemChoice::Only);
    let settings = IscsiBoot {
        initiator: Iqn::parse("iqn.2026-11.com.example:web01").unwrap(),
        target: Iqn::parse("iqn.2026-11.com.example:vol17").unwrap(),
        lun: 1,
        portals: ["192.0.2.1:3260", "192.0.2.2:3260"]
            .map(|at| Portal(at.parse().unwrap()))
            .into(),
        chap: Some(Chap::new("web01", "abcdefghijkl").unwrap()),
        mutual: None,
    };
    let boot = Boot {
        target: BootTarget::Iscsi(Box::new(settings)),
        times: Times::Continuous,
    };
    server.set_boot(&boot).unwrap();
    let asked = bmc.asked.lock().unwrap().clone();
    let changes: Vec<_> = asked
        .iter()
        .filter(|asked| asked.line.starts_with("PATCH"))
        .collect();
    let bodies: Vec<Json> = changes
        .iter()
        .map(|asked| serde_json::from_str(&asked.body).unwrap())
        .collect();
    assert_eq!(
        changes[0].line,
        "PATCH /redfish/v1/Chassis/1/NetworkAdapters/1/NetworkDeviceFunctions/1"
    );
    insta::assert_snapshot!(serde_json::to_string_pretty(&bodies).unwrap());
}

#[test]
fn hostile_answers_are_errors_and_no_secret_gets_out() {
    let deep = "[".repeat(100_000);
    let huge = format!("{{\"@odata.id\":\"{}\"}}", "x".repeat(2 << 20));
    let many: Vec<_> = (0..1000)
        .map(|n| json!({"@odata.id": format!("/redfish/v1/Systems/{n}")}))
        .collect();
    let away = |path: &str| json!({ "Members": [{ "@odata.id": path }] }).to_string();
    let bodies = vec![
        deep,
        huge,
        String::new(),
        "null".into(),
        "{}".into(),
        json!({ "Members": 7 }).to_string(),
        json!({ "Members": [7] }).to_string(),
        json!({ "Members": [] }).to_string(),
        json!({ "Members": many }).to_string(),
        away("http://elsewhere.example/redfish/v1/Systems/1"),
        away("//elsewhere.example/x"),
        away("/redfish/v1/../../x"),
        away("/redfish/v1/@elsewhere.example"),
        away("/redfish/v1/\r\nX: y"),
        away("/redfish/v1/Systems/\u{1b}[31m"),
    ];
    for body in bodies {
        let said = body.clone();
        let bmc = Fake::new(move |asked| match asked.line.starts_with("POST") {
            true => session(),
            false => ok(&said),
        });
        let error = bmc.client(SystemChoice::Only).state().unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(
            shown.len() < 2000 && !shown.contains(['\u{1b}', '\n']),
            "{shown}"
        );
    }
    let answers: [Said; 7] = [
        (
            302,
            "Location: http://elsewhere.example/\r\n".into(),
            String::new(),
        ),
        (
            500,
            String::new(),
            format!(r#"{{"error":{{"message":"user admin, password {SECRET}"}}}}"#),
        ),
        (401, String::new(), SECRET.into()),
        (
            200,
            "X-Long: ".to_owned() + &"x".repeat(1 << 20) + "\r\n",
            "{}".into(),
        ),
        (
            200,
            String::new(),
            format!(r#"{{"PowerState":"{SECRET}"}}"#),
        ),
        (200, String::new(), format!(r#"{{"Members":"{SECRET}"}}"#)),
        (
            200,
            String::new(),
            format!(r#"{{"Members":[{{"@odata.id":"{SECRET}"}}]}}"#),
        ),
    ];
    for answer in answers {
        for at_login in [false, true] {
            let answer = answer.clone();
            let bmc = Fake::new(
                move |asked| match asked.line.starts_with("POST") && !at_login {
                    true => session(),
                    false => answer.clone(),
                },
            );
            let client = bmc.client(SystemChoice::Only);
            let error = client.state().unwrap_err();
            let shown = format!("{error} {error:?} {client:?}");
            assert!(!shown.contains(SECRET), "{shown}");
        }
    }
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let bmc = |url: &str, trust: Trust| Bmc {
        url: url.into(),
        user: "admin".into(),
        password: BmcPassword::new(SECRET),
        trust,
        system: SystemChoice::Only,
    };
    let pinned = || Trust::Pinned("AB:".repeat(31) + "AB");
    let table = [
        bmc("http://192.0.2.1", pinned()),
        bmc("ftp://192.0.2.1", Trust::Insecure),
        bmc("https://admin:x@192.0.2.1", Trust::Insecure),
        bmc("https://192.0.2.1/redfish", Trust::Insecure),
        bmc("192.0.2.1", Trust::Insecure),
        bmc("https://192.0.2.1", Trust::Pinned("AB:CD".into())),
        bmc("https://192.0.2.1", Trust::Pinned("+A".repeat(32))),
        bmc("https://192.0.2.1", Trust::Authorities("nothing".into())),
    ];
    for bmc in table {
        let error = Redfish::new(&bmc).unwrap_err();
        assert!(matches!(error, PowerError::Settings(_)), "{bmc:?}: {error}");
        assert!(!format!("{bmc:?} {error:?}").contains(SECRET));
    }
    assert!(Redfish::new(&bmc("https://[2001:db8::1]:8443/", pinned())).is_ok());
}
