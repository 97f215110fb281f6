//! The one binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    mintage_cli::main()
}
