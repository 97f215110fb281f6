//! How disks are divided and what their parts hold, as we tell it and as util-linux does.

use mintage_test_support::environment::succeed;
use mintage_test_support::{Environment, Need, lane};
use mintage_volume::block::{BlockDevice, FileDevice};
use mintage_volume::inspect::inspect;
use mintage_volume::volume::Volume;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn blank(environment: &Environment, name: &str) -> PathBuf {
    let image = environment.path(name);
    let file = File::create(&image).unwrap();
    file.set_len(320 << 20).unwrap();
    image
}

fn device(image: &Path) -> Arc<dyn BlockDevice> {
    Arc::new(FileDevice::read_only(File::open(image).unwrap()).unwrap())
}

/// Number, first sector, sectors, type and label of every partition.
type Row = (u64, u64, u64, String, String);

fn ours(image: &Path) -> Vec<Row> {
    let volume = Volume::open(device(image)).unwrap();
    let partitions = &volume.table().expect("a table").partitions;
    let row = |p: &mintage_volume::partition::Partition| {
        let (kind, label) = (p.type_id.clone(), p.label.clone());
        (
            u64::from(p.number),
            p.start / 512,
            p.length / 512,
            kind,
            label,
        )
    };
    partitions.iter().map(row).collect()
}

fn sfdisks(environment: &Environment, image: &Path) -> Vec<Row> {
    let dump = succeed(environment.program("sfdisk").arg("-J").arg(image));
    let dump: serde_json::Value = serde_json::from_str(&dump).unwrap();
    let table = &dump["partitiontable"];
    let is_gpt = table["label"] == "gpt";
    let mut rows = Vec::new();
    for partition in table["partitions"].as_array().unwrap() {
        let text = |key: &str| partition[key].as_str().unwrap_or_default().to_owned();
        let node = text("node");
        let number = node.trim_start_matches(image.to_str().unwrap());
        let number = number.trim_start_matches('p').parse().unwrap();
        let kind = match is_gpt {
            true => text("type").to_lowercase(),
            false => format!("0x{:0>2}", text("type").to_lowercase()),
        };
        let is_extended = !is_gpt && matches!(kind.as_str(), "0x05" | "0x0f" | "0x85");
        if !is_extended {
            let sectors = |key: &str| partition[key].as_u64().unwrap();
            rows.push((
                number,
                sectors("start"),
                sectors("size"),
                kind,
                text("name"),
            ));
        }
    }
    rows.sort();
    rows
}

#[test]
fn partitions_are_those_of_sfdisk() {
    if !lane::can_run("partition tables", &[Need::Program("sfdisk")]) {
        return;
    }
    let environment = Environment::new();
    let gaps = "label: gpt\n1: start=2048, size=2048, type=U, name=\"EFI system\"\n\
        14: start=4096, size=8192, type=L, name=\"rööt\"\n128: start=20480, size=2048, type=S\n";
    let many = format!("label: dos\n,300M,5\n{}", ",4M,83\n".repeat(40));
    for (name, script) in [
        ("gpt", "label: gpt\n,20M,U\n,50M,L,*\n,,S\n"),
        ("gaps", gaps),
        ("primary", "label: dos\n,20M,0c,*\n,50M,83\n,,82\n"),
        (
            "logical",
            "label: dos\n,20M,0c,*\n,90M,5\n,,83\n,10M,83\n,10M,82\n,10M,83\n",
        ),
        ("extended-lba", "label: dos\n,90M,f\n,10M,83\n"),
        ("unaligned", "label: dos\nstart=63, size=10000, type=83\n"),
        ("many", &many),
    ] {
        let image = blank(&environment, name);
        let file = environment.path("script");
        std::fs::write(&file, script).unwrap();
        succeed(
            environment
                .program("sfdisk")
                .arg("-q")
                .arg(&image)
                .stdin(File::open(&file).unwrap()),
        );
        let expected = sfdisks(&environment, &image);
        assert!(!expected.is_empty());
        assert_eq!(ours(&image), expected, "{name}");
    }
}

/// What blkid says of a key, empty for nothing.
fn blkid(environment: &Environment, image: &Path, key: &str) -> String {
    let mut command = environment.program("blkid");
    command.args(["-p", "-o", "value", "-s", key]).arg(image);
    let output = mintage_test_support::environment::run(&mut command);
    String::from_utf8(output.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}

#[test]
fn contents_are_those_of_blkid() {
    let formats: [&[&str]; 9] = [
        &["mkfs.ext2", "-q", "-L", "two"],
        &["mkfs.ext3", "-q"],
        &["mkfs.ext4", "-q", "-L", "sixteen letters!"],
        &["mkfs.ext4", "-q", "-O", "^has_journal"],
        &["mkfs.vfat", "-F", "16", "-n", "SIXTEEN"],
        &["mkfs.vfat", "-F", "32", "-n", "EFI PART"],
        &["mkfs.vfat", "-S", "4096", "-n", "BIG"],
        &["mkswap", "-L", "pages"],
        &["mkfs.xfs", "-q", "-L", "data"],
    ];
    let mut needs: Vec<Need> = formats.iter().map(|f| Need::Program(f[0])).collect();
    needs.push(Need::Program("blkid"));
    if !lane::can_run("contents of partitions", &needs) {
        return;
    }
    let environment = Environment::new();
    for format in formats {
        let image = blank(&environment, "image");
        let mut command = environment.program(format[0]);
        succeed(command.args(&format[1..]).arg(&image));
        let contents = inspect(&*device(&image)).unwrap();
        let ours = [
            contents.format.to_string().to_lowercase(),
            contents.label,
            contents.uuid,
        ];
        let expected = ["TYPE", "LABEL", "UUID"].map(|key| blkid(&environment, &image, key));
        assert_eq!(ours, expected, "{format:?}");
        assert_eq!(contents.also, [], "{format:?}");
    }
}
