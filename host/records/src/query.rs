//! `Query`: which resources of a collection, in which order, from where on.

/// Which resources of a collection are wanted. The default is all, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// All must hold.
    pub filters: Vec<Filter>,
    /// The first counts most; the id decides at last. Empty: by creation, the oldest first.
    pub sort: Vec<Sort>,
    /// How many are left out at the beginning.
    pub start: u64,
    /// The most to return; none: all.
    pub count: Option<u64>,
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// A field compared with a value. A field that is null or missing is not equal to any, and
    /// neither less nor greater.
    Compare {
        /// One of the resource's fields, or `name`, `id`, `created`, `modified`.
        field: String,
        /// How.
        operator: Operator,
        /// With what.
        value: String,
    },
    /// All of these.
    All(Vec<Filter>),
    /// One of these, at least.
    Any(Vec<Filter>),
    /// Not this.
    Not(Box<Filter>),
}

impl Filter {
    /// `field` is `value`.
    pub fn equal(field: impl Into<String>, value: impl Into<String>) -> Self {
        Self::Compare {
            field: field.into(),
            operator: Operator::Equal,
            value: value.into(),
        }
    }
}

/// How a field is compared. Texts are compared without regard to letter case: that of all letters
/// in names that are unique, that of ASCII letters elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// The value is a pattern in which `%` stands for any text and nothing else is special.
    Like,
}

/// One key of the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// One of the resource's fields, or `name`, `id`, `created`, `modified`.
    pub field: String,
    /// From the greatest to the least.
    pub descending: bool,
}

/// A part of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// Those asked for.
    pub members: Vec<T>,
    /// How many there are that fit the filters.
    pub total: u64,
}
