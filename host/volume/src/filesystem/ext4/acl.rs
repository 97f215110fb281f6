//! POSIX ACLs in their two forms: the system call's and the one on the disk.
//!
//! Both are a version and then entries. The system call's version is 2 and every entry has an id;
//! the disk's version is 1 and only the entries of named users and groups have one.

/// The name of the attribute that holds the access ACL.
pub(super) const ACCESS: &str = "system.posix_acl_access";
/// The name of the attribute that holds the default ACL of a directory.
pub(super) const DEFAULT: &str = "system.posix_acl_default";

const SYSTEM_VERSION: u32 = 2;
const DISK_VERSION: u32 = 1;
const NO_ID: u32 = u32::MAX;

const USER_OBJ: u16 = 0x01;
const USER: u16 = 0x02;
const GROUP_OBJ: u16 = 0x04;
const GROUP: u16 = 0x08;
const MASK: u16 = 0x10;
const OTHER: u16 = 0x20;

/// One ACL, valid by the kernel's rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Acl(Vec<Entry>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    tag: u16,
    perm: u16,
    id: u32,
}

impl Entry {
    fn is_named(self) -> bool {
        matches!(self.tag, USER | GROUP)
    }
}

impl Acl {
    /// From the system call's form. `None` when it breaks the rules that the kernel checks.
    pub(super) fn from_system(value: &[u8]) -> Option<Self> {
        let mut words = Words(value);
        if words.u32()? != SYSTEM_VERSION {
            return None;
        }
        let mut entries = Vec::new();
        while !words.0.is_empty() {
            entries.push(Entry {
                tag: words.u16()?,
                perm: words.u16()?,
                id: words.u32()?,
            });
        }
        Self::checked(entries)
    }

    /// From the form on the disk. `None` when it is damaged.
    pub(super) fn from_disk(value: &[u8]) -> Option<Self> {
        let mut words = Words(value);
        if words.u32()? != DISK_VERSION {
            return None;
        }
        let mut entries = Vec::new();
        while !words.0.is_empty() {
            let (tag, perm) = (words.u16()?, words.u16()?);
            let named = matches!(tag, USER | GROUP);
            let id = if named { words.u32()? } else { NO_ID };
            entries.push(Entry { tag, perm, id });
        }
        Self::checked(entries)
    }

    /// One owner, one owning group, one of all others, in the format's order; a mask when any
    /// user or group is named.
    fn checked(entries: Vec<Entry>) -> Option<Self> {
        let count = |tag| entries.iter().filter(|e| e.tag == tag).count();
        let known = USER_OBJ | USER | GROUP_OBJ | GROUP | MASK | OTHER;
        let named = count(USER) + count(GROUP) > 0;
        let sound = entries.is_sorted_by_key(|e| e.tag)
            && entries
                .iter()
                .all(|e| e.tag & known == e.tag && e.tag.count_ones() == 1)
            && entries.iter().all(|e| e.perm <= 7)
            && entries.iter().all(|e| !e.is_named() || e.id != NO_ID)
            && [USER_OBJ, GROUP_OBJ, OTHER]
                .iter()
                .all(|tag| count(*tag) == 1)
            && count(MASK) <= 1
            && (!named || count(MASK) == 1);
        sound.then_some(Self(entries))
    }

    /// The system call's form.
    pub(super) fn to_system(&self) -> Vec<u8> {
        let mut value = SYSTEM_VERSION.to_le_bytes().to_vec();
        for entry in &self.0 {
            let id = if entry.is_named() { entry.id } else { NO_ID };
            value.extend(entry.tag.to_le_bytes());
            value.extend(entry.perm.to_le_bytes());
            value.extend(id.to_le_bytes());
        }
        value
    }

    /// The form on the disk.
    pub(super) fn to_disk(&self) -> Vec<u8> {
        let mut value = DISK_VERSION.to_le_bytes().to_vec();
        for entry in &self.0 {
            value.extend(entry.tag.to_le_bytes());
            value.extend(entry.perm.to_le_bytes());
            if entry.is_named() {
                value.extend(entry.id.to_le_bytes());
            }
        }
        value
    }

    /// Whether it says more than nine permission bits can.
    pub(super) fn is_extended(&self) -> bool {
        self.0.iter().any(|e| e.is_named() || e.tag == MASK)
    }

    /// The nine permission bits that it gives a file; the mask stands for the group.
    pub(super) fn permissions(&self) -> u16 {
        let perm = |tag| self.0.iter().find(|e| e.tag == tag).map(|e| e.perm);
        let group = perm(MASK).or(perm(GROUP_OBJ)).unwrap_or(0);
        perm(USER_OBJ).unwrap_or(0) << 6 | group << 3 | perm(OTHER).unwrap_or(0)
    }

    /// What chmod(2) to `mode` makes of it: owner, others, and the mask or else the group.
    #[must_use]
    pub(super) fn with_permissions(&self, mode: u16) -> Self {
        let has_mask = self.0.iter().any(|e| e.tag == MASK);
        let moved = |entry: &Entry| {
            let perm = match entry.tag {
                USER_OBJ => mode >> 6 & 7,
                MASK => mode >> 3 & 7,
                GROUP_OBJ if !has_mask => mode >> 3 & 7,
                OTHER => mode & 7,
                _ => entry.perm,
            };
            Entry { perm, ..*entry }
        };
        Self(self.0.iter().map(moved).collect())
    }
}

/// Little-endian numbers from the front of a value.
struct Words<'a>(&'a [u8]);

impl Words<'_> {
    fn u16(&mut self) -> Option<u16> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u16::from_le_bytes(*head))
    }

    fn u32(&mut self) -> Option<u32> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*head))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(entries: &[(u16, u16, u32)]) -> Vec<u8> {
        let mut value = 2u32.to_le_bytes().to_vec();
        for (tag, perm, id) in entries {
            value.extend(tag.to_le_bytes());
            value.extend(perm.to_le_bytes());
            value.extend(id.to_le_bytes());
        }
        value
    }

    const NAMED: &[(u16, u16, u32)] = &[
        (USER_OBJ, 6, NO_ID),
        (USER, 7, 1000),
        (GROUP_OBJ, 4, NO_ID),
        (MASK, 5, NO_ID),
        (OTHER, 0, NO_ID),
    ];

    #[test]
    fn both_forms_hold_the_same() {
        let acl = Acl::from_system(&system(NAMED)).unwrap();
        assert_eq!(acl.to_system(), system(NAMED));
        assert_eq!(acl.to_disk().len(), 4 + 4 * 4 + 8);
        assert_eq!(Acl::from_disk(&acl.to_disk()), Some(acl));
    }

    #[test]
    fn what_the_kernel_refuses_is_refused() {
        let refused: &[&[(u16, u16, u32)]] = &[
            &[],
            &[(USER_OBJ, 6, NO_ID), (GROUP_OBJ, 4, NO_ID)],
            &[
                (USER_OBJ, 8, NO_ID),
                (GROUP_OBJ, 4, NO_ID),
                (OTHER, 0, NO_ID),
            ],
            &[
                (GROUP_OBJ, 4, NO_ID),
                (USER_OBJ, 6, NO_ID),
                (OTHER, 0, NO_ID),
            ],
            &[
                (USER_OBJ, 6, NO_ID),
                (USER, 7, 1),
                (GROUP_OBJ, 4, NO_ID),
                (OTHER, 0, NO_ID),
            ],
            &[(0x40, 6, NO_ID)],
        ];
        for entries in refused {
            assert_eq!(Acl::from_system(&system(entries)), None, "{entries:?}");
        }
        assert_eq!(Acl::from_system(&[2, 0, 0]), None);
        assert_eq!(Acl::from_disk(&system(NAMED)), None);
    }

    #[test]
    fn chmod_moves_the_mask_and_leaves_the_group() {
        let acl = Acl::from_system(&system(NAMED)).unwrap();
        assert!(acl.is_extended());
        assert_eq!(acl.permissions(), 0o650);
        let moved = acl.with_permissions(0o771);
        assert_eq!(moved.permissions(), 0o771);
        assert_eq!(moved.0[2].perm, 4, "the owning group's entry");
    }

    #[test]
    fn a_plain_acl_is_the_mode() {
        let plain = [
            (USER_OBJ, 6, NO_ID),
            (GROUP_OBJ, 4, NO_ID),
            (OTHER, 0, NO_ID),
        ];
        let acl = Acl::from_system(&system(&plain)).unwrap();
        assert!(!acl.is_extended());
        assert_eq!(acl.permissions(), 0o640);
        assert_eq!(acl.with_permissions(0o604).permissions(), 0o604);
    }
}
