//! `retire`: ending own daemons that the settings want no more.

use super::control::Control;
use super::protocol::Request;
use super::targets::Targets;
use crate::export::Result;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a daemon may take to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// Ends the own daemons in `folder` whose number is above `keep` and whose disks nobody uses; returns how
/// many others were left: somebody is logged in to them.
///
/// # Errors
/// `Unavailable`, `Refused` for a daemon that does not do it.
pub fn retire(folder: &Path, keep: usize) -> Result<usize> {
    // Without a folder there are no daemons.
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| {
        let name = entry.file_name();
        name.to_str()?.strip_prefix("control.")?.parse::<u16>().ok()
    });
    let mut left = 0;
    for number in numbers.filter(|number| usize::from(*number) > keep) {
        let control = Control::own(folder, number);
        if control.connect().is_err() {
            continue;
        }
        left += usize::from(!stop(&control)?);
    }
    Ok(left)
}

/// Whether it was stopped.
fn stop(control: &Control) -> Result<bool> {
    let targets = Targets(control);
    let all = targets.all()?;
    for there in &all {
        targets.exclude(there)?;
    }
    let is_used = targets
        .all()?
        .iter()
        .any(|there| !there.sessions.is_empty());
    if is_used {
        all.iter().try_for_each(|there| targets.admit(there))?;
        return Ok(false);
    }
    all.iter().try_for_each(|there| targets.remove(there))?;
    // It may end before it answers.
    let _ = control.call(&Request::Stop);
    let end = Instant::now() + PATIENCE;
    while control.connect().is_ok() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(true)
}
