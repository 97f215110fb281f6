//! Watches the size and the depth of values where Rhai does not: `map[key] = value` adds an entry
//! without a check, and a closure that captures a closure, again and again, makes a chain that
//! overflows the stack when it is dropped.

use crate::codes::Code;
use crate::error::PlanError;
use crate::limits::Limits;
use rhai::{Dynamic, Engine, EvalAltResult, EvalContext, FnPtr, Position};

/// Looks at every variable that is used: what it holds must be within the limits.
///
/// Rhai itself checks literals, results of functions and what methods changed. All other growth
/// needs a variable to grow from, so each step is noticed before the next.
pub(crate) fn watch(engine: &mut Engine, limits: &Limits) {
    let whole = Left {
        items: limits.array_items,
        entries: limits.map_items,
        depth: limits.value_depth,
    };
    // Rhai calls every hook deprecated that may change from one version to the next; the version
    // is pinned, and tests of the limits would notice.
    #[allow(deprecated)]
    engine.on_var(move |name, index, context| {
        let fits =
            variable(&context, name, index).map_or(Ok(()), |value| whole.clone().take(value));
        match fits {
            Ok(()) => Ok(None),
            Err(what) => {
                let message = format!("the value of `{name}` {what}");
                let error = PlanError::new(Code::P2003, message);
                Err(EvalAltResult::ErrorRuntime(Dynamic::from(error), Position::NONE).into())
            }
        }
    });
}

/// A variable, by its distance from the end of the scope where that is known.
fn variable<'s>(context: &'s EvalContext, name: &str, index: usize) -> Option<&'s Dynamic> {
    // From the last to the first.
    let mut variables = context.scope().iter_raw();
    let found = match index.checked_sub(1) {
        Some(before) => variables.nth(before),
        None => variables.find(|(own, ..)| *own == name),
    };
    found.map(|(.., value)| value)
}

/// How much there may still be in a value.
#[derive(Clone)]
struct Left {
    items: usize,
    entries: usize,
    depth: usize,
}

impl Left {
    /// Takes all that is in `value` from what is left.
    fn take(&mut self, value: &Dynamic) -> Result<(), &'static str> {
        if value.is_shared() && value.is_locked() {
            // In use at this moment, by the call that led here: looked at when it is used next.
            return Ok(());
        }
        if let Ok(array) = value.as_array_ref() {
            count(&mut self.items, array.len(), "has too many items")?;
            return self.take_all(array.iter());
        }
        if let Ok(map) = value.as_map_ref() {
            count(&mut self.entries, map.len(), "has too many entries")?;
            return self.take_all(map.values());
        }
        if let Some(function) = value.read_lock::<FnPtr>() {
            count(
                &mut self.items,
                function.curry().len(),
                "captures too many values",
            )?;
            return self.take_all(function.iter_curry());
        }
        Ok(())
    }

    fn take_all<'v>(
        &mut self,
        mut values: impl Iterator<Item = &'v Dynamic>,
    ) -> Result<(), &'static str> {
        count(&mut self.depth, 1, "is nested too deep")?;
        values.try_for_each(|value| self.take(value))?;
        self.depth += 1;
        Ok(())
    }
}

fn count(left: &mut usize, used: usize, too_much: &'static str) -> Result<(), &'static str> {
    *left = left.checked_sub(used).ok_or(too_much)?;
    Ok(())
}
