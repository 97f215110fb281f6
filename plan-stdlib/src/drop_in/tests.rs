//! Drop-in files, on every layout and with hostile values.

use crate::test_world::{TestWorld, run, run_in};
use mintage_engine::Code;

const LAYOUTS: [&str; 4] = ["debian-12", "ubuntu-24.04", "rhel-9", "sles-15"];

#[test]
fn what_is_set_holds_on_every_layout() {
    for layout in LAYOUTS {
        let world = TestWorld::layout(layout).with_file(
            "/etc/sysctl.conf",
            "# c\nvm/swappiness=60\n-kernel.panic = 1\n",
        );
        let calls = [
            "sysctl::set(\"vm.swappiness\", 10)",
            "sysctl::remove(\"kernel.panic\")",
            "journal::set(\"Compress\", false)",
            "tmpfiles::write(\"app\", \"d /run/app\")",
            "sysusers::write(\"app\", \"g app 990\")",
        ];
        let twice = calls.map(|call| {
            format!("if !{call} {{ fail(\"the first time\"); }} if {call} {{ fail(\"the second time\"); }}\n")
        });
        let (world, result) = run_in(world, &twice.concat());
        result.unwrap_or_else(|error| panic!("{layout}: {error:#?}"));
        assert_eq!(world.text("/etc/sysctl.conf"), "# c\n", "{layout}");
        let own = world.text("/etc/sysctl.d/90-plan.conf");
        assert_eq!(own, "vm.swappiness = 10\n", "{layout}");
    }
}

#[test]
fn a_file_of_a_package_that_would_win_is_told_of() {
    let mut world = TestWorld::debian();
    let root = mintage_volume::filesystem::Ownership::root(0o755);
    world.tree.make_dirs("/usr/lib/sysctl.d", root).unwrap();
    let world = world.with_file(
        "/usr/lib/sysctl.d/99-links.conf",
        "fs.protected_hardlinks = 1\n",
    );
    let (world, result) = run_in(world, "sysctl::set(\"fs.protected_hardlinks\", 0);");
    assert_eq!(result.unwrap_err().code, Code::P2013);
    let script = "sysctl::set(\"fs.protected_hardlinks\", 0, #{ file: \"zz-plan\" });";
    assert!(run_in(world, script).1.is_ok());
}

#[test]
fn hostile_and_wrong_values_are_refused() {
    for script in [
        "sysctl::set(\"a\", 1)",
        "sysctl::set(\"net..x\", 1)",
        "sysctl::set(\"net/../x\", 1)",
        "sysctl::set(\"net.x\\ny\", 1)",
        "sysctl::set(\"net.x\", \"1\\nkernel.y = 2\")",
        "sysctl::set(\"net.x\", 1, #{ file: \"../x\" })",
        "journal::set(\"Storag\", \"none\")",
        "journal::set(\"Storage\", \"none\\n[x]\")",
        "journal::set(\"Storage\", \"none\\\\\")",
        "tmpfiles::write(\"../x\", \"d /run/app\")",
        "tmpfiles::write(\"x\", \"d /run/app\\nk /x\")",
        "tmpfiles::write(\"x\", \"d run/app\")",
        "tmpfiles::write(\"x\", \"d /run/../app\")",
        "tmpfiles::write(\"x\", \"d /run/app 0888\")",
        "tmpfiles::write(\"x\", \"d /run/app 0755 a:b\")",
        "tmpfiles::write(\"x\", \"d /run/app - - - soon\")",
        "tmpfiles::write(\"x\", \"d \\\"/run/app\")",
        "sysusers::write(\"x\", \"u\")",
        "sysusers::write(\"x\", \"k app\")",
        "sysusers::write(\"x\", \"u 1app\")",
        "sysusers::write(\"x\", \"u app 65535\")",
        "sysusers::write(\"x\", \"g app 1:2\")",
        "sysusers::write(\"x\", \"m app\")",
        "sysusers::write(\"x\", \"r - 9-1\")",
        "sysusers::write(\"x\", \"u app - \\\"a:b\\\"\")",
        "sysusers::write(\"x\", \"u app - a home\")",
        "sysusers::write(\"x\", \"g app - - /home\")",
    ] {
        let (_, result) = run_in(TestWorld::debian(), &format!("{script};"));
        let code = result.map_err(|error| error.code);
        assert_eq!(code, Err(Code::P2013), "{script}");
    }
}

#[test]
fn lines_of_every_kind_are_taken() {
    run("tmpfiles::write(\"x\", \"# c\\n\\nd! /run/app ~0750 :root %U mM:10d\\nL+ /etc/x - - - - ../usr/y z\\nf^ \\\"/etc/a b\\\"\\nR! /tmp/*\\n\");
         sysusers::write(\"x\", \"u! app 990:adm \\\"An app\\\" /var/lib/app /usr/sbin/nologin\\ng g2 /srv\\nm app adm\\nr - 500-900\\n\");
         journal::set(\"RateLimitBurst\", 0);");
}
