//! Whether what comes back comes in here: bounces, complaints, wishes to leave by mail.

use super::finding::{Finding, fine, problem, warning};
use crate::config::Config;
use crate::wire::wall_clock;
use acts::intake::{self, Count, Standing, kept};
use chrono::{DateTime, TimeDelta, Utc};
use domain::feedback::{KEPT_FOR, Via, WATCHED_FOR};
use sqlx::PgPool;
use std::collections::BTreeSet;

/// A way on which something came within that time is one that works.
const LATELY: TimeDelta = TimeDelta::days(30);

/// The setting of the mailbox that is looked into, where this version has it.
const MAILBOX: &str = "INTAKE_IMAP_URL";

/// Where letters come back to, and on which ways that comes in here.
pub(super) async fn ways(pool: &PgPool, config: &Config) -> Finding {
    if let Err(error) = config.returns.intake() {
        return problem(
            error.to_string(),
            "set BOUNCE_DOMAIN, or leave INTAKE_ADDR out: the service does not start like this",
        );
    }
    let now = wall_clock().now();
    let since = (now - LATELY).date_naive();
    let (standing, counts) = match (intake::standing(pool).await, intake::counts(pool, since).await) {
        (Ok(standing), Ok(counts)) => (standing, counts),
        (Err(error), _) | (_, Err(error)) => return problem(error.to_string(), "see the log of PostgreSQL"),
    };
    if let Some((via, error, since)) = standing.iter().find_map(|one| closed(one, now)) {
        return problem(
            format!("what has come back does not come in ({}) since {since}: {error}", via.name()),
            format!("see {}; it goes on by itself once that is right", setting(via)),
        );
    }
    let ways = open(config, &counts);
    match config.returns.paths() {
        Some(paths) if ways.is_empty() => warning(
            format!("letters come back to {}, and nobody here has taken any in for 30 days", paths.domain),
            format!(
                "set INTAKE_ADDR and have the domain's MX lead there, set {MAILBOX}, or have your mail server hand its mail to \
                 `skymailing intake`"
            ),
        ),
        Some(paths) => fine(format!("letters come back to {}, by {}", paths.domain, list(&ways))),
        None if ways.is_empty() => fine(
            "letters come back to the address that they are from, where people have to read that; BOUNCE_DOMAIN has the service \
             do it",
        ),
        None => fine(format!(
            "letters come back to the address that they are from; what comes in by {} is known by its Message-ID",
            list(&ways)
        )),
    }
}

/// Messages that nobody understood.
pub(super) async fn kept(pool: &PgPool) -> Finding {
    match kept::count(pool).await {
        Ok(0) => fine("there are none"),
        Ok(count) => warning(
            format!(
                "{count} that came in were not understood, or people wrote them; each goes after {} days",
                KEPT_FOR.num_days()
            ),
            "look at them with `skymailing intake list`, and throw away what you have seen with `skymailing intake dismiss ID`",
        ),
        Err(error) => problem(error.to_string(), "see the log of PostgreSQL"),
    }
}

/// The setting of a way.
fn setting(via: Via) -> &'static str {
    match via {
        Via::Smtp => "INTAKE_ADDR",
        Via::Imap => MAILBOX,
        Via::Pipe => "BOUNCE_DOMAIN",
        Via::Ses => "SES_TOPIC",
        Via::Sendgrid => "SENDGRID_WEBHOOK_KEY",
        Via::Mailgun => "MAILGUN_WEBHOOK_KEY",
        Via::Postmark => "POSTMARK_WEBHOOK_PASSWORD",
        Via::Brevo => "BREVO_WEBHOOK_TOKEN",
    }
}

/// Why a way is closed, and since when; none if nobody looks there any more, or can deliver there.
fn closed(standing: &Standing, now: DateTime<Utc>) -> Option<(Via, &str, String)> {
    if now - standing.looked_at > WATCHED_FOR {
        return None;
    }
    let since = standing.since.unwrap_or(standing.looked_at);
    Some((standing.via, standing.error.as_deref()?, since.to_rfc3339()))
}

/// The ways that are set up here, or by which something came lately.
fn open(config: &Config, counts: &[Count]) -> BTreeSet<Via> {
    let is_set = |name: &str| config.table().iter().any(|setting| setting.name == name && !setting.value.is_empty());
    let listener = is_set("INTAKE_ADDR").then_some(Via::Smtp);
    let mailbox = is_set(MAILBOX).then_some(Via::Imap);
    counts.iter().map(|count| count.via).chain(listener).chain(mailbox).collect()
}

fn list(ways: &BTreeSet<Via>) -> String {
    ways.iter().map(|via| via.name()).collect::<Vec<_>>().join(", ")
}
