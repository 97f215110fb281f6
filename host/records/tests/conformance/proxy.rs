//! `Proxy`: stands between the store and the server, and cuts the line where a test says.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Passes everything on until it is armed; then the next commit reaches the server, and its answer
/// reaches nobody.
pub struct Proxy {
    pub port: u16,
    armed: Arc<AtomicBool>,
}

impl Proxy {
    pub fn before(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let armed = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&armed);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let server = TcpStream::connect(("127.0.0.1", server)).unwrap();
                pass(client.unwrap(), server, &seen);
            }
        });
        Self { port, armed }
    }

    /// Cuts the line at the next commit.
    pub fn arm(&self) {
        self.armed.store(true, Ordering::SeqCst);
    }

    /// Whether it has yet to cut it.
    pub fn is_armed(&self) -> bool {
        self.armed.load(Ordering::SeqCst)
    }
}

fn pass(mut client: TcpStream, mut server: TcpStream, armed: &Arc<AtomicBool>) {
    let (mut to_client, mut from_server) =
        (client.try_clone().unwrap(), server.try_clone().unwrap());
    std::thread::spawn(move || std::io::copy(&mut from_server, &mut to_client));
    let armed = Arc::clone(armed);
    std::thread::spawn(move || {
        let mut bytes = vec![0; 65536];
        while let Ok(length @ 1..) = client.read(&mut bytes) {
            let said = &bytes[..length];
            let is_commit = said.windows(6).any(|word| word == b"COMMIT");
            if is_commit && armed.swap(false, Ordering::SeqCst) {
                // The answer is lost on its way: the client's end is closed first.
                client.shutdown(Shutdown::Both).unwrap();
                server.write_all(said).unwrap();
                std::thread::sleep(Duration::from_millis(300));
                return;
            }
            if server.write_all(said).is_err() {
                return;
            }
        }
    });
}
