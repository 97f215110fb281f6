//! Values as the protocol of PostgreSQL has them.

use crate::database::Value;
use crate::error::{RecordsError, Result};
use postgres::types::private::BytesMut;
use postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use std::error::Error;
use std::fmt;

/// What a document in the protocol begins with: the only format there is.
const JSONB_FORMAT: u8 = 1;

/// A value on its way to the server, which says of what type it wants it.
pub(super) struct Parameter<'a>(pub(super) &'a Value);

/// The client writes parameters into its log: this shows nothing of them.
impl fmt::Debug for Parameter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

impl ToSql for Parameter<'_> {
    fn to_sql(
        &self,
        wanted: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self.0 {
            Value::Null => Ok(IsNull::Yes),
            Value::Integer(number) if *wanted == Type::INT4 => {
                i32::try_from(*number)?.to_sql(wanted, out)
            }
            Value::Integer(number) => number.to_sql_checked(wanted, out),
            Value::Real(number) => number.to_sql_checked(wanted, out),
            Value::Text(text) if *wanted == Type::JSONB => {
                out.extend_from_slice(&[JSONB_FORMAT]);
                out.extend_from_slice(text.as_bytes());
                Ok(IsNull::No)
            }
            Value::Text(text) => text.to_sql_checked(wanted, out),
            Value::Bytes(bytes) => bytes.to_sql_checked(wanted, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A JSON document as text.
struct Document(String);

impl<'a> FromSql<'a> for Document {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let text = raw.strip_prefix(&[JSONB_FORMAT]).unwrap_or(raw);
        Ok(Self(String::from_utf8(text.to_vec())?))
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::JSONB
    }
}

/// A column of a row.
pub(super) fn value(row: &postgres::Row, index: usize) -> Result<Value> {
    let columns = row.columns();
    let kind = columns
        .get(index)
        .map_or(&Type::UNKNOWN, postgres::Column::type_);
    let value = match *kind {
        Type::INT8 => row.try_get::<_, Option<i64>>(index).map(Value::from),
        Type::INT4 => row
            .try_get::<_, Option<i32>>(index)
            .map(|number| number.map(i64::from).into()),
        Type::BOOL => row.try_get::<_, Option<bool>>(index).map(Value::from),
        Type::FLOAT8 => row
            .try_get::<_, Option<f64>>(index)
            .map(|number| number.map_or(Value::Null, Value::Real)),
        Type::BYTEA => row
            .try_get::<_, Option<Vec<u8>>>(index)
            .map(|bytes| bytes.map_or(Value::Null, Value::Bytes)),
        Type::JSONB => row
            .try_get::<_, Option<Document>>(index)
            .map(|document| document.map(|Document(text)| text).into()),
        _ => row.try_get::<_, Option<String>>(index).map(Value::from),
    };
    value.map_err(|_| RecordsError::Database(format!("column {index} holds a {kind}")))
}
