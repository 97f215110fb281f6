//! The types of functions that are written in Rhai, which their doc comment tells:
//! `` `(name: string, options: map) -> bool` ``.

use super::Parameter;

/// The parameters and what the function gives; nothing when it is not of this form.
pub(super) fn parse(text: &str) -> Option<(Vec<Parameter>, Option<String>)> {
    let text = text.trim().trim_matches('`');
    let (inner, rest) = text.strip_prefix('(')?.split_once(')')?;
    let returns = match rest.trim() {
        "" => None,
        rest => Some(rest.strip_prefix("->")?.trim().to_owned()),
    };
    let parts = inner.split(',').map(str::trim);
    let parameters = parts.filter(|part| !part.is_empty()).map(|part| {
        let (name, kind) = part.split_once(':')?;
        Some(Parameter {
            name: name.trim().to_owned(),
            kind: kind.trim().to_owned(),
        })
    });
    Some((parameters.collect::<Option<_>>()?, returns))
}

/// The declared parameters with the types of those of the same name; one that is not told keeps
/// none.
pub(super) fn apply(declared: Vec<Parameter>, told: Vec<Parameter>) -> Vec<Parameter> {
    let kind = |name: &str| told.iter().find(|p| p.name == name).map(|p| p.kind.clone());
    let same = declared.len() == told.len();
    let typed = declared.into_iter().map(|parameter| Parameter {
        kind: kind(&parameter.name).filter(|_| same).unwrap_or_default(),
        ..parameter
    });
    typed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        let (parameters, returns) = parse(text)?;
        let parameters: Vec<_> = parameters
            .iter()
            .map(|p| format!("{}={}", p.name, p.kind))
            .collect();
        Some(format!(
            "{} {}",
            parameters.join(","),
            returns.unwrap_or_default()
        ))
    }

    #[test]
    fn signatures_of_the_form_are_read() {
        for (text, expected) in [
            (
                "`(name: string, options: map) -> bool`",
                Some("name=string,options=map bool"),
            ),
            ("()", Some(" ")),
            ("`() -> array`", Some(" array")),
            ("(name) -> bool", None),
            ("name: string", None),
            ("(a: int) bool", None),
        ] {
            assert_eq!(shown(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn only_what_is_told_of_all_parameters_counts() {
        let plain = |names: &[&str]| -> Vec<Parameter> {
            let plain = names.iter().map(|name| Parameter {
                name: (*name).to_owned(),
                kind: String::new(),
            });
            plain.collect()
        };
        let (told, _) = parse("(a: int, b: map)").unwrap();
        let kinds = |names: &[&str]| -> Vec<String> {
            apply(plain(names), told.clone())
                .into_iter()
                .map(|p| p.kind)
                .collect()
        };
        assert_eq!(kinds(&["a", "b"]), ["int", "map"]);
        assert_eq!(kinds(&["a", "c"]), ["int", ""]);
        assert_eq!(kinds(&["a"]), [""]);
    }
}
