//! `ListQuery`: the query of a list: `start`, `count`, `filter`, `sort`.

use super::filter::filter;
use crate::error::ApiError;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use form_urlencoded::{Serializer, parse};
use mintage_records::{Filter, Operator, Query, Sort};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{RefOr, Required};

/// The most keys of an order.
const MAX_SORTS: usize = 8;

/// The query of a list, as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// The place of the first one wanted.
    pub start: u64,
    /// The most that are wanted; none: all, the wire's -1.
    pub count: Option<u64>,
    /// Everything else that was given, in order: `filter`, `sort`, `query`, `view`, …
    pub rest: Vec<(String, String)>,
}

impl ListQuery {
    /// Reads a query string.
    ///
    /// # Errors
    /// 400 for a `start` or `count` that is no number.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        let mut query = Self::default();
        for (name, value) in parse(text.as_bytes()) {
            match name.as_ref() {
                "start" => query.start = number(&name, &value)?.unwrap_or(0),
                "count" => query.count = number(&name, &value)?,
                _ => query.rest.push((name.into_owned(), value.into_owned())),
            }
        }
        Ok(query)
    }

    /// What the store is asked.
    ///
    /// # Errors
    /// 400 for a filter or sort that cannot be understood.
    pub fn to_query(&self) -> Result<Query, ApiError> {
        self.to_query_with(&[])
    }

    /// What the store is asked, where some members have the same value in all resources of the list,
    /// so that the store does not know them: `("status", "OK")`.
    ///
    /// # Errors
    /// 400 for a filter or sort that cannot be understood.
    pub fn to_query_with(&self, constants: &[(&str, &str)]) -> Result<Query, ApiError> {
        let mut filters = Vec::new();
        for name in ["filter", "query"] {
            for text in self.given(name) {
                filters.push(settled(filter(name, text)?, constants));
            }
        }
        let mut sort = Vec::new();
        for text in self.given("sort") {
            for key in text.trim_matches('"').split(',') {
                sort.push(sort_key(key)?);
            }
        }
        if sort.len() > MAX_SORTS {
            return Err(wrong_sort(format!("it has more than {MAX_SORTS} keys")));
        }
        sort.retain(|key| !constants.iter().any(|(name, _)| *name == key.field));
        Ok(Query {
            filters,
            sort,
            start: self.start,
            count: self.count,
        })
    }

    /// The URI of another part of the same list.
    pub fn uri(&self, base: &str, start: u64, count: Option<u64>) -> String {
        let count = count.map_or_else(|| "-1".to_owned(), |count| count.to_string());
        let query = Serializer::new(String::new())
            .append_pair("start", &start.to_string())
            .append_pair("count", &count)
            .extend_pairs(&self.rest)
            .finish();
        format!("{base}?{query}")
    }

    /// The values of a name that are not empty: clients send `filter=` for none.
    fn given(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.rest.iter().filter(move |(given, _)| given == name);
        named
            .map(|(_, value)| value.as_str())
            .filter(|value| !matches!(value.trim(), "" | "\"\""))
    }
}

/// A filter without comparisons of members that are the same everywhere.
fn settled(filter: Filter, constants: &[(&str, &str)]) -> Filter {
    let each = |filters: Vec<Filter>| {
        let filters = filters.into_iter();
        filters.map(|one| settled(one, constants)).collect()
    };
    match filter {
        Filter::All(filters) => Filter::All(each(filters)),
        Filter::Any(filters) => Filter::Any(each(filters)),
        Filter::Not(filter) => Filter::Not(Box::new(settled(*filter, constants))),
        Filter::Compare {
            field,
            operator,
            value,
        } => match constants.iter().find(|(name, _)| *name == field) {
            None => Filter::Compare {
                field,
                operator,
                value,
            },
            Some((_, constant)) => match holds(constant, operator, &value) {
                true => Filter::All(Vec::new()),
                false => Filter::Any(Vec::new()),
            },
        },
    }
}

/// Whether a comparison holds, by the rules of the store.
fn holds(constant: &str, operator: Operator, value: &str) -> bool {
    let (constant, value) = (constant.to_ascii_lowercase(), value.to_ascii_lowercase());
    match operator {
        Operator::Equal => constant == value,
        Operator::NotEqual => constant != value,
        Operator::Less => constant < value,
        Operator::LessOrEqual => constant <= value,
        Operator::Greater => constant > value,
        Operator::GreaterOrEqual => constant >= value,
        Operator::Like => is_like(&constant, &value),
    }
}

/// Whether a text fits a pattern in which `%` stands for any text.
fn is_like(text: &str, pattern: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('%') else {
        return text == pattern;
    };
    let Some(mut text) = text.strip_prefix(first) else {
        return false;
    };
    let Some((middle, last)) = rest.rsplit_once('%') else {
        return text.ends_with(rest);
    };
    for part in middle.split('%') {
        match text.split_once(part) {
            Some((_, after)) => text = after,
            None => return false,
        }
    }
    text.ends_with(last)
}

/// `name:ascending`, `name:desc`, `name`.
fn sort_key(text: &str) -> Result<Sort, ApiError> {
    let (field, direction) = text.split_once(':').unwrap_or((text, "asc"));
    let field = field.trim().trim_matches('\'');
    let descending = match direction.trim().to_ascii_lowercase().as_str() {
        "asc" | "ascending" => false,
        "desc" | "descending" => true,
        other => {
            let why = format!("`{other}` is none of `ascending`, `asc`, `descending`, `desc`");
            return Err(wrong_sort(why));
        }
    };
    match field {
        "" => Err(wrong_sort("a field is missing".to_owned())),
        _ => Ok(Sort {
            field: field.to_owned(),
            descending,
        }),
    }
}

fn wrong_sort(why: String) -> ApiError {
    ApiError::bad_request(
        "INVALID_QUERY",
        format!("`sort` cannot be understood: {why}"),
    )
    .source("sort")
    .action("Write it like `name:ascending` or `modified:desc,name:asc`.")
}

/// A count: -1 is none.
fn number(name: &str, value: &str) -> Result<Option<u64>, ApiError> {
    match value.trim().parse::<i64>() {
        Ok(-1) => Ok(None),
        Ok(number) if number >= 0 => Ok(Some(number.unsigned_abs())),
        _ => Err(ApiError::bad_request(
            "INVALID_QUERY",
            format!("`{name}` must be a whole number, 0 or more, or -1 for all"),
        )
        .source(name)),
    }
}

impl<S: Sync> FromRequestParts<S> for ListQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Self::parse(parts.uri.query().unwrap_or_default())
    }
}

impl IntoParams for ListQuery {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let number = || ObjectBuilder::new().schema_type(Type::Integer).into();
        let text = || ObjectBuilder::new().schema_type(Type::String).into();
        let parameters: [(&str, &str, RefOr<Schema>); 4] = [
            (
                "start",
                "The place of the first one wanted, from 0.",
                number(),
            ),
            ("count", "The most that are wanted; -1: all.", number()),
            (
                "filter",
                "What must hold: `name='OSS'`, `name matches 'web%' AND planType='deploy'`. \
                 May come several times; then all must hold.",
                text(),
            ),
            (
                "sort",
                "The order: `name:ascending`, `modified:desc,name:asc`.",
                text(),
            ),
        ];
        let parameters = parameters.into_iter().map(|(name, description, schema)| {
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Query)
                .required(Required::False)
                .description(Some(description))
                .schema(Some(schema))
                .build()
        });
        parameters.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(query: &str) -> Result<String, String> {
        let query = ListQuery::parse(query).and_then(|query| query.to_query());
        let query = query.map_err(|error| error.envelope.message)?;
        let keys = query.sort.iter().map(|key| {
            let sign = if key.descending { "-" } else { "+" };
            format!("{sign}{}", key.field)
        });
        Ok(keys.collect())
    }

    #[test]
    fn orders_are_read_in_every_form() {
        let wrong = "`sort` cannot be understood: ";
        let table = [
            ("", Ok("")),
            ("sort=", Ok("")),
            ("sort=name", Ok("+name")),
            ("sort=name:ascending", Ok("+name")),
            ("sort=name:asc&sort=modified:DESC", Ok("+name-modified")),
            ("sort=name:descending,id:asc", Ok("-name+id")),
            (
                "sort=name:up",
                Err("`up` is none of `ascending`, `asc`, `descending`, `desc`"),
            ),
            ("sort=:asc", Err("a field is missing")),
            ("sort=a,b,c,d,e,f,g,h,i", Err("it has more than 8 keys")),
        ];
        for (query, expected) in table {
            let expected = expected.map(str::to_owned);
            assert_eq!(
                sorted(query),
                expected.map_err(|why| format!("{wrong}{why}")),
                "{query}"
            );
        }
    }

    #[test]
    fn places_are_numbers() {
        for (query, expected) in [
            ("", Ok((0, None))),
            ("start=5&count=10", Ok((5, Some(10)))),
            ("start=0&count=-1", Ok((0, None))),
            ("count=-2", Err(())),
            ("start=x", Err(())),
            ("count=99999999999999999999", Err(())),
        ] {
            let read = ListQuery::parse(query).map(|query| (query.start, query.count));
            assert_eq!(read.map_err(|_| ()), expected, "{query}");
        }
    }

    #[test]
    fn members_that_are_the_same_everywhere_are_settled() {
        let all = Filter::All(Vec::new());
        let none = Filter::Any(Vec::new());
        for (text, expected) in [
            ("status=ok", &all),
            ("status='Warning'", &none),
            ("status<>OK", &none),
            ("status matches 'O%'", &all),
            ("status matches '%K'", &all),
            ("status matches '%x%'", &none),
        ] {
            let query = ListQuery {
                rest: vec![("filter".to_owned(), text.to_owned())],
                ..ListQuery::default()
            };
            let query = query.to_query_with(&[("status", "OK")]).unwrap();
            assert_eq!(query.filters, std::slice::from_ref(expected), "{text}");
        }
    }

    #[test]
    fn patterns_match_as_in_the_store() {
        for (text, pattern, expected) in [
            ("abc", "abc", true),
            ("abc", "a%", true),
            ("abc", "%c", true),
            ("abc", "%b%", true),
            ("abc", "a%c", true),
            ("aa", "a%a%a", false),
            ("ab", "ab%b", false),
            ("abc", "%", true),
            ("", "%%", true),
        ] {
            assert_eq!(is_like(text, pattern), expected, "{text} {pattern}");
        }
    }
}
