//! A golden image on the wire.

use super::super::artifact::{NamedUri, dependents};
use super::super::boot_tests::BootTestWire;
use mintage_records::model::{GoldenImage, State};
use mintage_records::{Filter, Kind, Operator, Stored, Use};
use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;

/// A golden image on the wire. `format`, `used`, `volumeSum`, `inspection`, `bootTest` and `upload` are Mintage's
/// own; clients of the Image Streamer pass over them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GoldenImage)]
pub(crate) struct Wire {
    #[serde(rename = "type")]
    type_name: &'static str,
    category: &'static str,
    uri: String,
    id: String,
    name: String,
    description: Option<String>,
    /// `CREATING` while a task makes it or an upload is under way, `OK`, `ERROR`.
    state: &'static str,
    status: &'static str,
    created: String,
    modified: String,
    e_tag: String,
    /// Length of the disk in bytes; 0 until it is known.
    size: u64,
    /// SHA-256 of the file that was uploaded.
    check_sum: Option<String>,
    image_capture: bool,
    imported_from_bundle: bool,
    bundle_name: Option<String>,
    #[serde(rename = "bundleURI")]
    bundle_uri: Option<String>,
    artifact_bundle_category: Option<&'static str>,
    build_plan_name: Option<String>,
    build_plan_uri: Option<String>,
    build_plan_category: Option<&'static str>,
    os_volume_name: Option<String>,
    #[serde(rename = "osVolumeURI")]
    os_volume_uri: Option<String>,
    os_volume_category: Option<&'static str>,
    read_only: bool,
    dependent_artifacts: Vec<NamedUri>,
    /// The format that was declared.
    format: Option<String>,
    /// Bytes of the disk that hold data.
    used: u64,
    /// The sum of the disk: `sha256-1m:` and hexadecimal digits; docs/golden-images.md tells how it is
    /// computed.
    volume_sum: Option<String>,
    /// What was found in the image: `system`, `volume`, or `error`.
    #[schema(value_type = Option<Object>)]
    inspection: Option<Json>,
    /// What came of its last boot test.
    boot_test: Option<BootTestWire>,
    /// Where an upload in pieces goes on, while one is under way.
    upload_uri: Option<String>,
}

impl Wire {
    pub(super) fn new(stored: Stored<GoldenImage>, users: Vec<Use>) -> Self {
        let Stored { id, body, .. } = stored;
        let of = |kind: Kind, is_some: bool| is_some.then(|| kind.as_str());
        let (from, is_captured) = (body.provenance.as_ref(), body.provenance.is_some());
        Self {
            type_name: "GoldenImage",
            category: Kind::GoldenImages.as_str(),
            uri: Kind::GoldenImages.uri(&id),
            state: state(body.state),
            status: status(body.state),
            created: stored.created.to_string(),
            modified: stored.modified.to_string(),
            e_tag: stored.version.to_string(),
            size: body.size,
            check_sum: body.check_sum,
            image_capture: body.image_capture,
            imported_from_bundle: body.imported_from_bundle,
            bundle_uri: body.bundle.as_ref().map(|id| Kind::ArtifactBundles.uri(id)),
            artifact_bundle_category: of(Kind::ArtifactBundles, body.bundle_name.is_some()),
            bundle_name: body.bundle_name,
            build_plan_name: from.map(|from| from.build_plan_name.clone()),
            build_plan_uri: from.map(|from| Kind::BuildPlans.uri(&from.build_plan)),
            build_plan_category: of(Kind::BuildPlans, is_captured),
            os_volume_name: from.map(|from| from.os_volume_name.clone()),
            os_volume_uri: from.map(|from| Kind::OsVolumes.uri(&from.os_volume)),
            os_volume_category: of(Kind::OsVolumes, is_captured),
            read_only: body.read_only,
            dependent_artifacts: dependents(users),
            format: body.format,
            used: body.used,
            volume_sum: body.volume_sum,
            inspection: body.inspection,
            boot_test: body
                .boot_test
                .map(|test| BootTestWire::new(test, &Kind::GoldenImages.uri(&id))),
            upload_uri: body.upload.map(|_| super::uploads::uri(&id)),
            id: id.to_string(),
            name: body.name,
            description: body.description,
        }
    }
}

fn state(state: State) -> &'static str {
    match state {
        State::Creating => "CREATING",
        State::Ok => "OK",
        State::Error => "ERROR",
    }
}

fn status(state: State) -> &'static str {
    match state {
        State::Error => "Critical",
        State::Creating | State::Ok => "OK",
    }
}

/// The store keeps no `status`: a filter by it becomes one by `state`.
pub(super) fn without_status(filter: Filter) -> Filter {
    let each = |filters: Vec<Filter>| filters.into_iter().map(without_status).collect();
    match filter {
        Filter::All(filters) => Filter::All(each(filters)),
        Filter::Any(filters) => Filter::Any(each(filters)),
        Filter::Not(filter) => Filter::Not(Box::new(without_status(*filter))),
        Filter::Compare {
            field,
            operator: operator @ (Operator::Equal | Operator::NotEqual),
            value,
        } if field == "status" => by_state(operator, &value),
        compare => compare,
    }
}

fn by_state(operator: Operator, status: &str) -> Filter {
    let is_error = |operator| Filter::Compare {
        field: "state".to_owned(),
        operator,
        value: "ERROR".to_owned(),
    };
    let same = match status.to_ascii_lowercase().as_str() {
        "ok" => is_error(Operator::NotEqual),
        "critical" => is_error(Operator::Equal),
        // No image has another one.
        _ => Filter::Any(Vec::new()),
    };
    match operator {
        Operator::NotEqual => Filter::Not(Box::new(same)),
        _ => same,
    }
}
