//! Columns that hold one of a closed set of words: their types, and what becomes of a row in which another word stands.
//!
//! A row is read as a whole. If a word in it is none that it can have, the row is an error by itself, [`Unreadable`], which
//! never becomes a default and never keeps anybody from the other rows: lists are lists of such results ([`Listed`]). The words
//! of a set stand at its type ([`Word`]), and the columns that hold them stand in [`crate::catalogue::columns`], where `doctor`, the workers and
//! the stories find them.

use domain::custom_field;
use domain::mailing::{InDoubt, Kind, Status};
use domain::segment::Filter;
use domain::sender_domain::Algorithm;
use domain::suppression::{Lifter, Reason, Source};
use domain::token::Scope;
use domain::{Language, Outcome, Periodicity, Role, Totals};
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{PgPool, Row};
use std::collections::BTreeSet;

/// So much is told of a value that does not read, in characters.
const TOLD: usize = 40;

/// One of a closed set of values, each of which a column holds as a word of its own.
pub trait Word: Copy + 'static {
    /// All values of the set.
    const ALL: &'static [Self];

    /// The word under which the value is stored.
    fn word(self) -> &'static str;

    /// The value that is stored under this word; `None` if the set has none.
    #[must_use]
    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.word() == word)
    }

    /// The words of the set.
    #[must_use]
    fn words() -> Vec<&'static str> {
        Self::ALL.iter().map(|value| value.word()).collect()
    }
}

impl Word for Role {
    const ALL: &'static [Self] = &Self::ALL;

    fn word(self) -> &'static str {
        self.name()
    }
}

impl Word for Language {
    const ALL: &'static [Self] = &Self::ALL;

    fn word(self) -> &'static str {
        self.name()
    }
}

impl Word for Scope {
    const ALL: &'static [Self] = &Self::ALL;

    fn word(self) -> &'static str {
        self.name()
    }
}

impl Word for Outcome {
    const ALL: &'static [Self] = &Self::ALL;

    fn word(self) -> &'static str {
        self.name()
    }
}

impl Word for InDoubt {
    const ALL: &'static [Self] = &[Self::Hold, Self::Resend];

    fn word(self) -> &'static str {
        self.name()
    }
}

impl Word for Kind {
    const ALL: &'static [Self] = &Self::ALL;

    fn word(self) -> &'static str {
        self.name()
    }
}

impl Word for custom_field::Kind {
    const ALL: &'static [Self] = &Self::ALL;

    fn word(self) -> &'static str {
        self.name()
    }
}

impl Word for Reason {
    const ALL: &'static [Self] = &Self::ALL;

    fn word(self) -> &'static str {
        self.name()
    }
}

impl Word for Algorithm {
    const ALL: &'static [Self] = &Self::ALL;

    fn word(self) -> &'static str {
        self.name()
    }
}

impl Word for Lifter {
    const ALL: &'static [Self] = &Self::ALL;

    fn word(self) -> &'static str {
        self.name()
    }
}

impl Word for Status {
    const ALL: &'static [Self] = &[
        Self::Active,
        Self::Paused,
        Self::Disabled { paused: false },
        Self::Disabled { paused: true },
        Self::Completed { paused: false, disabled: false },
        Self::Completed { paused: true, disabled: false },
        Self::Completed { paused: false, disabled: true },
        Self::Completed { paused: true, disabled: true },
        Self::Cancelled,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Disabled { paused: false } => "disabled",
            Self::Disabled { paused: true } => "disabled_paused",
            Self::Completed { paused: false, disabled: false } => "completed",
            Self::Completed { paused: true, disabled: false } => "completed_paused",
            Self::Completed { paused: false, disabled: true } => "completed_disabled",
            Self::Completed { paused: true, disabled: true } => "completed_disabled_paused",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What can be read from a column that may hold something else.
pub trait FromColumn: Sized {
    /// What PostgreSQL keeps in the column, whatever it means.
    type Stored;

    /// What that means; or, as text, what stands there and means nothing.
    fn from_column(stored: Self::Stored) -> Result<Self, String>;
}

impl<T: Word> FromColumn for T {
    type Stored = String;

    fn from_column(stored: String) -> Result<Self, String> {
        Self::from_word(&stored).ok_or(stored)
    }
}

impl<T: Word> FromColumn for Option<T> {
    type Stored = Option<String>;

    fn from_column(stored: Option<String>) -> Result<Self, String> {
        stored.map(T::from_column).transpose()
    }
}

impl<T: Word> FromColumn for Vec<T> {
    type Stored = Vec<String>;

    fn from_column(stored: Vec<String>) -> Result<Self, String> {
        stored.into_iter().map(T::from_column).collect()
    }
}

impl<T: Word + Ord> FromColumn for BTreeSet<T> {
    type Stored = Vec<String>;

    fn from_column(stored: Vec<String>) -> Result<Self, String> {
        stored.into_iter().map(T::from_column).collect()
    }
}

/// Values of the domain that are stored as JSON.
macro_rules! json {
    ($($type:ty),+) => {
        $(
            impl FromColumn for Json<$type> {
                type Stored = Value;

                fn from_column(stored: Value) -> Result<Self, String> {
                    serde_json::from_value(stored.clone()).map(Json).map_err(|_| stored.to_string())
                }
            }
        )+
    };
}

json!(Periodicity, Totals, Source, domain::client::Source, Filter);

/// A row in which a value stands that it cannot have. Nobody goes by such a row, and everybody goes on with the others.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error(
    "the row {id} of {table} cannot be read: its {column} is {value:?}, which is none of the values that it can have"
)]
pub struct Unreadable {
    /// The table that the row is in.
    pub table: &'static str,
    /// The column in which the value stands.
    pub column: &'static str,
    /// What tells the row from the others of the table.
    pub id: String,
    /// The value, cut to 40 characters.
    pub value: String,
}

impl Unreadable {
    /// The error of a row of this id in a table: `value` stands in `column`.
    #[must_use]
    pub fn new(table: &'static str, column: &'static str, id: String, value: &str) -> Self {
        Self { table, column, id, value: value.chars().take(TOLD).collect() }
    }
}

/// A row, or why it cannot be read.
pub type Read<T> = Result<T, Unreadable>;

/// Rows that stand for themselves, each with its place in the list or its key, which can be read of every row.
pub type Listed<P, T> = Vec<(P, Read<T>)>;

/// Why a single row was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// PostgreSQL did not answer, or refused.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The row has a value that it cannot have.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// Reads one column of a row.
pub fn read<T: FromColumn>(table: &'static str, column: &'static str, id: impl ToString, stored: T::Stored) -> Read<T> {
    T::from_column(stored).map_err(move |value| Unreadable::new(table, column, id.to_string(), &value))
}

/// The only row of a list of at most one.
pub(crate) fn only<P, T>(mut listed: Listed<P, T>) -> Result<Option<T>, ReadError> {
    Ok(listed.pop().map(|(_, read)| read).transpose()?)
}

/// A row with words in it, and the same row as PostgreSQL has it, which is what queries give. Each word names its table and the
/// fields that tell its row from the others.
macro_rules! row {
    (
        $(#[$doc:meta])*
        pub struct $row:ident from $stored:ident {
            words {
                $( $(#[$word_doc:meta])* pub $word:ident: $kind:ty = $table:literal($($key:ident),+), )+
            }
            $( $(#[$field_doc:meta])* pub $field:ident: $type:ty, )*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $row {
            $( $(#[$word_doc])* pub $word: $kind, )+
            $( $(#[$field_doc])* pub $field: $type, )*
        }

        /// The row as it is stored.
        struct $stored {
            $( $word: <$kind as $crate::columns::FromColumn>::Stored, )+
            $( $field: $type, )*
        }

        impl $stored {
            /// The row, or which of its words does not read.
            fn read(self) -> $crate::columns::Read<$row> {
                Ok($row {
                    $(
                        $word: <$kind as $crate::columns::FromColumn>::from_column(self.$word).map_err(|value| {
                            let id = [$(self.$key.to_string()),+].join(".");
                            $crate::columns::Unreadable::new($table, stringify!($word), id, &value)
                        })?,
                    )+
                    $( $field: self.$field, )*
                })
            }
        }
    };
}

pub(crate) use row;

/// How a column holds its words.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// The column holds one word, or null.
    Word,
    /// The column holds an array of words.
    Words,
    /// The column holds JSON, which this reads or does not.
    Json(fn(&Value) -> bool),
}

/// A column that holds words of a closed set.
#[derive(Clone, Debug)]
pub struct Column {
    /// The table that has the column.
    pub table: &'static str,
    /// The name of the column.
    pub name: &'static str,
    /// What tells a row of the table from the others, as an expression of SQL.
    pub key: &'static str,
    /// How the column holds its words.
    pub form: Form,
    /// The words that it can hold; empty for JSON.
    pub words: Vec<&'static str>,
}

impl Column {
    /// A column that holds one word of `T`'s.
    #[must_use]
    pub fn of<T: Word>(table: &'static str, name: &'static str, key: &'static str) -> Self {
        Self { table, name, key, form: Form::Word, words: T::words() }
    }

    /// A column that holds an array of words of `T`'s.
    #[must_use]
    pub fn of_several<T: Word>(table: &'static str, name: &'static str, key: &'static str) -> Self {
        Self { form: Form::Words, ..Self::of::<T>(table, name, key) }
    }

    pub(crate) fn of_json(
        table: &'static str,
        name: &'static str,
        key: &'static str,
        reads: fn(&Value) -> bool,
    ) -> Self {
        Self { table, name, key, form: Form::Json(reads), words: Vec::new() }
    }

    /// Rows in which something else stands, at most `limit` of them. It reads the whole table.
    pub async fn unreadable(&self, pool: &PgPool, limit: usize) -> Result<Vec<Unreadable>, sqlx::Error> {
        let Self { table, name, key, form, words } = self;
        let words = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", ");
        let other = match form {
            Form::Word => format!("{name} not in ({words})"),
            Form::Words => format!("not ({name} <@ array[{words}]::text[])"),
            Form::Json(_) => format!("{name} is not null"),
        };
        // Names of tables, columns and words cannot be bound here; these are our own constants.
        let query = format!("select ({key})::text as id, {name}::text as value from {table} where {other} order by 1");
        let rows = sqlx::query(&query).fetch_all(pool).await?;
        let mut unreadable = Vec::new();
        for row in rows {
            let (id, value): (String, String) = (row.try_get("id")?, row.try_get("value")?);
            let reads = match form {
                Form::Word | Form::Words => false,
                Form::Json(reads) => serde_json::from_str(&value).is_ok_and(|json: Value| reads(&json)),
            };
            if !reads {
                unreadable.push(Unreadable::new(table, name, id, &value));
            }
            if unreadable.len() == limit {
                break;
            }
        }
        Ok(unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_does_not_read_says_where_it_is_and_tells_little_of_its_value() {
        let long = "x".repeat(1_000);
        let error = read::<Status>("mailings", "status", 7, long).expect_err("no status");
        assert_eq!(error.value.len(), TOLD);
        assert!(error.to_string().starts_with("the row 7 of mailings cannot be read: its status is \"xxx"), "{error}");
        assert_eq!(error.remedy(), "rebuild the read model: skymailing rebuild mailings");
    }
}
