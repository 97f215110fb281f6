//! Renders a template with everything about it bounded: steps, memory, depth, output.

use super::quote;
use crate::file::access::Content;
use crate::values::shorten;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State, UndefinedBehavior};
use mintage_engine::{Code, PlanError, PlanWorld, Secret, TemplateFault, Value};
use rhai::Dynamic;
use rhai::plugin::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// Steps of one rendering; each also pays for 64 bytes of text or two values, so a rendering never
/// holds more than 32 MiB.
const FUEL: u64 = 500_000;
/// How deep includes, macros and blocks nest.
const DEPTH: usize = 100;
/// How many templates one rendering may use.
const MAX_TEMPLATES: usize = 64;
/// The largest template, in bytes.
const MAX_SOURCE: usize = 256 * 1024;

/// Templates by name, shared with the loader, which notes the names that it did not find.
#[derive(Debug, Default)]
struct Shelf {
    found: BTreeMap<String, String>,
    missing: BTreeSet<String>,
}

/// Renders the template `name`; the text is a secret when one of the variables is, and at most
/// `limit` bytes.
///
/// # Errors
/// `P2003`, `P2014`, `P2015`, and `P2006` for a variable that no template can use.
pub(crate) fn render(
    world: &dyn PlanWorld,
    name: &str,
    variables: &Dynamic,
    limit: usize,
) -> Result<Content, PlanError> {
    let variables = Value::from_dynamic(variables)?;
    let has_secret = holds_secret(&variables);
    let shelf = Arc::new(Mutex::new(Shelf::default()));
    stock(world, &shelf, BTreeSet::from([name.to_owned()]))?;
    let variables = template_value(&variables);
    // The loader cannot reach the world, which is only lent for this call: a rendering that asked
    // for more templates is done once more with them.
    loop {
        let rendered = render_once(&shelf, name, &variables, limit);
        let missing = mem::take(&mut lock(&shelf).missing);
        if stock(world, &shelf, missing)? {
            continue;
        }
        let text = rendered.map_err(|error| explain(name, &error, has_secret, limit))?;
        return Ok(match has_secret {
            true => Content::Secret(Secret::new(text)),
            false => Content::Text(text.into()),
        });
    }
}

/// Parses the template `name` without rendering it, and gives the variables that it looks up;
/// templates that it includes are not looked at.
///
/// # Errors
/// `P2003` when it is too large, `P2014` for a syntax error.
pub(super) fn variables(name: &str, source: &str) -> Result<BTreeSet<String>, TemplateFault> {
    let shelf = Arc::new(Mutex::new(Shelf::default()));
    let shelved = shelve(&shelf, name, source.to_owned());
    shelved.map_err(|error| TemplateFault { error, line: None })?;
    let environment = environment(shelf);
    let template = environment.get_template(name);
    let template = template.map_err(|error| TemplateFault {
        error: explain(name, &error, false, 0),
        line: chain(&error).last().and_then(|error| error.line()),
    })?;
    let mut variables: BTreeSet<String> =
        template.undeclared_variables(false).into_iter().collect();
    for (global, _) in environment.globals() {
        variables.remove(global);
    }
    Ok(variables)
}

/// Fetches what the world has of `names`; says whether that was anything.
fn stock(
    world: &dyn PlanWorld,
    shelf: &Mutex<Shelf>,
    names: BTreeSet<String>,
) -> Result<bool, PlanError> {
    let mut fetched = false;
    for name in names {
        let Some(source) = world.template(&name).filter(|_| is_plain(&name)) else {
            continue;
        };
        shelve(shelf, &name, source)?;
        fetched = true;
    }
    Ok(fetched)
}

fn shelve(shelf: &Mutex<Shelf>, name: &str, source: String) -> Result<(), PlanError> {
    let mut shelf = lock(shelf);
    if source.len() > MAX_SOURCE || shelf.found.len() == MAX_TEMPLATES {
        let message = match source.len() > MAX_SOURCE {
            true => format!("the template `{}` is larger than 256 KiB", shorten(name)),
            false => format!("more than {MAX_TEMPLATES} templates are used at once"),
        };
        return Err(PlanError::new(Code::P2003, message));
    }
    shelf.found.insert(name.to_owned(), source);
    Ok(())
}

/// A name that can only be one in the plan library: relative, without `..`.
fn is_plain(name: &str) -> bool {
    let has_tricks = name.contains(['\\', '\0', ':']);
    !has_tricks && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn render_once(
    shelf: &Arc<Mutex<Shelf>>,
    name: &str,
    variables: &minijinja::Value,
    limit: usize,
) -> Result<String, Error> {
    let mut output = Output {
        bytes: Vec::new(),
        limit,
    };
    let environment = environment(Arc::clone(shelf));
    let template = environment.get_template(name)?;
    template.render_captured_to(variables.clone(), &mut output)?;
    // Templates write text only.
    String::from_utf8(output.bytes)
        .map_err(|error| Error::new(ErrorKind::WriteFailure, "not UTF-8").with_source(error))
}

fn environment(shelf: Arc<Mutex<Shelf>>) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(DEPTH);
    // For the place of an error in the template. It also holds the values of variables, so nothing
    // of an error is shown but its kind, its detail and its place.
    environment.set_debug(true);
    environment.remove_global("debug");
    // What must be quoted depends on the format of the file, not on the name of the template.
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    let syntax = SyntaxConfig::builder()
        .keep_trailing_newline(true)
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build();
    if let Ok(syntax) = syntax {
        environment.set_syntax(syntax);
    }
    environment.set_formatter(write_value);
    quote::add_to(&mut environment);
    environment.set_loader(move |name| {
        let mut shelf = lock(&shelf);
        let found = shelf.found.get(name).cloned();
        if found.is_none() && shelf.missing.len() < MAX_TEMPLATES {
            shelf.missing.insert(name.to_owned());
        }
        Ok(found)
    });
    environment
}

/// Writes strings, numbers and booleans. The form that others have for debugging has no place in a
/// file, and its length cannot be foreseen.
fn write_value(
    output: &mut minijinja::Output<'_>,
    state: &mut State<'_, '_>,
    value: &minijinja::Value,
) -> Result<(), Error> {
    match value.kind() {
        ValueKind::String | ValueKind::Number | ValueKind::Undefined => {
            minijinja::escape_formatter(output, state, value)
        }
        // As scripts and most formats write it, not `True`.
        ValueKind::Bool => Ok(write!(output, "{}", value.is_true())?),
        kind => {
            let message =
                format!("a value of kind {kind} is no text, use `join`, `json` or `yaml`");
            Err(Error::new(ErrorKind::InvalidOperation, message))
        }
    }
}

/// The text so far, refused when it grows past the limit.
struct Output {
    bytes: Vec<u8>,
    limit: usize,
}

impl io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.limit.saturating_sub(self.bytes.len()) {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn holds_secret(value: &Value) -> bool {
    match value {
        Value::Secret(_) => true,
        Value::List(values) => values.iter().any(holds_secret),
        Value::Map(entries) => entries.values().any(holds_secret),
        _ => false,
    }
}

fn template_value(value: &Value) -> minijinja::Value {
    match value {
        Value::Null => minijinja::Value::from(()),
        Value::Boolean(value) => minijinja::Value::from(*value),
        Value::Number(value) => minijinja::Value::from(*value),
        Value::Text(text) => minijinja::Value::from(text.as_str()),
        Value::List(values) => values.iter().map(template_value).collect(),
        Value::Map(entries) => {
            let entries = entries
                .iter()
                .map(|(key, value)| (key.as_str(), template_value(value)));
            minijinja::Value::from_pairs(entries)
        }
        Value::Secret(secret) => minijinja::Value::from(secret.reveal()),
    }
}

/// The innermost error says what went wrong and where; those around it say how it got there.
fn explain(name: &str, error: &Error, has_secret: bool, limit: usize) -> PlanError {
    let chain = chain(error);
    let is = |kind: ErrorKind| chain.iter().any(|error| error.kind() == kind);
    let innermost = chain.last().copied().unwrap_or(error);
    let place = place(name, innermost);
    if is(ErrorKind::OutOfFuel) {
        let message = format!("{place} takes too many steps or too much memory");
        return PlanError::new(Code::P2015, message).help(format!(
            "a rendering has {FUEL} steps; look for a loop or a macro without end"
        ));
    }
    if is(ErrorKind::WriteFailure) {
        let message = format!("{place} gives more than {limit} bytes");
        return PlanError::new(Code::P2003, message);
    }
    let why = reason(innermost, has_secret);
    let error = PlanError::new(Code::P2014, format!("{place} fails: {why}"));
    match innermost.kind() {
        ErrorKind::UndefinedError => {
            error.help("hand the variable over, or give a default: `{{ name | default(\"\") }}`")
        }
        ErrorKind::TemplateNotFound => {
            error.help("templates are the files below `templates/` of the plan library")
        }
        _ => error,
    }
}

/// Why a template fails. What is wrong with a value may quote it, so nothing but its kind is said
/// where a secret is among the variables.
fn reason(error: &Error, has_secret: bool) -> String {
    let kind = error.kind();
    match (kind, error.detail()) {
        (ErrorKind::UndefinedError, _) => match expression(error) {
            Some(expression) => format!("`{}` has no value", shorten(expression)),
            None => kind.to_string(),
        },
        (ErrorKind::TemplateNotFound, Some(detail)) if !has_secret => shorten(detail),
        (ErrorKind::SyntaxError, Some(detail)) => format!("{kind}: {}", shorten(detail)),
        (_, Some(detail)) if !has_secret => format!("{kind}: {}", shorten(detail)),
        _ => kind.to_string(),
    }
}

/// The text in the template that an error is about.
fn expression(error: &Error) -> Option<&str> {
    error.template_source()?.get(error.range()?)
}

fn chain(error: &Error) -> Vec<&Error> {
    let mut chain = vec![error];
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        chain.extend(inner.downcast_ref::<Error>());
        source = inner.source();
    }
    chain
}

fn place(name: &str, error: &Error) -> String {
    let template = shorten(error.name().unwrap_or(name));
    match error.line() {
        Some(line) => format!("the template `{template}`, line {line},"),
        None => format!("the template `{template}`"),
    }
}

/// The shelf is only ever changed by whole insertions, so a panic elsewhere spoils nothing.
fn lock(shelf: &Mutex<Shelf>) -> std::sync::MutexGuard<'_, Shelf> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}

#[export_module]
pub(super) mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Dynamic, Map, NativeCallContext};

    /// Renders a template of the plan library and gives the text.
    ///
    /// The language is that of Jinja. A variable that was not handed over is an error. The line
    /// break behind a block tag, and the blanks before it, do not come into the text; the one at the
    /// end of the template does. `include`, `import` and `extends` find templates of the same plan
    /// library. Filters quote for a format, each for exactly one value in its place: `sh` a word,
    /// `ini` the rest of a line, `json`, `yaml` and `toml` a value, `xml` a text or an attribute,
    /// `systemd` a word of a unit's setting, `systemd_exec` one of its commands. When a secret is
    /// among the variables, the whole text is a secret.
    ///
    /// # Errors
    /// - `P2003` when the text would be too long.
    /// - `P2006` for a variable that templates cannot use.
    /// - `P2014` when the template does not exist or fails.
    /// - `P2015` when it takes too many steps.
    ///
    /// # Example
    /// ```rhai
    /// template::render("motd.j2", #{ rack: "r12" }) == "Rack r12\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn render(ctx: NativeCallContext, name: &str, variables: Map) -> RhaiResultOf<Dynamic> {
        let limit = ctx.max_string();
        let variables = Dynamic::from_map(variables);
        let rendered = ctx.call_world(|world| super::render(world, name, &variables, limit))?;
        Ok(rendered.into_dynamic())
    }
}

#[cfg(test)]
mod tests;
