//! `/rest/roles`: what users can be.

use crate::access::Permission;
use crate::error::Envelope;
use crate::state::AppState;
use crate::wire::Json;
use mintage_records::access::Role;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// A role on the wire.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Role)]
struct Wire {
    role_name: &'static str,
    category: &'static str,
    /// What it may do: the permissions that operations declare.
    permissions: Vec<&'static str>,
}

/// All roles.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Roles {
    members: Vec<Wire>,
    total: usize,
    count: usize,
}

/// What users can be.
#[utoipa::path(
    get,
    path = "/rest/roles",
    tag = "users",
    security(("session" = ["read"]), ("token" = ["read"])),
    responses(
        (status = 200, description = "All roles.", body = Roles),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn list() -> Json<Roles> {
    let members: Vec<Wire> = Role::ALL.into_iter().map(wire).collect();
    Json(Roles {
        total: members.len(),
        count: members.len(),
        members,
    })
}

fn wire(role: Role) -> Wire {
    Wire {
        role_name: role.as_str(),
        category: "roles",
        permissions: Permission::names_of(role),
    }
}
