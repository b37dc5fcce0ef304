//! Whom a letter is for.

use super::MergeFields;
use crate::client::Fields;

/// What a letter can say about its recipient, and where it goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipient {
    /// The address that the letter goes to.
    pub email: String,
    /// The name that it greets.
    pub full_name: String,
    /// The first name; empty if it is not known.
    pub first_name: String,
    /// The last name; empty if it is not known.
    pub last_name: String,
    /// What the address book says about them in free text.
    pub comment: String,
    /// What they have in the owner's own fields.
    pub fields: Fields,
}

impl Recipient {
    /// The values of the merge fields, but for the link to leave by, which is each letter's own, and for those of the owner's own fields,
    /// which are said in the language of the letter.
    #[must_use]
    pub fn merge_fields(&self) -> MergeFields<'_> {
        MergeFields {
            full_name: &self.full_name,
            first_name: &self.first_name,
            last_name: &self.last_name,
            email: &self.email,
            comment: &self.comment,
            unsubscribe_url: "",
            custom: &[],
        }
    }
}
