//! Whom a notice is for, and what about.

use super::kind::Kind;
use crate::{EmailAddress, FullName, Language, UserId};
use serde::{Deserialize, Serialize};

/// Whom a notice is for, and what about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Whose account it is about.
    pub user: UserId,
    /// What about.
    pub kind: Kind,
    /// Where it goes.
    pub to: EmailAddress,
    /// The addressee's name.
    pub full_name: FullName,
    /// In which language.
    pub language: Language,
}
