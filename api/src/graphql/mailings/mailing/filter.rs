//! Which mailings a list shows.

use super::MailingStatus;
use crate::failure::Failure;
use crate::graphql::kit::arguments::searchable;
use crate::graphql::kit::scalars::DateTime;
use async_graphql::{ID, InputObject};
use chrono::Utc;
use domain::UserId;
use projections::mailings;
use uuid::Uuid;

/// A stretch of time.
#[derive(Default, InputObject)]
struct Stretch {
    /// The moment at which the stretch begins, which is part of it; null or left out if it has no beginning.
    from: Option<DateTime>,
    /// The moment at which the stretch ends, which is no longer part of it; null or left out if it has no end.
    to: Option<DateTime>,
}

/// The mailings that a list shows: those that meet all conditions that are given. A condition that is null or left out
/// does not limit the list.
#[derive(Default, InputObject)]
pub(super) struct MailingFilter {
    /// Only mailings that have one of these statuses now; an empty list finds none.
    status: Option<Vec<MailingStatus>>,
    /// Only mailings whose name contains this text, in upper or lower case; an empty text does not limit the list.
    search: Option<String>,
    /// Only mailings of the user of this id. Whoever may not see everybody's mailings finds none but their own.
    owner_id: Option<ID>,
    /// Only mailings that send the message of this id.
    message_id: Option<ID>,
    /// Only mailings whose window is open at some moment of this stretch of time. A moment that cannot be read gets the
    /// error `BAD_REQUEST`.
    window: Option<Stretch>,
}

impl MailingFilter {
    /// Whose mailings alone it lets through. What is no id is nobody's.
    pub(super) fn owner(&self) -> Option<UserId> {
        self.owner_id.as_ref().map(|id| id.parse().unwrap_or(UserId(Uuid::nil())))
    }

    pub(super) fn read(self, now: chrono::DateTime<Utc>) -> Result<mailings::Filter, Failure> {
        let moment = |at: Option<DateTime>| {
            let wrong = |text: String| Failure::BadRequest(words::requests::Problem::NoMoment { text }.into());
            at.map(|at| at.0.map_err(wrong)).transpose()
        };
        let Stretch { from, to } = self.window.unwrap_or_default();
        Ok(mailings::Filter {
            standings: self.status.map(|all| all.into_iter().map(MailingStatus::into).collect()),
            now,
            search: searchable(self.search),
            // What is no id is no message's.
            message: self.message_id.map(|id| id.parse().unwrap_or_default()),
            from: moment(from)?,
            to: moment(to)?,
        })
    }
}
