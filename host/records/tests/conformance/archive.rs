//! Backups: everything out, everything in, and what is in the way.

use crate::samples::{
    author, build_plan, deployment_plan, get, golden_image, os_volume, put, script,
};
use crate::store::Store;
use mintage_records::model::{BuildPlan, DeploymentPlan, GoldenImage, OsVolume, PlanScript};
use mintage_records::{Document, Kind, Match, Records, RecordsError, Replaced};

const KINDS: [Kind; 5] = [
    Kind::DeploymentPlans,
    Kind::PlanScripts,
    Kind::GoldenImages,
    Kind::BuildPlans,
    Kind::ArtifactBundles,
];

fn export(records: &Records) -> Vec<Document> {
    let mut documents = Vec::new();
    let exported = records.read(|view| {
        for kind in KINDS {
            view.export(kind, |document| {
                documents.push(document);
                Ok::<_, RecordsError>(())
            })?;
        }
        Ok::<_, RecordsError>(())
    });
    exported.unwrap();
    documents
}

fn replace(records: &Records, documents: &[Document]) -> Result<Replaced, RecordsError> {
    records.change(&author(), |change| {
        change.replace_all(&KINDS, documents.iter().cloned().map(Ok::<_, RecordsError>))
    })
}

/// Two scripts with three versions, a plan of both, an image, a deployment plan, and many images.
fn fill(records: &Records) {
    let one = put(records, script("one"));
    for content in ["// two", "// three"] {
        let mut body = one.body.clone();
        body.content = content.to_owned();
        records
            .change(&author(), |change| {
                change.update(&one.id, &Match::Any, body)
            })
            .unwrap();
    }
    let two = put(records, script("two"));
    let plan = put(records, build_plan("plan", &[one.id, two.id]));
    let image = put(records, golden_image("debian", 1));
    put(records, deployment_plan("web", &plan.id, Some(&image.id)));
    for number in 0..250 {
        put(records, golden_image(&format!("image {number}"), number));
    }
}

pub fn a_backup_is_restored_with_ids_and_versions(store: &Store) {
    let records = store.open();
    fill(&records);
    let documents = export(&records);
    assert_eq!(documents.len(), 255);
    // By way of JSON, as an archive has it.
    let text = serde_json::to_string(&documents).unwrap();
    let documents: Vec<Document> = serde_json::from_str(&text).unwrap();

    let same = replace(&records, &documents).unwrap();
    let all = Replaced {
        unchanged: 255,
        ..Replaced::default()
    };
    assert_eq!(same, all);
    assert_eq!(export(&records), documents);
    assert_eq!(records.check().unwrap(), []);

    // Another service, where nothing is but something that is to go.
    store.sql("DELETE FROM reference; DELETE FROM resource_version; DELETE FROM resource");
    put(&records, script("goes away"));
    let fresh = replace(&records, &documents).unwrap();
    let all = Replaced {
        created: 255,
        deleted: 1,
        ..Replaced::default()
    };
    assert_eq!(fresh, all);
    assert_eq!(export(&records), documents);
    assert_eq!(records.check().unwrap(), []);
}

pub fn a_restore_keeps_what_volumes_are_pinned_to(store: &Store) {
    let records = store.open();
    fill(&records);
    let documents = export(&records);
    let find = |name: &str| {
        let found = records.read(|view| view.find_by_name::<PlanScript>(name));
        found.unwrap().unwrap()
    };
    let (one, two) = (find("one"), find("two"));
    // Since the backup: names swapped, an image deleted, a script added, a volume made.
    let renamed = records.change(&author(), |change| {
        change.update(&one.id, &Match::Any, script("for a moment"))?;
        change.update(&two.id, &Match::Any, script("one"))?;
        change.update(&one.id, &Match::Any, script("two"))?;
        let image = change.find_by_name::<GoldenImage>("image 7")?.unwrap();
        change.delete::<GoldenImage>(&image.id, &Match::Any)?;
        change.insert(script("new"))
    });
    renamed.unwrap();
    let plan = records.read(|view| view.find_by_name::<DeploymentPlan>("web"));
    let volume = put(&records, os_volume("web01", &plan.unwrap().unwrap()));

    let replaced = replace(&records, &documents).unwrap();
    let expected = Replaced {
        created: 1,
        updated: 2,
        unchanged: 252,
        deleted: 1,
    };
    assert_eq!(replaced, expected);
    let now = find("one");
    assert_eq!((&now.id, now.version, &now.body), (&one.id, 6, &one.body));
    let pinned = records.read(|view| view.version::<PlanScript>(&one.id, 4));
    assert_eq!(pinned.unwrap().body.name, "for a moment");
    assert_eq!(get::<OsVolume>(&records, &volume.id).unwrap(), volume);
    assert_eq!(records.check().unwrap(), []);
}

pub fn what_cannot_be_restored_changes_nothing(store: &Store) {
    let records = store.open();
    fill(&records);
    let documents = export(&records);
    let plan = records.read(|view| view.find_by_name::<DeploymentPlan>("web"));
    put(&records, os_volume("web01", &plan.unwrap().unwrap()));
    let without = |kind: Kind| -> Vec<Document> {
        let rest = documents.iter().filter(|document| document.kind != kind);
        rest.cloned().collect()
    };
    let with = |edit: &dyn Fn(&mut Document)| {
        let mut documents = documents.clone();
        let position = documents.iter().position(|d| d.kind == Kind::PlanScripts);
        edit(&mut documents[position.unwrap()]);
        documents
    };
    let table = [
        (
            without(Kind::DeploymentPlans),
            "deployment plan `web` is used by OS volume `web01`",
        ),
        (
            without(Kind::PlanScripts),
            "`buildStep` names a plan script that does not exist",
        ),
        (
            with(&|document| document.versions.last_mut().unwrap().body["name"] = "ONE".into())
                .into_iter()
                .chain(
                    documents
                        .iter()
                        .filter(|d| d.kind == Kind::PlanScripts)
                        .cloned(),
                )
                .collect(),
            "there is a plan script with the name",
        ),
        (
            with(&|document| document.kind = Kind::Backups),
            "is not one of those",
        ),
        (
            with(&|document| document.versions.clear()),
            "it has no version",
        ),
        (
            with(&|document| document.versions[0].version = 2),
            "versions have gaps",
        ),
        (
            with(&|document| document.versions[0].body = "s3cret".into()),
            "cannot be read: line 1",
        ),
    ];
    for (documents_given, text) in table {
        let error = replace(&records, &documents_given).unwrap_err().to_string();
        assert!(error.contains(text) && !error.contains("s3cret"), "{error}");
    }
    assert_eq!(export(&records), documents);
    let plans = records.read(|view| view.all::<BuildPlan>()).unwrap();
    assert_eq!(plans.len(), 1);
    assert_eq!(records.check().unwrap(), []);
}
