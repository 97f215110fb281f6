//! One process for a data folder, a key that fits the records, a certificate that clients can use.

use super::*;
use crate::settings::{Layers, resolve};
use std::path::Path;

fn settings(folder: &Path, more: &[(&str, &Path)]) -> Settings {
    let mut layers = Layers {
        file: Some("/dev/null".into()),
        ..Layers::default()
    };
    let text = |path: &Path| path.display().to_string();
    layers.flags.insert("data".into(), text(folder));
    let more = more
        .iter()
        .map(|(name, path)| ((*name).to_owned(), text(path)));
    layers.flags.extend(more);
    resolve(&layers).unwrap().settings
}

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

#[test]
fn a_data_folder_is_for_one_process() {
    let folder = tempfile::tempdir().unwrap();
    let lock = data::lock(folder.path()).unwrap();
    let problem = data::lock(folder.path()).unwrap_err();
    let process = format!("is in use by process {}", std::process::id());
    assert!(problem.message.ends_with(&process), "{}", problem.message);
    drop(lock);
    data::lock(folder.path()).unwrap();
}

#[test]
fn records_open_only_with_the_key_that_sealed_them() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path(), &[]);
    let key = folder.path().join("sealing.key");
    let open = || data::open(&settings, Stop::default());
    open().unwrap();
    open().unwrap();
    for (bytes, why) in [
        (vec![1; 32], "is not the key that sealed these records"),
        (vec![1; 31], "it has 31 bytes, not 32"),
    ] {
        std::fs::write(&key, bytes).unwrap();
        let problem = open().unwrap_err();
        assert!(problem.message.ends_with(why), "{}", problem.message);
    }
}

#[test]
fn the_service_makes_its_certificate_once_and_keeps_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path(), &[]);
    let print = || Identity::load(&settings, HERE).unwrap().fingerprint();
    let first = print();
    assert_eq!(first, print());
    let key = std::fs::read(folder.path().join("certificate.key")).unwrap();
    std::fs::remove_file(folder.path().join("certificate.pem")).unwrap();
    assert_ne!(first, print());
    assert_eq!(
        key,
        std::fs::read(folder.path().join("certificate.key")).unwrap()
    );
}

#[test]
fn a_store_that_cannot_be_used_ends_the_start_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "no folder").unwrap();
    let inside = format!("file:{}/volumes", file.display());
    for (store, why) in [
        ("nfs:/srv", "no store is at such a URL"),
        (&inside, "Check that the store is mounted"),
    ] {
        let settings = settings(folder.path(), &[("store", Path::new(store))]);
        let problem = data::open(&settings, Stop::default())
            .map(drop)
            .unwrap_err();
        let text = problem.render(mintage_engine::Style::Plain);
        assert!(
            text.contains(why) && text.contains("the setting `store`"),
            "{text}"
        );
    }
}

#[test]
fn a_given_certificate_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| {
        let own = settings(&folder.path().join(name), &[]);
        std::fs::create_dir(&own.data).unwrap();
        Identity::load(&own, HERE).unwrap();
        own.data
    };
    let (one, other) = (place("one"), place("other"));
    let given = |certificate: &Path, key: &Path| {
        let settings = settings(
            folder.path(),
            &[("tls.certificate", certificate), ("tls.key", key)],
        );
        let config = Identity::load(&settings, HERE).and_then(Identity::config);
        config.map(|_| ()).map_err(|problem| problem.message)
    };
    let (certificate, key) = ("certificate.pem", "certificate.key");
    given(&one.join(certificate), &one.join(key)).unwrap();
    for (certificate, key, why) in [
        (
            one.join(certificate),
            other.join(key),
            "keys may not be consistent",
        ),
        (
            one.join(key),
            one.join(key),
            "there is no `BEGIN CERTIFICATE` in it",
        ),
        (one.join(certificate), one.join(certificate), "private key"),
        (one.join("none"), one.join(key), "No such file"),
    ] {
        let problem = given(&certificate, &key).unwrap_err();
        assert!(problem.contains(why), "{problem}");
    }
}

#[test]
fn a_url_names_the_machine_or_the_address() {
    let all = url("[::]:443".parse().unwrap());
    assert_eq!(all, format!("https://{}", certificate::host_name()));
    assert_eq!(url("[::1]:8443".parse().unwrap()), "https://[::1]:8443");
    assert_eq!(url("127.0.0.1:1".parse().unwrap()), "https://127.0.0.1:1");
}

#[test]
fn what_ends_the_service_reads_well() {
    let problem = stopped("serving ended: too many open files".to_owned());
    insta::assert_snapshot!("P9003", problem.render(mintage_engine::Style::Plain));
}

#[test]
fn old_events_are_forgotten_at_the_start() {
    use crate::settings::Retention;
    use mintage_records::Author;
    use mintage_records::model::DeploymentGroup;

    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path(), &[]);
    let (state, _) = data::open(&settings, Stop::default()).unwrap();
    let records = Arc::clone(&state.records);
    for name in ["one", "two", "three"] {
        let group = DeploymentGroup {
            name: name.to_owned(),
            description: None,
        };
        records
            .change(&Author::service(), |change| change.insert(group))
            .unwrap();
    }
    let count = || records.read(|view| view.events(0, 1000)).unwrap().len();
    assert!(count() > 3);
    let kept = Retention {
        events: 2,
        ..settings.retention.clone()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let forever = upkeep::upkeep(
        Arc::clone(&state.records),
        Arc::clone(&state.profiles),
        kept,
    );
    let ended =
        runtime.block_on(async { tokio::time::timeout(Duration::from_secs(3), forever).await });
    assert!(ended.is_err(), "it ends");
    assert_eq!(count(), 2);
}
