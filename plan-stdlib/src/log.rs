//! `log`: lines in the run's log.

use mintage_engine::{Code, PlanError, Value};
use rhai::plugin::*;
use rhai::{Dynamic, Module};

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Adds lines to the log of the run.");
    module
}

/// The text of a value: of a string itself, of anything else as a script would write it.
///
/// # Errors
/// `P4005` for a secret, or a list or map with one in it.
fn text(value: &Dynamic) -> Result<String, PlanError> {
    let value = Value::from_dynamic(value)?;
    let mut text = String::new();
    show(&value, false, &mut text)?;
    Ok(text)
}

fn show(value: &Value, quoted: bool, text: &mut String) -> Result<(), PlanError> {
    match value {
        Value::Null => text.push_str("()"),
        Value::Boolean(value) => text.push_str(&value.to_string()),
        Value::Number(value) => text.push_str(&value.to_string()),
        Value::Text(value) if quoted => text.push_str(&format!("{value:?}")),
        Value::Text(value) => text.push_str(value),
        Value::List(values) => {
            text.push('[');
            for (index, value) in values.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                show(value, true, text)?;
            }
            text.push(']');
        }
        Value::Map(entries) => {
            text.push_str("#{");
            for (index, (key, value)) in entries.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { ", " });
                text.push_str(&format!("{key:?}: "));
                show(value, true, text)?;
            }
            text.push('}');
        }
        Value::Secret(_) => {
            return Err(PlanError::new(Code::P4005, "a secret cannot be logged")
                .help("log that it was used, not what it is"));
        }
    }
    Ok(())
}

#[export_module]
mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::{CallWorld, LogLevel};
    use rhai::{Dynamic, NativeCallContext};

    /// Logs something for the author of the script.
    ///
    /// # Errors
    /// - `P2012` when the run logs too much.
    /// - `P4005` for a secret.
    ///
    /// # Example
    /// ```rhai
    /// log::detail(#{ nic: "mgmt0", vlan: 12 });
    /// true
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn detail(ctx: NativeCallContext, value: Dynamic) -> RhaiResultOf<()> {
        let text = super::text(&value).map_err(|error| ctx.raise(error))?;
        ctx.log(LogLevel::Debug, &text)
    }

    /// Logs what was done.
    ///
    /// # Errors
    /// - `P2012` when the run logs too much.
    /// - `P4005` for a secret.
    ///
    /// # Example
    /// ```rhai
    /// log::info("the management port is " + attribute("ManagementNIC").mac);
    /// true
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn info(ctx: NativeCallContext, value: Dynamic) -> RhaiResultOf<()> {
        let text = super::text(&value).map_err(|error| ctx.raise(error))?;
        ctx.log(LogLevel::Info, &text)
    }

    /// Logs what somebody should look at.
    ///
    /// # Errors
    /// - `P2012` when the run logs too much.
    /// - `P4005` for a secret.
    ///
    /// # Example
    /// ```rhai
    /// log::warning("the image has no sudo");
    /// true
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn warning(ctx: NativeCallContext, value: Dynamic) -> RhaiResultOf<()> {
        let text = super::text(&value).map_err(|error| ctx.raise(error))?;
        ctx.log(LogLevel::Warning, &text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mintage_engine::Secret;

    #[test]
    fn values_are_logged_as_scripts_write_them() {
        for (value, expected) in [
            (Dynamic::from("a\"b"), "a\"b"),
            (Dynamic::from(7_i64), "7"),
            (
                Dynamic::from_array(vec!["a".into(), Dynamic::UNIT]),
                "[\"a\", ()]",
            ),
            (
                Dynamic::from_map(rhai::Map::from([("b".into(), Dynamic::TRUE)])),
                "#{\"b\": true}",
            ),
        ] {
            assert_eq!(text(&value).unwrap(), expected);
        }
    }

    #[test]
    fn secrets_are_not_logged_however_deep() {
        let secret = Dynamic::from(Secret::new("hunter2"));
        let deep = Dynamic::from_array(vec![Dynamic::from_map(rhai::Map::from([(
            "p".into(),
            secret.clone(),
        )]))]);
        for value in [secret, deep] {
            assert_eq!(text(&value).unwrap_err().code, Code::P4005);
        }
    }
}
