//! The protocol of tgtd's control socket: what `tgtadm` 1.0.85 sends, byte for byte.
//!
//! A request is a header of 120 bytes and parameters as text that ends with NUL, a reply a header of 8
//! bytes and text. Numbers are little-endian on the machines that tgt runs on.

use crate::export::{Chap, Iqn, LUN};
use zeroize::Zeroizing;

/// The length of a reply's header, in bytes.
pub(super) const HEADER: usize = 8;
/// The length of a request's header, in bytes.
const REQUEST_HEADER: u32 = 120;
/// How long the name of the kind of target is, in bytes.
const DRIVER: usize = 64;

/// Something that a tgtd can be asked to do.
#[derive(Debug)]
pub(super) enum Request<'a> {
    /// A new target. Nobody may log in to it yet.
    NewTarget(u32, &'a Iqn),
    /// The target ends, with what is in it.
    DeleteTarget(u32),
    /// All targets as text, as [`super::status`] reads them.
    ShowTargets,
    /// The disk of a target: where its blocks are, in tgt's words.
    NewDisk(u32, &'a str),
    /// Who the disk is, in tgt's words.
    NameDisk(u32, &'a str),
    /// Lets an initiator log in.
    Admit(u32, &'a str),
    /// Lets an initiator log in no more; who is logged in stays.
    Exclude(u32, &'a str),
    /// A connection of a session ends.
    EndConnection {
        /// The target.
        tid: u32,
        /// The session.
        session: u64,
        /// The connection.
        connection: u32,
    },
    /// A new account. It is no target's yet.
    NewAccount(&'a Chap),
    /// The account ends, also where targets ask for it.
    DeleteAccount(&'a str),
    /// A target asks initiators for the account.
    Ask(u32, &'a str),
    /// A target proves itself by the account.
    Prove(u32, &'a str),
    /// Listens at an address.
    NewPortal(&'a str),
    /// Does not listen at an address any more.
    DeletePortal(&'a str),
    /// Where it listens.
    ShowPortals,
    /// Whether it answers.
    ShowSystem,
    /// Ends the daemon.
    Stop,
}

/// The values of a request's header that differ.
#[derive(Debug)]
struct Header {
    mode: u32,
    op: u32,
    tid: i32,
    session: u64,
    lun: u64,
    connection: u32,
    outgoing: u32,
    force: u32,
}

mod mode {
    pub(super) const SYSTEM: u32 = 0;
    pub(super) const TARGET: u32 = 1;
    pub(super) const DEVICE: u32 = 2;
    pub(super) const PORTAL: u32 = 3;
    pub(super) const CONNECTION: u32 = 6;
    pub(super) const ACCOUNT: u32 = 7;
}

mod op {
    pub(super) const NEW: u32 = 0;
    pub(super) const DELETE: u32 = 1;
    pub(super) const SHOW: u32 = 2;
    pub(super) const BIND: u32 = 3;
    pub(super) const UNBIND: u32 = 4;
    pub(super) const UPDATE: u32 = 5;
}

/// Codes that a tgtd answers with.
pub(super) mod code {
    pub(in super::super) const NO_TARGET: u32 = 4;
    pub(in super::super) const NO_SESSION: u32 = 6;
    pub(in super::super) const NO_CONNECTION: u32 = 7;
    pub(in super::super) const TARGET_EXISTS: u32 = 9;
    pub(in super::super) const NO_ACL: u32 = 13;
    pub(in super::super) const NO_USER: u32 = 15;
    pub(in super::super) const TARGET_ACTIVE: u32 = 19;
    pub(in super::super) const DISK_ACTIVE: u32 = 20;
}

/// What a code means, in tgt's words.
pub(super) fn meaning(code: u32) -> &'static str {
    match code {
        2 => "it has no memory",
        3 => "it has no iSCSI",
        code::NO_TARGET => "there is no such target",
        code::NO_SESSION => "there is no such session",
        code::NO_CONNECTION => "there is no such connection",
        code::TARGET_EXISTS => "there is such a target already",
        11 => "the target has a disk already",
        12 => "the initiator is admitted already",
        code::NO_ACL => "the initiator is not admitted",
        14 => "there is such an account already",
        code::NO_USER => "there is no such account",
        16 => "it has too many accounts",
        17 => "it cannot open that",
        18 => "the target proves itself already",
        code::TARGET_ACTIVE | code::DISK_ACTIVE => "it is still active",
        21 | 22 => "it cannot do that",
        _ => "it does not say why",
    }
}

impl Request<'_> {
    /// As bytes. They may hold a secret.
    pub(super) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let text = self.text();
        // The text ends with NUL, where there is one.
        let text_len = text.as_ref().map_or(0, |text| text.len() + 1);
        let header = self.header();
        let mut bytes = Zeroizing::new(Vec::with_capacity(REQUEST_HEADER as usize + text_len));
        let mut driver = [0; DRIVER];
        driver[..5].copy_from_slice(b"iscsi");
        bytes.extend(header.mode.to_le_bytes());
        bytes.extend(header.op.to_le_bytes());
        bytes.extend(driver);
        let length = REQUEST_HEADER.saturating_add(u32::try_from(text_len).unwrap_or(u32::MAX));
        bytes.extend(length.to_le_bytes());
        bytes.extend(header.tid.to_le_bytes());
        bytes.extend(header.session.to_le_bytes());
        bytes.extend(header.lun.to_le_bytes());
        bytes.extend(header.connection.to_le_bytes());
        // A host's number and the type of a device (0, a disk) follow.
        bytes.extend([0; 8]);
        bytes.extend(header.outgoing.to_le_bytes());
        // Only for tapes.
        bytes.extend([0; 4]);
        bytes.extend(header.force.to_le_bytes());
        if let Some(text) = text {
            bytes.extend(text.as_bytes());
            bytes.push(0);
        }
        bytes
    }

    fn header(&self) -> Header {
        let header = |mode, op, tid: Option<u32>| Header {
            mode,
            op,
            tid: tid.and_then(|tid| i32::try_from(tid).ok()).unwrap_or(-1),
            session: 0,
            lun: u64::MAX,
            connection: 0,
            outgoing: 0,
            force: 0,
        };
        let forced = |header| Header { force: 1, ..header };
        let of_disk = |header| Header { lun: LUN, ..header };
        match *self {
            Self::NewTarget(tid, _) => header(mode::TARGET, op::NEW, Some(tid)),
            Self::DeleteTarget(tid) => forced(header(mode::TARGET, op::DELETE, Some(tid))),
            Self::ShowTargets => header(mode::TARGET, op::SHOW, None),
            Self::NewDisk(tid, _) => of_disk(header(mode::DEVICE, op::NEW, Some(tid))),
            Self::NameDisk(tid, _) => of_disk(header(mode::DEVICE, op::UPDATE, Some(tid))),
            Self::Admit(tid, _) => header(mode::TARGET, op::BIND, Some(tid)),
            Self::Exclude(tid, _) => header(mode::TARGET, op::UNBIND, Some(tid)),
            Self::EndConnection {
                tid,
                session,
                connection,
            } => Header {
                session,
                connection,
                ..header(mode::CONNECTION, op::DELETE, Some(tid))
            },
            Self::NewAccount(_) => header(mode::ACCOUNT, op::NEW, None),
            Self::DeleteAccount(_) => header(mode::ACCOUNT, op::DELETE, None),
            Self::Ask(tid, _) => header(mode::ACCOUNT, op::BIND, Some(tid)),
            Self::Prove(tid, _) => Header {
                outgoing: 1,
                ..header(mode::ACCOUNT, op::BIND, Some(tid))
            },
            Self::NewPortal(_) => header(mode::PORTAL, op::NEW, None),
            Self::DeletePortal(_) => header(mode::PORTAL, op::DELETE, None),
            Self::ShowPortals => header(mode::PORTAL, op::SHOW, None),
            Self::ShowSystem => header(mode::SYSTEM, op::SHOW, None),
            Self::Stop => forced(header(mode::SYSTEM, op::DELETE, None)),
        }
    }

    fn text(&self) -> Option<Zeroizing<String>> {
        let text = match self {
            Self::NewTarget(_, name) => format!("targetname={name}"),
            Self::NewDisk(_, words) => (*words).to_owned(),
            Self::NameDisk(_, words) => format!("targetOps {words},"),
            Self::Admit(_, initiator) | Self::Exclude(_, initiator) => {
                format!("initiator-name={initiator}")
            }
            Self::NewAccount(chap) => {
                format!("user={},password={}", chap.user, chap.secret.expose())
            }
            Self::DeleteAccount(user) | Self::Ask(_, user) | Self::Prove(_, user) => {
                format!("user={user}")
            }
            Self::NewPortal(portal) | Self::DeletePortal(portal) => {
                format!("portalOps portal={portal},")
            }
            Self::DeleteTarget(_)
            | Self::ShowTargets
            | Self::EndConnection { .. }
            | Self::ShowPortals
            | Self::ShowSystem
            | Self::Stop => return None,
        };
        Some(Zeroizing::new(text))
    }
}

/// The header of a reply.
#[derive(Debug)]
pub(super) struct ReplyHeader {
    /// 0, or why not.
    pub(super) code: u32,
    /// How much text follows, in bytes.
    pub(super) text_len: usize,
}

impl ReplyHeader {
    pub(super) fn parse(bytes: &[u8; HEADER]) -> Self {
        let [c0, c1, c2, c3, l0, l1, l2, l3] = *bytes;
        let len = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        Self {
            code: u32::from_le_bytes([c0, c1, c2, c3]),
            text_len: len.saturating_sub(HEADER),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `strace` shows them of tgtadm 1.0.85: mode, op, tid, session, lun, connection, outgoing,
    /// force, and the text.
    #[test]
    fn requests_are_those_of_tgtadm() {
        let name = Iqn::parse("iqn.2026-11.lab:v7").unwrap();
        let chap = Chap::new("u7", "secret-of-web1").unwrap();
        let none = u64::MAX;
        let end = Request::EndConnection {
            tid: 7,
            session: 3,
            connection: 4,
        };
        let cases: [(Request<'_>, [i64; 4], [u64; 4], &str); 13] = [
            (
                Request::NewTarget(7, &name),
                [1, 0, 150, 7],
                [0, none, 0, 0],
                "targetname=iqn.2026-11.lab:v7\0",
            ),
            (
                Request::DeleteTarget(7),
                [1, 1, 120, 7],
                [0, none, 0, 1 << 32],
                "",
            ),
            (Request::ShowTargets, [1, 2, 120, -1], [0, none, 0, 0], ""),
            (
                Request::NewDisk(7, "path=/a,bstype=rdwr"),
                [2, 0, 140, 7],
                [0, 1, 0, 0],
                "path=/a,bstype=rdwr\0",
            ),
            (
                Request::NameDisk(7, "scsi_id=abc,scsi_sn=def"),
                [2, 5, 155, 7],
                [0, 1, 0, 0],
                "targetOps scsi_id=abc,scsi_sn=def,\0",
            ),
            (
                Request::Admit(7, "iqn.2026-11.lab:x"),
                [1, 3, 153, 7],
                [0, none, 0, 0],
                "initiator-name=iqn.2026-11.lab:x\0",
            ),
            (
                Request::Exclude(7, "iqn.2026-11.lab:x"),
                [1, 4, 153, 7],
                [0, none, 0, 0],
                "initiator-name=iqn.2026-11.lab:x\0",
            ),
            (
                Request::NewAccount(&chap),
                [7, 0, 152, -1],
                [0, none, 0, 0],
                "user=u7,password=secret-of-web1\0",
            ),
            (
                Request::Ask(7, "u7"),
                [7, 3, 128, 7],
                [0, none, 0, 0],
                "user=u7\0",
            ),
            (
                Request::Prove(7, "u7"),
                [7, 3, 128, 7],
                [0, none, 0, 1],
                "user=u7\0",
            ),
            (end, [6, 1, 120, 7], [3, none, 4, 0], ""),
            (
                Request::NewPortal("127.0.0.1:13269"),
                [3, 0, 154, -1],
                [0, none, 0, 0],
                "portalOps portal=127.0.0.1:13269,\0",
            ),
            (Request::Stop, [0, 1, 120, -1], [0, none, 0, 1 << 32], ""),
        ];
        for (request, [mode, op, length, tid], [session, lun, connection, rest], text) in cases {
            let bytes = request.to_bytes();
            let number = |at: usize| i32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
            let long = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
            let found = [number(0), number(4), number(72), number(76)].map(i64::from);
            assert_eq!(found, [mode, op, length, tid], "{request:?}");
            assert_eq!(bytes[8..13], *b"iscsi");
            assert!(bytes[13..72].iter().all(|byte| *byte == 0));
            assert_eq!([long(80), long(88), long(96)], [session, lun, connection]);
            // The direction of an account, and after an unused number whether it is forced.
            let (direction, force) = (number(108) as u64, number(116) as u64);
            assert_eq!(direction | force << 32, rest, "{request:?}");
            assert_eq!(bytes[120..], *text.as_bytes());
        }
    }

    #[test]
    fn a_reply_says_how_much_text_it_has() {
        let reply = ReplyHeader::parse(&[0, 0, 0, 0, 61, 0, 0, 0]);
        assert_eq!((reply.code, reply.text_len), (0, 53));
        let reply = ReplyHeader::parse(&[14, 0, 0, 0, 8, 0, 0, 0]);
        assert_eq!((reply.code, reply.text_len), (14, 0));
        assert_eq!(ReplyHeader::parse(&[0; 8]).text_len, 0);
    }
}
