//! What came of a request: a task is followed to its end, a resource is shown.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::{Screen, printable};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mintage_client::{Reply, Service, TaskView, follow};
use serde_json::Value as Json;

/// How a task is shown on a terminal.
const BAR: &str = "{msg} {wide_bar} {pos:>3}% {elapsed}";

/// Follows the task in `reply` to its end, unless `wait` is false, and prints what came of it.
pub(super) fn show(
    service: &Service,
    reply: &Reply,
    wait: bool,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let Some(task) = TaskView::of(&reply.body).filter(|_| wait) else {
        return print(&reply.body, screen);
    };
    let ended = watch(service, &task.uri)?;
    let resource = ended.associated_resource.as_ref();
    let uri = resource.and_then(|resource| resource.resource_uri.as_deref());
    match uri.filter(|uri| !uri.is_empty()) {
        // What the task was about may be gone: it deleted it.
        Some(uri) => match service.get(uri) {
            Ok(made) => print(&made.body, screen),
            Err(_) => say(&ended, screen),
        },
        None => say(&ended, screen),
    }
}

/// Follows a task, with a bar on a terminal.
pub(super) fn watch(service: &Service, uri: &str) -> Result<TaskView, Failure> {
    let bar = ProgressBar::with_draw_target(Some(100), ProgressDrawTarget::stderr());
    bar.set_style(
        ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let ended = follow(service, uri, |task| {
        let text = task.task_status.as_deref().unwrap_or(&task.task_state);
        bar.set_message(printable(text));
        bar.set_position(task.percent_complete.into());
    });
    bar.finish_and_clear();
    Ok(ended?)
}

/// One line on a task.
pub(super) fn say(task: &TaskView, screen: &Screen) -> Result<Exit, Failure> {
    let text = task.task_status.as_deref().unwrap_or_default();
    match screen.json {
        true => screen.json(&serde_json::json!({
            "uri": task.uri,
            "name": task.name,
            "taskState": task.task_state,
            "taskStatus": text,
        }))?,
        false => screen.print(format_args!("{}: {}\n", task.task_state, printable(text)))?,
    }
    Ok(Exit::Success)
}

/// A resource, as JSON or as lines of `member: value`.
pub(super) fn print(resource: &Json, screen: &Screen) -> Result<Exit, Failure> {
    match resource {
        Json::Object(members) if !screen.json => {
            let wide = members.keys().map(|name| name.len()).max().unwrap_or(0);
            let shown = members.iter().filter(|(_, value)| !value.is_null());
            for (name, value) in shown {
                let value = match value {
                    Json::String(text) => {
                        printable(text).replace('\n', &format!("\n{:1$}", "", wide + 2))
                    }
                    other => printable(&other.to_string()),
                };
                screen.print(format_args!("{:wide$}  {value}\n", printable(name)))?;
            }
        }
        Json::Null => {}
        other => screen.json(other)?,
    }
    Ok(Exit::Success)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_can_be_parsed() {
        ProgressStyle::with_template(BAR).unwrap();
    }
}
