//! Files of the system that scripts write, as the programs read them that they are for.

use mintage_test_support::environment::{run, succeed};
use mintage_test_support::{Environment, Guest, Need, lane};

#[test]
fn findmnt_reads_the_fstab_that_is_written() {
    if !lane::can_run("fstab", &[Need::Program("findmnt")]) {
        return;
    }
    let environment = Environment::new();
    let table = "# made by the installer\nUUID=1a  /         ext4  defaults      0 1\nUUID=2b  /boot     xfs   defaults      0 2\n";
    let guest = Guest::layout("debian-12").with_file("/etc/fstab", table).ran(
        "fstab::ensure(\"/srv/my data\", #{ device: \"LABEL=a b\", type: \"ext4\", options: [\"noatime\", \"_netdev\"], pass: 2 });
         fstab::ensure(\"/back\\\\slash\", #{ device: \"/dev/disk/by-label/#x\", type: \"xfs\" });
         fstab::ensure(\"/boot\", #{ options: \"ro,nofail\" });
         fstab::add_option(\"/\", \"errors=remount-ro\");
         swap::ensure(\"UUID=3c\", #{ options: \"pri=5\" });",
    );
    let root = guest.export(environment.path("root"));
    let mut command = environment.program("findmnt");
    command.arg("--tab-file").arg(root.join("etc/fstab"));
    command.args([
        "--json",
        "--list",
        "--output",
        "SOURCE,TARGET,FSTYPE,OPTIONS,FREQ,PASSNO",
    ]);
    let found: serde_json::Value = serde_json::from_str(&succeed(&mut command)).unwrap();
    let rows: Vec<String> = found["filesystems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let text = |key: &str| match &row[key] {
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            ["source", "target", "fstype", "options", "freq", "passno"]
                .map(text)
                .join("|")
        })
        .collect();
    assert_eq!(
        rows,
        [
            "UUID=1a|/|ext4|defaults,errors=remount-ro|0|1",
            "UUID=2b|/boot|xfs|ro,nofail|0|2",
            "LABEL=a b|/srv/my data|ext4|noatime,_netdev|0|2",
            "/dev/disk/by-label/#x|/back\\slash|xfs|defaults|0|0",
            "UUID=3c|none|swap|pri=5|0|0",
        ]
    );
    let mut command = environment.program("findmnt");
    command
        .args(["--verify", "--tab-file"])
        .arg(root.join("etc/fstab"));
    let output = run(&mut command);
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("0 parse errors"), "{said}");
}
