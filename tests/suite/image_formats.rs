//! Image formats as their own tools write and read them: QEMU, xz, zstd, gzip, Info-ZIP, Python.

use mintage_storage::{
    Expansion, FormatError, ImageFormat, ImageLimits, UnpublishedVolume, WirePack, expand,
};
use mintage_test_support::{Need, lane};
use mintage_volume::VolumeSum;
use mintage_volume::block::FileDevice;
use std::fs::{self, File};
use std::ops::ControlFlow;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use uuid::Uuid;

const NEEDS: &[Need] = &[
    Need::Program("qemu-img"),
    Need::Program("qemu-io"),
    Need::Program("xz"),
    Need::Program("zstd"),
    Need::Program("gzip"),
    Need::Program("zip"),
    Need::Program("unzip"),
    Need::Program("python3"),
    Need::Program("sha256sum"),
];

/// A disk of this length has data in its first cluster, in its middle, and in its last sector; it
/// ends in the middle of a cluster.
const LEN: u64 = (48 << 20) + 512;

/// A folder with `disk.raw`, in which shell commands make images of it.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_disk(&folder.path().join("disk.raw"), LEN, 3 << 20);
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs `script` in the folder and returns what it printed.
    fn shell(&self, script: &str) -> String {
        let mut command = Command::new("bash");
        command.args(["-euo", "pipefail", "-c", script]);
        let output = command.current_dir(self.folder.path()).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Expands the file `name` to `golden`.
    fn expand(&self, name: &str, format: ImageFormat) -> Result<Expansion, FormatError> {
        let source = File::open(self.path(name)).unwrap();
        let golden = self.path("golden");
        let _ = fs::remove_file(&golden);
        let limits = ImageLimits::default();
        let volume = UnpublishedVolume::create(&golden).unwrap();
        let expansion = expand(&source, format, &limits, volume.file(), &mut |_| {
            ControlFlow::Continue(())
        })?;
        volume.publish().unwrap();
        Ok(expansion)
    }

    fn volume_sum(&self, name: &str) -> String {
        VolumeSum::of(&fs::read(self.path(name)).unwrap())
    }

    fn sha256(&self, name: &str) -> String {
        let line = self.shell(&format!("sha256sum {name}"));
        line.split(' ').next().unwrap().to_owned()
    }
}

fn device(path: &Path) -> Arc<FileDevice> {
    Arc::new(FileDevice::read_only(File::open(path).unwrap()).unwrap())
}

/// A sparse disk of `len` bytes with `data` bytes of noise in 16 places.
fn write_disk(path: &Path, len: u64, data: usize) {
    let file = File::create(path).unwrap();
    file.set_len(len).unwrap();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut noise = vec![0; data / 16];
    for place in 0..16 {
        for word in noise.chunks_mut(8) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            word.copy_from_slice(&state.to_le_bytes()[..word.len()]);
        }
        // A sector boundary, rarely a cluster's.
        let at = len / 16 * place / 512 * 512;
        file.write_all_at(&noise, at).unwrap();
    }
    file.write_all_at(&[0x55; 512], len - 512).unwrap();
}

#[test]
fn qcow2_images_of_every_kind_that_qemu_makes() {
    if !lane::can_run("image_formats", NEEDS) {
        return;
    }
    let bench = Bench::new();
    let convert = |options: &str| format!("qemu-img convert -f raw -O qcow2 {options} disk.raw i");
    let scripts = [
        convert("-o compat=0.10"),
        convert("-o compat=1.1"),
        convert("-o cluster_size=512"),
        convert("-o cluster_size=4k,compat=0.10"),
        convert("-o cluster_size=2M"),
        convert("-o lazy_refcounts=on,refcount_bits=1"),
        convert("-o preallocation=metadata"),
        convert("-o preallocation=falloc"),
        convert("-c"),
        convert("-c -o compat=0.10"),
        convert("-c -o cluster_size=512"),
        convert("-c -o cluster_size=2M"),
        convert("-c -o compression_type=zstd"),
        convert("-c -o compression_type=zstd,cluster_size=2M"),
        convert("-o compat=1.1") + " && qemu-img snapshot -c before i",
        // Clusters that are marked as zeros, given back, and written again.
        convert("-c")
            + " && qemu-io -f qcow2 -c 'write -z 3M 1M' -c 'discard 6M 256k' \
                -c 'write -P 7 9M 5k' -c 'write -P 0 12M 64k' i > /dev/null \
                && qemu-img convert -f qcow2 -O raw i disk.raw",
    ];
    for script in scripts {
        bench.shell(&script);
        let expansion = bench.expand("i", ImageFormat::Qcow2).unwrap();
        bench.shell("cmp golden disk.raw");
        assert_eq!(
            expansion.volume_sum,
            bench.volume_sum("disk.raw"),
            "{script}"
        );
        assert_eq!(expansion.source_sha256, bench.sha256("i"), "{script}");
        let stored = fs::metadata(bench.path("golden")).unwrap().blocks() * 512;
        assert!(stored < 4 << 20, "{script}: {stored}");
    }
}

#[test]
fn qcow2_images_that_need_something_else_are_refused() {
    if !lane::can_run("image_formats", NEEDS) {
        return;
    }
    let bench = Bench::new();
    let scripts = [
        (
            "qemu-img create -f qcow2 -b disk.raw -F raw i",
            "a backing file",
        ),
        (
            "qemu-img create -f qcow2 -o data_file=data i 8M",
            "an external data file",
        ),
        (
            "qemu-img create -f qcow2 -o extended_l2=on i 8M",
            "subclusters",
        ),
        (
            "qemu-img create -f qcow2 --object secret,id=s,data=secret \
                -o encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10 i 8M",
            "encryption (LUKS)",
        ),
        (
            "qemu-img convert -O qcow2 disk.raw i && truncate -s -1M i",
            "truncated",
        ),
        ("qemu-img create -f vmdk i 8M", "a VMDK image"),
        ("qemu-img create -f vhdx i 8M", "a VHDX image"),
        ("qemu-img create -f vdi i 8M", "a VDI image"),
    ];
    for (script, expected) in scripts {
        bench.shell(&format!("rm -f i; {script}"));
        let error = bench.expand("i", ImageFormat::Qcow2).unwrap_err();
        assert!(error.to_string().contains(expected), "{script}: {error}");
        assert!(!bench.path("golden").exists(), "{script}");
    }
}

#[test]
fn files_of_the_compressors_own_tools() {
    if !lane::can_run("image_formats", NEEDS) {
        return;
    }
    let bench = Bench::new();
    let streamed = "python3 -c \"
import sys, zipfile
with zipfile.ZipFile(sys.stdout.buffer, 'w', zipfile.ZIP_DEFLATED) as z:
    with z.open('disk', 'w', force_zip64=True) as e:
        e.write(open('disk.raw', 'rb').read())\" > i";
    let scripts = [
        (ImageFormat::Xz, "xz -0 -c disk.raw > i"),
        (ImageFormat::Xz, "xz -9e -c disk.raw > i"),
        (ImageFormat::Xz, "xz -T2 --block-size=4MiB -c disk.raw > i"),
        (
            ImageFormat::Xz,
            "xz --check=sha256 --x86 --lzma2 -c disk.raw > i",
        ),
        (ImageFormat::Zstd, "zstd -q -f disk.raw -o i"),
        (ImageFormat::Zstd, "zstd -q -19 -T2 -f disk.raw -o i"),
        (ImageFormat::Zstd, "zstd -q --no-check -c < disk.raw > i"),
        (ImageFormat::Gzip, "gzip -9 -c disk.raw > i"),
        (
            ImageFormat::Gzip,
            "(head -c 20M disk.raw | gzip; tail -c +20971521 disk.raw | gzip) > i",
        ),
        (
            ImageFormat::Zip,
            "rm -f i; zip -q i.zip disk.raw && mv i.zip i",
        ),
        (ImageFormat::Zip, "zip -q -fz - - < disk.raw > i"),
        (ImageFormat::Zip, streamed),
    ];
    for (format, script) in scripts {
        bench.shell(script);
        let expansion = bench
            .expand("i", format)
            .unwrap_or_else(|e| panic!("{script}: {e}"));
        bench.shell("cmp golden disk.raw");
        assert_eq!(
            expansion.volume_sum,
            bench.volume_sum("disk.raw"),
            "{script}"
        );
        assert_eq!(expansion.source_sha256, bench.sha256("i"), "{script}");
    }
    bench.shell("zstd -q --ultra -22 --long=27 -c < disk.raw > i");
    let error = bench.expand("i", ImageFormat::Zstd).unwrap_err();
    assert!(matches!(error, FormatError::Window { .. }), "{error}");
}

#[test]
fn other_programs_read_the_wire_format() {
    if !lane::can_run("image_formats", NEEDS) {
        return;
    }
    let bench = Bench::new();
    let name = Uuid::from_u128(7);
    let mut pack = WirePack::new(device(&bench.path("disk.raw")), name).unwrap();
    let mut packed = File::create(bench.path("wire.zip")).unwrap();
    std::io::copy(&mut pack, &mut packed).unwrap();
    bench.shell("unzip -tq wire.zip && unzip -p wire.zip | cmp - disk.raw");
    bench.shell("unzip -Zt wire.zip; zip -qT wire.zip");
    let entry =
        bench.shell("python3 -c \"import zipfile; print(zipfile.ZipFile('wire.zip').namelist())\"");
    assert_eq!(entry.trim(), format!("['{name}']"));
}

#[test]
fn a_sparse_disk_of_4_gib_takes_seconds() {
    if !lane::can_run("image_formats", NEEDS) {
        return;
    }
    let bench = Bench::new();
    write_disk(&bench.path("disk.raw"), 4 << 30, 64 << 20);
    let timed = |what: &str, work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        let took = start.elapsed();
        println!("{what}: {took:?}");
        assert!(took < Duration::from_secs(30), "{what}: {took:?}");
    };
    timed("raw", &mut || {
        bench.expand("disk.raw", ImageFormat::Raw).unwrap();
    });
    timed("pack", &mut || {
        let volume = device(&bench.path("golden"));
        let mut pack = WirePack::new(volume, Uuid::nil()).unwrap();
        let mut packed = File::create(bench.path("wire.zip")).unwrap();
        std::io::copy(&mut pack, &mut packed).unwrap();
    });
    timed("zip", &mut || {
        bench.expand("wire.zip", ImageFormat::Zip).unwrap();
    });
    bench.shell("cmp golden disk.raw");
    bench.shell("qemu-img convert -O qcow2 disk.raw i");
    timed("qcow2", &mut || {
        bench.expand("i", ImageFormat::Qcow2).unwrap();
    });
}
