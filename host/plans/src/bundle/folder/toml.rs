//! TOML files of a folder: written field by field, read as the JSON that [`Fields`] reads.

use crate::bundle::artifact::More;
use crate::bundle::error::{BundleError, Result};
use crate::bundle::fields::Fields;
use serde_json::{Map, Number, Value as Json};
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, Value};

/// The fields of the file `name` with `text`.
pub(crate) fn parse<'a>(name: &'a str, text: &str) -> Result<Fields<'a>> {
    let document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        // The whole message shows the line, which may hold a secret.
        let why = error.message().lines().collect::<Vec<_>>().join("; ");
        let line = error.span().map(|span| {
            let before = text.get(..span.start).unwrap_or_default();
            format!("line {}: ", before.matches('\n').count() + 1)
        });
        BundleError::artifact(name, format!("{}{why}", line.unwrap_or_default()))
    })?;
    Ok(Fields::new(name, table_to_json(document.as_table())))
}

/// A table that is being written; fields that are none are left out.
#[derive(Debug, Default)]
pub(crate) struct Writer(Table);

impl Writer {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn text(&mut self, name: &str, text: Option<&str>) -> &mut Self {
        if let Some(text) = text {
            self.value(name, text.into());
        }
        self
    }

    /// A flag that is false when it is not there.
    pub(crate) fn flag(&mut self, name: &str, flag: bool) -> &mut Self {
        if flag {
            self.value(name, true.into());
        }
        self
    }

    pub(crate) fn value(&mut self, name: &str, value: Value) -> &mut Self {
        self.0.insert(name, Item::Value(value));
        self
    }

    pub(crate) fn table(&mut self, name: &str, table: Self) -> &mut Self {
        self.0.insert(name, Item::Table(table.0));
        self
    }

    /// A list of tables, `[[name]]`.
    pub(crate) fn tables(&mut self, name: &str, tables: Vec<Self>) -> &mut Self {
        if !tables.is_empty() {
            let tables = tables.into_iter().map(|table| table.0);
            self.0.insert(name, Item::ArrayOfTables(tables.collect()));
        }
        self
    }

    /// The fields that this product has no use for: `more`, and as JSON what TOML has no form for.
    pub(crate) fn more(&mut self, more: &More) -> &mut Self {
        let mut plain = Self::new();
        let mut others = Map::new();
        for (name, value) in more {
            match to_toml(value) {
                Some(value) => {
                    plain.value(name, value);
                }
                None => {
                    others.insert(name.clone(), value.clone());
                }
            }
        }
        if !others.is_empty() {
            self.text("more-json", Some(&Json::Object(others).to_string()));
        }
        if !plain.0.is_empty() {
            self.table("more", plain);
        }
        self
    }

    pub(crate) fn finish(self) -> String {
        DocumentMut::from(self.0).to_string()
    }
}

/// What [`Writer::more`] wrote.
pub(crate) fn take_more(fields: &mut Fields<'_>) -> Result<More> {
    let mut more = match fields.object("more")? {
        Some(more) => more.rest(),
        None => More::new(),
    };
    if let Some(text) = fields.text("more-json")? {
        match serde_json::from_str(&text) {
            Ok(Json::Object(others)) => more.extend(others),
            _ => return Err(fields.error("more-json", "it must be a JSON object as a text")),
        }
    }
    Ok(more)
}

/// The same value in TOML; none where TOML has no form for it: null, and numbers that are too large.
pub(crate) fn to_toml(value: &Json) -> Option<Value> {
    match value {
        Json::Null => None,
        Json::Bool(flag) => Some((*flag).into()),
        Json::String(text) => Some(text.as_str().into()),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Some(number.into()),
            None if number.is_f64() => number.as_f64().map(Value::from),
            None => None,
        },
        Json::Array(items) => {
            let items: Option<Array> = items.iter().map(to_toml).collect();
            items.map(Value::Array)
        }
        Json::Object(map) => {
            let mut table = InlineTable::new();
            for (name, value) in map {
                table.insert(name, to_toml(value)?);
            }
            Some(Value::InlineTable(table))
        }
    }
}

fn table_to_json(table: &dyn toml_edit::TableLike) -> Map<String, Json> {
    let entries = table.iter();
    entries
        .map(|(name, item)| (name.to_owned(), item_to_json(item)))
        .collect()
}

fn item_to_json(item: &Item) -> Json {
    match item {
        Item::None => Json::Null,
        Item::Value(value) => value_to_json(value),
        Item::Table(table) => Json::Object(table_to_json(table)),
        Item::ArrayOfTables(tables) => {
            let tables = tables
                .iter()
                .map(|table| Json::Object(table_to_json(table)));
            tables.collect()
        }
    }
}

fn value_to_json(value: &Value) -> Json {
    match value {
        Value::String(text) => Json::String(text.value().clone()),
        Value::Integer(number) => (*number.value()).into(),
        Value::Float(number) => Number::from_f64(*number.value()).map_or(Json::Null, Json::Number),
        Value::Boolean(flag) => (*flag.value()).into(),
        // A time is a text wherever one is wanted.
        Value::Datetime(time) => time.value().to_string().into(),
        Value::Array(items) => items.iter().map(value_to_json).collect(),
        Value::InlineTable(table) => Json::Object(table_to_json(table)),
    }
}
