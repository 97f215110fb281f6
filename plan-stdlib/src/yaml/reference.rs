//! Aliases and merge keys, followed for those who read.

use super::node::{Kind, Node, bad};
use crate::structured::Value;
use crate::structured::change::deeper;
use mintage_engine::PlanError;
use std::collections::BTreeMap;

/// How many values a document has at most when all that it says by reference is in its place.
const MAX_VALUES: usize = 100_000;
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
    let mut values = 0;
    Resolver { text, anchors }.resolve(root, 0, &mut values)
}

struct Resolver<'n> {
    text: &'n str,
    anchors: BTreeMap<usize, &'n Node>,
}

impl Resolver<'_> {
    /// A node that leads to itself ends as one that is too deep.
    fn resolve(&self, node: &Node, depth: usize, values: &mut usize) -> Result<Value, PlanError> {
        let depth = deeper(depth)?;
        *values += 1;
        if *values > MAX_VALUES {
            return Err(bad(format!(
                "its aliases make more than {MAX_VALUES} values of it"
            )));
        }
        match &node.kind {
            Kind::Alias(anchor) => match self.anchors.get(anchor) {
                Some(target) => self.resolve(target, depth, values),
                None => Err(bad("it has an alias of nothing")),
            },
            Kind::Scalar(text, _) if node.is_tagged => Ok(Value::Other(text.clone())),
            Kind::Scalar(..) => node.value(self.text),
            Kind::List(items, _) => {
                let items = items.iter().map(|item| self.resolve(item, depth, values));
                Ok(Value::List(items.collect::<Result<_, _>>()?))
            }
            Kind::Map(entries, _) => {
                let mut found: Vec<(String, Value)> = Vec::new();
                let mut merged = Vec::new();
                for (key, value) in entries {
                    let value = self.resolve(value, depth, values)?;
                    match key.name().unwrap_or_default() {
                        MERGE => merged.push(value),
                        name => found.push((name.to_owned(), value)),
                    }
                }
                merged
                    .into_iter()
                    .for_each(|value| merge(&mut found, value));
                Ok(Value::Map(found))
            }
        }
    }
}

/// What is there already stays; of several maps the first counts.
fn merge(found: &mut Vec<(String, Value)>, merged: Value) {
    match merged {
        Value::List(maps) => maps.into_iter().for_each(|map| merge(found, map)),
        Value::Map(entries) => {
            for (key, value) in entries {
                if !found.iter().any(|(known, _)| *known == key) {
                    found.push((key, value));
                }
            }
        }
        _ => {}
    }
}
