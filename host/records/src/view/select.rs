//! `Select`: the SQL of a [`Query`]. Names of fields come from the resource's own list and values are
//! always arguments, so nothing that a client sends becomes SQL.

use crate::columns::name_key;
use crate::database::{Dialect, Value};
use crate::error::{RecordsError, Result};
use crate::query::{Filter, Operator, Query, Sort};
use crate::resource::{Field, Kind, Resource};
use crate::time::Time;

/// What every resource can be filtered and sorted by; columns of their own, never null.
const COMMON: [Field; 4] = [
    Field::text("name"),
    Field::text("id"),
    Field::text("created"),
    Field::text("modified"),
];

/// The most conditions and sort keys of a query.
const MOST_PARTS: usize = 64;
/// How deep conditions may be in each other.
const MOST_DEPTH: usize = 32;
/// The longest value of a condition, in bytes.
const MOST_VALUE_BYTES: usize = 4096;

/// A query in SQL.
pub(super) struct Select {
    condition: String,
    order: String,
    pub(super) arguments: Vec<Value>,
    start: u64,
    count: Option<u64>,
    is_indexed: bool,
}

impl Select {
    pub(super) fn new<R: Resource>(dialect: Dialect, query: &Query) -> Result<Self> {
        let mut builder = Builder {
            dialect,
            kind: R::KIND,
            fields: R::FIELDS,
            arguments: vec![R::KIND.as_str().into()],
            parts: 0,
        };
        let mut condition = "kind = $1".to_owned();
        for filter in &query.filters {
            condition.push_str(" AND ");
            condition.push_str(&builder.condition(filter, 0)?);
        }
        Ok(Self {
            condition,
            order: builder.order(&query.sort)?,
            arguments: builder.arguments,
            start: query.start,
            count: query.count,
            is_indexed: is_indexed(&query.sort),
        })
    }

    /// How many rows there are in all.
    pub(super) fn total(&self) -> String {
        format!("SELECT COUNT(*) FROM resource WHERE {}", self.condition)
    }

    /// How many rows there are in all, where the page tells it: it is the last one.
    pub(super) fn total_after(&self, rows: u64) -> Option<u64> {
        let is_last = self.count.is_none_or(|count| rows < count);
        let is_known = is_last && (rows > 0 || self.start == 0);
        is_known.then(|| self.start.saturating_add(rows))
    }

    /// The rows that are wanted.
    pub(super) fn page(&self, columns: &str) -> String {
        let Self {
            condition, order, ..
        } = self;
        if self.is_all() {
            return format!("SELECT {columns} FROM resource WHERE {condition} ORDER BY {order}");
        }
        let next = self.arguments.len() + 1;
        let page = format!(
            "FROM resource WHERE {condition} ORDER BY {order} LIMIT ${next} OFFSET ${}",
            next + 1
        );
        match self.is_indexed {
            // An index has this order: the database stops at the end of the page.
            true => format!("SELECT {columns} {page}"),
            // Everything is sorted for the page: without the bodies, which are most of it.
            false => format!(
                "SELECT {columns} FROM resource WHERE kind = $1 AND id IN (SELECT id {page}) \
                 ORDER BY {order}"
            ),
        }
    }

    pub(super) fn page_arguments(&self) -> Vec<Value> {
        let mut arguments = self.arguments.clone();
        if !self.is_all() {
            let all = i64::MAX.unsigned_abs();
            arguments.push(self.count.unwrap_or(all).into());
            arguments.push(self.start.into());
        }
        arguments
    }

    fn is_all(&self) -> bool {
        self.start == 0 && self.count.is_none()
    }
}

struct Builder {
    dialect: Dialect,
    kind: Kind,
    fields: &'static [Field],
    arguments: Vec<Value>,
    parts: usize,
}

impl Builder {
    fn condition(&mut self, filter: &Filter, depth: usize) -> Result<String> {
        if depth > MOST_DEPTH {
            return Err(RecordsError::QueryTooLarge {
                most: "32 levels of conditions",
            });
        }
        match filter {
            Filter::Compare {
                field,
                operator,
                value,
            } => self.compare(field, *operator, value),
            Filter::All(filters) => self.join(filters, depth, " AND ", "1 = 1"),
            Filter::Any(filters) => self.join(filters, depth, " OR ", "1 = 0"),
            Filter::Not(filter) => Ok(format!(
                "NOT COALESCE({}, FALSE)",
                self.condition(filter, depth + 1)?
            )),
        }
    }

    fn join(&mut self, filters: &[Filter], depth: usize, word: &str, none: &str) -> Result<String> {
        self.count_part()?;
        let parts = filters
            .iter()
            .map(|filter| self.condition(filter, depth + 1));
        let parts = parts.collect::<Result<Vec<_>>>()?;
        Ok(match parts.is_empty() {
            true => none.to_owned(),
            false => format!("({})", parts.join(word)),
        })
    }

    fn compare(&mut self, name: &str, operator: Operator, value: &str) -> Result<String> {
        self.count_part()?;
        if value.len() > MOST_VALUE_BYTES {
            return Err(RecordsError::QueryTooLarge {
                most: "4096 bytes in a value",
            });
        }
        let field = self.field(name)?;
        let sign = match operator {
            Operator::Equal => "=",
            // Null is not equal to a value either.
            Operator::NotEqual => "IS DISTINCT FROM",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterOrEqual => ">=",
            Operator::Like => return self.like(field, value),
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
        if is_time(field) {
            let time = Time::parse(value).ok_or_else(|| not_a_time(field, value))?;
            let place = self.argument(time.into());
            return Ok(format!("{} {sign} {place}", field.name));
        }
        let (column, value) = self.folded(field, value);
        let place = self.argument(value.into());
        Ok(format!("{column} {sign} {place}"))
    }

    fn like(&mut self, field: Field, pattern: &str) -> Result<String> {
        if is_time(field) {
            return Err(not_a_time(field, pattern));
        }
        let (column, pattern) = self.folded(field, pattern);
        let pattern = pattern.replace('\\', "\\\\").replace('_', "\\_");
        let place = self.argument(pattern.into());
        Ok(format!("{column} LIKE {place} ESCAPE '\\'"))
    }

    /// A text column and a value in forms in which letter case does not count.
    fn folded(&self, field: Field, value: &str) -> (String, String) {
        match name_key(self.kind, value) {
            // As uniqueness sees it, and with its index.
            Some(key) if field == COMMON[0] => ("name_key".to_owned(), key),
            _ => (
                format!("LOWER({})", self.column(field)),
                value.to_ascii_lowercase(),
            ),
        }
    }

    fn order(&mut self, sort: &[Sort]) -> Result<String> {
        let mut keys = Vec::new();
        for key in sort {
            self.count_part()?;
            let field = self.field(&key.field)?;
            let direction = match key.descending {
                true => "DESC",
                false => "ASC",
            };
            let column = self.column(field);
            if COMMON.contains(&field) {
                keys.push(format!("{column} {direction}"));
                continue;
            }
            let column = match field.is_number {
                true => self.dialect.number(&column),
                false => column,
            };
            // Both databases put null where this says, whichever is their own way.
            let nulls = match key.descending {
                true => "LAST",
                false => "FIRST",
            };
            keys.push(format!("{column} {direction} NULLS {nulls}"));
        }
        if keys.is_empty() {
            keys.push("created".to_owned());
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

    fn count_part(&mut self) -> Result<()> {
        self.parts += 1;
        match self.parts > MOST_PARTS {
            true => Err(RecordsError::QueryTooLarge {
                most: "64 conditions and sort keys",
            }),
            false => Ok(()),
        }
    }
}

/// Whether an index has this order: that of the age, or of the names.
fn is_indexed(sort: &[Sort]) -> bool {
    match sort {
        [] => true,
        [key] => !key.descending && matches!(key.field.as_str(), "created" | "name"),
        _ => false,
    }
}

/// Times are stored as numbers and compared as such.
fn is_time(field: Field) -> bool {
    matches!(field.name, "created" | "modified") && COMMON.contains(&field)
}

fn not_a_time(field: Field, value: &str) -> RecordsError {
    RecordsError::NotATime {
        field: field.name.to_owned(),
        value: value.to_owned(),
    }
}
