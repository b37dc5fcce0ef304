//! Who got what in a run, as rows of a table and as a file for spreadsheets.

use crate::Services;
use crate::sheets::{Delimiter, MARK, line};
use chrono::{DateTime, Utc};
use domain::suppression::Reason;
use domain::{EmailAddress, Language, MailingId, Outcome, RunId, TimeZone, UserId};
use projections::deliveries::{self, Attempt, Delivery, Doubt, Filter, Suppressed};
use projections::feedback::{self, Report, What};
use projections::runs::Run;
use projections::suppressions::guard::{self, Asked};
use projections::{Access, ReadError};
use sqlx::PgPool;
use std::collections::HashMap;
use words::screens::mark::Mark as MarkWords;
use words::screens::recipients::Recipients as Words;

/// How many deliveries are read at a time.
const CHUNK: i64 = 1_000;

/// What became of one recipient's letter, in words.
#[derive(Clone, Debug)]
pub struct Recipient {
    /// The address that the letter went to.
    pub email: String,
    /// The name as it was when the run started.
    pub full_name: String,
    /// What became of the letter.
    pub outcome: &'static str,
    /// What is decided about a letter in doubt, or why one was left out; empty if there is nothing to say.
    pub note: &'static str,
    /// How many attempts to send the letter are recorded.
    pub attempts: u16,
    /// The moment when the last attempt ended; `None` if there was none.
    pub at: Option<DateTime<Utc>>,
    /// The code of the mail server's last reply, with its enhanced code, such as `550 5.1.1`; empty without a reply.
    pub code: String,
    /// The mail server's last words, or what went wrong without any.
    pub reply: String,
    /// What came back of the letter after that; empty if nothing did.
    pub came_back: String,
}

/// The recipients of a run as they are read: piece by piece, so that nobody has to hold all of them.
#[derive(Debug)]
pub struct Recipients {
    pool: PgPool,
    access: Access,
    run: RunId,
    filter: Filter,
    language: Language,
    zone: TimeZone,
    /// Where it goes on.
    after: Option<i32>,
    /// How many recipients have been read.
    count: u64,
    begun: bool,
    over: bool,
}

impl Recipients {
    /// Those recipients of a run that pass the filter and may be read, of whom none is read yet. They are told in this language, and by
    /// the clocks of this zone.
    #[must_use]
    pub fn new(
        services: &Services,
        access: Access,
        run: RunId,
        filter: Filter,
        language: Language,
        zone: TimeZone,
    ) -> Self {
        let pool = services.pool().clone();
        Self { pool, access, run, filter, language, zone, after: None, count: 0, begun: false, over: false }
    }

    /// How many recipients have been read so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The labels of the columns.
    #[must_use]
    pub fn labels(&self) -> [String; 9] {
        let w = Words::of(self.language);
        let when = format!("{} ({})", w.when, self.zone.name());
        let labels = [w.email, w.full_name, w.outcome, w.note, w.attempts, &when, w.code, w.reply, w.came_back];
        labels.map(str::to_owned)
    }

    /// The next recipients; `None` at the end. What does not read ends it: a file must not leave out anybody silently.
    pub async fn next(&mut self) -> Result<Option<Vec<Recipient>>, ReadError> {
        if self.over {
            return Ok(None);
        }
        let read = deliveries::page(&self.pool, self.access, self.run, &self.filter, self.after, CHUNK).await?;
        let rows = read.into_iter().map(|(_, row)| row).collect::<Result<Vec<Delivery>, _>>()?;
        let tried: Vec<i32> = rows.iter().filter(|row| row.attempts > 0).map(|row| row.ordinal).collect();
        let mut last: HashMap<i32, Attempt> = HashMap::new();
        if !tried.is_empty() {
            // They come in order, so the last one of each stays.
            for (place, attempt) in deliveries::attempts(&self.pool, self.run, &tried).await? {
                last.insert(place, attempt?);
            }
        }
        let ordinals: Vec<i32> = rows.iter().map(|row| row.ordinal).collect();
        let mut reported: HashMap<i32, Vec<Report>> = HashMap::new();
        for (place, report) in feedback::of_deliveries(&self.pool, self.run, &ordinals).await? {
            reported.entry(place).or_default().push(report?);
        }
        self.over = rows.len() < usize::try_from(CHUNK).unwrap_or(usize::MAX);
        self.after = rows.last().map(|row| row.ordinal).or(self.after);
        self.count += rows.len() as u64;
        let told = |row: Delivery| {
            let reports = reported.remove(&row.ordinal).unwrap_or_default();
            Recipient::of(self.language, last.remove(&row.ordinal), &reports, row)
        };
        Ok(Some(rows.into_iter().map(told).collect()))
    }

    /// The next lines of a CSV file; `None` at the end.
    pub async fn next_lines(&mut self) -> Result<Option<String>, ReadError> {
        let delimiter = Delimiter::of(self.language);
        let mut text = if self.begun { String::new() } else { MARK.to_owned() + &line(delimiter, self.labels()) };
        let Some(rows) = self.next().await? else { return Ok(None) };
        self.begun = true;
        for row in rows {
            let at = row.at.map_or_else(String::new, |at| self.zone.local(at).format("%Y-%m-%d %H:%M:%S").to_string());
            let attempts = row.attempts.to_string();
            let cells = [
                row.email.as_str(),
                &row.full_name,
                row.outcome,
                row.note,
                &attempts,
                &at,
                &row.code,
                &row.reply,
                &row.came_back,
            ];
            text.push_str(&line(delimiter, cells));
        }
        Ok(Some(text))
    }
}

impl Recipient {
    fn of(language: Language, last: Option<Attempt>, reports: &[Report], row: Delivery) -> Self {
        Self {
            came_back: came_back(Words::of(language), reports),
            outcome: MarkWords::of(language).outcome(row.outcome),
            note: note(Words::of(language), &row).unwrap_or_default(),
            attempts: row.attempts.unsigned_abs(),
            at: last.as_ref().map(|last| last.at),
            code: last.as_ref().and_then(code).unwrap_or_default(),
            reply: last.and_then(|last| last.reply).unwrap_or_default(),
            email: row.email,
            full_name: row.full_name,
        }
    }
}

/// What is decided about a letter in doubt, or why one was left out; `None` if there is nothing to say.
#[must_use]
pub fn note(w: &'static Words, row: &Delivery) -> Option<&'static str> {
    match (row.outcome, row.doubt) {
        (Outcome::Unknown, Some(Doubt::Open)) => Some(w.undecided),
        (Outcome::Unknown, Some(Doubt::Again)) => Some(w.sent_again),
        (Outcome::Unknown, Some(Doubt::Accepted)) => Some(w.left_as_it_is),
        (Outcome::Suppressed, _) => Some(left_out(w, row.suppression.unwrap_or(Suppressed::Cancelled))),
        _ => None,
    }
}

/// What came back of a letter, of which these are all reports: whether it came back or is late, and whether its recipient complained,
/// each with the code and the words of the newest report of it; empty if nothing did.
#[must_use]
pub fn came_back(w: &'static Words, reports: &[Report]) -> String {
    let newest = |what: What| reports.iter().rfind(|report| report.what == what);
    let told = |report: &Report| {
        let what = match report.what {
            What::Permanent => w.back_for_good,
            What::Temporary => w.back_for_now,
            What::Delayed => w.back_late,
            What::Complaint => w.back_complained,
        };
        let said: Vec<&str> = [report.code_beside_words(), report.words.as_deref()].into_iter().flatten().collect();
        if said.is_empty() { what.to_owned() } else { format!("{what}: {}", said.join(" ")) }
    };
    let bounce = newest(What::Permanent).or_else(|| newest(What::Temporary)).or_else(|| newest(What::Delayed));
    bounce.into_iter().chain(newest(What::Complaint)).map(told).collect::<Vec<_>>().join("; ")
}

/// Whether the letter is still to be sent, for the first time or once more.
#[must_use]
pub fn waits(row: &Delivery) -> bool {
    matches!(row.outcome, Outcome::Pending | Outcome::Deferred) || row.doubt == Some(Doubt::Again)
}

/// Those of these deliveries of a run that wait, and whose letters will not be sent when their turn comes, as things stand at this moment:
/// each by its place in the run, with the reason. Until then their outcome stays what it is, see `docs/states.md`.
pub async fn withheld(pool: &PgPool, run: &Run, rows: &[Delivery]) -> Result<HashMap<i32, Reason>, sqlx::Error> {
    let waiting: Vec<&Delivery> = rows.iter().filter(|row| waits(row)).collect();
    let mailboxes = waiting.iter().map(|row| EmailAddress::taken(&row.email).key()).collect();
    let asked = Asked::of_run((MailingId(run.mailing_id), UserId(run.owner_id)), run.kind, &[], mailboxes);
    let reasons = guard::reasons_of(pool, &asked).await?;
    Ok(waiting.into_iter().zip(reasons).filter_map(|(row, reason)| Some((row.ordinal, reason?))).collect())
}

/// Why a letter was left out, as a part of a sentence.
#[must_use]
pub fn left_out(w: &'static Words, suppressed: Suppressed) -> &'static str {
    match suppressed {
        Suppressed::SameMailbox => w.same_mailbox,
        Suppressed::Cancelled => w.not_sent_any_more,
        Suppressed::Reason(reason) => w.not_written_to(reason),
    }
}

/// The codes of a mail server's reply; `None` without a reply.
#[must_use]
pub fn code(attempt: &Attempt) -> Option<String> {
    match (attempt.code, &attempt.enhanced) {
        (Some(code), Some(enhanced)) => Some(format!("{code} {enhanced}")),
        (Some(code), None) => Some(code.to_string()),
        (None, enhanced) => enhanced.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::feedback::Via;
    use uuid::Uuid;

    fn report(what: What, code: Option<&str>, words: Option<&str>) -> Report {
        Report {
            what,
            via: Via::Smtp,
            run_id: Uuid::nil(),
            ordinal: 7,
            version: 1,
            report_id: Uuid::nil(),
            mailing_id: Uuid::nil(),
            owner_id: Uuid::nil(),
            client_id: Uuid::nil(),
            dead: false,
            code: code.map(str::to_owned),
            words: words.map(str::to_owned),
            reported_by: None,
            reported_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn what_came_back_is_told_once_with_the_newest_words() {
        let full = |words| report(What::Temporary, Some("4.2.2"), words);
        let late = report(What::Delayed, Some("4.4.1"), None);
        let gone = report(What::Permanent, Some("5.1.1"), Some("no such user"));
        let complained = report(What::Complaint, None, Some("abuse"));
        for (reports, told) in [
            (vec![], ""),
            (vec![report(What::Permanent, None, None)], "came back for good"),
            (vec![full(None), full(Some("full"))], "came back for now: 4.2.2 full"),
            (vec![full(Some("full")), gone.clone()], "came back for good: 5.1.1 no such user"),
            (vec![gone.clone(), full(Some("full"))], "came back for good: 5.1.1 no such user"),
            (vec![late.clone()], "late: 4.4.1"),
            (vec![full(None), late], "came back for now: 4.2.2"),
            (vec![complained.clone()], "the recipient complained: abuse"),
            (vec![complained, gone], "came back for good: 5.1.1 no such user; the recipient complained: abuse"),
        ] {
            assert_eq!(came_back(Words::of(Language::En), &reports), told);
        }
    }
}
