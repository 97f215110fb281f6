//! Where a volume keeps the kernel's command line, and how each place is edited.
//!
//! A boot loader reads one of them now, and the tools of the distribution make that one anew from
//! others when a kernel is installed; a change goes into all that are there.

use super::default_grub;
use super::words::Change;
use crate::file::access;
use crate::text::{Edited, MAX_TEXT, lines};
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::FileKind;
use mintage_volume::tree::{LastLink, VolumeTree};
use std::collections::BTreeSet;

/// What `kernel-install` gives new boot loader entries.
pub(super) const CMDLINE: &str = "/etc/kernel/cmdline";
/// What `grub-mkconfig` makes its entries of.
pub(super) const DEFAULT_GRUB: &str = "/etc/default/grub";
/// Files that `grub-mkconfig` of Debian's family reads behind it.
const DEFAULT_GRUB_FOLDER: &str = "/etc/default/grub.d";
/// The variable that older entries of the Red Hat family name instead of arguments.
pub(super) const KERNELOPTS: &str = "kernelopts";

/// Where boot loader entries are.
const ENTRIES: [&str; 3] = [
    "/boot/loader/entries",
    "/boot/efi/loader/entries",
    "/efi/loader/entries",
];
const GRUB_CONFIGS: [&str; 2] = ["/boot/grub/grub.cfg", "/boot/grub2/grub.cfg"];
const GRUB_ENVIRONMENTS: [&str; 2] = ["/boot/grub2/grubenv", "/boot/grub/grubenv"];

/// A file that holds command lines, and in which way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) path: String,
    pub(super) form: Form,
}

/// How a file holds command lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A boot loader entry: lines `options …`.
    Entry,
    /// The whole file is one.
    Cmdline,
    /// Shell variables.
    DefaultGrub,
    /// Shell variables that take the place of those of `/etc/default/grub`.
    DefaultGrubPart,
    /// Lines `linux /vmlinuz …` in a script of GRUB.
    GrubConfig,
    /// GRUB's block of variables.
    GrubEnvironment,
}

/// Every place that the volume has.
pub(super) fn places(tree: &VolumeTree) -> Result<Vec<Place>, PlanError> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut add = |path: &str, form| -> Result<(), PlanError> {
        let is_file = access::look(tree, path)?.is_some_and(|found| found.kind == FileKind::File);
        if is_file && seen.insert(tree.resolve(path, LastLink::Follow)?) {
            found.push(Place {
                path: path.to_owned(),
                form,
            });
        }
        Ok(())
    };
    for path in entries(tree)? {
        add(&path, Form::Entry)?;
    }
    for path in GRUB_ENVIRONMENTS {
        add(path, Form::GrubEnvironment)?;
    }
    for path in GRUB_CONFIGS {
        add(path, Form::GrubConfig)?;
    }
    add(CMDLINE, Form::Cmdline)?;
    add(DEFAULT_GRUB, Form::DefaultGrub)?;
    for path in configurations(tree, DEFAULT_GRUB_FOLDER, ".cfg")? {
        add(&path, Form::DefaultGrubPart)?;
    }
    Ok(found)
}

/// The boot loader entries, those that a boot menu shows last first.
pub(super) fn entries(tree: &VolumeTree) -> Result<Vec<String>, PlanError> {
    let mut found = Vec::new();
    for folder in ENTRIES {
        found.extend(configurations(tree, folder, ".conf")?);
    }
    Ok(found)
}

/// The files of a directory with this ending, by name; none where there is no directory.
fn configurations(tree: &VolumeTree, folder: &str, ending: &str) -> Result<Vec<String>, PlanError> {
    if access::look(tree, folder)?.is_none_or(|found| found.kind != FileKind::Directory) {
        return Ok(Vec::new());
    }
    let names = tree.read_dir(folder)?.into_iter();
    let names = names.filter_map(|entry| String::from_utf8(entry.name).ok());
    let names = names.filter(|name| name.ends_with(ending));
    Ok(names.map(|name| format!("{folder}/{name}")).collect())
}

impl Place {
    /// Makes a change in every command line of the place.
    pub(super) fn change(
        &self,
        tree: &mut VolumeTree,
        change: Change<'_>,
    ) -> Result<bool, PlanError> {
        access::edit(tree, &self.path, |content| match self.form {
            Form::Entry => entry(content, change),
            Form::Cmdline => changed_lines(
                content,
                |line| (!line.starts_with('#')).then_some(0),
                change,
            ),
            Form::GrubConfig => changed_lines(content, kernel_line, change),
            Form::GrubEnvironment => environment(content, change),
            Form::DefaultGrub => default_grub::main(content, change),
            Form::DefaultGrubPart => default_grub::part(content, change),
        })
    }
}

fn is_options(line: &str) -> bool {
    line.split_ascii_whitespace().next() == Some("options")
}

/// How many words come before the arguments in a line of a script that starts a Linux kernel.
pub(super) fn kernel_line(line: &str) -> Option<usize> {
    let mut words = line.split_ascii_whitespace();
    let command = words.next()?;
    let image = words.next()?.rsplit('/').next()?;
    let is_command = matches!(command, "linux" | "linux16" | "linuxefi");
    let is_kernel = ["vmlinu", "bzImage", "Image", "kernel", "linux"]
        .iter()
        .any(|name| image.starts_with(name));
    (is_command && is_kernel).then_some(2)
}

/// Changes a boot loader entry. Its `options` lines count as one; what is added goes into one of
/// them, but not where GRUB's variable has it.
fn entry(content: &[u8], change: Change<'_>) -> Edited {
    let all = lines::split(content);
    let options = |line: &lines::Line<'_>| {
        let text = std::str::from_utf8(line.text)
            .ok()
            .filter(|text| is_options(text))?;
        text.get(arguments(text, 1)..).map(str::to_owned)
    };
    let lines: Vec<String> = all.iter().filter_map(options).collect();
    let whole = lines.join(" ");
    let by_variable = super::words::split(&whole).contains(&format!("${KERNELOPTS}").as_str());
    let change = match change {
        Change::Add(_) if by_variable => return Ok(None),
        Change::Set { name, .. } if by_variable => Change::Remove(name),
        change => change,
    };
    if change.of(&whole).is_none() {
        return Ok(None);
    }
    match (change, lines.len()) {
        (Change::Remove(_), _) | (_, 1) => {
            changed_lines(content, |line| is_options(line).then_some(1), change)
        }
        (
            Change::Add(argument)
            | Change::Set {
                whole: argument, ..
            },
            _,
        ) => {
            // With several lines, or none, what is new gets a line of its own.
            let cleaned = match change {
                Change::Set { name, .. } => entry(content, Change::Remove(name))?,
                _ => None,
            };
            let content = cleaned.as_deref().unwrap_or(content);
            let mut all = lines::split(content);
            let new = format!("options {argument}");
            let end = all.len();
            lines::insert(&mut all, end, new.as_bytes(), lines::line_break(content));
            lines::join(&all).map(Some)
        }
    }
}

/// Changes the lines for which `words` says how many words come before the arguments.
fn changed_lines(
    content: &[u8],
    words: impl Fn(&str) -> Option<usize>,
    change: Change<'_>,
) -> Edited {
    let mut all = lines::split(content);
    let mut edits: Vec<(usize, String)> = Vec::new();
    for (index, line) in all.iter().enumerate() {
        let Ok(text) = std::str::from_utf8(line.text) else {
            continue;
        };
        let Some(words) = words(text) else { continue };
        let (head, arguments) = text.split_at(arguments(text, words));
        if let Some(new) = change.of(arguments) {
            let blank = if words > 0 && !head.ends_with([' ', '\t']) {
                " "
            } else {
                ""
            };
            edits.push((index, format!("{head}{blank}{new}")));
        }
    }
    if edits.is_empty() {
        return Ok(None);
    }
    for (index, new) in &edits {
        if let Some(line) = all.get_mut(*index) {
            line.text = new.as_bytes();
        }
    }
    lines::join(&all).map(Some)
}

/// Where the arguments start, behind that many words and the blanks after them.
pub(super) fn arguments(line: &str, words: usize) -> usize {
    let mut rest = line;
    for _ in 0..words {
        rest = rest.trim_start();
        let end = rest.find([' ', '\t']).unwrap_or(rest.len());
        rest = rest.get(end..).unwrap_or_default();
    }
    if words > 0 {
        rest = rest.trim_start();
    }
    line.len() - rest.len()
}

/// GRUB's block keeps its length: what is free in it is filled with `#`.
fn environment(content: &[u8], change: Change<'_>) -> Edited {
    let Some(old) = environment_value(content, KERNELOPTS) else {
        return Ok(None);
    };
    let Some(new) = change.of(&old) else {
        return Ok(None);
    };
    let mut block = Vec::with_capacity(content.len());
    let variables = content.split_inclusive(|byte| *byte == b'\n');
    for line in variables.filter(|line| line.ends_with(b"\n")) {
        match line
            .strip_prefix(KERNELOPTS.as_bytes())
            .is_some_and(|rest| rest.starts_with(b"="))
        {
            true => block.extend_from_slice(
                format!("{KERNELOPTS}={}\n", new.replace('\\', "\\\\")).as_bytes(),
            ),
            false => block.extend_from_slice(line),
        }
    }
    if block.len() > content.len() {
        let message = format!(
            "the arguments do not fit into GRUB's block of {} bytes",
            content.len()
        );
        return Err(PlanError::new(Code::P2016, message).help("remove an argument first"));
    }
    block.resize(content.len(), b'#');
    Ok(Some(block))
}

/// The value of a variable of GRUB's block.
pub(super) fn environment_value(content: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(content);
    let mut values = text
        .lines()
        .filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    values.next().map(|value| value.replace("\\\\", "\\"))
}

/// GRUB's block of variables, where there is one.
pub(super) fn environment_content(tree: &VolumeTree) -> Result<Option<Vec<u8>>, PlanError> {
    for path in GRUB_ENVIRONMENTS {
        if access::look(tree, path)?.is_some_and(|found| found.kind == FileKind::File) {
            return access::read(tree, path, MAX_TEXT).map(Some);
        }
    }
    Ok(None)
}
