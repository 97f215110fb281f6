//! The functions that are better said in Rhai: each is made of others and adds no knowledge of a
//! format of its own. Their texts are in `plan-stdlib/rhai`, a file for each module.

use mintage_engine::LibraryScript;

/// All scripts of the library, by module.
pub(crate) fn all() -> Vec<LibraryScript> {
    let scripts = [("server", include_str!("../rhai/server.rhai"))].into_iter();
    scripts
        .map(|(module, source)| LibraryScript { module, source })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StandardLibrary;
    use crate::test_world::{TestWorld, run_in};
    use mintage_engine::{Code, Limits, PlanHost, Style};

    #[test]
    fn they_call_only_what_there_is() {
        let host = PlanHost::new(&StandardLibrary, Limits::default());
        for script in all() {
            host.compile(&script.name(), script.source).unwrap();
            assert_eq!(host.unknown_calls(&script.name(), script.source), []);
        }
    }

    #[test]
    fn each_is_a_file_of_the_folder() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/rhai");
        let files = std::fs::read_dir(folder).unwrap();
        let mut files: Vec<_> = files
            .map(|file| format!("std/{}", file.unwrap().file_name().display()))
            .collect();
        files.sort();
        let mut names: Vec<_> = all().iter().map(LibraryScript::name).collect();
        names.sort();
        assert_eq!(names, files);
    }

    #[test]
    fn the_identity_is_set_once() {
        let script = r#"
            for address in ["192.0.2.10/24", "2001:db8::10"] {
                let set = || server::identity("web01.example.com", address);
                if !set.call() || set.call() { throw "not once" }
            }
        "#;
        let (world, result) = run_in(TestWorld::debian(), script);
        result.unwrap();
        assert_eq!(world.text("/etc/hostname"), "web01.example.com\n");
        assert!(!world.text("/etc/hosts").contains("127.0.1.1"));
        assert!(
            world
                .text("/etc/hosts")
                .contains("2001:db8::10\tweb01.example.com web01\n")
        );
    }

    #[test]
    fn the_identity_replaces_that_of_the_golden_image() {
        for layout in ["debian-12", "ubuntu-24.04", "rhel-9", "sles-15"] {
            for own in ["127.0.1.1", "192.0.2.50"] {
                let world = TestWorld::layout(layout)
                    .with_file("/etc/hostname", "golden.example.com\n")
                    .with_file(
                        "/etc/hosts",
                        format!("127.0.0.1 localhost\n{own} golden.example.com golden\n"),
                    );
                let script = r#"
                    let set = || server::identity("db01", "192.0.2.10/24");
                    if !set.call() || set.call() { throw "not once" }
                "#;
                let (world, result) = run_in(world, script);
                result.unwrap();
                assert_eq!(
                    world.text("/etc/hosts"),
                    "127.0.0.1 localhost\n192.0.2.10\tdb01.example.com db01\n",
                    "{layout} {own}"
                );
            }
        }
    }

    #[test]
    fn what_is_wrong_is_shown_at_the_call() {
        for bad in ["a\\nb", "-", ""] {
            let script = format!("\nserver::identity(\"{bad}\", \"192.0.2.1\");");
            let (_, result) = run_in(TestWorld::debian(), &script);
            let error = result.unwrap_err();
            assert_eq!(error.code, Code::P2013);
            assert_eq!(
                (error.frames[0].script.as_str(), error.frames[0].line),
                ("scripts/test.rhai", 2)
            );
            assert!(
                error
                    .render(Style::Plain)
                    .contains("inside `identity` at std/server.rhai")
            );
        }
    }
}
