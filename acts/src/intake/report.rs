//! A report of a letter that is found, on its way into the log.

use super::entry::Entry;
use super::message::Taken;
use super::storable::storable;
use crate::Services;
use crate::letterhead::Known;
use crate::refusal::{Problem, Refused};
use bounces::{Reading, Says};
use chrono::{DateTime, Utc};
use domain::feedback::{self, Bounce, Command, Feedback, Letter, Report, Severity, Via};
use domain::reply::masked;
use domain::{Actor, Code, Decide, FeedbackId, ReportId};
use eventstore::{Append, AppendError, EventStore, Metadata};
use std::fmt::Write as _;
use std::time::Duration;
use uuid::Uuid;
use words::requests;

/// Who has done it, for the log.
const ACTOR: &str = "intake";

/// How often a report is decided again because another program writes of the same batch.
const ATTEMPTS: u32 = 10;

/// The longest name of a mail server, code, or kind of complaint that is written, in characters.
const LONGEST: usize = 255;

/// What is reported of a letter.
#[derive(Clone, Debug)]
pub(super) enum Told {
    /// It came back, or is late.
    Bounce(Bounce),
    /// Its recipient complained, and the provider calls it so.
    Complaint(Option<String>),
}

/// A report that came by this way.
pub(super) fn of(id: ReportId, via: Via, by: Option<&str>, at: DateTime<Utc>) -> Report {
    Report { id, via, by: by.and_then(line), at }
}

/// Writes what is reported of a letter, and what the message was taken for, in one transaction.
pub(super) async fn record(
    services: &Services,
    known: &Known,
    told: Told,
    report: Report,
    entry: Entry,
) -> Result<Taken, Refused> {
    let step = Step { stream: FeedbackId::derive(known.letter.run, known.batch).0, known, told, report, entry };
    for attempt in 1..=ATTEMPTS {
        if let Some(taken) = step.take(services).await? {
            return Ok(taken);
        }
        tokio::time::sleep(Duration::from_millis(1 << attempt)).await;
    }
    Err(Problem::new(Code::Conflict, &[], requests::Problem::Conflict).into())
}

/// What is to be written.
struct Step<'a> {
    stream: Uuid,
    known: &'a Known,
    told: Told,
    report: Report,
    entry: Entry,
}

impl Step<'_> {
    /// Decides and writes; none if somebody else has appended to the stream in the meantime.
    async fn take(&self, services: &Services) -> Result<Option<Taken>, Refused> {
        let mut transaction = services.store.begin_steps().await?;
        // A mailing that comes back does so all at once: who waits here decides on what was written, and need not decide again.
        sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0))", format!("feedback {}", self.stream))
            .execute(&mut *transaction)
            .await?;
        let loaded = EventStore::load_within::<Feedback>(&mut transaction, &[self.stream]).await?.pop();
        let loaded = loaded.unwrap_or_default();
        let (command, new) = self.command();
        #[expect(clippy::manual_unwrap_or_default, reason = "whoever adds an error decides what it means here")]
        let events = match loaded.state.decide(command) {
            Ok(events) => events,
            // Somebody writes to that address again and again, and no more than is known by now.
            Err(feedback::Error::TooManyReports) => Vec::new(),
        };
        let taken = if events.is_empty() { Taken::Known } else { new };
        let (day, via) = (self.report.at.date_naive(), self.report.via);
        self.entry.close(&mut transaction, day, via, taken).await?;
        if events.is_empty() {
            transaction.commit().await?;
            return Ok(Some(taken));
        }
        let append = Append::new(self.stream, loaded, events)?;
        let metadata = Metadata::new(Actor::System(ACTOR.to_owned()), Uuid::now_v7()).caused_by(self.known.cause);
        match services.store.append_within(&mut transaction, &[append], &metadata).await {
            Ok(receipt) => {
                transaction.commit().await?;
                services.store.appended(receipt);
                Ok(Some(taken))
            }
            Err(AppendError::Conflict | AppendError::Claimed(_) | AppendError::Needed(_)) => Ok(None),
            Err(AppendError::Store(error)) => Err(error.into()),
        }
    }

    /// The command, and what the message is taken for if anything comes of it.
    fn command(&self) -> (Command, Taken) {
        let Known { letter, owner, mailing, client, revision, .. } = *self.known;
        let letter = Letter { run: letter.run, ordinal: letter.ordinal, mailing, owner, client, revision };
        let report = self.report.clone();
        match &self.told {
            Told::Bounce(bounce) => {
                let bounce = Bounce {
                    severity: bounce.severity,
                    dead: bounce.dead,
                    code: bounce.code.as_deref().and_then(line),
                    words: bounce.words.as_deref().map(storable).filter(|words| !words.is_empty()),
                };
                let taken = match bounce.severity {
                    Severity::Permanent | Severity::Temporary => Taken::Bounce,
                    Severity::Delayed => Taken::Delay,
                };
                (Command::ReportBounce { letter, report, bounce }, taken)
            }
            Told::Complaint(kind) => {
                let kind = kind.as_deref().and_then(line);
                (Command::Complain { letter, report, kind }, Taken::Complaint)
            }
        }
    }
}

/// A short text that fits in a line, with addresses masked, as it stays in the log; none if nothing is left of it.
fn line(text: &str) -> Option<String> {
    let line: String = masked(text).split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LONGEST).collect();
    Some(storable(&line)).filter(|line| !line.is_empty())
}

/// What a provider told, in lines for a person to read. There is no message that could be kept instead.
pub(super) fn as_text(reading: &Reading) -> String {
    let says = match &reading.says {
        Says::Bounce(Bounce { severity, dead, code, words }) => {
            let mut says = format!("bounce, {}", severity.name());
            if *dead {
                says.push_str(", no such mailbox");
            }
            for more in [code, words].into_iter().flatten() {
                let _ = write!(says, ", {more}");
            }
            says
        }
        Says::Complaint { kind } => format!("complaint {}", kind.as_deref().unwrap_or_default()),
        Says::AutoReply => "automatic reply".to_owned(),
        Says::Challenge => "challenge".to_owned(),
        Says::Letter => "letter".to_owned(),
        Says::Unclear => "nothing that was understood".to_owned(),
    };
    let mut text = String::new();
    let mut put = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "{name}: {}", value.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    };
    put("Says", &says);
    put("Name", reading.name.as_deref().unwrap_or_default());
    put("By", reading.by.as_deref().unwrap_or_default());
    put("From", &reading.from);
    put("Subject", &reading.subject);
    let about = &reading.about;
    for (name, values) in [
        ("Address", &about.addresses),
        ("Link", &about.links),
        ("Message-ID", &about.message_ids),
        ("Message-ID in what came back", &about.quoted_ids),
        ("Recipient", &about.recipients),
    ] {
        for value in values {
            put(name, value);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use bounces::About;

    #[test]
    fn what_mail_servers_call_themselves_fits_in_a_line_that_postgresql_keeps() {
        for (text, expected) in [
            ("mx.example.org", Some("mx.example.org")),
            (" mx\r\n\t.example\0 ", Some("mx .example\u{fffd}")),
            ("ann@example.org at mx.example.org", Some("<address> at mx.example.org")),
            (" \r\n ", None),
            ("", None),
        ] {
            assert_eq!(line(text).as_deref(), expected, "{text:?}");
        }
        assert_eq!(line(&"é".repeat(300)).map(|line| line.chars().count()), Some(LONGEST));
    }

    #[test]
    fn what_a_provider_told_can_be_read_by_a_person() {
        let bounce = Bounce {
            severity: Severity::Permanent,
            dead: true,
            code: Some("5.1.1".to_owned()),
            words: Some("no such\nuser".to_owned()),
        };
        let reading = Reading {
            says: Says::Bounce(bounce),
            about: About { recipients: vec!["ann@example.org".to_owned()], ..About::default() },
            name: Some("event-7".to_owned()),
            ..Reading::default()
        };
        let text = "Says: bounce, permanent, no such mailbox, 5.1.1, no such user\nName: event-7\nRecipient: ann@example.org\n";
        assert_eq!(as_text(&reading), text);
        assert_eq!(as_text(&Reading::default()), "Says: nothing that was understood\n");
    }
}
