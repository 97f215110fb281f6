//! The templates, compiled in, and how they are rendered. Everything is escaped as HTML.

use crate::{assets, show};
use axum::response::Html;
use minijinja::value::Serde;
use minijinja::{Environment, Error, UndefinedBehavior, Value};
use serde_json::Value as Json;
use std::sync::LazyLock;

/// Declares the templates by their names.
macro_rules! all {
    ($($name:literal)*) => {
        [$(($name, include_str!(concat!("../templates/", $name)))),*]
    };
}

const ALL: &[(&str, &str)] = &all! {
    "account.html" "address-pool.html" "alert.html" "appliances.html"
    "artifact-bundle-import.html" "artifact-bundle-new.html" "artifact-bundle.html"
    "audit-log.html" "build-plan-edit.html" "build-plan.html" "compare.html" "confirm.html"
    "dashboard.html" "deployment-plan-edit.html" "deployment-plan.html" "describe.html"
    "ethernet-network-new.html" "ethernet-network.html" "files.html" "golden-image-new.html"
    "golden-image.html" "layout.html" "list.html" "login.html" "macros.html" "os-volume.html"
    "password.html" "plan-script-edit.html" "plan-script-faults.html" "plan-script.html"
    "preview.html" "refusal.html" "server-hardware-edit.html" "server-hardware.html"
    "server-profile-boot.html" "server-profile-edit.html" "server-profile.html" "settings.html"
    "task.html" "user-edit.html" "users.html" "versions.html"
};

static ENVIRONMENT: LazyLock<Result<Environment<'static>, Error>> = LazyLock::new(environment);

/// A page of a template with what it shows.
///
/// # Errors
/// Where the template is wrong.
pub(crate) fn render(name: &str, content: &Json) -> Result<Html<String>, Error> {
    // The error of the one attempt is kept and told each time; it cannot be cloned.
    let environment = ENVIRONMENT
        .as_ref()
        .map_err(|error| Error::new(error.kind(), format!("{error:#}")))?;
    let template = environment.get_template(name)?;
    Ok(Html(template.render(Value::from(Serde(content)))?))
}

fn environment() -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.add_global("assets", assets::FOLDER.as_str());
    show::add_to(&mut environment);
    for (name, source) in ALL {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_comes_from_outside_is_escaped() {
        let hostile = "<script>alert(1)</script>\" onmouseover='x'";
        let refused = json!({"message": hostile, "recommendedActions": [hostile]});
        let page = render(
            "refusal.html",
            &json!({"title": hostile, "refused": refused}),
        );
        let page = page.unwrap().0;
        assert!(!page.contains("<script>alert"), "{page}");
        assert!(page.contains("&lt;script&gt;alert"), "{page}");
        assert!(!page.contains("' onmouseover"), "{page}");
    }

    #[test]
    fn no_template_has_a_script_or_style_inside() {
        for (name, source) in ALL {
            assert!(!source.contains("style=\""), "{name}");
            assert!(
                !source.contains("|safe") && !source.contains("| safe"),
                "{name}"
            );
            for (at, _) in source.match_indices("<script") {
                assert!(source[at..].starts_with("<script src="), "{name}");
            }
        }
    }
}
