//! `Initiator`: logs in to iSCSI targets as a server does, and says exactly what it is answered.
//!
//! Only what tests need of RFC 3720: one connection, CHAP with MD5, commands of a few blocks.

use md5::{Digest as _, Md5};
use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The length of a header, in bytes.
const HEADER: usize = 48;
/// How much is written by one command: what fits into it, in bytes.
const CHUNK: usize = 4096;

/// A name and secret.
pub type Account<'a> = (&'a str, &'a str);

/// Who logs in, and where.
#[derive(Debug, Clone, Copy)]
pub struct Initiator<'a> {
    /// Its name.
    pub name: &'a str,
    /// What else it calls itself.
    pub alias: Option<&'a str>,
    /// How it proves itself.
    pub chap: Option<Account<'a>>,
    /// How it wants the target to prove itself.
    pub mutual: Option<Account<'a>>,
}

/// A session. It ends when this is dropped.
#[derive(Debug)]
pub struct IscsiSession {
    stream: TcpStream,
    isid: u32,
    sequence: u32,
}

type Keys = BTreeMap<String, String>;

impl Initiator<'_> {
    /// Logs in to a target.
    ///
    /// # Errors
    /// The status that the target refused with, `0x0202`, or what else went wrong.
    pub fn log_in(&self, portal: SocketAddr, target: &str) -> Result<IscsiSession, String> {
        let names = [("SessionType", "Normal"), ("TargetName", target)];
        self.begin(portal, &names, self.chap)
    }

    /// The targets that a portal tells of.
    ///
    /// # Errors
    /// As [`Self::log_in`].
    pub fn discover(&self, portal: SocketAddr) -> Result<Vec<String>, String> {
        let mut session = self.begin(portal, &[("SessionType", "Discovery")], None)?;
        let (_, data) = session
            .text("SendTargets=All\0")
            .map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&data).into_owned();
        let names = text
            .split('\0')
            .filter_map(|pair| pair.strip_prefix("TargetName="));
        Ok(names.map(str::to_owned).collect())
    }

    fn begin(
        &self,
        portal: SocketAddr,
        names: &[(&str, &str)],
        chap: Option<Account<'_>>,
    ) -> Result<IscsiSession, String> {
        // An initiator that comes again with the same number takes over its session.
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let failed = |error: io::Error| error.to_string();
        let stream = TcpStream::connect_timeout(&portal, PATIENCE).map_err(failed)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let mut session = IscsiSession {
            stream,
            isid: NUMBER.fetch_add(1, Ordering::Relaxed),
            sequence: 1,
        };
        let mut keys = vec![("InitiatorName", self.name)];
        keys.extend(self.alias.map(|alias| ("InitiatorAlias", alias)));
        keys.extend(names);
        match chap {
            None => {
                keys.push(("AuthMethod", "None"));
                session.login(0, Some(1), &keys)?;
            }
            Some(account) => {
                keys.push(("AuthMethod", "CHAP"));
                self.prove(&mut session, &keys, account)?;
            }
        }
        session.login(
            1,
            Some(3),
            &[("HeaderDigest", "None"), ("DataDigest", "None")],
        )?;
        Ok(session)
    }

    fn prove(
        &self,
        session: &mut IscsiSession,
        keys: &[(&str, &str)],
        (user, secret): Account<'_>,
    ) -> Result<(), String> {
        session.login(0, None, keys)?;
        let asked = session.login(0, None, &[("CHAP_A", "5")])?;
        let (number, challenge) = (asked.get("CHAP_I"), asked.get("CHAP_C"));
        let number = number
            .and_then(|number| number.parse().ok())
            .ok_or("no CHAP_I")?;
        let challenge = challenge.and_then(|hex| unhex(hex)).ok_or("no CHAP_C")?;
        let answer = response(number, secret, &challenge);
        let mut keys = vec![("CHAP_N", user), ("CHAP_R", answer.as_str())];
        let own = "0x000102030405060708090a0b0c0d0e0f";
        if self.mutual.is_some() {
            keys.extend([("CHAP_I", "42"), ("CHAP_C", own)]);
        }
        let told = session.login(0, Some(1), &keys)?;
        let Some((user, secret)) = self.mutual else {
            return Ok(());
        };
        let right = response(42, secret, &unhex(own).unwrap_or_default());
        let proved = told
            .get("CHAP_R")
            .is_some_and(|told| told.eq_ignore_ascii_case(&right));
        match proved && told.get("CHAP_N").is_some_and(|name| name == user) {
            true => Ok(()),
            false => Err("the target does not prove itself".to_owned()),
        }
    }
}

impl IscsiSession {
    /// One step of a login; a step to another stage has that stage in `next`.
    fn login(
        &mut self,
        stage: u8,
        next: Option<u8>,
        keys: &[(&str, &str)],
    ) -> Result<Keys, String> {
        let text: String = keys
            .iter()
            .map(|(key, value)| format!("{key}={value}\0"))
            .collect();
        let mut header = [0; HEADER];
        header[0] = 0x43;
        header[1] = stage << 2 | next.map_or(0, |next| 0x80 | next);
        header[8..10].copy_from_slice(&[0x80, 0x4d]);
        header[10..14].copy_from_slice(&self.isid.to_be_bytes());
        header[19] = 1;
        header[24..28].copy_from_slice(&self.sequence.to_be_bytes());
        let (header, data) = self
            .exchange(header, text.as_bytes())
            .map_err(|e| e.to_string())?;
        match u16::from_be_bytes([header[36], header[37]]) {
            0 => {}
            status => return Err(format!("refused with 0x{status:04x}")),
        }
        let text = String::from_utf8_lossy(&data);
        let pairs = text.split('\0').filter_map(|pair| pair.split_once('='));
        Ok(pairs
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect())
    }

    fn text(&mut self, text: &str) -> io::Result<([u8; HEADER], Vec<u8>)> {
        let mut header = [0; HEADER];
        header[0] = 0x04;
        header[1] = 0x80;
        header[19] = 2;
        header[20..24].fill(0xff);
        header[24..28].copy_from_slice(&self.sequence.to_be_bytes());
        self.sequence += 1;
        self.exchange(header, text.as_bytes())
    }

    /// Reads `buf.len()` bytes at `offset`; both are multiples of 512.
    ///
    /// # Errors
    /// When the session has ended, or the target does not do it.
    pub fn read(&mut self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        for (index, chunk) in buf.chunks_mut(CHUNK).enumerate() {
            let at = offset + (index * CHUNK) as u64;
            let data = self.command(&transfer(0x28, at, chunk.len()), &[], chunk.len())?;
            if data.len() != chunk.len() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            chunk.copy_from_slice(&data);
        }
        Ok(())
    }

    /// Writes `data` at `offset`; length and offset are multiples of 512.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn write(&mut self, offset: u64, data: &[u8]) -> io::Result<()> {
        for (index, chunk) in data.chunks(CHUNK).enumerate() {
            let at = offset + (index * CHUNK) as u64;
            self.command(&transfer(0x2a, at, chunk.len()), chunk, 0)?;
        }
        Ok(())
    }

    /// The serial number that the disk tells.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn serial(&mut self) -> io::Result<String> {
        let page = self.command(&[0x12, 1, 0x80, 0, 252, 0], &[], 252)?;
        let padded = String::from_utf8_lossy(page.get(4..).unwrap_or_default());
        Ok(padded.trim().to_owned())
    }

    fn command(&mut self, cdb: &[u8], data: &[u8], expected: usize) -> io::Result<Vec<u8>> {
        match self.try_command(cdb, data, expected)? {
            // A disk says first that it is new to this initiator.
            Err(2) => self.try_command(cdb, data, expected)?.map_err(bad_status),
            done => done.map_err(bad_status),
        }
    }

    /// What was read, or the status that is not good.
    fn try_command(
        &mut self,
        cdb: &[u8],
        data: &[u8],
        expected: usize,
    ) -> io::Result<Result<Vec<u8>, u8>> {
        let length = u32::try_from(expected.max(data.len())).unwrap_or(u32::MAX);
        let mut header = [0; HEADER];
        header[0] = 0x01;
        let direction = match (expected, data.len()) {
            (0, 0) => 0,
            (0, _) => 0x20,
            _ => 0x40,
        };
        header[1] = 0x81 | direction;
        header[9] = 1;
        header[16..20].copy_from_slice(&self.sequence.to_be_bytes());
        header[20..24].copy_from_slice(&length.to_be_bytes());
        header[24..28].copy_from_slice(&self.sequence.to_be_bytes());
        header[32..32 + cdb.len()].copy_from_slice(cdb);
        self.sequence += 1;
        self.send(header, data)?;
        let mut read = Vec::new();
        loop {
            let (header, data) = self.receive()?;
            match header[0] & 0x3f {
                0x25 => {
                    read.extend(data);
                    if header[1] & 1 == 1 {
                        return Ok(status(header[3], read));
                    }
                }
                0x21 => return Ok(status(header[3], read)),
                // The target asks whether somebody is there.
                0x20 => {}
                other => return Err(io::Error::other(format!("an answer of kind 0x{other:02x}"))),
            }
        }
    }

    fn exchange(
        &mut self,
        header: [u8; HEADER],
        data: &[u8],
    ) -> io::Result<([u8; HEADER], Vec<u8>)> {
        self.send(header, data)?;
        self.receive()
    }

    fn send(&mut self, mut header: [u8; HEADER], data: &[u8]) -> io::Result<()> {
        let length = u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes();
        header[5..8].copy_from_slice(&length[1..]);
        let mut bytes = header.to_vec();
        bytes.extend(data);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        self.stream.write_all(&bytes)
    }

    fn receive(&mut self) -> io::Result<([u8; HEADER], Vec<u8>)> {
        let mut header = [0; HEADER];
        self.stream.read_exact(&mut header)?;
        let length = u32::from_be_bytes([0, header[5], header[6], header[7]]) as usize;
        let mut data = vec![0; length.next_multiple_of(4)];
        self.stream.read_exact(&mut data)?;
        data.truncate(length);
        Ok((header, data))
    }
}

fn status(status: u8, read: Vec<u8>) -> Result<Vec<u8>, u8> {
    match status {
        0 => Ok(read),
        other => Err(other),
    }
}

fn bad_status(status: u8) -> io::Error {
    io::Error::other(format!("SCSI status 0x{status:02x}"))
}

/// READ (10) or WRITE (10).
fn transfer(code: u8, offset: u64, length: usize) -> [u8; 10] {
    let block = u32::try_from(offset / 512)
        .unwrap_or(u32::MAX)
        .to_be_bytes();
    let count = u16::try_from(length / 512)
        .unwrap_or(u16::MAX)
        .to_be_bytes();
    [
        code, 0, block[0], block[1], block[2], block[3], 0, count[0], count[1], 0,
    ]
}

fn response(number: u8, secret: &str, challenge: &[u8]) -> String {
    let digest = Md5::new()
        .chain_update([number])
        .chain_update(secret)
        .chain_update(challenge);
    let hex: String = digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("0x{hex}")
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x")?.as_bytes();
    let pairs = digits.chunks(2).map(|pair| std::str::from_utf8(pair).ok());
    pairs
        .map(|pair| u8::from_str_radix(pair?, 16).ok())
        .collect()
}
