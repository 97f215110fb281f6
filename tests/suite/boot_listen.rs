//! The listener without TLS (`boot.listen`): nothing is there but iPXE scripts, and its limits hold.

use mintage_test_support::environment::fail;
use mintage_test_support::{Environment, Server};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

/// How long an answer may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn nothing_else_is_served_without_tls() {
    let environment = Environment::new();
    let (_server, address) = start(&environment, &[]);
    for request in [
        "GET /",
        "GET /rest/version",
        "GET /rest/openapi.json",
        "GET /rest/golden-images",
        "GET /metrics",
        "POST /rest/login-sessions",
        "GET /ipxe",
        "GET /ipxe/",
        "GET /ipxe/x/y",
        "GET /ipxe/x/y/z",
        "GET /ipxe/../rest/version",
    ] {
        let mut connection = connect(&address);
        ask(&mut connection, request, "Connection: close\r\n");
        let told = rest(&mut connection);
        assert!(told.starts_with("HTTP/1.1 404 "), "{request}: {told}");
        assert!(told.contains("there is no such iPXE script"), "{told}");
    }
    let mut connection = connect(&address);
    ask(&mut connection, "POST /ipxe/x/y", "Connection: close\r\n");
    let told = rest(&mut connection);
    assert!(told.starts_with("HTTP/1.1 405 "), "{told}");
}

#[test]
fn who_says_nothing_is_not_waited_for() {
    let environment = Environment::new();
    let (_server, address) = start(&environment, &["--http-header-timeout", "1 s"]);
    let mut silent = connect(&address);
    let mut slow = connect(&address);
    slow.write_all(b"GET /ipxe/x/y HTTP/1.1\r\nHost:").unwrap();
    for connection in [&mut silent, &mut slow] {
        let told = rest(connection);
        assert!(!told.contains("200 OK"), "{told}");
    }
}

#[test]
fn there_is_an_end_to_connections() {
    let environment = Environment::new();
    let (server, address) = start(&environment, &["--http-connections", "2"]);
    let mut held = [connect(&address), connect(&address)];
    for connection in &mut held {
        ask(connection, "GET /ipxe/x/y", "");
        let mut first = [0; 12];
        connection.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 404");
    }
    let mut more = connect(&address);
    // It may be closed before it is asked.
    let _ = write!(more, "GET /ipxe/x/y HTTP/1.1\r\nHost: x\r\n\r\n");
    let mut told = Vec::new();
    let _ = more.read_to_end(&mut told);
    assert_eq!(told, b"");
    // These are not the connections of HTTPS.
    assert_eq!(server.get("/rest/version").status, 200);
}

#[test]
fn an_address_that_is_taken_is_told_with_the_setting() {
    let environment = Environment::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let args = ["serve", "--config", "/dev/null", "--data", "data"];
    let listen = ["--listen", "127.0.0.1:0", "--boot-listen", &address];
    let (_, told) = fail(&mut environment.mintage([&args[..], &listen].concat()), 1);
    assert!(
        told.contains(&format!("cannot listen on {address}")),
        "{told}"
    );
    assert!(told.contains("set `boot.listen`"), "{told}");
}

/// A service with such a listener, and where that is.
fn start<'e>(environment: &'e Environment, more: &[&str]) -> (Server<'e>, String) {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let args = [&["--boot-listen", address.as_str()], more].concat();
    (Server::start(environment, &args), address)
}

fn connect(address: &str) -> TcpStream {
    let connection = TcpStream::connect(address).unwrap();
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    connection
}

fn ask(connection: &mut TcpStream, request: &str, headers: &str) {
    let request = format!("{request} HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
    connection.write_all(request.as_bytes()).unwrap();
}

/// What comes until the service ends the connection.
fn rest(connection: &mut TcpStream) -> String {
    let mut told = Vec::new();
    connection.read_to_end(&mut told).unwrap();
    String::from_utf8_lossy(&told).into_owned()
}
