//! What is particular to a database server: it goes away and comes back, and is far away.

use crate::proxy::Proxy;
use crate::samples::{author, get, put, script};
use crate::store::open;
use mintage_records::model::PlanScript;
use mintage_records::{DatabaseUrl, Records, RecordsError};
use mintage_test_support::Postgres;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use std::sync::Arc;

const LANE: &str = "records over PostgreSQL";

#[test]
fn a_server_that_restarts_is_found_again() {
    if !Postgres::is_there(LANE) {
        return;
    }
    let server = Postgres::start();
    let records = open(&server.database());
    let made = put(&records, script("before"));
    for round in 0..2 {
        // Idle connections are dead now, and nobody has said so.
        server.crash();
        server.resume();
        assert_eq!(get::<PlanScript>(&records, &made.id).unwrap(), made);
        put(&records, script(&format!("after {round}")));
    }
    // It is away when somebody asks, and comes back.
    server.crash();
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| put(&records, script("during")));
        std::thread::sleep(std::time::Duration::from_millis(300));
        server.resume();
        asked.join().unwrap();
    });
    // In the middle of a change: nothing of it is there.
    let cut = records.change(&author(), |change| {
        change.insert(script("cut"))?;
        server.crash();
        server.resume();
        change.insert(script("cut again"))
    });
    assert!(matches!(cut, Err(RecordsError::Database(_))), "{cut:?}");
    let all = records.read(|view| view.all::<PlanScript>()).unwrap();
    let names: Vec<&str> = all.iter().map(|stored| stored.body.name.as_str()).collect();
    assert_eq!(names, ["after 0", "after 1", "before", "during"]);
    // Its generation is still the one.
    put(&records, script("still active"));
}

/// The connection is lost while the server commits: the store finds out what came of it.
#[test]
fn a_commit_that_is_not_answered_is_cleared_up() {
    let Some(server) = Postgres::shared(LANE) else {
        return;
    };
    let url = server.database();
    let records = open(&url);
    // A check at the commit ends the connection.
    server.sql(
        &url,
        "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS \
         'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'; \
         CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON resource DEFERRABLE INITIALLY DEFERRED \
         FOR EACH ROW WHEN (NEW.name = 'cut') EXECUTE FUNCTION cut()",
    );
    let cut = records.change(&author(), |change| change.insert(script("cut")));
    let text = "the database failed: the connection was lost; the change was not made";
    assert_eq!(cut.unwrap_err().to_string(), text);
    put(&records, script("after"));
    let all = records.read(|view| view.all::<PlanScript>()).unwrap();
    assert_eq!(all.len(), 1);
}

/// The server commits, and its answer is lost: the change is done, and is reported as done.
#[test]
fn a_commit_whose_answer_is_lost_is_found() {
    let Some(server) = Postgres::shared(LANE) else {
        return;
    };
    let proxy = Proxy::before(server.port());
    let url = server.database();
    let url = url.replace(&server.port().to_string(), &proxy.port.to_string());
    let records = open(&url);
    proxy.arm();
    let made = put(&records, script("one"));
    assert!(!proxy.is_armed());
    assert_eq!(get::<PlanScript>(&records, &made.id).unwrap(), made);
    put(&records, script("two"));
}

#[test]
fn it_works_from_threads_of_an_asynchronous_runtime() {
    let Some(server) = Postgres::shared(LANE) else {
        return;
    };
    let records = Arc::new(open(&server.database()));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async move {
        let tasks: Vec<_> = (0..16)
            .map(|number| {
                let records = Arc::clone(&records);
                tokio::task::spawn_blocking(move || {
                    put(&records, script(&format!("{number}")));
                    records.read(|view| view.all::<PlanScript>()).unwrap().len()
                })
            })
            .collect();
        let mut most = 0;
        for task in tasks {
            most = most.max(task.await.unwrap());
        }
        assert_eq!(most, 16);
        // The last owner may be an asynchronous thread.
        drop(records);
    });
}

#[test]
fn tls_is_as_the_url_asks() {
    if !Postgres::is_there(LANE) {
        return;
    }
    let server = Postgres::start();
    let plain = server.database();
    let (authority, certificate, key) = certificates();
    let authority = server.put("authority.pem", &authority);
    let other = server.put("other.pem", &certificates().0);
    let certificate = server.put("server.pem", &certificate);
    let key = server.put("server.key", &key);
    let [authority, other] = [authority, other].map(|path| path.display().to_string());
    let by_name = plain.replace("127.0.0.1", "localhost");
    let attempt = |url: &str| {
        let url = DatabaseUrl::parse(url).unwrap();
        Records::open(&url, "node-1")
            .map(drop)
            .map_err(|error| error.to_string())
    };
    attempt(&format!("{plain}?sslmode=prefer")).unwrap();
    let refused = attempt(&format!("{plain}?sslmode=require")).unwrap_err();
    assert!(refused.contains("server does not support TLS"), "{refused}");

    server.set(&format!(
        "ssl = on\nssl_cert_file = '{}'\nssl_key_file = '{}'",
        certificate.display(),
        key.display()
    ));
    server.crash();
    server.resume();
    let table = [
        (format!("{plain}?sslmode=disable"), None),
        (format!("{plain}?sslmode=prefer"), None),
        (plain.clone(), None),
        (format!("{plain}?sslmode=require"), None),
        (
            format!("{by_name}?sslmode=verify-full&sslrootcert={authority}"),
            None,
        ),
        // Not the name in the certificate.
        (
            format!("{plain}?sslmode=verify-full&sslrootcert={authority}"),
            Some("certificate"),
        ),
        (
            format!("{by_name}?sslmode=verify-full&sslrootcert={other}"),
            Some("certificate"),
        ),
        (
            format!("{by_name}?sslmode=verify-full"),
            Some("certificate"),
        ),
    ];
    for (url, error) in table {
        let outcome = attempt(&url).err();
        let text = outcome.as_deref().unwrap_or_default();
        assert_eq!(outcome.is_some(), error.is_some(), "{url}: {text}");
        assert!(text.contains(error.unwrap_or_default()), "{url}: {text}");
        assert!(!text.contains("pass"), "{text}");
    }
    // The server sees it too.
    let records = open(&format!("{plain}?sslmode=require"));
    let secure = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                  WHERE ssl AND application_name = 'mintage'";
    assert_ne!(server.sql(&plain, secure), "0");
    drop(records);
}

#[test]
fn what_is_wrong_with_the_server_is_said_without_the_password() {
    let Some(server) = Postgres::shared(LANE) else {
        return;
    };
    let url = server.database();
    let port = server.port().to_string();
    let table = [
        (
            url.replace("pass%25", "wr0ng"),
            "password authentication failed",
        ),
        (format!("{url}_not_there"), "does not exist"),
        (url.replace(&port, "1"), "Connection refused"),
    ];
    for (url, text) in table {
        let error = Records::open(&DatabaseUrl::parse(&url).unwrap(), "node-1").unwrap_err();
        let error = format!("{error} {error:?}");
        assert!(error.contains(text), "{error}");
        assert!(
            !error.contains("wr0ng") && !error.contains("word/1"),
            "{error}"
        );
    }
    let socket = server.socket().display().to_string().replace('/', "%2F");
    let name = url.rsplit('/').next().unwrap();
    let records = open(&format!(
        "postgres://postgres@{socket}:{port}/{name}?sslmode=require"
    ));
    put(&records, script("over the socket"));
    let latin = "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'";
    server.sql("postgres", latin);
    let refused = url.replace(name, "latin");
    let error = Records::open(&DatabaseUrl::parse(&refused).unwrap(), "node-1").unwrap_err();
    assert!(error.to_string().contains("encoding UTF8"), "{error}");
}

/// An authority, and a certificate of it for `localhost` with its key.
fn certificates() -> (String, String, String) {
    let authority_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(params, authority_key);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    (authority.pem(), certificate.pem(), key.serialize_pem())
}
