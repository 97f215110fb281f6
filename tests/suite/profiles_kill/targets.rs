//! What the daemons offer, as tgt's own `tgtadm` tells it.

use mintage_test_support::Environment;
use std::collections::BTreeMap;
use std::path::Path;

/// A target.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// The files of its disks.
    pub files: Vec<String>,
    /// The accounts that it asks for.
    pub accounts: Vec<String>,
    /// Who may log in.
    pub admitted: Vec<String>,
    /// Whether somebody is logged in.
    pub is_used: bool,
}

/// Asks own daemon `number` for something; what it says.
pub fn ask(environment: &Environment, data: &Path, number: u16, args: &[&str]) -> Option<String> {
    let mut command = environment.program("tgtadm");
    command.args(["-C", &number.to_string(), "--lld", "iscsi"]);
    command.args(args).env("TGT_IPC_SOCKET", "control");
    let output = command.current_dir(data.join("tgt")).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    output.status.success().then_some(text)
}

/// The targets of daemon `number`, by name.
///
/// # Errors
/// When it does not answer.
pub fn of(
    environment: &Environment,
    data: &Path,
    number: u16,
) -> Result<BTreeMap<String, Target>, String> {
    let text = ask(
        environment,
        data,
        number,
        &["--op", "show", "--mode", "target"],
    );
    let text = text.ok_or_else(|| format!("daemon {number} does not answer"))?;
    let mut all = BTreeMap::new();
    let mut name = String::new();
    let mut part = String::new();
    for line in text.lines() {
        let inner = line.trim_start();
        match line.len() - inner.len() {
            0 => inner.split_once(": ").unwrap().1.clone_into(&mut name),
            4 => inner.clone_into(&mut part),
            _ => {}
        }
        let target: &mut Target = all.entry(name.clone()).or_default();
        match (part.as_str(), line.len() - inner.len()) {
            ("I_T nexus information:", 8) => target.is_used = true,
            ("LUN information:", 12) => {
                let file = inner.strip_prefix("Backing store path: ");
                target
                    .files
                    .extend(file.filter(|file| *file != "None").map(str::to_owned));
            }
            ("Account information:", 8) => target.accounts.push(inner.to_owned()),
            ("ACL information:", 8) => target.admitted.push(inner.to_owned()),
            _ => {}
        }
    }
    Ok(all)
}
