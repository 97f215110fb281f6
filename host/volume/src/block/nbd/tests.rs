//! The client against servers that break the protocol; against real ones see `tests/suite/nbd.rs`.

use super::*;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Instant;

const LEN: u64 = 8192;

/// What a server says, in order: it waits for so many bytes, then sends.
type Script = Vec<(usize, Vec<u8>)>;

fn bytes(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

fn greeting() -> (usize, Vec<u8>) {
    (0, bytes(&[b"NBDMAGICIHAVEOPT", &[0, 3]]))
}

fn option_reply(option: u32, kind: u32, content: &[u8]) -> Vec<u8> {
    bytes(&[
        &0x0003_e889_0455_65a9u64.to_be_bytes(),
        &option.to_be_bytes(),
        &kind.to_be_bytes(),
        &u32::try_from(content.len()).unwrap().to_be_bytes(),
        content,
    ])
}

/// A server without structured replies, up to the first request.
fn simple() -> Script {
    let export = bytes(&[&[0, 0], &LEN.to_be_bytes(), &[0, 1]]);
    let go = bytes(&[&option_reply(7, 3, &export), &option_reply(7, 1, &[])]);
    vec![
        greeting(),
        (4 + 16, option_reply(8, (1 << 31) | 1, &[])),
        (16 + 6, go),
    ]
}

/// A server with them.
fn structured() -> Script {
    let export = bytes(&[&[0, 0], &LEN.to_be_bytes(), &[0, 1]]);
    let go = bytes(&[&option_reply(7, 3, &export), &option_reply(7, 1, &[])]);
    let context = bytes(&[&[0, 0, 0, 9], b"base:allocation"]);
    let meta = bytes(&[&option_reply(10, 4, &context), &option_reply(10, 1, &[])]);
    vec![
        greeting(),
        (4 + 16, option_reply(8, 1, &[])),
        (16 + 12 + 15, meta),
        (16 + 6, go),
    ]
}

fn then(mut script: Script, say: Vec<u8>) -> Script {
    script.push((28, say));
    script
}

fn chunk(flags: u16, kind: u16, cookie: u64, len: u32, content: &[u8]) -> Vec<u8> {
    bytes(&[
        &0x668e_33efu32.to_be_bytes(),
        &flags.to_be_bytes(),
        &kind.to_be_bytes(),
        &cookie.to_be_bytes(),
        &len.to_be_bytes(),
        content,
    ])
}

/// A device whose server follows `script` and then says nothing more, with its connection open.
fn device(script: Script) -> Result<NbdDevice> {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    ours.set_read_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    ours.set_write_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    thread::spawn(move || {
        for (wait, say) in script {
            let mut heard = vec![0; wait];
            if theirs.read_exact(&mut heard).is_err() || theirs.write_all(&say).is_err() {
                return;
            }
        }
        // Until the client has enough.
        let _ = theirs.read_to_end(&mut Vec::new());
    });
    NbdDevice::new(ours.into(), false, Duration::from_secs(2))
}

fn read(device: &NbdDevice) -> Result<Vec<u8>> {
    let mut buf = vec![7; 16];
    device.read_at(4, &mut buf).map(|()| buf)
}

#[test]
fn a_good_reply_is_taken() {
    let simple_reply = bytes(&[
        &0x6744_6698u32.to_be_bytes(),
        &[0; 4],
        &1u64.to_be_bytes(),
        &[5; 16],
    ]);
    let device_ = device(then(simple(), simple_reply)).unwrap();
    assert_eq!(device_.len(), LEN);
    assert_eq!(read(&device_).unwrap(), [5; 16]);
    // It tells of no holes.
    assert_eq!(device_.next_data(7).unwrap(), Some(7..LEN));

    let data = bytes(&[&4u64.to_be_bytes(), &[5; 10]]);
    let hole = bytes(&[&14u64.to_be_bytes(), &6u32.to_be_bytes()]);
    let reply = bytes(&[&chunk(0, 1, 1, 18, &data), &chunk(1, 2, 1, 12, &hole)]);
    let read = read(&device(then(structured(), reply)).unwrap()).unwrap();
    assert_eq!(read, [&[5; 10][..], &[0; 6]].concat());
}

#[test]
fn a_hostile_greeting_is_an_error() {
    let long = bytes(&[
        &0x0003_e889_0455_65a9u64.to_be_bytes(),
        &8u32.to_be_bytes(),
        &1u32.to_be_bytes(),
        &u32::MAX.to_be_bytes(),
    ]);
    let endless = option_reply(8, 3, &[]).repeat(100);
    let huge = bytes(&[&[0, 0], &u64::MAX.to_be_bytes(), &[0, 1]]);
    let go = |say: Vec<u8>| {
        let mut script = simple();
        script[2].1 = say;
        script
    };
    for (script, says) in [
        (vec![], "does not answer in time"),
        (vec![(0, vec![0; 18])], "does not greet"),
        (
            vec![(0, b"NBDMAGICIHAVEOPT\0\0".to_vec())],
            "does not answer options",
        ),
        (vec![greeting(), (20, long)], "4294967295 bytes"),
        (vec![greeting(), (20, endless)], "come to an end"),
        (
            vec![greeting(), (20, option_reply(9, 1, &[]))],
            "something else",
        ),
        (vec![greeting(), (20, option_reply(8, 77, &[]))], "kind 77"),
        (go(option_reply(7, 1, &[])), "how long"),
        (
            go(option_reply(7, (1 << 31) | 6, b"text")),
            "no default export",
        ),
        (
            go(bytes(&[
                &option_reply(7, 3, &huge),
                &option_reply(7, 1, &[]),
            ])),
            "how long",
        ),
    ] {
        let error = device(script).unwrap_err();
        assert_eq!(error.kind(), VolumeErrorKind::Io);
        assert!(error.to_string().contains(says), "{says}: {error}");
    }
}

#[test]
fn a_hostile_reply_is_an_error_and_ends_the_connection() {
    let far = bytes(&[&0u64.to_be_bytes(), &[5; 16]]);
    let most = bytes(&[&4u64.to_be_bytes(), &[5; 8]]);
    let hole = bytes(&[&4u64.to_be_bytes(), &u32::MAX.to_be_bytes()]);
    let none = bytes(&[&4u64.to_be_bytes(), &[0; 4]]);
    for (reply, says) in [
        (vec![0; 16], "begins with 0x0"),
        (
            bytes(&[&0x6744_6698u32.to_be_bytes(), &[0; 12]]),
            "something else",
        ),
        (
            bytes(&[&0x6744_6698u32.to_be_bytes(), &[0; 4], &1u64.to_be_bytes()]),
            "needs chunks",
        ),
        (chunk(1, 1, 2, 24, &far), "something else"),
        (chunk(1, 1, 1, 24, &far), "not asked for"),
        (chunk(1, 1, 1, u32::MAX, &most), "not asked for"),
        (chunk(1, 1, 1, 3, &[0; 3]), "kind 1"),
        (chunk(1, 1, 1, 16, &most), "not complete"),
        (chunk(1, 0, 1, 0, &[]), "not complete"),
        (chunk(0, 0, 1, 0, &[]).repeat(70_000), "too many chunks"),
        (chunk(1, 2, 1, 12, &hole), "not asked for"),
        (chunk(0, 2, 1, 12, &none), "not asked for"),
        (chunk(1, 5, 1, 12, &[0; 12]), "kind 5"),
        (chunk(1, 99, 1, 0, &[]), "kind 99"),
        (chunk(1, (1 << 15) | 1, 1, u32::MAX, &[]), "an error of"),
        (vec![], "in time"),
    ] {
        let device = device(then(structured(), reply)).unwrap();
        let error = read(&device).unwrap_err();
        assert!(error.to_string().contains(says), "{says}: {error}");
        // Nothing is asked of a server any more that cannot be trusted.
        assert_eq!(read(&device).unwrap_err(), error);
    }
}

#[test]
fn an_error_of_the_server_is_one_of_the_request_alone() {
    for (number, kind) in [
        (1, VolumeErrorKind::ReadOnly),
        (5, VolumeErrorKind::Io),
        (28, VolumeErrorKind::NoSpace),
        (4_000_000_000, VolumeErrorKind::Io),
    ] {
        let text = b"\x1b[31m";
        let content = bytes(&[&u32::to_be_bytes(number), &[0, 5], text]);
        let mut script = then(structured(), chunk(1, (1 << 15) | 1, 1, 11, &content));
        let data = bytes(&[&4u64.to_be_bytes(), &[5; 16]]);
        script.push((28, chunk(1, 1, 2, 24, &data)));
        let device = device(script).unwrap();
        let error = read(&device).unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(!error.to_string().contains('\u{1b}'), "{error}");
        assert_eq!(read(&device).unwrap(), [5; 16]);
    }
}

#[test]
fn extents_are_asked_for_until_one_has_data() {
    let status = |cookie, context: u32, len: u32, flags: u32| {
        let content = [context, len, flags].map(u32::to_be_bytes).concat();
        chunk(1, 5, cookie, 12, &content)
    };
    let script = then(
        then(structured(), status(1, 9, 4096, 3)),
        status(2, 9, u32::MAX, 0),
    );
    let found = device(script).unwrap().next_data(0).unwrap();
    assert_eq!(found, Some(4096..LEN));
    for (reply, says) in [
        (status(1, 8, 4096, 0), "context"),
        (status(1, 9, 0, 2), "not complete"),
    ] {
        let error = device(then(structured(), reply)).unwrap().next_data(0);
        let error = error.unwrap_err().to_string();
        assert!(error.contains(says), "{says}: {error}");
    }
}

#[test]
fn a_server_that_sends_drop_by_drop_is_left() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    ours.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    thread::spawn(move || {
        for byte in b"NBDMAGICIHAVEOPT".iter().cycle() {
            thread::sleep(Duration::from_millis(50));
            if theirs.write_all(&[*byte]).is_err() {
                return;
            }
        }
    });
    let start = Instant::now();
    let error = NbdDevice::new(ours.into(), false, Duration::from_millis(200)).unwrap_err();
    assert!(error.to_string().contains("in time"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(2));
}
