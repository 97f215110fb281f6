//! `Places`: where in `build-plan.toml` things stand, for pointing at them.

use std::collections::BTreeMap;
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// Spans of bytes in the text of a build plan file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Places {
    /// The names of the attributes, where they are declared.
    pub(crate) attributes: BTreeMap<String, Range<usize>>,
    /// The steps, in order.
    pub(crate) steps: Vec<Range<usize>>,
}

impl Places {
    /// The places in a file that was read without problems; in any other there are none.
    pub(super) fn find(manifest: &str) -> Self {
        let mut places = Self::default();
        let Ok(table) = DeTable::parse(manifest) else {
            return places;
        };
        if let Some(DeValue::Table(attributes)) =
            table.get_ref().get("attribute").map(toml::Spanned::get_ref)
        {
            let spans = attributes.keys();
            let spans = spans.map(|name| (name.get_ref().to_string(), name.span()));
            places.attributes = spans.collect();
        }
        if let Some(DeValue::Array(steps)) =
            table.get_ref().get("steps").map(toml::Spanned::get_ref)
        {
            places.steps = steps.iter().map(toml::Spanned::span).collect();
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_names_and_steps() {
        let text = "steps = [\"a\", \"b\"]\n[attribute.One]\ntype = \"x\"\n[attribute]\nTwo = 1\n";
        let places = Places::find(text);
        let at = |range: &Range<usize>| &text[range.clone()];
        assert_eq!(
            places.steps.iter().map(at).collect::<Vec<_>>(),
            ["\"a\"", "\"b\""]
        );
        let names: Vec<&str> = places.attributes.values().map(at).collect();
        assert_eq!(names, places.attributes.keys().collect::<Vec<_>>());
        assert_eq!(Places::find("["), Places::default());
    }
}
