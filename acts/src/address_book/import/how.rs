//! How a file is imported, and into whose address book.

use super::mapping::Mapping;
use crate::Services;
use crate::who::rights::Owner;
use chrono::{DateTime, Utc};
use domain::custom_field::{Key, Label};
use domain::import::Mode;
use domain::{GroupId, ImportId, Language, group};
use eventstore::Metadata;
use serde::{Deserialize, Serialize};

/// How much of the name of a file is kept with each client that it brings, in characters.
const NAME_LENGTH: usize = 200;

/// How a file is imported.
#[derive(Clone, Debug, Default)]
pub struct How {
    /// What the columns mean whose names do not tell.
    pub mapping: Mapping,
    /// Which rows are taken. Of clients who are there empty cells erase nothing, and groups are joined and not left.
    pub mode: Mode,
    /// The id of a group that all of them join who are added or, if they may be changed, are there already; none for no group.
    pub group: Option<String>,
    /// The name of a group that all of them join instead, which is made if there is none.
    pub new_group: Option<group::Name>,
    /// Fields that the owner's clients get with the import, for texts; they are made when it begins.
    pub new_fields: Vec<(Key, Label)>,
    /// What the people of the file have agreed to; none if nobody says that they have, and then nothing is written about it.
    pub consent: Option<FileConsent>,
    /// What the file is called; it may be empty.
    pub file: String,
    /// The import that goes on, if it is one that broke off; none, or one that has not begun, for a new one.
    pub id: Option<ImportId>,
    /// Whether nothing is written: the report says what an import would do, and nobody is added or changed.
    pub dry_run: bool,
}

/// What all people of a file have agreed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileConsent {
    /// The words that they agreed to.
    pub wording: String,
    /// The topic that it is about, one of the owner's groups; `None` for all that the owner sends.
    pub topic: Option<GroupId>,
    /// When they agreed, where no column tells it; `None` for the moment of the import.
    pub at: Option<DateTime<Utc>>,
}

/// Into whose address book, and who is told what.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The services that the import writes through.
    pub services: &'a Services,
    /// The owner of the address book.
    pub owner: Owner,
    /// Who imports, and on whose request.
    pub metadata: &'a Metadata,
    /// The language of the report's sentences.
    pub language: Language,
}

/// The name of a file as it is kept with each client. PostgreSQL keeps every character but one.
pub(super) fn shortened(file: &str) -> String {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.chars().filter(|c| !c.is_control()).take(NAME_LENGTH).collect()
}
