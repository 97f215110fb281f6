//! `Select`: the SQL of a [`Query`]. Names of fields come from the resource's own list and values are
//! always arguments, so nothing that a client sends becomes SQL.

use crate::database::{Dialect, Value};
use crate::error::{RecordsError, Result};
use crate::query::{Filter, Operator, Query, Sort};
use crate::resource::{Field, Kind, Resource};

/// What every resource can be filtered and sorted by.
const COMMON: [Field; 4] = [
    Field::text("name"),
    Field::text("id"),
    Field::text("created"),
    Field::text("modified"),
];

/// A query in SQL.
pub(super) struct Select {
    condition: String,
    order: String,
    pub(super) arguments: Vec<Value>,
    start: u64,
    count: Option<u64>,
}

impl Select {
    pub(super) fn new<R: Resource>(dialect: Dialect, query: &Query) -> Result<Self> {
        let mut builder = Builder {
            dialect,
            kind: R::KIND,
            fields: R::FIELDS,
            arguments: vec![R::KIND.as_str().into()],
        };
        let mut condition = "kind = $1".to_owned();
        for filter in &query.filters {
            condition.push_str(" AND ");
            condition.push_str(&builder.condition(filter)?);
        }
        Ok(Self {
            condition,
            order: builder.order(&query.sort)?,
            arguments: builder.arguments,
            start: query.start,
            count: query.count,
        })
    }

    /// How many rows there are in all.
    pub(super) fn total(&self) -> String {
        format!("SELECT COUNT(*) FROM resource WHERE {}", self.condition)
    }

    /// The rows that are wanted.
    pub(super) fn page(&self, columns: &str) -> String {
        let next = self.arguments.len() + 1;
        format!(
            "SELECT {columns} FROM resource WHERE {} ORDER BY {} LIMIT ${} OFFSET ${}",
            self.condition,
            self.order,
            next,
            next + 1
        )
    }

    pub(super) fn page_arguments(&self) -> Vec<Value> {
        let mut arguments = self.arguments.clone();
        let all = i64::MAX.unsigned_abs();
        arguments.push(self.count.unwrap_or(all).into());
        arguments.push(self.start.into());
        arguments
    }
}

struct Builder {
    dialect: Dialect,
    kind: Kind,
    fields: &'static [Field],
    arguments: Vec<Value>,
}

impl Builder {
    fn condition(&mut self, filter: &Filter) -> Result<String> {
        match filter {
            Filter::Compare {
                field,
                operator,
                value,
            } => self.compare(field, *operator, value),
            Filter::All(filters) => self.join(filters, " AND ", "1 = 1"),
            Filter::Any(filters) => self.join(filters, " OR ", "1 = 0"),
            Filter::Not(filter) => Ok(format!("NOT COALESCE({}, FALSE)", self.condition(filter)?)),
        }
    }

    fn join(&mut self, filters: &[Filter], word: &str, none: &str) -> Result<String> {
        let parts = filters.iter().map(|filter| self.condition(filter));
        let parts = parts.collect::<Result<Vec<_>>>()?;
        Ok(match parts.is_empty() {
            true => none.to_owned(),
            false => format!("({})", parts.join(word)),
        })
    }

    fn compare(&mut self, name: &str, operator: Operator, value: &str) -> Result<String> {
        let field = self.field(name)?;
        let sign = match operator {
            Operator::Equal => "=",
            Operator::NotEqual => "<>",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterOrEqual => ">=",
            Operator::Like => return Ok(self.like(field, value)),
        };
        if field.is_number {
            let number = value
                .parse::<f64>()
                .ok()
                .filter(|number| number.is_finite());
            let number = number.ok_or_else(|| RecordsError::NotANumber {
                field: name.to_owned(),
                value: value.to_owned(),
            })?;
            let place = self.argument(Value::Real(number));
            let column = self.dialect.number(&self.column(field));
            return Ok(format!("{column} {sign} {place}"));
        }
        if let Some(condition) = self.compare_time(field, sign, value) {
            return Ok(condition);
        }
        let place = self.argument(value.to_ascii_lowercase().into());
        Ok(format!("LOWER({}) {sign} {place}", self.column(field)))
    }

    /// Times are stored as numbers and compared as such.
    fn compare_time(&mut self, field: Field, sign: &str, value: &str) -> Option<String> {
        if !matches!(field.name, "created" | "modified") {
            return None;
        }
        let time = value.parse::<jiff::Timestamp>().ok();
        // What is no time is equal to none and before all.
        let millis = time.map_or(i64::MIN, jiff::Timestamp::as_millisecond);
        let place = self.argument(millis.into());
        Some(format!("{} {sign} {place}", field.name))
    }

    fn like(&mut self, field: Field, pattern: &str) -> String {
        let pattern = pattern.to_ascii_lowercase();
        let pattern = pattern.replace('\\', "\\\\").replace('_', "\\_");
        let place = self.argument(pattern.into());
        format!("LOWER({}) LIKE {place} ESCAPE '\\'", self.column(field))
    }

    fn order(&self, sort: &[Sort]) -> Result<String> {
        let mut keys = Vec::new();
        for key in sort {
            let field = self.field(&key.field)?;
            let column = match field.is_number {
                true => self.dialect.number(&self.column(field)),
                false => self.column(field),
            };
            // Both databases put null where this says, whichever is their own way.
            let (direction, nulls) = match key.descending {
                true => ("DESC", "LAST"),
                false => ("ASC", "FIRST"),
            };
            keys.push(format!("{column} {direction} NULLS {nulls}"));
        }
        if keys.is_empty() {
            keys.push("name".to_owned());
        }
        keys.push("id".to_owned());
        Ok(keys.join(", "))
    }

    fn field(&self, name: &str) -> Result<Field> {
        let all = || COMMON.iter().chain(self.fields);
        let found = all().find(|field| field.name == name);
        found.copied().ok_or_else(|| RecordsError::UnknownField {
            kind: self.kind,
            field: name.to_owned(),
            fields: all().map(|field| field.name).collect(),
        })
    }

    fn column(&self, field: Field) -> String {
        match COMMON.contains(&field) {
            true => field.name.to_owned(),
            false => self.dialect.member(field.name),
        }
    }

    fn argument(&mut self, value: Value) -> String {
        self.arguments.push(value);
        format!("${}", self.arguments.len())
    }
}
