//! `Backing`: an [`Export`]'s disk in tgt's words.

use super::status::Unit;
use crate::export::{Export, ExportError, ExportSource, LUN, Result};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::path::Path;

/// An export's disk in tgt's words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Backing {
    store: &'static str,
    path: String,
    /// What the store needs besides.
    options: String,
    /// 32 hexadecimal digits, of which tgt makes the disk's NAA identifier.
    id: String,
    serial: String,
}

impl Backing {
    /// What tgt is to be told of the export's disk.
    ///
    /// # Errors
    /// `Refused` for a file that cannot be opened, and for a name that tgt would misunderstand.
    pub(super) fn of(export: &Export) -> Result<Self> {
        let refused = |why: String| ExportError::Refused {
            what: format!("open the volume of target `{}`", export.target),
            why,
        };
        let plain = |path: &Path| -> Result<String> {
            let path = std::path::absolute(path).map_err(|error| refused(error.to_string()))?;
            let text = path.to_str().filter(|text| is_plain(text));
            let odd = || refused("its path has a character that tgt does not take".to_owned());
            Ok(text.ok_or_else(odd)?.to_owned())
        };
        let (store, path, options) = match &export.volume {
            ExportSource::File(path) => {
                let opened = File::options().read(true).write(true).open(path);
                let opened = opened.and_then(|file| file.metadata());
                let there = opened.map_err(|error| refused(error.to_string()))?;
                if there.is_dir() {
                    return Err(refused("it is a folder".to_owned()));
                }
                ("rdwr", plain(path)?, String::new())
            }
            ExportSource::Rbd {
                pool,
                image,
                conf,
                user,
            } => {
                let is_name = |text: &str| is_plain(text) && !text.contains(['/', '@']);
                if ![pool, image]
                    .into_iter()
                    .chain(user)
                    .all(|text| is_name(text))
                {
                    return Err(refused(
                        "its name has a character that tgt does not take".to_owned(),
                    ));
                }
                let mut options = format!(",bsopts=conf={}", plain(conf)?);
                if let Some(user) = user {
                    options.push_str(&format!(";id={user}"));
                }
                ("rbd", format!("{pool}/{image}"), options)
            }
        };
        let digest = Sha256::digest(export.disk.as_str());
        Ok(Self {
            store,
            path,
            options,
            id: digest
                .iter()
                .take(16)
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            serial: export.disk.to_string(),
        })
    }

    /// Where the blocks are.
    pub(super) fn disk(&self) -> String {
        format!("path={},bstype={}{}", self.path, self.store, self.options)
    }

    /// Who the disk is.
    pub(super) fn names(&self) -> String {
        let (id, serial) = (&self.id, &self.serial);
        format!("scsi_id={id},scsi_sn={serial},vendor_id=MINTAGE,product_id=OS volume")
    }

    /// Whether these are a target's units: its controller, and this disk.
    pub(super) fn is(&self, units: &[Unit]) -> bool {
        let [controller, disk] = units else {
            return false;
        };
        controller.kind == "controller"
            && disk.kind == "disk"
            && disk.number == LUN
            && disk.online
            && !disk.read_only
            && disk.store == self.store
            && disk.path == self.path
            && disk.id == self.id
            && disk.serial == self.serial
    }
}

/// Commas and semicolons separate what tgt is told.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && !text.contains([',', ';']) && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::{DiskId, Iqn};
    use std::path::PathBuf;

    fn export(volume: ExportSource) -> Export {
        Export {
            target: Iqn::parse("iqn.2026-11.com.example:web01").unwrap(),
            volume,
            initiator: Iqn::parse("iqn.2026-11.com.example.host:web01").unwrap(),
            chap: None,
            mutual: None,
            disk: DiskId::parse("web01").unwrap(),
        }
    }

    fn rbd(pool: &str, image: &str, conf: &str, user: Option<&str>) -> Result<Backing> {
        Backing::of(&export(ExportSource::Rbd {
            pool: pool.to_owned(),
            image: image.to_owned(),
            conf: PathBuf::from(conf),
            user: user.map(str::to_owned),
        }))
    }

    #[test]
    fn a_disk_is_told_in_the_words_of_tgt() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("web01");
        std::fs::write(&path, [0; 512]).unwrap();
        let backing = Backing::of(&export(ExportSource::File(path.clone()))).unwrap();
        assert_eq!(
            backing.disk(),
            format!("path={},bstype=rdwr", path.display())
        );
        let names = backing.names();
        assert!(names.contains(",scsi_sn=web01,"), "{names}");
        assert_eq!(backing.id.len(), 32);

        let backing = rbd("os", "web01", "/etc/ceph/ceph.conf", None).unwrap();
        assert_eq!(
            backing.disk(),
            "path=os/web01,bstype=rbd,bsopts=conf=/etc/ceph/ceph.conf"
        );
        let backing = rbd("os", "web01", "/c", Some("mintage")).unwrap();
        assert!(backing.disk().ends_with(",bsopts=conf=/c;id=mintage"));
    }

    #[test]
    fn nothing_can_be_smuggled_into_the_words() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a,bstype=null", "a;b", "a\nb"] {
            let path = folder.path().join(name);
            std::fs::write(&path, [0; 512]).unwrap();
            assert!(
                Backing::of(&export(ExportSource::File(path))).is_err(),
                "{name:?}"
            );
        }
        assert!(Backing::of(&export(ExportSource::File(folder.path().to_owned()))).is_err());
        for (pool, image, conf) in [
            ("os,bstype=rdwr", "web01", "/c"),
            ("os", "a/b", "/c"),
            ("", "a", "/c"),
            ("os", "a@snap", "/c"),
            ("os", "a", "/c;id=admin"),
        ] {
            assert!(
                rbd(pool, image, conf, None).is_err(),
                "{pool} {image} {conf}"
            );
        }
        for user in ["", "a,b", "a;cluster=b", "a/b"] {
            assert!(rbd("os", "a", "/c", Some(user)).is_err(), "{user:?}");
        }
    }
}
