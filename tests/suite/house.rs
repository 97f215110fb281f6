//! The house's own rules: dependencies point one way, every test file is run.

use cargo_metadata::{DependencyKind, MetadataCommand, Package};
use std::collections::BTreeSet;
use std::path::Path;

/// The only arrows there may be between the workspace's crates (docs/architecture.md).
const ARROWS: &[(&str, &[&str])] = &[
    ("mintage-volume", &[]),
    ("mintage-engine", &["mintage-volume"]),
    (
        "mintage-plans",
        &["mintage-engine", "mintage-scan", "mintage-volume"],
    ),
    ("mintage-scan", &["mintage-volume"]),
    ("mintage-storage", &["mintage-volume"]),
    ("mintage-boot", &["mintage-storage", "mintage-volume"]),
    ("mintage-records", &[]),
    (
        "mintage-worker",
        &[
            "mintage-engine",
            "mintage-plans",
            "mintage-scan",
            "mintage-storage",
            "mintage-volume",
        ],
    ),
    (
        "mintage-deploy",
        &[
            "mintage-boot",
            "mintage-engine",
            "mintage-plans",
            "mintage-records",
            "mintage-scan",
            "mintage-storage",
            "mintage-volume",
            "mintage-worker",
        ],
    ),
    (
        "mintage-service",
        &[
            "mintage-boot",
            "mintage-deploy",
            "mintage-engine",
            "mintage-plans",
            "mintage-records",
            "mintage-storage",
            "mintage-volume",
            "mintage-web",
        ],
    ),
    ("mintage-web", &[]),
    ("mintage-client", &[]),
    ("mintage-trees", &[]),
    (
        "mintage-testing",
        &[
            "mintage-engine",
            "mintage-plans",
            "mintage-trees",
            "mintage-volume",
        ],
    ),
    ("plan-stdlib", &["mintage-engine", "mintage-volume"]),
    (
        "mintage",
        &[
            "mintage-boot",
            "mintage-client",
            "mintage-deploy",
            "mintage-engine",
            "mintage-plans",
            "mintage-records",
            "mintage-scan",
            "mintage-service",
            "mintage-storage",
            "mintage-testing",
            "mintage-volume",
            "mintage-worker",
            "plan-stdlib",
        ],
    ),
    (
        "mintage-test-support",
        &[
            "mintage-engine",
            "mintage-trees",
            "mintage-volume",
            "plan-stdlib",
        ],
    ),
    ("mintage-tests", &[]),
];

/// What a crate must not even know by name, so that a layer keeps to its subject.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("mintage-volume", &["rhai", "tokio", "axum", "minijinja"]),
    (
        "mintage-engine",
        &["tokio", "axum", "cap-std", "minijinja", "plan-stdlib"],
    ),
    ("mintage-plans", &["tokio", "axum", "rusqlite"]),
    ("mintage-scan", &["rhai", "tokio", "axum"]),
    ("mintage-storage", &["axum", "rhai"]),
    ("mintage-records", &["tokio", "axum"]),
    ("mintage-worker", &["tokio", "axum", "rhai"]),
    ("mintage-deploy", &["axum", "rhai", "rusqlite", "postgres"]),
    ("mintage-service", &["rusqlite", "postgres", "rhai"]),
    ("plan-stdlib", &["tokio", "axum", "rusqlite", "cap-std"]),
];

#[test]
fn dependencies_point_down_only() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let ours: BTreeSet<String> = metadata
        .packages
        .iter()
        .map(|p| p.name.to_string())
        .collect();
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let name = package.name.as_str();
        let Some((_, allowed)) = ARROWS.iter().find(|(from, _)| *from == name) else {
            wrong.push(format!(
                "`{name}` has no row in ARROWS: add it there and to the docs"
            ));
            continue;
        };
        for dependency in normal_dependencies(package) {
            if ours.contains(&dependency) && !allowed.contains(&dependency.as_str()) {
                wrong.push(format!("`{name}` -> `{dependency}` points up or sideways"));
            }
        }
        for (_, forbidden) in FORBIDDEN.iter().filter(|(from, _)| *from == name) {
            for dependency in normal_dependencies(package) {
                if forbidden.contains(&dependency.as_str()) {
                    wrong.push(format!("`{name}` must not know `{dependency}`"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn normal_dependencies(package: &Package) -> impl Iterator<Item = String> + '_ {
    let normal = package
        .dependencies
        .iter()
        .filter(|d| d.kind == DependencyKind::Normal);
    normal.map(|d| d.name.clone())
}

#[test]
fn no_test_file_is_forgotten() {
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("suite");
    let listed = std::fs::read_to_string(suite.join("main.rs")).unwrap();
    for entry in std::fs::read_dir(&suite).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let is_module = path.extension().is_some_and(|e| e == "rs") && stem != "main";
        if is_module {
            assert!(
                listed.lines().any(|line| line == format!("mod {stem};")),
                "tests/suite/main.rs does not list `mod {stem};`"
            );
        }
    }
}

#[test]
fn every_source_file_says_what_it_is_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut silent = Vec::new();
    for folder in ["host", "plan-stdlib", "tests"] {
        for entry in walkdir::WalkDir::new(root.join(folder))
            .into_iter()
            .filter_map(Result::ok)
        {
            let is_source = entry.path().extension().is_some_and(|e| e == "rs");
            if is_source
                && !std::fs::read_to_string(entry.path())
                    .unwrap()
                    .starts_with("//!")
            {
                silent.push(entry.path().display().to_string());
            }
        }
    }
    assert!(silent.is_empty(), "no `//!` head in: {silent:#?}");
}
