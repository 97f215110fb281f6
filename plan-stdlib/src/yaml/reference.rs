//! Aliases and merge keys, followed for those who read.

use super::node::{Kind, Node, bad};
use crate::structured::Value;
use crate::structured::change::deeper;
use crate::text::MAX_TEXT;
use mintage_engine::PlanError;
use std::collections::{BTreeMap, BTreeSet};

/// How many values a document has at most when all that it says by reference is in its place.
const MAX_VALUES: usize = 100_000;
/// How many bytes its texts have then; those of a document without references never have more.
const MAX_BYTES: usize = MAX_TEXT;
/// The key whose maps give what the map itself does not have.
const MERGE: &str = "<<";

/// The value of a document with aliases and merge keys followed.
///
/// # Errors
/// `P2016` when that makes it too large or too deep, and as [`Node::value`].
pub(super) fn resolved(root: &Node, text: &str) -> Result<Value, PlanError> {
    // Also finds keys that are there twice.
    root.value(text)?;
    let mut anchors = BTreeMap::new();
    root.visit(&mut |node| {
        if node.anchor != 0 {
            anchors.insert(node.anchor, node);
        }
    });
    let mut size = Size::default();
    Resolver { text, anchors }.resolve(root, 0, &mut size)
}

/// How much there is with all references followed.
#[derive(Default)]
struct Size {
    values: usize,
    bytes: usize,
}

impl Size {
    /// Counts one more value, with its text and the names of its keys, before it is made.
    fn add(&mut self, node: &Node) -> Result<(), PlanError> {
        self.values += 1;
        self.bytes += match &node.kind {
            Kind::Scalar(text, _) => text.len(),
            Kind::Map(entries, _) => {
                let names = entries.iter().filter_map(|(key, _)| key.name());
                names.map(str::len).sum()
            }
            Kind::Alias(_) | Kind::List(..) => 0,
        };
        match self.values > MAX_VALUES || self.bytes > MAX_BYTES {
            true => Err(bad(format!(
                "its aliases make more than {MAX_VALUES} values or {MAX_BYTES} bytes of it"
            ))),
            false => Ok(()),
        }
    }
}

struct Resolver<'n> {
    text: &'n str,
    anchors: BTreeMap<usize, &'n Node>,
}

impl Resolver<'_> {
    /// A node that leads to itself ends as one that is too deep.
    fn resolve(&self, node: &Node, depth: usize, size: &mut Size) -> Result<Value, PlanError> {
        let depth = deeper(depth)?;
        size.add(node)?;
        match &node.kind {
            Kind::Alias(anchor) => match self.anchors.get(anchor) {
                Some(target) => self.resolve(target, depth, size),
                None => Err(bad("it has an alias of nothing")),
            },
            Kind::Scalar(text, _) if node.is_tagged => Ok(Value::Other(text.clone())),
            Kind::Scalar(..) => node.value(self.text),
            Kind::List(items, _) => {
                let items = items.iter().map(|item| self.resolve(item, depth, size));
                Ok(Value::List(items.collect::<Result<_, _>>()?))
            }
            Kind::Map(entries, _) => {
                let mut found: Vec<(String, Value)> = Vec::new();
                let mut merged = Vec::new();
                for (key, value) in entries {
                    let value = self.resolve(value, depth, size)?;
                    match key.name().unwrap_or_default() {
                        MERGE => merged.push(value),
                        name => found.push((name.to_owned(), value)),
                    }
                }
                if !merged.is_empty() {
                    let mut known = found.iter().map(|(key, _)| key.clone()).collect();
                    let merged = merged.into_iter();
                    merged.for_each(|value| merge(&mut found, &mut known, value));
                }
                Ok(Value::Map(found))
            }
        }
    }
}

/// What is there already stays; of several maps the first counts.
fn merge(found: &mut Vec<(String, Value)>, known: &mut BTreeSet<String>, merged: Value) {
    match merged {
        Value::List(maps) => {
            let maps = maps.into_iter();
            maps.for_each(|map| merge(found, known, map));
        }
        Value::Map(entries) => {
            for (key, value) in entries {
                if known.insert(key.clone()) {
                    found.push((key, value));
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::structured::read;
    use crate::yaml::Yaml;
    use mintage_engine::Code;

    #[test]
    fn references_do_not_multiply_a_document_without_end() {
        let long = "x".repeat(1 << 20);
        let wide: String = (0..1000).map(|n| format!("k{n}: {n}\n  ")).collect();
        for (text, is_fine) in [
            (format!("a: &a {long}\nb: [*a, *a]\n"), true),
            (
                format!("a: &a {long}\nb: [{}]\n", "*a, ".repeat(100_000)),
                false,
            ),
            (
                format!(
                    "a: &a {{\"{}\": 1}}\nb: [{}]\n",
                    &long[..1000],
                    "*a, ".repeat(40_000)
                ),
                false,
            ),
            (
                format!("a: &a\n  {wide}\nb: [{}]\n", "*a, ".repeat(1000)),
                false,
            ),
            (format!("a: &a\n  {wide}\nb:\n  <<: [*a, *a]\n"), true),
            ("a: &a [*a]\n".to_owned(), false),
        ] {
            let code = read::<Yaml>(text.as_bytes()).err().map(|error| error.code);
            let expected = (!is_fine).then_some(Code::P2016);
            assert_eq!(code, expected, "{}", &text[..60.min(text.len())]);
        }
    }
}
