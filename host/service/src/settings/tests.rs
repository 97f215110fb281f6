//! The table fits the struct, layers go in their order, and what is wrong is shown with its place.

use super::file::parse;
use super::*;
use mintage_engine::{Diagnostic, Style};

fn layers() -> Layers {
    Layers {
        // Nothing of the machine that runs the tests.
        file: Some("/dev/null".into()),
        ..Layers::default()
    }
}

fn rendered(problems: &[Diagnostic]) -> String {
    let all = problems.iter().map(|problem| problem.render(Style::Plain));
    all.collect()
}

#[test]
fn every_setting_has_a_default_that_fits_its_form_and_its_field() {
    let resolved = resolve(&layers()).unwrap();
    assert_eq!(resolved.settings.limits, Limits::default());
    assert_eq!(resolved.settings.http.grace, Duration::from_secs(30));
    assert_eq!(resolved.settings.health.free_space, 1 << 30);
    assert_eq!(resolved.values.len(), table().len());
}

#[test]
fn names_are_unique_and_help_is_sentences() {
    let mut flags: Vec<_> = table().iter().map(|setting| &setting.flag).collect();
    flags.sort();
    flags.dedup();
    assert_eq!(flags.len(), table().len());
    assert!(table().iter().all(|setting| setting.help.ends_with('.')));
}

#[test]
fn a_flag_is_before_the_environment_before_the_file_before_the_default() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mintage.toml");
    std::fs::write(&file, "\n[http]\ngrace = \"3 min\"\n").unwrap();
    let mut layers = Layers::default();
    let grace = |layers: &Layers| {
        let resolved = resolve(layers).unwrap();
        let value = resolved
            .values
            .iter()
            .find(|v| v.setting.name == "http.grace");
        let origin = value.unwrap().origin.to_string();
        (resolved.settings.http.grace.as_secs(), origin)
    };
    layers.file = Some("/dev/null".into());
    assert_eq!(grace(&layers), (30, "default".into()));
    layers.file = Some(file.clone());
    assert_eq!(grace(&layers), (180, format!("{}:3", file.display())));
    layers
        .environment
        .insert("MINTAGE_HTTP_GRACE".into(), "2".into());
    assert_eq!(grace(&layers), (2, "MINTAGE_HTTP_GRACE".into()));
    layers.flags.insert("http.grace".into(), "1 s".into());
    assert_eq!(grace(&layers), (1, "--http-grace".into()));
}

#[test]
fn a_file_that_the_environment_names_must_be_there() {
    let mut layers = Layers::default();
    layers
        .environment
        .insert(FILE_VARIABLE.into(), "/no/such.toml".into());
    let problems = resolve(&layers).unwrap_err();
    assert_eq!(
        rendered(&problems),
        "error[P9001]: cannot read the configuration /no/such.toml: \
         No such file or directory (os error 2)\n"
    );
}

#[test]
fn what_is_wrong_with_a_flag_or_variable_is_told_all_at_once() {
    let mut layers = layers();
    layers.flags.insert("listen".into(), "443".into());
    layers
        .environment
        .insert("MINTAGE_LOG_FORMAT".into(), "xml".into());
    let problems = resolve(&layers).unwrap_err();
    insta::assert_snapshot!(rendered(&problems));
}

#[test]
fn what_is_wrong_with_a_file_is_shown_with_its_place() {
    let text = "lisen = \"[::]:443\"\n\
                database = 7\n\
                [http]\ngrace = \"soon\"\nconnections = 0\ngrase = 1\n\
                [limits]\njson-body = true\n\
                [lgo]\nlevel = \"info\"\n";
    insta::assert_snapshot!(rendered(&parse("mintage.toml", text).unwrap_err()));
    insta::assert_snapshot!(rendered(&parse("mintage.toml", "[http\n").unwrap_err()));
}

#[test]
fn a_secret_is_never_shown() {
    let text = "database = \"postgres://u:s3cret@h/d\" x\n";
    let shown = rendered(&parse("mintage.toml", text).unwrap_err());
    assert!(
        shown.contains("mintage.toml:1:") && !shown.contains("s3cret"),
        "{shown}"
    );

    let mut layers = layers();
    layers
        .flags
        .insert("database".into(), "postgres://u:s3cret@h/d".into());
    let resolved = resolve(&layers).unwrap();
    let shown: Vec<_> = resolved.values.iter().filter_map(Value::shown).collect();
    assert!(
        shown.iter().all(|value| !value.contains("s3cret")),
        "{shown:?}"
    );
}

#[test]
fn values_are_read_as_they_are_written() {
    for (form, text, number) in [
        (Form::Size, "4 MiB", Some(4 << 20)),
        (Form::Size, "4096", Some(4096)),
        (Form::Size, "4 MB", None),
        (Form::Size, "99999999 TiB", None),
        (Form::Duration, "5 min", Some(300)),
        (Form::Duration, "-1 s", None),
        (Form::Count, "0", None),
        (Form::Count, "12", Some(12)),
        (Form::Addresses, "10.0.0.1", None),
        (Form::Addresses, "10.0.0.1:3260,", None),
        (Form::Ports, "1, 32768", None),
        (Form::Ports, "-1", None),
        (Form::IscsiName, "web01", None),
        (Form::IscsiName, "eui.02004567A425678D", None),
    ] {
        let parsed = form.parse(text).and_then(|value| value.as_u64());
        assert_eq!(parsed, number, "{text}");
        if let Some(number) = number {
            assert_eq!(
                form.parse(&form.written(number)),
                Some(number.into()),
                "{text}"
            );
        }
    }
}

#[test]
fn lists_and_names_are_kept_as_they_are_written() {
    for (form, text) in [
        (Form::Addresses, "10.0.0.1:3260, [fd00::1]:3260"),
        (Form::Ports, "0,7"),
        (Form::IscsiName, "iqn.2026-11.com.example"),
    ] {
        assert_eq!(form.parse(text), Some(text.into()));
    }
}

#[test]
fn an_export_that_does_not_fit_together_is_told() {
    let mut layers = layers();
    layers.flags.insert("export.daemons".into(), "own".into());
    let told = rendered(&resolve(&layers).unwrap_err());
    assert!(told.contains("`export.portals` must be set"), "{told}");
}

#[test]
fn scripts_are_served_at_an_address_that_servers_can_be_told() {
    let told = |address: &str| {
        let mut layers = layers();
        layers.flags.insert("boot.listen".into(), address.into());
        resolve(&layers).map(|resolved| resolved.settings.boot.listen)
    };
    assert_eq!(
        told("192.0.2.1:80").unwrap(),
        Some("192.0.2.1:80".parse().unwrap())
    );
    for address in ["0.0.0.0:80", "[::]:80", "192.0.2.1:0"] {
        let problem = rendered(&told(address).unwrap_err());
        let expected = format!("`boot.listen` must not be `{address}`");
        assert!(problem.contains(&expected), "{problem}");
    }
}

#[test]
fn the_table_in_the_documentation_is_up_to_date() {
    const START: &str = "cargo test -p mintage-service settings -->\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/service.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once(START).unwrap();
    let (_, after) = rest.split_once("<!-- end of settings -->").unwrap();
    let rows = table().iter().map(|setting| {
        let default = setting.default.description();
        format!("| `{}` | {default} | {} |\n", setting.name, setting.help)
    });
    let rows: String = rows.collect();
    let expected = format!(
        "{before}{START}\n| setting | default | |\n|---|---|---|\n{rows}\n\
         <!-- end of settings -->{after}"
    );
    if std::env::var_os("MINTAGE_UPDATE_DOCS").is_some() {
        std::fs::write(path, &expected).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap();
    assert!(
        found == expected,
        "docs/service.md is stale: MINTAGE_UPDATE_DOCS=1 cargo test -p mintage-service settings"
    );
}
