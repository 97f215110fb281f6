//! What a template takes, as far as its text tells: for checking a plan library without a run.

use super::render::variables;
use mintage_engine::{TemplateFacts, TemplateFault};

/// Reads the template `name`.
///
/// # Errors
/// `P2003` when it is too large, `P2014` for a syntax error.
pub(crate) fn read(name: &str, text: &str) -> Result<TemplateFacts, TemplateFault> {
    let mut used = variables(name, text)?;
    // Not variables, though they are looked up like ones.
    ["self", "super", "caller", "loop"].iter().for_each(|name| {
        used.remove(*name);
    });
    let required = used.iter().filter(|name| !may_be_missing(text, name));
    let mut facts = TemplateFacts {
        required: required.cloned().collect(),
        used,
        ..TemplateFacts::default()
    };
    references(text, &mut facts);
    Ok(facts)
}

/// Whether the template asks anywhere if there is a variable `name`, or has a default for it.
fn may_be_missing(text: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + name.len()..).unwrap_or_default();
        let is_whole = !before.ends_with(|c| is_word(c) || c == '.') && !after.starts_with(is_word);
        is_whole && has_way_out(after.trim_start())
    })
}

/// Whether what follows a variable makes do without it.
fn has_way_out(after: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let word = |text: &str| text.split(|c| !is_word(c)).next().unwrap_or("").to_owned();
    if let Some(filter) = after.strip_prefix('|') {
        return matches!(word(filter.trim_start()).as_str(), "default" | "d");
    }
    let Some(test) = after.strip_prefix("is ") else {
        return false;
    };
    let test = test.trim_start();
    let test = test.strip_prefix("not ").unwrap_or(test).trim_start();
    matches!(word(test).as_str(), "defined" | "undefined")
}

/// The templates that `{% include %}` and its like name.
fn references(text: &str, facts: &mut TemplateFacts) {
    for (at, _) in text.match_indices("{%") {
        let tag = text.get(at + 2..).unwrap_or_default();
        let tag = tag.trim_start_matches(['-', '+']).trim_start();
        let words = ["include", "import", "extends", "from"];
        let rest = words.iter().find_map(|word| tag.strip_prefix(word));
        let Some(rest) = rest.filter(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
        else {
            continue;
        };
        match quoted(rest.trim_start()) {
            Some(name) => drop(facts.refers.insert(name.to_owned())),
            None => facts.refers_to_any = true,
        }
    }
}

/// The text in quotes that `text` starts with.
fn quoted(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    text.get(1..)?.split_once(quote).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_told_from_what_is_none() {
        for (text, required, more) in [
            ("{{ a }} {{ a.b }} {{ c[d] }}", "a c d", ""),
            (
                "{% for x in xs %}{{ loop.index }}{{ x }}{% endfor %}",
                "xs",
                "",
            ),
            ("{% set y = z %}{{ y }}{{ range(3) }}", "z", ""),
            (
                "{{ a | default(b) }}{{ c|d('x') }}{{ e | upper }}",
                "b e",
                "a c",
            ),
            ("{% if a is defined %}{{ a }}{% endif %}", "", "a"),
            ("{% if a is not defined %}x{% endif %}", "", "a"),
            ("{{ x.a | default(1) }}{{ a }}", "a x", ""),
            ("{% macro m(p) %}{{ p }}{% endmacro %}{{ m(q) }}", "q", ""),
            ("no variables", "", ""),
        ] {
            let facts = read("t.j2", text).unwrap();
            let words: Vec<&str> = facts.required.iter().map(String::as_str).collect();
            assert_eq!(words.join(" "), required, "{text}");
            let words: Vec<&str> = facts
                .used
                .difference(&facts.required)
                .map(String::as_str)
                .collect();
            assert_eq!(words.join(" "), more, "{text}");
        }
    }

    #[test]
    fn references_are_found() {
        let text = "{% include 'a.j2' %}{%- import \"b.j2\" as b %}{% from 'c.j2' import x %}";
        let facts = read("t.j2", text).unwrap();
        let names: Vec<&str> = facts.refers.iter().map(String::as_str).collect();
        assert_eq!(names, ["a.j2", "b.j2", "c.j2"]);
        assert!(!facts.refers_to_any);
        assert!(read("t.j2", "{% include name %}").unwrap().refers_to_any);
    }

    #[test]
    fn a_syntax_error_has_its_line() {
        let fault = read("t.j2", "one\n{% if %}\n").unwrap_err();
        assert_eq!((fault.line, fault.error.code.as_str()), (Some(2), "P2014"));
    }
}
