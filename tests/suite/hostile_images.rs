//! Promise 3, image by image: what a hostile image can do to a whole run of the real binary is to
//! fail it, by a name and soon, without a crash of its worker.

use mintage_test_support::disk::small;
use mintage_test_support::environment::{run, succeed};
use mintage_test_support::{Environment, Need, lane};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const NEEDS: &[Need] = &[Need::Program("mke2fs"), Need::Program("debugfs")];

/// How long one run may take, in a build without optimisation.
const WALL: Duration = Duration::from_secs(60);

/// Reads, lists and writes as plans do.
const SCRIPT: &str = r#"
file::walk("/");
file::glob("/**/host*");
if file::exists("/etc/hostname") { log::info(file::size("/etc/hostname")); file::read("/etc/hostname"); }
file::write("/etc/hostname", "web01\n");
file::make_dir("/srv/www/html");
file::copy("/etc", "/srv/etc");
file::remove_all("/srv/etc");
"#;

fn library(environment: &Environment) -> PathBuf {
    let library = environment.path("library");
    fs::create_dir_all(library.join("scripts")).unwrap();
    let plan = "name = \"Plan\"\ntype = \"deploy\"\nsteps = [\"scripts/one.rhai\"]\n";
    fs::write(library.join("build-plan.toml"), plan).unwrap();
    fs::write(library.join("scripts/one.rhai"), SCRIPT).unwrap();
    library
}

/// Runs the plan over the image; the code that it ends with, `ok` when it succeeds.
fn personalize(environment: &Environment, image: &Path) -> String {
    let out = environment.path("out.img");
    let golden = fs::read(image).unwrap();
    let mut command = environment.mintage(["run", "--seed", "x", "--deadline", "30", "--image"]);
    command.arg(image).arg("--out").arg(&out);
    let started = Instant::now();
    let ended = run(command.arg(library(environment)));
    let errors = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(
        started.elapsed() < WALL,
        "{image:?} took {:?}",
        started.elapsed()
    );
    assert_eq!(out.exists(), ended.status.success(), "{image:?}: {errors}");
    drop(fs::remove_file(out));
    assert!(
        fs::read(image).unwrap() == golden,
        "{image:?} was written to"
    );
    if ended.status.success() {
        return "ok".to_owned();
    }
    let code = errors
        .split(['[', ']'])
        .nth(1)
        .unwrap_or_default()
        .to_owned();
    let is_named = code.len() == 5 && code.starts_with('P');
    // A crash, a forbidden call, a failure of our own: what no image may bring about.
    let is_fault = ["P2011", "P6001", "P6004", "P6005"].contains(&code.as_str());
    assert!(is_named && !is_fault, "{image:?}: {errors}");
    code
}

#[test]
fn images_that_lie_end_in_named_errors() {
    if !lane::can_run("hostile", NEEDS) {
        return;
    }
    let environment = Environment::new();
    let image = small(&environment, "golden", |_| {});
    for (name, commands, expected) in [
        ("untouched", &[][..], &["ok"][..]),
        // A directory is in itself, and in its own child.
        ("loop", &["ln / /etc/loop", "ln /etc /etc/ssh/up"], &[]),
        // A file of eight exbibytes, and one a block longer than a number can be.
        ("huge", &["sif /etc/hostname size 0x7fffffffffffffff"], &[]),
        ("huger", &["sif /etc/hostname size 0xffffffffffffffff"], &[]),
        // A file whose content is the superblock and the inode table.
        ("superblock", &["sif /etc/hostname block[5] 0"], &[]),
        ("outside", &["sif /etc/hostname block[5] 0x7fffffff"], &[]),
        (
            "many-extents",
            &["sif /etc/hostname block[0] 0xfffff30a"],
            &[],
        ),
        (
            "deep-extents",
            &["sif /etc/hostname block[1] 0x0000ffff"],
            &[],
        ),
        // A directory that claims millions of entries, or none.
        ("huge-directory", &["sif /etc size 0xfffff000"], &[]),
        ("empty-directory", &["sif /etc size 0"], &[]),
        ("root-is-a-file", &["sif / mode 0100644"], &[]),
        ("etc-is-a-device", &["sif /etc mode 020600"], &[]),
        ("no-links", &["sif /etc/hostname links_count 0"], &[]),
        ("all-links", &["sif /etc/hostname links_count 65535"], &[]),
        ("no-blocks", &["ssv blocks_count 1"], &[]),
        ("all-blocks", &["ssv blocks_count 0xffffffff"], &[]),
        ("no-inodes", &["ssv inodes_per_group 0"], &[]),
        ("all-inodes", &["ssv inodes_count 0xffffffff"], &[]),
        ("block-size", &["ssv log_block_size 31"], &[]),
        ("inode-size", &["ssv inode_size 1"], &[]),
        ("first-inode", &["ssv first_ino 0xffffffff"], &[]),
        ("groups", &["ssv blocks_per_group 8"], &[]),
        ("reserved", &["ssv reserved_gdt_blocks 65535"], &[]),
    ] {
        let copy = environment.path(&format!("{name}.img"));
        fs::copy(&image, &copy).unwrap();
        for change in commands {
            succeed(
                environment
                    .program("debugfs")
                    .args(["-w", "-R", change])
                    .arg(&copy),
            );
        }
        let code = personalize(&environment, &copy);
        assert!(
            expected.is_empty() || expected.contains(&code.as_str()),
            "{name}: {code}"
        );
        println!("{name}: {code}");
        fs::remove_file(copy).unwrap();
    }
}

#[test]
fn an_fstab_that_names_its_root_twice_is_refused_or_harmless() {
    if !lane::can_run("hostile", NEEDS) {
        return;
    }
    let environment = Environment::new();
    for (name, fstab) in [
        (
            "twice",
            "LABEL=root / ext4 defaults 0 1\nLABEL=root /srv ext4 defaults 0 2\n",
        ),
        (
            "below",
            "LABEL=root / ext4 defaults 0 1\nLABEL=root /srv/a ext4 defaults 0 2\nLABEL=root /srv/a/srv/a ext4 defaults 0 2\n",
        ),
        (
            "host",
            "LABEL=root / ext4 defaults 0 1\n/etc/passwd /srv ext4 loop 0 0\n/etc /srv none bind 0 0\n",
        ),
        (
            "dots",
            "LABEL=root / ext4 defaults 0 1\nLABEL=root /srv/../../../etc ext4 defaults 0 0\n",
        ),
    ] {
        let image = small(&environment, name, |tree| {
            fs::write(tree.join("etc/fstab"), fstab).unwrap()
        });
        println!("{name}: {}", personalize(&environment, &image));
    }
}

#[test]
fn images_with_random_damage_never_crash_a_run() {
    if !lane::can_run("hostile", NEEDS) {
        return;
    }
    let environment = Environment::new();
    let image = small(&environment, "golden", |_| {});
    let bytes = fs::read(&image).unwrap();
    let mut random = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = move |below: usize| {
        // Xorshift: the same images in every run of the test.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % below as u64).unwrap()
    };
    // The superblock, the group descriptors, and everything that is no hole: bitmaps, inodes,
    // directories.
    let areas: [Range<usize>; 2] = [1024..2048, 2048..8192];
    let used: Vec<usize> = (0..bytes.len() / 512)
        .filter(|n| bytes[n * 512..][..512].iter().any(|byte| *byte != 0))
        .collect();
    let copy = environment.path("damaged.img");
    for n in 0..60 {
        let mut damaged = bytes.clone();
        for _ in 0..1 + next(12) {
            let at = match n % 3 {
                0 | 1 => areas[n % 3].start + next(areas[n % 3].len()),
                _ => used[next(used.len())] * 512 + next(512),
            };
            damaged[at] = u8::try_from(next(256)).unwrap();
        }
        fs::write(&copy, damaged).unwrap();
        println!("image {n}: {}", personalize(&environment, &copy));
    }
}
