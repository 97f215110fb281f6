//! A range of addresses on the wire.

use crate::error::ApiError;
use crate::resources::artifact::{Flag, OK, existing, missing, name, reference};
use crate::resources::id_pools::subnets::address;
use mintage_deploy::networks::Fullness;
use mintage_records::model::{AddressFragment, Ipv4Range};
use mintage_records::{Kind, Stored, View};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const CATEGORY: &str = "id-range-IPV4";
const TYPE: &str = "Range";
const RANGE_CATEGORY: &str = "Custom";

/// What is the same in all ranges.
pub(super) const CONSTANTS: [(&str, &str); 5] = [
    ("category", CATEGORY),
    ("rangeCategory", RANGE_CATEGORY),
    ("type", TYPE),
    ("state", OK),
    ("status", OK),
];

/// A range of addresses.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Range)]
pub(super) struct Wire {
    #[serde(rename = "type")]
    type_name: &'static str,
    category: &'static str,
    uri: String,
    id: String,
    name: String,
    state: &'static str,
    status: &'static str,
    created: String,
    modified: String,
    e_tag: String,
    subnet_uri: String,
    start_stop_fragments: Vec<Fragment>,
    /// The first address of the first fragment.
    start_address: Option<String>,
    /// The last address of the last fragment.
    end_address: Option<String>,
    range_category: &'static str,
    enabled: bool,
    default_range: bool,
    /// How many addresses servers can have: the gateway, for example, is none of them.
    total_count: u64,
    free_id_count: u64,
    allocated_id_count: u64,
    reserved_id_count: u64,
    allocator_uri: String,
    collector_uri: String,
    allocated_fragment_uri: String,
    free_fragment_uri: String,
}

/// Addresses one after the other.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AddressFragment)]
pub(in crate::resources::id_pools) struct Fragment {
    /// The first one.
    start_address: String,
    /// The last one.
    end_address: String,
}

impl From<&AddressFragment> for Fragment {
    fn from(fragment: &AddressFragment) -> Self {
        Self {
            start_address: fragment.start_address.to_string(),
            end_address: fragment.end_address.to_string(),
        }
    }
}

impl Fragment {
    fn read(&self) -> Result<AddressFragment, ApiError> {
        Ok(AddressFragment {
            start_address: address(&self.start_address, "startStopFragments")?,
            end_address: address(&self.end_address, "startStopFragments")?,
        })
    }
}

impl Wire {
    pub(super) fn new(stored: Stored<Ipv4Range>, fullness: Fullness) -> Self {
        let uri = Kind::Ipv4Ranges.uri(&stored.id);
        let range = stored.body;
        let fragments = &range.start_stop_fragments;
        Self {
            type_name: TYPE,
            category: CATEGORY,
            id: stored.id.to_string(),
            state: OK,
            status: OK,
            created: stored.created.to_string(),
            modified: stored.modified.to_string(),
            e_tag: stored.version.to_string(),
            subnet_uri: Kind::Ipv4Subnets.uri(&range.subnet),
            start_address: fragments.first().map(|one| one.start_address.to_string()),
            end_address: fragments.last().map(|one| one.end_address.to_string()),
            start_stop_fragments: fragments.iter().map(Fragment::from).collect(),
            name: range.name,
            range_category: RANGE_CATEGORY,
            enabled: range.enabled,
            default_range: false,
            total_count: fullness.total,
            free_id_count: fullness.free(),
            allocated_id_count: fullness.given,
            reserved_id_count: 0,
            allocator_uri: format!("{uri}/allocator"),
            collector_uri: format!("{uri}/collector"),
            allocated_fragment_uri: format!("{uri}/allocated-fragments"),
            free_fragment_uri: format!("{uri}/free-fragments"),
            uri,
        }
    }
}

/// A range that is sent. Other members are taken and not looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
#[schema(as = RangeInput)]
pub(super) struct Input {
    /// A new one without it is called by its ends.
    name: Option<String>,
    /// The subnet that it is part of; it stays that.
    subnet_uri: Option<String>,
    start_stop_fragments: Option<Vec<Fragment>>,
    /// With `endAddress`: the only fragment, where none are given.
    start_address: Option<String>,
    end_address: Option<String>,
    /// A new one without it is.
    #[schema(value_type = Option<bool>)]
    enabled: Option<Flag>,
    e_tag: Option<String>,
}

impl Input {
    /// The version that the change is meant for.
    pub(super) fn e_tag(&self) -> Option<&str> {
        self.e_tag.as_deref()
    }

    /// The range: what is not given is as in the old one.
    pub(super) fn range(
        self,
        view: &mut View<'_>,
        old: Option<&Ipv4Range>,
    ) -> Result<Ipv4Range, ApiError> {
        let uri = self.subnet_uri.as_deref();
        let subnet = match (uri, old) {
            (Some(uri), None) => existing(view, "subnetUri", Kind::Ipv4Subnets, uri)?,
            (None, None) => return Err(missing("subnetUri")),
            (None, Some(old)) => old.subnet.clone(),
            (Some(uri), Some(old)) => {
                if reference("subnetUri", Kind::Ipv4Subnets, uri)? != old.subnet {
                    let message = "a range stays in its subnet";
                    return Err(ApiError::bad_request("INVALID_RANGE", message)
                        .source("subnetUri")
                        .action("Make a new range in the other subnet."));
                }
                old.subnet.clone()
            }
        };
        let mut fragments = match (
            self.start_stop_fragments,
            self.start_address,
            self.end_address,
        ) {
            (Some(given), ..) => {
                let read = given.iter().map(Fragment::read);
                read.collect::<Result<Vec<_>, _>>()?
            }
            // An old one has both members in its reply, which clients send back.
            (None, Some(start_address), Some(end_address)) if old.is_none() => {
                let only = Fragment {
                    start_address,
                    end_address,
                };
                vec![only.read()?]
            }
            _ => match old {
                Some(old) => old.start_stop_fragments.clone(),
                None => return Err(missing("startStopFragments")),
            },
        };
        fragments.sort();
        let given = self.name.filter(|name| !name.is_empty());
        let by_default = match (old, fragments.first(), fragments.last()) {
            (Some(old), ..) => old.name.clone(),
            (None, Some(first), Some(last)) => {
                format!("{}-{}", first.start_address, last.end_address)
            }
            _ => return Err(missing("startStopFragments")),
        };
        Ok(Ipv4Range {
            name: name(given, Some(&by_default))?,
            subnet,
            start_stop_fragments: fragments,
            enabled: self
                .enabled
                .map(|flag| flag.0)
                .unwrap_or_else(|| old.is_none_or(|old| old.enabled)),
        })
    }
}
