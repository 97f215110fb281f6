//! `mintage cat`: prints a file of an image.

use super::ask_streaming;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use clap::Args;
use mintage_volume::digits::hex;
use mintage_volume::escape::escape;
use mintage_worker::Job;
use mintage_worker::answers::Copied;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, ErrorKind, IsTerminal as _, Read as _, Write};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

/// Print the content of a file of an image.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage cat debian-12.img /etc/os-release
  mintage cat debian-12.img /boot/vmlinuz > vmlinuz
  mintage cat --json debian-12.img /etc/hostname

On a terminal, control characters are shown as text; into a file or pipe goes every byte as it
is. With --json, files of at most 8 MiB.")]
pub struct Cat {
    /// The image.
    image: PathBuf,
    /// The file, as the guest would name it.
    path: OsString,
}

/// The largest file that goes into JSON, in bytes.
const MAX_JSON: u64 = 8 << 20;

impl Cat {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let path = self.path.as_bytes().to_vec();
        let job = Job::Cat { path };
        if screen.json {
            return self.print_json(&job, screen);
        }
        let printed: Result<Copied, _> = ask_streaming(&self.image, &job, |content| {
            let done = if io::stdout().is_terminal() {
                print_escaped(content, &mut io::stdout().lock())
            } else {
                print_raw(content, &mut io::stdout().lock())
            };
            match done {
                Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
                done => done,
            }
        });
        printed.map(|_| Exit::Success)
    }

    fn print_json(&self, job: &Job, screen: &Screen) -> Result<Exit, Failure> {
        let mut content = Vec::new();
        let file: Copied = ask_streaming(&self.image, job, |pipe| {
            pipe.take(MAX_JSON + 1).read_to_end(&mut content).map(drop)
        })?;
        if content.len() as u64 > MAX_JSON {
            return Err(Failure::usage(
                "the file is too large for --json: more than 8 MiB",
            ));
        }
        // A text as it is; other bytes in hexadecimal digits.
        let json = match std::str::from_utf8(&content) {
            Ok(text) => serde_json::json!({ "path": file.path, "bytes": file.bytes, "text": text }),
            Err(_) => serde_json::json!({
                "path": file.path, "bytes": file.bytes, "hex": hex(&content),
            }),
        };
        screen.json(&json)?;
        Ok(Exit::Success)
    }
}

fn print_raw(mut content: File, out: &mut impl Write) -> io::Result<()> {
    io::copy(&mut content, out)?;
    out.flush()
}

/// Prints line by line; what a terminal would act upon is shown as text. A file without line ends
/// is cut into pieces.
fn print_escaped(content: impl io::Read, out: &mut impl Write) -> io::Result<()> {
    const LONGEST: u64 = 64 << 10;
    let mut content = BufReader::new(content);
    let mut line = Vec::new();
    while content
        .by_ref()
        .take(LONGEST)
        .read_until(b'\n', &mut line)?
        > 0
    {
        let (text, end) = match line.strip_suffix(b"\n") {
            Some(text) => (text, "\n"),
            None => (line.as_slice(), ""),
        };
        for (number, cell) in text.split(|byte| *byte == b'\t').enumerate() {
            let tab = if number > 0 { "\t" } else { "" };
            write!(out, "{tab}{}", escape(cell).replace("\\\\", "\\"))?;
        }
        write!(out, "{end}")?;
        line.clear();
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_text_only() {
        let mut out = Vec::new();
        print_escaped(&b"a\tb\\c\n\x1b[31m\xff\r\nno end"[..], &mut out).unwrap();
        let shown = String::from_utf8(out).unwrap();
        assert_eq!(shown, "a\tb\\c\n\\u{1b}[31m\\xff\\r\nno end");
    }
}
