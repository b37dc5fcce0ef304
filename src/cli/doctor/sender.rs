//! Who letters are from whose mailing has no sender of its own.

use super::finding::{Finding, fine, problem, warning};
use crate::config::Config;
use acts::senders::with_own_keys;
use domain::Language;
use domain::alignment::{Domain, Verdict, What};
use sqlx::PgPool;
use words::Sentence;

/// Whether other mail servers believe letters of `MAIL_FROM`. Whatever it is, the service does its work, unless it was told not to.
pub(super) async fn believed(config: &Config, pool: Option<&PgPool>) -> Finding {
    let senders = config.senders();
    let Ok(domain) = Domain::parse(&senders.from) else {
        return fine(format!("letters are from {}, of which no other mail server knows", senders.from));
    };
    let sender = senders.of(domain);
    let sender = match pool {
        // Of a database that has no such tables yet is told elsewhere.
        Some(pool) => with_own_keys(pool, sender.clone()).await.unwrap_or(sender),
        None => sender,
    };
    let signs = !sender.selectors.is_empty();
    let checked = senders.look(sender).await;
    // Which keys there are where another server signs only that one knows, so that is asked for by name.
    let findings = checked.findings.iter().filter(|finding| finding.what != What::DkimNotNamed);
    let told = |verdicts: &[Verdict]| -> Vec<String> {
        let findings = findings.clone().filter(|finding| verdicts.contains(&finding.verdict));
        findings.map(|finding| format!("{}: {}", finding.subject.name(), finding.what.told(Language::En))).collect()
    };
    let (wrong, unknown) = (told(&[Verdict::Bad, Verdict::Warning]), told(&[Verdict::Unknown]));
    let refused = senders.required && !told(&[Verdict::Bad]).is_empty();
    let domain = checked.domain;
    let advice = "see `skymailing sender check`, which has the records to enter";
    if refused {
        let what = format!("no mailing without a sender of its own starts (REQUIRE_ALIGNMENT): {}", wrong.join("; "));
        return problem(what, advice);
    }
    if !wrong.is_empty() {
        return warning(format!("letters are from {domain}; {}", wrong.join("; ")), advice);
    }
    if !unknown.is_empty() {
        return Finding::Unknown(format!("letters are from {domain}; {}", unknown.join("; ")));
    }
    if signs {
        return fine(format!("letters are from {domain}, whose records are in order"));
    }
    fine(format!(
        "letters are from {domain}, whose records are in order; `skymailing sender check --selector NAME` looks for DKIM keys"
    ))
}
