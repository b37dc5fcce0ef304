//! `skymailing statistics`: how many letters went out, by period and by mailing, how many did not, by reason, and how many came back.

use super::output;
use crate::config::Config;
use crate::wire::Node;
use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::{EmailAddress, Period, TimeZone, UserId};
use projections::columns::Word as _;
use projections::feedback::Counts;
use projections::statistics::{self, Attempts, SuppressedCounts, SuppressedPeriods};
use projections::{Access, mailings, users};
use serde_json::{Value, json};
use std::collections::HashMap;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How far back it looks if nobody says.
const BACK: TimeDelta = TimeDelta::days(30);

/// The most periods: ten years of days.
const PERIODS: usize = 3_660;

/// The most mailings.
const MAILINGS: i64 = 1_000;

/// Print how many letters of a user went out, by period and by mailing, how many did not, by reason, and how many came back.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The address of the user whose mailings are counted, by the days of their time zone.
    #[arg(long)]
    owner: String,
    /// The first day, such as 2026-05-01; without it 30 days before the last one.
    #[arg(long, value_name = "DAY")]
    from: Option<NaiveDate>,
    /// The last day; without it today.
    #[arg(long, value_name = "DAY")]
    to: Option<NaiveDate>,
    /// In which periods.
    #[arg(long, value_name = "PERIOD", default_value = "day")]
    by: By,
    /// Print it as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum By {
    Day,
    Week,
    Month,
}

impl From<By> for Period {
    fn from(by: By) -> Self {
        match by {
            By::Day => Self::Day,
            By::Week => Self::Week,
            By::Month => Self::Month,
        }
    }
}

/// What was counted.
struct Counted {
    zone: TimeZone,
    /// Where the periods meet, and their numbers.
    boundaries: Vec<DateTime<Utc>>,
    periods: Vec<Attempts>,
    /// What came back of the letters of each period, and of all.
    feedback: Vec<Counts>,
    total_feedback: Counts,
    /// With their names.
    mailings: Vec<(Uuid, String, Attempts, Counts)>,
    /// What was not sent in each period, and in all together.
    not_sent: Vec<SuppressedCounts>,
    total_not_sent: SuppressedCounts,
}

impl Options {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let stop = crate::shutdown::token(config.shutdown_timeout)?;
        let node = Node::start(config, &stop).await?;
        let counted = self.count(&node, &stop).await;
        node.close().await?;
        let counted = counted?;
        if self.json {
            output::say_json(&counted.json());
        } else {
            output::say(&counted.table());
        }
        Ok(())
    }

    async fn count(&self, node: &Node, stop: &CancellationToken) -> anyhow::Result<Counted> {
        node.caught_up(stop).await?;
        let pool = node.services.pool();
        let email = EmailAddress::parse(&self.owner).map_err(super::told)?;
        let owner = users::by_email(pool, &email).await?;
        let owner = owner.with_context(|| format!("there is no user {email}"))?;
        let access = Access::Owner(UserId(owner.id));
        let zone = TimeZone::parse(&owner.time_zone).unwrap_or(TimeZone::UTC);

        let today = zone.local(node.services.now()).date();
        let last = self.to.unwrap_or(today);
        let first = self.from.or_else(|| last.checked_sub_signed(BACK)).unwrap_or(last);
        anyhow::ensure!(first <= last, "--from {first} is after --to {last}");
        let boundaries = Period::from(self.by).boundaries_of_days(first, last, zone, PERIODS);
        let boundaries = boundaries.with_context(|| {
            format!(
                "from {first} to {last} are more than {PERIODS} periods: ask for less, or for longer ones with --by"
            )
        })?;
        let (Some(from), Some(to)) = (boundaries.first(), boundaries.last()) else { anyhow::bail!("no day was named") };

        let statistics::Periods { attempts: periods, unreadable } =
            statistics::by_period(pool, access, None, &boundaries).await?;
        if let Some(error) = unreadable {
            anyhow::bail!("{error}; {}", error.remedy());
        }
        let not_sent = statistics::suppressed_by_period(pool, access, None, &boundaries).await?;
        let total_not_sent = not_sent.total();
        let SuppressedPeriods { counts: not_sent, unreadable } = not_sent;
        if let Some(error) = unreadable {
            anyhow::bail!("{error}; {}", error.remedy());
        }
        let feedback = statistics::feedback_by_period(pool, access, None, &boundaries).await?;
        let total_feedback = feedback.total();
        let statistics::Feedback { counts: feedback, unreadable } = feedback;
        if let Some(error) = unreadable {
            anyhow::bail!("{error}; {}", error.remedy());
        }
        let by_mailing = statistics::by_mailing(pool, access, None, *from, *to, MAILINGS).await?;
        let of_mailings = statistics::feedback_by_mailing(pool, access, None, *from, *to).await?;
        let of_mailings: HashMap<Uuid, Counts> = of_mailings.into_iter().collect();
        let ids: Vec<Uuid> = by_mailing.iter().map(|(id, _)| *id).collect();
        let known = mailings::by_ids(pool, access, &ids).await?;
        let mut names = HashMap::new();
        for (id, mailing) in known {
            names.insert(id, mailing?.name);
        }
        let with_name = |(id, attempts)| {
            (id, names.remove(&id).unwrap_or_default(), attempts, of_mailings.get(&id).copied().unwrap_or_default())
        };
        let mailings = by_mailing.into_iter().map(with_name).collect();
        Ok(Counted { zone, boundaries, periods, feedback, total_feedback, mailings, not_sent, total_not_sent })
    }
}

impl Counted {
    fn total(&self) -> Attempts {
        let mut total = Attempts::default();
        for attempts in &self.periods {
            total += *attempts;
        }
        total
    }

    fn json(&self) -> Value {
        let numbers = |attempts: &Attempts| {
            json!({
                "succeeded": attempts.accepted, "failed": attempts.failed(), "rejected": attempts.rejected,
                "deferred": attempts.deferred, "unknown": attempts.unknown,
            })
        };
        let not_sent = |counts: &SuppressedCounts| -> Value {
            counts.iter().map(|(reason, letters)| (reason.word().to_owned(), json!(letters))).collect()
        };
        let came_back = |counts: &Counts| {
            let Counts { bounced, soft_bounced, complained } = counts;
            json!({ "bounced": bounced, "softBounced": soft_bounced, "complained": complained })
        };
        let bounds = self.boundaries.windows(2);
        let periods = bounds.zip(&self.periods).zip(self.not_sent.iter().zip(&self.feedback)).map(
            |((bounds, attempts), (suppressed, feedback))| {
                json!({
                    "startsAt": bounds[0], "endsAt": bounds[1], "attempts": numbers(attempts),
                    "suppressed": not_sent(suppressed), "cameBack": came_back(feedback),
                })
            },
        );
        let mailings = self.mailings.iter().map(|(id, name, attempts, feedback)| {
            json!({ "mailing": id, "name": name, "attempts": numbers(attempts), "cameBack": came_back(feedback) })
        });
        json!({
            "timeZone": self.zone.name(),
            "total": numbers(&self.total()),
            "suppressed": not_sent(&self.total_not_sent),
            "cameBack": came_back(&self.total_feedback),
            "periods": periods.collect::<Vec<_>>(),
            "mailings": mailings.collect::<Vec<_>>(),
        })
    }

    fn table(&self) -> String {
        let line = |name: &str, attempts: Attempts, feedback: Counts| {
            let Attempts { accepted, rejected, deferred, unknown } = attempts;
            let Counts { bounced, complained, .. } = feedback;
            let failed = attempts.failed();
            format!(
                "{name:<10} {accepted:>10} {failed:>10} {rejected:>10} {deferred:>10} {unknown:>10} {bounced:>10} {complained:>10}"
            )
        };
        let head = format!(
            "{:<10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10}",
            "beginning", "succeeded", "failed", "rejected", "deferred", "unknown", "bounced", "complained"
        );
        let periods =
            self.boundaries.iter().zip(&self.periods).zip(&self.feedback).map(|((begins, attempts), feedback)| {
                line(&self.zone.local(*begins).date().to_string(), *attempts, *feedback)
            });
        let mut lines = vec![format!("Attempts by the clocks of {}", self.zone), head];
        lines.extend(periods);
        lines.push(line("all", self.total(), self.total_feedback));
        lines.extend(self.mailings.iter().map(|(id, name, attempts, feedback)| {
            let (accepted, failed) = (attempts.accepted, attempts.failed());
            let Counts { bounced, complained, .. } = feedback;
            format!(
                "mailing {id} “{name}”: {accepted} succeeded, {failed} failed, {bounced} bounced, {complained} complained"
            )
        }));
        lines.extend(
            self.total_not_sent.iter().map(|(reason, letters)| format!("not sent ({}): {letters}", reason.word())),
        );
        lines.join("\n")
    }
}
