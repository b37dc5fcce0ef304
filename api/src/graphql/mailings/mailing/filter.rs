//! Which mailings a list shows.

use super::MailingStatus;
use crate::failure::Failure;
use crate::graphql::address_book::client::searchable;
use crate::graphql::kit::scalars::DateTime;
use acts::refusal::input;
use async_graphql::{ID, InputObject};
use chrono::Utc;
use projections::mailings;

/// A stretch of time. What is left out is open.
#[derive(Default, InputObject)]
struct Stretch {
    from: Option<DateTime>,
    to: Option<DateTime>,
}

/// Which mailings: those that meet all of these.
#[derive(Default, InputObject)]
pub(super) struct MailingFilter {
    /// That have any of these statuses now.
    status: Option<Vec<MailingStatus>>,
    /// Whose name contains this, in any case.
    search: Option<String>,
    /// That send this message.
    message_id: Option<ID>,
    /// Whose window is open at any moment of this stretch.
    window: Option<Stretch>,
}

impl MailingFilter {
    pub(super) fn read(self, now: chrono::DateTime<Utc>) -> Result<mailings::Filter, Failure> {
        let moment = |at: Option<DateTime>| {
            let wrong = |text: String| Failure::BadRequest(input::no_moment(&text));
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
