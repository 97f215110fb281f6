//! `mintage boot-test`: whether an image boots.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::screen::Screen;
use clap::Args;
use mintage_boot::boot_test::{BootReport, BootTestError, COME_UP, Firmware, PATIENCE};
use mintage_engine::Code;
use mintage_storage::GoldenImage;
use mintage_volume::escape::escape;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

/// See whether an image boots, in a throw-away emulator.
///
/// The image, a raw disk, is only read: what the guest writes is thrown away. It has no network. Its system has
/// come up when its serial console (`console=ttyS0`) says a pattern: a login prompt, unless another is
/// given. The console is printed, control characters escaped.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage boot-test web01.img
  mintage boot-test captured.img --pattern 'Reached target.*Multi-User' --timeout 600

Ends with 0 when the system comes up, and with 1 when it does not. It needs the package
qemu-system-x86, and for UEFI the package ovmf. There is no KVM: a system takes several times as long
as on a server.")]
pub struct BootTest {
    /// The image to boot: a raw disk.
    image: PathBuf,
    /// What the console says when the system has come up: a regular expression over bytes.
    #[arg(long, default_value = COME_UP)]
    pattern: String,
    /// How long the system may take, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = PATIENCE.as_secs(),
        value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    /// What starts the disk, `bios` or `uefi`; else UEFI where there is an EFI system partition.
    #[arg(long)]
    firmware: Option<Firmware>,
}

impl BootTest {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let time = Duration::from_secs(self.timeout);
        let test = mintage_boot::boot_test::BootTest::new(&self.pattern, time, self.firmware)?;
        let image = GoldenImage::open(&self.image)?.into_file();
        let report = {
            let _progress = Progress::start("booting the image");
            let mut watch = |_| ControlFlow::Continue(());
            test.run(&image, &std::env::temp_dir(), &mut watch)?
        };
        match screen.json {
            true => screen.json(&report)?,
            false => screen.print(describe(&report))?,
        }
        Ok(match report.booted {
            true => Exit::Success,
            false => Exit::Failed,
        })
    }
}

fn describe(report: &BootReport) -> String {
    let end = match report.console.is_empty() || report.console.ends_with('\n') {
        true => "",
        false => "\n",
    };
    let what = match report.booted {
        true => "booted",
        false => "did not boot",
    };
    format!(
        "{}{end}{what} ({}, {} s): {}\n",
        report.console, report.firmware, report.seconds, report.reason
    )
}

impl From<BootTestError> for Failure {
    fn from(error: BootTestError) -> Self {
        let message = escape(error.to_string().as_bytes());
        match error {
            BootTestError::Pattern(_) => Self::usage(message),
            BootTestError::Image(_) => Self::new(Code::P7007, message).help(&error.help()),
            _ => Self::new(Code::P6005, message).help(&error.help()),
        }
    }
}
