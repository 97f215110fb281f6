//! `mintage boot-test`: whether an image boots.

mod interruption;
mod report;

use super::remote;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::screen::Screen;
use clap::Args;
use interruption::Interruption;
use mintage_boot::boot_test::{BootTestError, COME_UP, Firmware, PATIENCE};
use mintage_engine::Code;
use mintage_storage::GoldenImage;
use mintage_volume::escape::escape;
pub(super) use report::Report as BootTestReport;
use report::Report;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// See whether an image boots, in a throw-away emulator.
///
/// The image, a raw disk, is only read: what the guest writes is thrown away. It has no network. Its system has
/// come up when its serial console (`console=ttyS0`) says a pattern: a login prompt, unless another is
/// given. The console is printed, control characters escaped. A golden image or OS volume of a service is
/// booted there.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage boot-test web01.img
  mintage boot-test captured.img --pattern 'Reached target.*Multi-User' --timeout 600
  mintage boot-test --golden-image \"Debian 12\" --firmware uefi
  mintage boot-test --os-volume OSVolume-52

Ends with 0 when the system comes up, and with 1 when it does not. It needs the package
qemu-system-x86, and for UEFI the package ovmf, where the image is booted. There is no KVM: a system
takes several times as long as on a server.")]
pub struct BootTest {
    #[command(flatten)]
    what: What,
    /// What the console says when the system has come up: a regular expression over bytes.
    #[arg(long, default_value = COME_UP)]
    pattern: String,
    /// How long the system may take, in seconds; at a service up to 3600.
    #[arg(long, value_name = "SECONDS", default_value_t = PATIENCE.as_secs(),
        value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    /// What starts the disk, `bios` or `uefi`; else UEFI where there is an EFI system partition.
    #[arg(long)]
    firmware: Option<Firmware>,
    /// At a service: do not wait for the end of the task.
    #[arg(long, conflicts_with = "image")]
    no_wait: bool,
}

/// What is booted.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct What {
    /// The image to boot: a raw disk.
    image: Option<PathBuf>,
    /// A golden image of a service: its name, id or URI.
    #[arg(long, value_name = "NAME")]
    golden_image: Option<String>,
    /// An OS volume of a service: its name, id or URI.
    #[arg(long, value_name = "NAME")]
    os_volume: Option<String>,
}

impl BootTest {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let at_service = match &self.what {
            What {
                image: Some(image), ..
            } => return self.here(image)?.show(screen),
            What {
                golden_image: Some(name),
                ..
            } => ("golden-images", name.as_str()),
            What {
                os_volume: Some(name),
                ..
            } => ("os-volumes", name.as_str()),
            // The parser lets nobody through without one of them.
            _ => return Err(Failure::usage("there is nothing to boot")),
        };
        let how = serde_json::json!({
            "firmware": self.firmware,
            "timeout": self.timeout,
            "pattern": self.pattern,
        });
        remote::boot_test::run(at_service, &how, !self.no_wait, screen)
    }

    fn here(&self, image: &Path) -> Result<Report, Failure> {
        let time = Duration::from_secs(self.timeout);
        let test = mintage_boot::boot_test::BootTest::new(&self.pattern, time, self.firmware)?;
        let image = GoldenImage::open(image)?.into_file();
        let interruption = Interruption::watch().map_err(|why| BootTestError::Emulator {
            what: "watch for signals",
            why,
        })?;
        let _progress = Progress::start("booting the image");
        let mut watch = |_| match interruption.has_come() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let report = test.run(&image, &std::env::temp_dir(), &mut watch)?;
        Ok(Report::from(report))
    }
}

impl From<BootTestError> for Failure {
    fn from(error: BootTestError) -> Self {
        let message = escape(error.to_string().as_bytes());
        match error {
            BootTestError::Pattern(_) => Self::usage(message),
            BootTestError::Image(_) => Self::new(Code::P7007, message).help(&error.help()),
            BootTestError::Stopped => Self::new(Code::P6007, message).help(&error.help()),
            _ => Self::new(Code::P6005, message).help(&error.help()),
        }
    }
}
