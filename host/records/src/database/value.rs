//! `Value`, `Row`: what goes into a statement and comes out of a query.

use crate::error::{RecordsError, Result};
use crate::id::Id;
use crate::time::Time;
use std::fmt;

/// A value of a column.
#[derive(Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Bytes(Vec<u8>),
}

/// Only what it is: values can be secrets.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Integer(_) => "an integer",
            Self::Real(_) => "a real number",
            Self::Text(_) => "a text",
            Self::Bytes(_) => "bytes",
        })
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

/// A text of PostgreSQL cannot hold a zero: it becomes U+FFFD, in what is stored and in what is
/// looked for. Documents are JSON, which has it escaped.
impl From<String> for Value {
    fn from(text: String) -> Self {
        match text.contains('\0') {
            true => Self::Text(text.replace('\0', "\u{fffd}")),
            false => Self::Text(text),
        }
    }
}

impl From<&Id> for Value {
    fn from(id: &Id) -> Self {
        Self::Text(id.to_string())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

/// Counters and versions: they never come near the limit, which is where they would stop.
impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Integer(i64::from(flag))
    }
}

impl From<Time> for Value {
    fn from(time: Time) -> Self {
        Self::Integer(time.as_millis())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A row of a query's answer; columns count from 0.
#[derive(Debug, Clone)]
pub(crate) struct Row(pub(crate) Vec<Value>);

impl Row {
    fn column(&self, index: usize, wanted: &str) -> RecordsError {
        let found = self.0.get(index);
        RecordsError::Database(format!(
            "column {index} holds {found:?} instead of {wanted}"
        ))
    }

    pub(crate) fn text(&self, index: usize) -> Result<&str> {
        match self.0.get(index) {
            Some(Value::Text(text)) => Ok(text),
            _ => Err(self.column(index, "a text")),
        }
    }

    pub(crate) fn optional_text(&self, index: usize) -> Result<Option<&str>> {
        match self.0.get(index) {
            Some(Value::Null) => Ok(None),
            _ => self.text(index).map(Some),
        }
    }

    pub(crate) fn integer(&self, index: usize) -> Result<i64> {
        match self.0.get(index) {
            Some(Value::Integer(number)) => Ok(*number),
            _ => Err(self.column(index, "an integer")),
        }
    }

    pub(crate) fn optional_integer(&self, index: usize) -> Result<Option<i64>> {
        match self.0.get(index) {
            Some(Value::Null) => Ok(None),
            _ => self.integer(index).map(Some),
        }
    }

    pub(crate) fn count(&self, index: usize) -> Result<u64> {
        u64::try_from(self.integer(index)?).map_err(|_| self.column(index, "a count"))
    }

    pub(crate) fn flag(&self, index: usize) -> Result<bool> {
        Ok(self.integer(index)? != 0)
    }

    pub(crate) fn time(&self, index: usize) -> Result<Time> {
        Ok(Time::from_millis(self.integer(index)?))
    }

    pub(crate) fn bytes(&self, index: usize) -> Result<&[u8]> {
        match self.0.get(index) {
            Some(Value::Bytes(bytes)) => Ok(bytes),
            _ => Err(self.column(index, "bytes")),
        }
    }

    pub(crate) fn id(&self, index: usize) -> Result<Id> {
        Id::parse(self.text(index)?).ok_or_else(|| self.column(index, "an id"))
    }
}
