//! `skymailing why`: what became of letters to an address, or why there were none, for those who have the command line.

use super::output;
use crate::config::Config;
use crate::wire::Node;
use acts::audit::why::{self, Asked, Finding};
use anyhow::Context as _;
use chrono::{DateTime, SecondsFormat, Utc};
use domain::{EmailAddress, Language, MailingId, RunId, UserId};
use projections::columns::Word as _;
use projections::deliveries::{self, Attempt, Delivery};
use projections::feedback::{Report, What};
use projections::runs::Status;
use projections::{Access, groups, mailings, users};
use serde_json::{Value, json};
use std::fmt::Write as _;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use words::Sentence as _;
use words::screens::why::Why as Words;

/// Tell what became of letters to an address, run by run, or why there were none.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The address.
    #[arg(value_name = "ADDRESS")]
    email: String,
    /// Only this mailing.
    #[arg(long, value_name = "ID")]
    mailing: Option<MailingId>,
    /// Only the mailings of the user with this address.
    #[arg(long, value_name = "ADDRESS")]
    owner: Option<String>,
    /// How many runs at most, the newest first.
    #[arg(long, value_name = "NUMBER", default_value = "20", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    first: u32,
    /// In this language, en or ru.
    #[arg(long, value_name = "en|ru", default_value = "en")]
    language: Language,
    /// Print the newest of these letters as it was sent, with its header, instead.
    #[arg(long, conflicts_with = "json")]
    letter: bool,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

/// A finding with all that is shown of it.
struct Told {
    finding: Finding,
    mailing: String,
    groups: Vec<String>,
    attempts: Vec<Attempt>,
}

impl Options {
    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        let email = EmailAddress::parse(&self.email).map_err(super::told)?;
        let owner = self.owner.as_deref().map(EmailAddress::parse).transpose().map_err(super::told)?;
        let stop = crate::shutdown::token(config.shutdown_timeout)?;
        let node = Node::start(config, &stop).await?;
        let told = self.tell(&node, email, owner.as_ref(), &stop).await;
        node.close().await?;
        output::say(told?.trim_end());
        Ok(())
    }

    async fn tell(
        &self,
        node: &Node,
        email: EmailAddress,
        owner: Option<&EmailAddress>,
        stop: &CancellationToken,
    ) -> anyhow::Result<String> {
        node.caught_up(stop).await?;
        let access = match owner {
            None => Access::All,
            Some(owner) => {
                let user = users::by_email(node.services.pool(), owner).await?;
                Access::Owner(UserId(user.with_context(|| format!("there is no user {owner}"))?.id))
            }
        };
        let asked = Asked { email, mailing: self.mailing };
        let found = why::why(&node.services, access, &asked, None, i64::from(self.first)).await?;
        let found = found.context("there is no such mailing")?;
        if self.letter {
            let deliveries = found.into_iter().filter_map(|(_, finding)| finding.ok()?.delivery);
            return letter(node, deliveries.collect()).await;
        }
        let mut all = Vec::with_capacity(found.len());
        for (_, finding) in found {
            all.push(look_up(node, finding?).await?);
        }
        if self.json {
            return Ok(Value::Array(all.iter().map(|one| self.for_programs(one)).collect()).to_string());
        }
        if all.is_empty() {
            return Ok(Words::of(self.language).nothing.to_owned());
        }
        Ok(all.iter().map(|one| self.for_people(one)).collect())
    }

    fn for_people(&self, told: &Told) -> String {
        let Told { finding, mailing, groups, attempts } = told;
        let mut said = match &finding.run {
            Some(run) => format!("{} {mailing}, run {}\n", moment(run.started_at), run.id),
            None => format!("{mailing}\n"),
        };
        let since = finding.since.map(|since| format!(" ({})", moment(since))).unwrap_or_default();
        let _ = writeln!(said, "  {}{since}", finding.why.told(self.language));
        for entry in &finding.suppressions {
            let (reason, scope) = (entry.reason.name(), entry.scope.name());
            let _ = writeln!(said, "  {reason} ({scope}) since {}", moment(entry.since));
        }
        if !finding.through.is_nothing() {
            let named = finding.through.by_name.then(|| "by name".to_owned());
            let segments = finding.through.segments.iter().map(|segment| format!("segment {segment}"));
            let through = named.into_iter().chain(groups.iter().map(|name| format!("group {name:?}"))).chain(segments);
            let _ = writeln!(said, "  in the audience: {}", through.collect::<Vec<_>>().join(", "));
        }
        if let (Some(delivery), Some(client)) = (&finding.delivery, finding.client_revision) {
            let message = finding.run.as_ref().and_then(|run| run.message_revision).unwrap_or_default();
            let id = acts::mailings::runs::id_of(delivery.run_id, delivery.ordinal);
            let _ = writeln!(said, "  delivery {id}: revision {message} of the message, {client} of the client");
        }
        for attempt in attempts {
            let code = acts::mailings::recipients::code(attempt).unwrap_or_default();
            let reply = attempt.reply.as_deref().unwrap_or_default();
            let line = format!("  {} {}: {code} {reply}", moment(attempt.at), attempt.outcome.word());
            let _ = writeln!(said, "{}", line.trim_end());
        }
        for report in &finding.feedback {
            let _ = writeln!(said, "  {}", came_back(report));
        }
        said
    }

    fn for_programs(&self, told: &Told) -> Value {
        let Told { finding, mailing, groups, attempts } = told;
        let attempt = |attempt: &Attempt| {
            json!({
                "number": attempt.number,
                "at": attempt.at,
                "outcome": attempt.outcome.word(),
                "code": attempt.code,
                "enhanced_code": attempt.enhanced,
                "reply": attempt.reply,
            })
        };
        let report = |report: &Report| {
            json!({
                "id": report.report_id,
                "at": report.reported_at,
                "what": report.what.word(),
                "dead": report.dead,
                "code": report.code,
                "words": report.words,
                "reported_by": report.reported_by,
                "via": report.via.name(),
            })
        };
        let suppression = |entry: &domain::suppression::Entry| json!({ "reason": entry.reason.name(), "scope": entry.scope.name(), "since": entry.since, "until": entry.until });
        let delivery = finding.delivery.as_ref();
        json!({
            "mailing": { "id": finding.mailing, "name": mailing },
            "run": finding.run.as_ref().map(|run| json!({
                "id": run.id,
                "started_at": run.started_at,
                "missed": run.status == Status::Missed,
                "message_revision": run.message_revision,
            })),
            "client": finding.client,
            "client_revision": finding.client_revision,
            "why": finding.why.told(self.language),
            "since": finding.since,
            "suppressions": finding.suppressions.iter().map(suppression).collect::<Vec<_>>(),
            "by_name": finding.through.by_name,
            "groups": groups,
            "segments": finding.through.segments.iter().map(|segment| segment.0).collect::<Vec<_>>(),
            "delivery": delivery.map(|one| acts::mailings::runs::id_of(one.run_id, one.ordinal)),
            "outcome": delivery.map(|one| one.outcome.name()),
            "attempts": attempts.iter().map(attempt).collect::<Vec<_>>(),
            "feedback": finding.feedback.iter().map(report).collect::<Vec<_>>(),
        })
    }
}

/// What a report says, in one line.
fn came_back(report: &Report) -> String {
    let what = match report.what {
        What::Permanent => "came back for good",
        What::Temporary => "came back for the moment",
        What::Delayed => "is late, and goes on being tried",
        What::Complaint => "complaint",
    };
    let by = report.reported_by.as_deref().map(|by| format!(", reported by {by}")).unwrap_or_default();
    let said =
        [report.code_beside_words(), report.words.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let said = if said.is_empty() { said } else { format!(": {said}") };
    // Words of others can be of several lines.
    let line = format!("{} {what}{by} ({}){said}", moment(report.reported_at), report.via.name());
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first of these letters that was sent at all.
async fn letter(node: &Node, deliveries: Vec<Delivery>) -> anyhow::Result<String> {
    for delivery in deliveries {
        let (run, ordinal) = (RunId(delivery.run_id), delivery.ordinal);
        if let Some(sent) = acts::audit::letter::sent(&node.services, Access::All, run, ordinal).await? {
            let mut said = String::new();
            for (name, value) in &sent.headers {
                let _ = writeln!(said, "{name}: {value}");
            }
            let _ = write!(said, "\n{}\n{}", sent.text, sent.html.unwrap_or_default());
            return Ok(said);
        }
    }
    anyhow::bail!("no letter was sent to this address")
}

/// The names of what is told, and the attempts.
async fn look_up(node: &Node, finding: Finding) -> anyhow::Result<Told> {
    let pool = node.services.pool();
    let mailing = mailings::get(pool, Access::All, MailingId(finding.mailing)).await?;
    let ids: Vec<Uuid> = finding.through.groups.iter().map(|group| group.0).collect();
    let found = groups::by_ids(pool, Access::All, &ids).await?;
    let attempts = match &finding.delivery {
        Some(one) if one.attempts > 0 => deliveries::attempts(pool, RunId(one.run_id), &[one.ordinal]).await?,
        _ => Vec::new(),
    };
    Ok(Told {
        mailing: mailing.map(|mailing| mailing.name).unwrap_or_default(),
        groups: found.into_iter().map(|group| group.name).collect(),
        attempts: attempts.into_iter().map(|(_, attempt)| attempt).collect::<Result<_, _>>()?,
        finding,
    })
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
