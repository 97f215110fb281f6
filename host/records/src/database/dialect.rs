//! `Dialect`: the few words of SQL that differ between the databases.

/// Which SQL a database speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// The schema's text in this dialect: `{text}`, `{json}`, `{bytes}` and `{sequence}` are types,
    /// `{filtered}` more columns of an index.
    pub(crate) fn schema(self, text: &str) -> String {
        let (plain, bytes, sequence) = match self {
            Self::Sqlite => ("TEXT", "BLOB", "INTEGER PRIMARY KEY AUTOINCREMENT"),
            // Texts are ordered byte by byte, as in SQLite.
            Self::Postgres => (
                "TEXT COLLATE \"C\"",
                "BYTEA",
                "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
            ),
        };
        let filtered = match self {
            Self::Sqlite => ", name_key, created, modified, fields",
            // Its indexes take 2.7 kB a row, and it keeps long bodies apart from the row anyway.
            Self::Postgres => "",
        };
        let json = match self {
            Self::Sqlite => "TEXT",
            Self::Postgres => "JSONB",
        };
        text.replace("{filtered}", filtered)
            .replace("{json}", json)
            .replace("{text}", plain)
            .replace("{bytes}", bytes)
            .replace("{sequence}", sequence)
    }

    /// A member of the flat JSON object in the column `fields`, as text. `name` is one of ours.
    pub(crate) fn member(self, name: &str) -> String {
        match self {
            Self::Sqlite => format!("json_extract(fields, '$.{name}')"),
            Self::Postgres => format!("((fields ->> '{name}') COLLATE \"C\")"),
        }
    }

    /// A query for the items of a JSON array of texts: many values in one argument.
    pub(crate) fn items(self, array: &str) -> String {
        match self {
            Self::Sqlite => format!("SELECT value FROM json_each({array})"),
            Self::Postgres => {
                format!("SELECT jsonb_array_elements_text(CAST({array} AS TEXT)::jsonb)")
            }
        }
    }

    /// A text as a number.
    pub(crate) fn number(self, text: &str) -> String {
        match self {
            Self::Sqlite => format!("CAST({text} AS REAL)"),
            Self::Postgres => format!("CAST({text} AS DOUBLE PRECISION)"),
        }
    }

    /// Keeps others from bringing the schema up to date until the transaction ends.
    pub(crate) fn lock_schema(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            // The number is ours alone: "mintage" in ASCII.
            Self::Postgres => "SELECT pg_advisory_xact_lock(30796695581321061)",
        }
    }

    /// Keeps others from writing until the transaction ends.
    pub(crate) fn lock_lease(self) -> &'static str {
        match self {
            // The transaction itself holds the only write lock.
            Self::Sqlite => "SELECT generation FROM lease WHERE id = 1",
            Self::Postgres => "SELECT generation FROM lease WHERE id = 1 FOR UPDATE",
        }
    }
}
