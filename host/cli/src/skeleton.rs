//! The plan libraries that `mintage new` lays out.

use mintage_plans::PlanKind;

/// The files of a new library by their paths in it; `@NAME@` is its name, `@LAYOUT@` that of the
/// layout that it is tested on.
pub(crate) fn files(kind: PlanKind) -> impl Iterator<Item = (&'static str, &'static str)> {
    let of_kind = match kind {
        PlanKind::Deploy => DEPLOY,
        PlanKind::Capture => CAPTURE,
    };
    of_kind.iter().chain(EVERY_KIND).copied()
}

const DEPLOY: &[(&str, &str)] = &[
    (
        "build-plan.toml",
        include_str!("skeleton/deploy/build-plan.toml"),
    ),
    (
        "scripts/identity.rhai",
        include_str!("skeleton/deploy/scripts/identity.rhai"),
    ),
    (
        "scripts/welcome.rhai",
        include_str!("skeleton/deploy/scripts/welcome.rhai"),
    ),
    (
        "templates/motd.j2",
        include_str!("skeleton/deploy/templates/motd.j2"),
    ),
    (
        "tests/first/case.toml",
        include_str!("skeleton/deploy/case.toml"),
    ),
];

const CAPTURE: &[(&str, &str)] = &[
    (
        "build-plan.toml",
        include_str!("skeleton/capture/build-plan.toml"),
    ),
    (
        "scripts/generalize.rhai",
        include_str!("skeleton/capture/scripts/generalize.rhai"),
    ),
    (
        "tests/first/case.toml",
        include_str!("skeleton/capture/case.toml"),
    ),
];

const EVERY_KIND: &[(&str, &str)] = &[
    ("README.md", include_str!("skeleton/every-kind/README.md")),
    // Not under its own name here, where it would count for this project.
    (".gitignore", include_str!("skeleton/every-kind/gitignore")),
];
