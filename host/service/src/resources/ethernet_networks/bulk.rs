//! Many networks at once: all of them or none.

use super::LIST;
use super::wire::{Input, Wire, wrong_vlan};
use crate::access::Caller;
use crate::error::{ApiError, Envelope};
use crate::resources::artifact::{Flag, Text, missing, reference};
use crate::state::AppState;
use crate::wire::{Collection, Json, ListQuery, page};
use axum::extract::State;
use axum::http::StatusCode;
use mintage_records::model::EthernetNetwork;
use mintage_records::{Kind, Match};
use serde::Deserialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .routes(routes!(delete))
}

/// Many networks that are sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
#[schema(as = BulkEthernetNetworks)]
struct Many {
    /// What their names begin with; `_` and the number of the VLAN follow.
    name_prefix: Option<String>,
    /// `1-10,50,500-700`.
    vlan_id_range: Option<String>,
    purpose: Option<String>,
    #[schema(value_type = Option<bool>)]
    private_network: Option<Flag>,
    #[schema(value_type = Option<bool>)]
    smart_link: Option<Flag>,
}

/// Those that are to be deleted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
#[schema(as = BulkDeletion)]
struct Named {
    network_uris: Vec<String>,
}

/// Makes a network for each of many VLANs.
#[utoipa::path(
    post,
    path = "/rest/ethernet-networks/bulk",
    tag = "ethernet-networks",
    operation_id = "createEthernetNetworks",
    security(("session" = ["deploy"]), ("token" = ["deploy"])),
    request_body = Many,
    responses(
        (status = 201, description = "They.", body = Collection<Wire>),
        (status = "4XX", description = "Refused, and none was made.", body = Envelope)
    )
)]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Json(many): Json<Many>,
) -> Result<(StatusCode, Json<Collection<Wire>>), ApiError> {
    let prefix = many.name_prefix.ok_or_else(|| missing("namePrefix"))?;
    let range = many.vlan_id_range.ok_or_else(|| missing("vlanIdRange"))?;
    let vlans = vlans(&range)?;
    let made = state.change(caller.author(), move |change| {
        let networks = vlans.into_iter().map(|vlan| {
            let input = Input {
                name: Some(format!("{prefix}_{vlan}")),
                vlan_id: Some(Text(vlan.to_string())),
                purpose: many.purpose.clone(),
                private_network: many.private_network,
                smart_link: many.smart_link,
                ..Input::default()
            };
            let network = input.network(change, None)?;
            Ok(Wire::from(change.insert(network)?))
        });
        networks.collect::<Result<Vec<_>, ApiError>>()
    });
    let members = made.await?;
    let total = members.len() as u64;
    let all = page(
        LIST,
        Kind::EthernetNetworks,
        &ListQuery::default(),
        members,
        total,
    );
    Ok((StatusCode::CREATED, Json(all)))
}

/// Deletes many networks that nothing uses.
#[utoipa::path(
    post,
    path = "/rest/ethernet-networks/bulk-delete",
    tag = "ethernet-networks",
    operation_id = "deleteEthernetNetworks",
    security(("session" = ["deploy"]), ("token" = ["deploy"])),
    request_body = Named,
    responses(
        (status = 204, description = "They are gone."),
        (status = "4XX", description = "Refused, and none was deleted.", body = Envelope)
    )
)]
async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    Json(named): Json<Named>,
) -> Result<StatusCode, ApiError> {
    let deleted = state.change(caller.author(), move |change| {
        for uri in &named.network_uris {
            let id = reference("networkUris", Kind::EthernetNetworks, uri)?;
            change.delete::<EthernetNetwork>(&id, &Match::Any)?;
        }
        Ok(StatusCode::NO_CONTENT)
    });
    deleted.await
}

/// The VLANs of a list of numbers and ranges.
fn vlans(text: &str) -> Result<BTreeSet<u16>, ApiError> {
    /// The highest number that there is.
    const HIGHEST: u16 = 4094;
    let wrong = || wrong_vlan(format!("`vlanIdRange` is like `1-10,50`, not `{text}`"));
    let mut vlans = BTreeSet::new();
    for part in text.split(',') {
        let (start, end) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| text.trim().parse::<u16>().map_err(|_| wrong());
        let (start, end) = (number(start)?, number(end)?);
        if start == 0 || start > end || end > HIGHEST {
            return Err(wrong());
        }
        vlans.extend(start..=end);
    }
    Ok(vlans)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vlans_are_numbers_and_ranges() {
        for (text, expected) in [
            ("5", Some(vec![5])),
            ("1-3,2,9", Some(vec![1, 2, 3, 9])),
            (" 7 - 8 ", Some(vec![7, 8])),
            ("", None),
            ("0-2", None),
            ("4094-4095", None),
            ("3-1", None),
            ("1,,2", None),
            ("a", None),
        ] {
            let read = vlans(text).ok().map(|vlans| vlans.into_iter().collect());
            assert_eq!(read, expected, "{text}");
        }
    }
}
