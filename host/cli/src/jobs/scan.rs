//! What of an image must not travel.

use super::open::{image, open_tree, read_only};
use super::volume_error;
use mintage_engine::Diagnostic;
use mintage_scan::{Allowance, Identities, Kind, ScanReport, collect};
use mintage_volume::volume::Volume;
use mintage_worker::Descriptors;

pub(super) fn scan(
    files: &mut Descriptors,
    baseline: bool,
    given: &[Vec<u8>],
    allowances: &[Allowance],
) -> Result<ScanReport, Diagnostic> {
    let volume = Volume::open(image(files)?).map_err(volume_error)?;
    let tree = volume.open_tree(&read_only()).map_err(volume_error)?;
    let mut identities = collect(&tree).map_err(volume_error)?;
    if baseline {
        // What the image is called now is the name of no server: it was made general.
        identities.forget(Kind::HostName);
        identities.merge(collect(&open_tree(files)?).map_err(volume_error)?);
    }
    identities.merge(asked_for(given));
    let mut report = mintage_scan::scan(&volume, &tree, &identities).map_err(volume_error)?;
    report.allow(allowances);
    Ok(report)
}

fn asked_for(given: &[Vec<u8>]) -> Identities {
    let mut identities = Identities::default();
    for text in given {
        identities.add(Kind::Given, text);
    }
    identities
}
