//! `replace`, as Rhai has it, but its result is measured before it is made: a string of a mebibyte
//! whose every letter becomes a mebibyte would end the process for want of memory.

use crate::call::CallWorld;
use crate::codes::Code;
use crate::error::PlanError;
use rhai::{EvalAltResult, FuncRegistration, ImmutableString, Module, NativeCallContext};

/// Adds the overloads whose result can be far longer than what they are given.
pub(crate) fn add(module: &mut Module) {
    let replace = || FuncRegistration::new("replace").in_global_namespace();
    replace().set_into_module(
        module,
        |call: NativeCallContext, string: &mut ImmutableString, find: &str, by: &str| {
            replace_all(&call, string, find, by)
        },
    );
    replace().set_into_module(
        module,
        |call: NativeCallContext, string: &mut ImmutableString, find: char, by: &str| {
            replace_all(&call, string, find.encode_utf8(&mut [0; 4]), by)
        },
    );
}

fn replace_all(
    call: &NativeCallContext,
    string: &mut ImmutableString,
    find: &str,
    by: &str,
) -> Result<(), Box<EvalAltResult>> {
    // As Rhai has it: nothing is found in an empty string, not even nothing.
    if string.is_empty() {
        return Ok(());
    }
    let found = string.matches(find).count();
    let added = found.saturating_mul(by.len());
    // Each match is a part of the string, so this cannot be less than nothing.
    let kept = string.len() - found * find.len();
    let limit = call.max_string();
    if kept.saturating_add(added) > limit {
        let message = format!("the string would be longer than the limit of {limit} bytes");
        return Err(call.raise(PlanError::new(Code::P2003, message)));
    }
    *string = string.replace(find, by).into();
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::codes::Code;
    use crate::testing::{code, run};

    #[test]
    fn replaces_as_rhai_does() {
        let source = r#"
            let s = "a-b-c"; s.replace("-", "--"); print(s);
            let s = "a-b-c"; s.replace('-', ""); print(s);
            let s = "ab"; s.replace("", "."); print(s);
            let s = ""; s.replace("", "."); print(s);
            let s = "aaa"; s.replace("aa", 'b'); s.replace('a', 'c'); print(s);
        "#;
        let log = run(source).unwrap();
        let texts: Vec<_> = log.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, ["a--b--c", "abc", ".a.b.", "", "bc"]);
    }

    #[test]
    fn a_result_past_the_limit_is_not_made() {
        for step in [
            "s.replace(\"a\", s)",
            "s.replace('a', s)",
            "s.replace(\"\", s)",
        ] {
            let source = format!("let s = \"a\"; s.pad(1_000_000, \"a\"); {step};");
            assert_eq!(code(&source), Some(Code::P2003), "{step}");
        }
    }
}
