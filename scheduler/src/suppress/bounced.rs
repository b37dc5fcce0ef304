//! Whoever's letters came back, or who complained, is not written to.
//!
//! One report is enough if it says that there is no such mailbox, or if it is a complaint. Any other bounce counts, and so many of them
//! within a time are enough: that many letters to one mailbox, whatever number of reports there is of each. A letter that is only late has
//! not come back, and counts as nothing. What was reported before somebody lifted the suppression does not count any more.

use super::addresses::{self, Letter, Says};
use crate::context::Context;
use crate::error::EngineError;
use crate::follow::{Follow, Told, Wanted};
use domain::batch::Recipient;
use domain::feedback::{Bounce, Event, Severity};
use domain::{Fact, StreamKind};
use eventstore::Append;
use projections::Projection;
use sqlx::PgConnection;

/// Whoever finds the addresses whose letters came back, and those who complained.
pub(crate) struct Bounced;

impl Follow for Bounced {
    const NAME: &'static str = "feedback";
    const WANTED: Wanted = Wanted {
        kind: StreamKind::Feedback,
        events: &["BounceReported", "Complained"],
        having: None,
        at_once: addresses::AT_ONCE,
    };
    const ASKS: &'static [Projection] =
        &[Projection::Clients, Projection::Mailings, Projection::Runs, Projection::Feedback];
    const MEANWHILE: &'static str = "addresses whose letters come back are written to until this is mended";

    /// A complaint is one whatever else there is.
    fn needs(told: &[Told], _settled: i64) -> Option<i64> {
        let is_bounce = |told: &&Told| {
            matches!(&told.fact, Fact::Feedback(_, Event::BounceReported { bounce, .. })
                if bounce.severity != Severity::Delayed)
        };
        told.iter().rfind(is_bounce).map(|told| told.position)
    }

    async fn follows(
        context: &Context,
        transaction: &mut PgConnection,
        told: Vec<Told>,
    ) -> Result<Vec<Append>, EngineError> {
        let letters = told.into_iter().filter_map(letter).collect();
        addresses::suppressing(transaction, letters, context).await
    }

    fn say(appended: &[Append]) {
        tracing::info!(
            addresses = appended.len(),
            "letters came back, or recipients complained: their addresses are not written to any more"
        );
    }
}

/// The letter that a report is about, and what it says; none if it says nothing of the address.
fn letter(told: Told) -> Option<Letter> {
    let cause = told.cause();
    let Fact::Feedback(_, event) = told.fact else { return None };
    let (about, report) = (*event.letter(), event.report());
    let recipient = Recipient(about.client, about.revision);
    let (at, says) = (report.at, says(&event)?);
    Some(Letter { owner: about.owner, run: about.run, ordinal: about.ordinal, recipient, at, cause, says })
}

/// What an event says of the address; none if that is nothing, as the letter is only late.
fn says(event: &Event) -> Option<Says> {
    match event {
        Event::BounceReported { report, bounce: Bounce { severity, dead, .. }, .. } => match (severity, dead) {
            (Severity::Delayed, _) => None,
            (Severity::Permanent, true) => Some(Says::Gone(report.id)),
            (Severity::Permanent | Severity::Temporary, _) => Some(Says::CameBack(report.id)),
        },
        Event::Complained { report, .. } => Some(Says::Unwanted(report.id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use domain::feedback::{Letter, Report, Via};
    use domain::{ClientId, MailingId, ReportId, RunId, UserId};
    use uuid::Uuid;

    #[test]
    fn only_a_bounce_for_good_that_says_that_there_is_no_such_mailbox_is_enough_by_itself() {
        let letter = Letter {
            run: RunId(Uuid::from_u128(1)),
            ordinal: 7,
            mailing: MailingId(Uuid::from_u128(2)),
            owner: UserId(Uuid::from_u128(3)),
            client: ClientId(Uuid::from_u128(4)),
            revision: 1,
        };
        let id = ReportId(Uuid::from_u128(5));
        let report = || Report { id, via: Via::Smtp, by: None, at: DateTime::UNIX_EPOCH };
        let bounce = |severity, dead| Event::BounceReported {
            letter,
            report: report(),
            bounce: Bounce { severity, dead, code: None, words: None },
        };
        for (event, expected) in [
            (bounce(Severity::Permanent, true), Some(Says::Gone(id))),
            (bounce(Severity::Permanent, false), Some(Says::CameBack(id))),
            (bounce(Severity::Temporary, true), Some(Says::CameBack(id))),
            (bounce(Severity::Temporary, false), Some(Says::CameBack(id))),
            (bounce(Severity::Delayed, false), None),
            (bounce(Severity::Delayed, true), None),
            (Event::Complained { letter, report: report(), kind: None }, Some(Says::Unwanted(id))),
        ] {
            assert_eq!(says(&event), expected, "{event:?}");
        }
    }
}
