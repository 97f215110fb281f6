//! Boot loader files with edited kernel arguments, as the tools of the boot loaders read them.

use mintage_test_support::environment::succeed;
use mintage_test_support::{Environment, Guest, Need, lane};

/// A `grub.cfg` as grub-mkconfig writes it.
const GRUB_CFG: &str = "set timeout=5\nfunction load_video {\n  insmod all_video\n}\n\
menuentry 'Debian GNU/Linux' --class debian {\n\tload_video\n\tif [ x$grub_platform = xxen ]; then insmod xzio; fi\n\
\tsearch --no-floppy --fs-uuid --set=root 1-2\n\techo\t'Loading Linux ...'\n\
\tlinux\t/boot/vmlinuz-6.1.0-18-amd64 root=UUID=1-2 ro  quiet splash $vt_handoff\n\tinitrd\t/boot/initrd.img-6.1.0-18-amd64\n}\n\
submenu 'Advanced' {\n\tmenuentry 'recovery' {\n\t\tlinux\t/boot/vmlinuz-6.1.0-18-amd64 root=UUID=1-2 ro single\n\t}\n}\n";

/// What the scripts do to the arguments.
const SCRIPT: &str = "
    kernel::add_argument(\"console=ttyS0,115200n8\");
    kernel::add_argument(\"ip=ibft\");
    kernel::set_argument(\"crashkernel\", \"1G-4G:192M,4G-:256M\");
    kernel::set_argument(\"module.x\", \"!a*b?c[d]~(e)%f@g\");
    kernel::remove_argument(\"splash\");
";
/// What is there after it.
const ADDED: &str =
    "console=ttyS0,115200n8 ip=ibft crashkernel=1G-4G:192M,4G-:256M module.x=!a*b?c[d]~(e)%f@g";

fn guest() -> Guest {
    let block = "# GRUB Environment Block\nsaved_entry=1-5\nkernelopts=root=/dev/mapper/rhel-root ro splash\n";
    Guest::layout("rhel-9")
        .with_file("/boot/grub2/grub.cfg", GRUB_CFG)
        .with_file("/boot/grub2/grubenv", format!("{block:#<1024}"))
        .with_file("/boot/loader/entries/1-5.conf", "title x\nlinux /vmlinuz-5\noptions $kernelopts\n")
        .with_file(
            "/etc/default/grub",
            "GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX_DEFAULT='quiet splash'\nGRUB_CMDLINE_LINUX=\"a=1\"\n",
        )
        .ran(SCRIPT)
}

#[test]
fn grub_reads_what_is_written() {
    let needs = [
        Need::Program("grub-script-check"),
        Need::Program("grub-editenv"),
    ];
    if !lane::can_run("GRUB's files", &needs) {
        return;
    }
    let environment = Environment::new();
    let root = guest().export(environment.path("root"));
    let config = root.join("boot/grub2/grub.cfg");
    succeed(environment.program("grub-script-check").arg(&config));
    let text = std::fs::read_to_string(&config).unwrap();
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("vmlinuz"))
        .map(str::trim)
        .collect();
    let image = "linux\t/boot/vmlinuz-6.1.0-18-amd64 root=UUID=1-2 ro ";
    assert_eq!(
        lines,
        [
            format!("{image} quiet $vt_handoff {ADDED}"),
            format!("{image}single {ADDED}")
        ]
    );

    let mut command = environment.program("grub-editenv");
    let listed = succeed(command.arg(root.join("boot/grub2/grubenv")).arg("list"));
    let expected = format!("saved_entry=1-5\nkernelopts=root=/dev/mapper/rhel-root ro {ADDED}\n");
    assert_eq!(listed, expected);
}

#[test]
fn a_shell_reads_what_is_written() {
    if !lane::can_run("/etc/default/grub", &[Need::Program("bash")]) {
        return;
    }
    let environment = Environment::new();
    let root = guest().export(environment.path("root"));
    let mut command = environment.program("bash");
    let shown =
        "set -eu; . \"$0\"; printf '%s|%s' \"$GRUB_CMDLINE_LINUX\" \"$GRUB_CMDLINE_LINUX_DEFAULT\"";
    let shown = succeed(
        command
            .args(["-c", shown])
            .arg(root.join("etc/default/grub")),
    );
    assert_eq!(shown, format!("a=1 {ADDED}|quiet"));
}
