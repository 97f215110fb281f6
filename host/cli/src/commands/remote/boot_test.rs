//! Boot tests of what a service has: its task is followed, then the result and the console are shown.

use super::{kind, outcome, service};
use crate::commands::boot_test::BootTestReport;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::{Screen, printable};
use mintage_boot::boot_test::shown;
use mintage_client::{ClientError, Service, TaskView};
use serde::Deserialize;
use serde_json::Value as Json;

/// What came of a test, as the service says it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tested {
    result: String,
    reason: String,
    firmware: String,
    seconds: f64,
    task_uri: String,
    console_uri: String,
}

/// Boots one of a collection, by its name, id or URI.
pub fn run(
    (collection, name): (&str, &str),
    how: &Json,
    wait: bool,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let service = service()?;
    let kind = kind(collection).map_err(Failure::usage)?;
    let uri = kind.find(&service, name)?;
    let reply = service.post(&format!("{uri}/boot-test"), how)?;
    let Some(task) = TaskView::of(&reply.body).filter(|_| wait) else {
        return outcome::print(&reply.body, screen);
    };
    outcome::watch(&service, &task.uri)?;
    report(&service, &uri)?.show(screen)
}

fn report(service: &Service, uri: &str) -> Result<BootTestReport, Failure> {
    let tested = service.get(uri)?.body["bootTest"].take();
    let tested: Tested = serde_json::from_value(tested)
        .map_err(|_| ClientError::Answer(format!("{uri} has no result of a boot test")))?;
    let mut console = Vec::new();
    service.download(&tested.console_uri, &mut console, |_, _| ())?;
    Ok(BootTestReport {
        booted: tested.result == "passed",
        reason: printable(&tested.reason),
        seconds: tested.seconds,
        firmware: printable(&tested.firmware),
        task: Some(tested.task_uri),
        console: shown(&console),
    })
}
