//! `mintage ls`: lists a directory of an image.

use super::ask;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::{Screen, printable};
use clap::Args;
use mintage_worker::Job;
use mintage_worker::answers::{Entry, Listing};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

/// List a directory of an image.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage ls debian-12.img /etc
  mintage ls debian-12.img /boot/efi      files of the EFI system partition
  mintage ls --json debian-12.img /srv

Links are followed inside the image and never outside of it.")]
pub struct Ls {
    /// The image.
    image: PathBuf,
    /// The directory, as the guest would name it.
    #[arg(default_value = "/")]
    path: OsString,
}

impl Ls {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let path = self.path.as_bytes().to_vec();
        let listing: Listing = ask(&[&self.image], &Job::Ls { path })?;
        if screen.json {
            screen.json(&listing)?;
        } else {
            screen.print(printable(&table(&listing.entries)))?;
        }
        Ok(Exit::Success)
    }
}

/// A line for each entry, in columns.
fn table(entries: &[Entry]) -> String {
    let owner = |entry: &Entry| format!("{}:{}", entry.uid, entry.gid);
    let size = |entry: &Entry| match entry.device {
        Some((major, minor)) => format!("{major}, {minor}"),
        None => entry.bytes.to_string(),
    };
    let widest = |text: &dyn Fn(&Entry) -> String| {
        let lengths = entries.iter().map(|entry| text(entry).len());
        lengths.max().unwrap_or(0)
    };
    let (owners, sizes) = (widest(&owner), widest(&size));
    let mut lines = String::new();
    for entry in entries {
        let (mode, name) = (&entry.mode, &entry.name);
        let (owner, size, time) = (owner(entry), size(entry), &entry.modified);
        lines += &format!("{mode}  {owner:<owners$}  {size:>sizes$}  {time}  {name}");
        if let Some(target) = &entry.target {
            lines += &format!(" -> {target}");
        }
        lines.push('\n');
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let entry = |name: &str, uid, bytes| Entry {
            name: name.into(),
            mode: "-rw-r--r--".into(),
            uid,
            gid: 0,
            bytes,
            modified: "2026-01-01T00:00:00Z".into(),
            target: None,
            device: None,
        };
        let mut link = entry("link", 0, 3);
        link.target = Some("a\\nb".into());
        let mut node = entry("null", 1000, 0);
        node.device = Some((1, 3));
        insta::assert_snapshot!(table(&[entry("hosts", 0, 12345), link, node]), @r"
        -rw-r--r--  0:0     12345  2026-01-01T00:00:00Z  hosts
        -rw-r--r--  0:0         3  2026-01-01T00:00:00Z  link -> a\nb
        -rw-r--r--  1000:0   1, 3  2026-01-01T00:00:00Z  null
        ");
    }
}
