//! How the tests of formats make changes.

use super::keys::keys;
use super::{Change, Format, Key, Value};
use mintage_engine::PlanError;
use rhai::{Dynamic, Engine};

/// A change as a script would ask for it.
pub(crate) enum Ask {
    /// `set`.
    Set(&'static str, &'static str),
    /// `remove`.
    Remove(&'static str),
    /// `ensure_item`.
    Ensure(&'static str, &'static str),
    /// `remove_item`.
    RemoveItem(&'static str, &'static str),
}

/// The text after a change; itself when there is nothing to change. A change that was made is
/// already made.
pub(crate) fn asked<F: Format>(text: &str, ask: &Ask) -> Result<String, PlanError> {
    let value = |source: &str| Value::of(&script(source)).unwrap().0;
    let (at, change) = match ask {
        Ask::Set(at, new) => (at, Change::Set(value(new))),
        Ask::Remove(at) => (at, Change::Remove),
        Ask::Ensure(at, item) => (at, Change::EnsureItem(value(item))),
        Ask::RemoveItem(at, item) => (at, Change::RemoveItem(value(item))),
    };
    let keys = keys(&script(at)).unwrap();
    let Some(edited) = super::edited::<F>(text.as_bytes(), &keys, &change)? else {
        return Ok(text.to_owned());
    };
    // What is removed by its place leaves another there.
    if !matches!((ask, keys.last()), (Ask::Remove(_), Some(Key::Index(_)))) {
        let again = super::edited::<F>(&edited, &keys, &change)?;
        assert_eq!(again, None, "{text:?}: the second time changes again");
    }
    Ok(String::from_utf8(edited).unwrap())
}

/// The value of an expression.
fn script(source: &str) -> Dynamic {
    Engine::new_raw().eval(source).unwrap()
}

/// Checks a table of texts, changes and what comes of them.
pub(crate) fn check<F: Format>(table: &[(&str, Ask, &str)]) {
    let mut wrong = Vec::new();
    for (text, ask, expected) in table {
        match asked::<F>(text, ask) {
            Ok(edited) if edited == *expected => {}
            other => wrong.push(format!(
                "{text:?}\n  wanted {expected:?}\n  got    {other:?}"
            )),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
