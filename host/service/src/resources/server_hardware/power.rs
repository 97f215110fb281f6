//! The power of a server: its BMC is asked and told, and what it says is noted.

use super::shown;
use super::wire::Wire;
use crate::access::Caller;
use crate::error::{ApiError, Envelope};
use crate::resources::artifact::missing;
use crate::state::{AppState, blocking};
use crate::wire::{Json, PathId, Tagged};
use axum::extract::State;
use mintage_boot::power::{Manner, Power, PowerControl, PowerState as Now};
use mintage_deploy::power::{control, failed};
use mintage_records::model::{PowerState, ServerHardware};
use mintage_records::{Id, Match};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(power))
        .routes(routes!(refresh))
}

/// What is to become of a server's power.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
#[schema(as = PowerStateInput)]
struct Wanted {
    /// `On` or `Off`.
    power_state: Option<String>,
    /// `MomentaryPress` (the system is asked; without it), `PressAndHold` (the power is cut),
    /// `Reset` (asked and started anew), `ColdBoot` (cut and started anew).
    power_control: Option<String>,
}

impl Wanted {
    fn power(&self) -> Result<Power, ApiError> {
        let state = self.power_state.as_deref();
        let state = state.ok_or_else(|| missing("powerState"))?;
        let how = self.power_control.as_deref().unwrap_or("MomentaryPress");
        let is = |text: &str, known: &str| text.eq_ignore_ascii_case(known);
        match () {
            () if is(how, "Reset") && is(state, "On") => Ok(Power::Restart(Manner::Graceful)),
            () if is(how, "ColdBoot") && is(state, "On") => Ok(Power::Restart(Manner::Forced)),
            () if is(how, "MomentaryPress") && is(state, "On") => Ok(Power::On),
            () if is(how, "MomentaryPress") && is(state, "Off") => Ok(Power::Off(Manner::Graceful)),
            () if is(how, "PressAndHold") && is(state, "Off") => Ok(Power::Off(Manner::Forced)),
            () => {
                let message = "`powerState` is `On` with the `powerControl` `MomentaryPress`, `Reset` or \
                               `ColdBoot`, or `Off` with `MomentaryPress` or `PressAndHold`";
                Err(ApiError::bad_request("INVALID_POWER", message).source("powerState"))
            }
        }
    }
}

/// Tells the BMC of a server what `act` does, and notes whether the server runs then.
async fn told(
    state: &AppState,
    caller: &Caller,
    id: Id,
    act: impl FnOnce(&dyn PowerControl) -> mintage_boot::power::Result<()> + Send + 'static,
) -> Result<Tagged<Json<Wire>>, ApiError> {
    let wanted = id.clone();
    let server = state.read(move |view| Ok(view.get::<ServerHardware>(&wanted)?));
    let server = server.await?;
    let sealer = state.sealer.clone();
    // The store waits for nobody meanwhile.
    let now = blocking(move || {
        let control = control(&server, &sealer)?;
        let now = act(control.as_ref()).and_then(|()| control.state());
        Ok(now.map_err(|error| failed(&error))?)
    });
    let now = now.await?;
    let noted = state.change(caller.author(), move |change| {
        let mut stored = change.get::<ServerHardware>(&id)?;
        stored.body.power_state = match now {
            Now::On | Now::PoweringOff => PowerState::On,
            Now::Off | Now::PoweringOn => PowerState::Off,
        };
        stored.body.refreshed = Some(change.at());
        let stored = change.update(&id, &Match::Any, stored.body)?;
        Ok(Tagged(stored.version, Json(shown(change, stored)?)))
    });
    noted.await
}

/// Switches a server on or off, or starts it anew, by its BMC.
#[utoipa::path(
    put,
    path = "/rest/server-hardware/{id}/powerState",
    tag = "server-hardware",
    operation_id = "setPowerOfServerHardware",
    security(("session" = ["deploy"]), ("token" = ["deploy"])),
    params(("id" = String, Path, description = "Its id.")),
    request_body = Wanted,
    responses(
        (status = 200, description = "It, as its BMC says it is now.", body = Wire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn power(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Json(wanted): Json<Wanted>,
) -> Result<Tagged<Json<Wire>>, ApiError> {
    let power = wanted.power()?;
    told(&state, &caller, id, move |server| server.power(power)).await
}

/// Asks the BMC of a server whether it runs, and notes it.
#[utoipa::path(
    put,
    path = "/rest/server-hardware/{id}/refreshState",
    tag = "server-hardware",
    operation_id = "refreshServerHardware",
    security(("session" = ["deploy"]), ("token" = ["deploy"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "It, as its BMC says it is now.", body = Wire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn refresh(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<Tagged<Json<Wire>>, ApiError> {
    told(&state, &caller, id, |_| Ok(())).await
}
