//! Where each family of distributions keeps what it trusts.

use super::certificate::Certificate;
use crate::file::access;
use memchr::memmem;
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::{FileKind, Ownership};
use mintage_volume::tree::VolumeTree;

/// The places of one family.
#[derive(Debug)]
pub(super) struct Store {
    /// Where the administrator puts certificates.
    anchors: &'static str,
    /// The ending that they have there.
    ending: &'static str,
    /// Files with all certificates, one behind the other.
    bundles: &'static [&'static str],
    /// Directories where OpenSSL looks for a certificate by its hash.
    hashed: &'static [&'static str],
    /// Whether those directories have links to the anchors, or files of their own.
    links: bool,
    /// The directory without which the distribution's package is not there.
    sign: &'static str,
}

const DEBIAN: Store = Store {
    anchors: "/usr/local/share/ca-certificates",
    ending: "crt",
    bundles: &["/etc/ssl/certs/ca-certificates.crt"],
    hashed: &["/etc/ssl/certs"],
    links: true,
    sign: "/etc/ssl/certs",
};

const RED_HAT: Store = Store {
    anchors: "/etc/pki/ca-trust/source/anchors",
    ending: "pem",
    bundles: &[
        "/etc/pki/ca-trust/extracted/pem/email-ca-bundle.pem",
        "/etc/pki/ca-trust/extracted/pem/objsign-ca-bundle.pem",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/pki/ca-trust/extracted/openssl/ca-bundle.trust.crt",
    ],
    hashed: &["/etc/pki/ca-trust/extracted/pem/directory-hash"],
    links: false,
    sign: "/etc/pki/ca-trust",
};

const SUSE: Store = Store {
    anchors: "/etc/pki/trust/anchors",
    ending: "pem",
    bundles: &["/var/lib/ca-certificates/ca-bundle.pem"],
    hashed: &[
        "/var/lib/ca-certificates/openssl",
        "/var/lib/ca-certificates/pem",
    ],
    links: false,
    sign: "/etc/pki/trust",
};

impl Store {
    /// That of a family.
    ///
    /// # Errors
    /// `P3013` for another family, `P3001` where the package is not there.
    pub(super) fn of(family: &str, tree: &VolumeTree) -> Result<&'static Self, PlanError> {
        let store = match family {
            "debian" => &DEBIAN,
            "redhat" => &RED_HAT,
            "suse" => &SUSE,
            _ => {
                let message = "where this distribution keeps trusted certificates is not known";
                return Err(PlanError::new(Code::P3013, message).help(
                    "write the certificate by `file::write`, and run its tool by `first_boot::add`",
                ));
            }
        };
        if is_directory(tree, store.sign)? {
            return Ok(store);
        }
        let sign = store.sign;
        Err(
            PlanError::new(Code::P3001, format!("the volume has no `{sign}`"))
                .at(sign)
                .help("install `ca-certificates` in the golden image"),
        )
    }

    pub(super) fn anchor(&self, name: &str) -> String {
        format!("{}/{name}.{}", self.anchors, self.ending)
    }

    /// Puts the certificate into the bundles and directories that are there.
    pub(super) fn trust(
        &self,
        tree: &mut VolumeTree,
        name: &str,
        certificate: &Certificate,
    ) -> Result<bool, PlanError> {
        let mut has_changed = false;
        for bundle in self.bundles_of(tree)? {
            has_changed |=
                access::edit(tree, bundle, |content| Ok(with(content, &certificate.pem)))?;
        }
        for folder in self.hashed {
            if is_directory(tree, folder)? {
                has_changed |= self.add_hashed(tree, folder, name, certificate)?;
            }
        }
        Ok(has_changed)
    }

    /// Takes it out of them again.
    pub(super) fn distrust(
        &self,
        tree: &mut VolumeTree,
        name: &str,
        certificate: &Certificate,
    ) -> Result<(), PlanError> {
        for bundle in self.bundles_of(tree)? {
            access::edit(tree, bundle, |content| {
                Ok(without(content, &certificate.pem))
            })?;
        }
        for folder in self.hashed {
            let file = format!("{name}.pem");
            for index in 0..u8::MAX {
                let link = format!("{folder}/{}.{index}", certificate.subject_hash);
                match access::look_at_link(tree, &link)? {
                    Some(found) if found.kind == FileKind::Symlink => {
                        if tree.read_link(&link)? == file.as_bytes() {
                            tree.remove(&link)?;
                            close_gap(tree, folder, &certificate.subject_hash, index)?;
                            break;
                        }
                    }
                    Some(_) => {}
                    None => break,
                }
            }
            let path = format!("{folder}/{file}");
            if access::look_at_link(tree, &path)?.is_some() {
                tree.remove(&path)?;
            }
        }
        Ok(())
    }

    /// The bundles that the volume has.
    fn bundles_of(&self, tree: &VolumeTree) -> Result<Vec<&'static str>, PlanError> {
        let mut found = Vec::new();
        for bundle in self.bundles {
            if access::look(tree, bundle)?.is_some_and(|found| found.kind == FileKind::File) {
                found.push(*bundle);
            }
        }
        Ok(found)
    }

    fn add_hashed(
        &self,
        tree: &mut VolumeTree,
        folder: &str,
        name: &str,
        certificate: &Certificate,
    ) -> Result<bool, PlanError> {
        let file = format!("{name}.pem");
        let path = format!("{folder}/{file}");
        let mut has_changed = false;
        if self.links {
            if access::look_at_link(tree, &path)?.is_none() {
                tree.symlink(&path, self.anchor(name), Ownership::root(0o777))?;
                has_changed = true;
            }
        } else {
            has_changed = access::write_bytes(
                tree,
                &path,
                certificate.pem.as_bytes(),
                Ownership::root(0o444),
            )?;
        }
        // Of several certificates with one subject, each has a number.
        for index in 0..u8::MAX {
            let link = format!("{folder}/{}.{index}", certificate.subject_hash);
            match access::look_at_link(tree, &link)? {
                Some(found)
                    if found.kind == FileKind::Symlink
                        && tree.read_link(&link)? == file.as_bytes() =>
                {
                    break;
                }
                Some(_) => {}
                None => {
                    tree.symlink(&link, &file, Ownership::root(0o777))?;
                    return Ok(true);
                }
            }
        }
        Ok(has_changed)
    }
}

/// OpenSSL stops at the first number that is missing: the last one takes its place.
fn close_gap(tree: &mut VolumeTree, folder: &str, hash: &str, gap: u8) -> Result<(), PlanError> {
    let path = |index: u8| format!("{folder}/{hash}.{index}");
    let mut last = gap;
    while last < u8::MAX && access::look_at_link(tree, &path(last + 1))?.is_some() {
        last += 1;
    }
    if last > gap {
        tree.rename(path(last), path(gap))?;
    }
    Ok(())
}

fn is_directory(tree: &VolumeTree, path: &str) -> Result<bool, PlanError> {
    Ok(access::look(tree, path)?.is_some_and(|found| found.kind == FileKind::Directory))
}

/// A bundle with the certificate at its end; `None` where it is there already.
fn with(bundle: &[u8], pem: &str) -> Option<Vec<u8>> {
    if memmem::find(bundle, pem.as_bytes()).is_some() {
        return None;
    }
    let mut new = bundle.to_vec();
    if !new.is_empty() && !new.ends_with(b"\n") {
        new.push(b'\n');
    }
    new.extend_from_slice(pem.as_bytes());
    Some(new)
}

fn without(bundle: &[u8], pem: &str) -> Option<Vec<u8>> {
    let start = memmem::find(bundle, pem.as_bytes())?;
    let [before, after] = [bundle.get(..start)?, bundle.get(start + pem.len()..)?];
    Some([before, after].concat())
}
