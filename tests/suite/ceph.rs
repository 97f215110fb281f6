//! Volumes in a Ceph pool, with a real cluster: the conformance suite of image stores, what a pool that is
//! full, missing or lost says, an image that tgtd serves to an initiator, and the whole way through the service.

use crate::chain::site::{IMAGE, Site, volume};
use crate::deployments::{DEPLOY, build_plan, deployment_plan};
use crate::export::bench::TgtBench;
use mintage_storage::CloneMethod;
use mintage_storage::export::conformance::{Bench as _, Login};
use mintage_storage::export::{Chap, DiskId, Export, ExportSource, Force, Iqn};
use mintage_storage::store::conformance::{Bench, content, run_suite};
use mintage_storage::store::{ImageStore, RbdPool, RbdStore, StoreErrorKind, VolumeName};
use mintage_test_support::{Ceph, Environment, Need, lane};
use mintage_volume::block::NbdDevice;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

/// A pool for a test alone.
struct Pool {
    ceph: &'static Ceph,
    name: String,
    environment: Environment,
}

impl Pool {
    fn new() -> Option<Self> {
        let ceph = Ceph::shared("ceph")?;
        Some(Self {
            name: ceph.pool(),
            environment: Environment::new(),
            ceph,
        })
    }

    fn store(&self) -> RbdStore {
        RbdStore::open(self.url(&self.ceph.conf()), self.environment.folder()).unwrap()
    }

    fn url(&self, conf: &Path) -> RbdPool {
        let url = format!("rbd://{}?id=mintage&conf={}", self.name, conf.display());
        RbdPool::parse(&url).unwrap()
    }

    fn images(&self) -> String {
        self.ceph.rbd(&["ls", "--pool", &self.name])
    }

    /// A volume of 8 MiB, of which `data` is in the middle.
    fn make(&self, store: &RbdStore, name: &VolumeName, data: &[u8]) -> Result<(), StoreErrorKind> {
        let volume = store.create(name).map_err(|error| error.kind())?;
        volume.file().set_len(8 << 20).unwrap();
        volume.file().write_all_at(data, 1 << 20).unwrap();
        volume.publish().map_err(|error| error.kind())
    }
}

impl Bench for Pool {
    fn open(&self) -> Arc<dyn ImageStore> {
        Arc::new(self.store())
    }

    fn method(&self) -> Option<CloneMethod> {
        Some(CloneMethod::RbdClone)
    }

    fn read_descriptor(&self, descriptor: OwnedFd) -> Vec<u8> {
        content(&NbdDevice::read_only(descriptor).unwrap())
    }

    fn read_export(&self, source: &ExportSource) -> Vec<u8> {
        let ExportSource::Rbd { pool, image, .. } = source else {
            panic!("{source:?} is no image");
        };
        let file = self.environment.path("exported");
        let path = file.to_str().unwrap();
        self.ceph
            .rbd(&["export", "--no-progress", &format!("{pool}/{image}"), path]);
        let bytes = std::fs::read(&file).unwrap();
        std::fs::remove_file(file).unwrap();
        bytes
    }
}

#[test]
fn an_rbd_store_conforms() {
    let Some(pool) = Pool::new() else { return };
    run_suite(&pool);
    assert_eq!(pool.images(), "", "something is left in the pool");
}

#[test]
fn only_what_is_the_stores_own_is_touched() {
    let Some(pool) = Pool::new() else { return };
    let other = format!("{}/somebody-elses", pool.name);
    pool.ceph.rbd(&["create", "--size", "1M", &other]);
    let store = pool.store();
    assert_eq!(store.list().unwrap(), []);
    assert_eq!(store.remove_unfinished().unwrap(), 0);
    assert_eq!(pool.images(), "somebody-elses");
}

#[test]
fn a_missing_pool_and_a_lost_cluster_are_told_apart() {
    let Some(mut pool) = Pool::new() else { return };
    let lost = pool.environment.path("lost.conf");
    std::fs::write(&lost, "[global]\nmon host = 127.0.0.1:1\n").unwrap();
    let folder = pool.environment.folder();
    let error = RbdStore::open(pool.url(&lost), folder).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
    pool.name = "nobodys".to_owned();
    let folder = pool.environment.folder();
    let error = RbdStore::open(pool.url(&pool.ceph.conf()), folder).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::PoolMissing, "{error}");
    assert!(
        error.to_string().contains("the Ceph pool `nobodys`"),
        "{error}"
    );
}

#[test]
fn a_full_pool_takes_nothing_and_keeps_nothing() {
    let Some(pool) = Pool::new() else { return };
    let store = pool.store();
    pool.ceph.ceph(&[
        "osd",
        "pool",
        "set-quota",
        &pool.name,
        "max_bytes",
        "1048576",
    ]);
    pool.ceph
        .wait_for("df detail --format json", "\"quota_bytes\":1048576");
    let name = VolumeName::golden("big");
    let made = pool.make(&store, &name, &vec![7; 2 << 20]);
    assert_eq!(made, Err(StoreErrorKind::Full));
    assert_eq!(pool.images(), "");
    pool.make(&store, &name, &[7; 4096]).unwrap();
}

#[test]
fn an_initiator_reads_an_image_that_tgtd_serves() {
    let needs = ["tgtd", "unshare", "iscsi-inq"].map(Need::Program);
    let Some(pool) = Pool::new().filter(|_| lane::can_run("ceph", &needs)) else {
        return;
    };
    let (store, name) = (pool.store(), VolumeName::os("web01"));
    pool.make(&store, &name, b"of the cluster").unwrap();
    let tgt = TgtBench::new();
    let iqn = |text: &str| Iqn::parse(text).unwrap();
    let chap = || Some(Chap::new("web01", "secret-of-web").unwrap());
    let export = Export {
        target: iqn("iqn.2026-11.com.example:web01"),
        volume: store.export_source(&name).unwrap(),
        initiator: iqn("iqn.2026-11.com.example.host:web01"),
        chap: chap(),
        mutual: None,
        disk: DiskId::parse("web01").unwrap(),
    };
    tgt.exporter().publish(&export).unwrap();
    let login = Login {
        target: export.target.clone(),
        initiator: export.initiator.clone(),
        chap: chap(),
        mutual: None,
    };
    let portal = tgt.exporter().portals()[0];
    let mut disk = tgt.log_in(portal, &login).unwrap();
    let mut read = [0; 512];
    disk.read(1 << 20, &mut read).unwrap();
    assert!(read.starts_with(b"of the cluster"));
    disk.write(512, &[9; 512]).unwrap();
    // Its disk is the server's now.
    let error = store.remove(&name).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::InUse, "{error}");
    drop(disk);
    tgt.exporter()
        .unpublish(&export.target, Force::Yes)
        .unwrap();
    let bytes = content(&*store.open(&name).unwrap().device());
    assert!(bytes[512..1024] == [9; 512]);
    store.remove(&name).unwrap();
    assert_eq!(pool.images(), "");
}

#[test]
fn a_profile_boots_from_the_pool_and_is_captured_in_it() {
    let needs = ["tgtd", "iscsi-inq", "qemu-system-x86_64"].map(Need::Program);
    let needs = [&needs[..], &[Need::Cached(IMAGE)]].concat();
    let Some(pool) = Pool::new().filter(|_| lane::can_run("ceph", &needs)) else {
        return;
    };
    let url = format!("rbd://{}?conf={}", pool.name, pool.ceph.conf().display());
    let site = Site::with(&pool.environment, &["--store", &url]);
    let golden = site.upload("tiny");
    let deploy = build_plan(&site.server, "deploy", "deploy", DEPLOY);
    let plan = deployment_plan(&site.server, "tiny", &deploy, &golden);
    let first = site.profile("web01", &plan, "web01");
    let who = site.boot(&first);
    assert_eq!(who.host_name, "web01");
    site.strangers_are_refused(&first);

    let captured = site.capture(&volume(&site.get(&first)), "captured");
    let plan = deployment_plan(&site.server, "captured", &deploy, &captured);
    let second = site.profile("web02", &plan, "web02");
    let other = site.boot(&second);
    assert_eq!(other.host_name, "web02");
    assert_ne!(other.machine_id, who.machine_id);

    assert_eq!(pool.images().matches("mintage-os-").count(), 2);
    for profile in [&first, &second] {
        site.delete(profile);
    }
    // What is left are the two golden volumes.
    let images = pool.images();
    assert_eq!(images.matches("mintage-golden-").count(), 2, "{images}");
    assert_eq!(images.lines().count(), 2, "{images}");
}
