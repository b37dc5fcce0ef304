use super::screens::counted;
use crate::screens::shown;
use crate::shapes::Report;
use domain::{Language, Totals};

/// The report in sentences.
pub(crate) fn lines(report: &Report<'_>) -> Vec<String> {
    let Totals { planned, accepted, rejected, unknown, expired, .. } = report.totals;
    let was = |number: u64| {
        let shown = shown::number(Language::En, number);
        format!("{shown} {}", if number == 1 { "was" } else { "were" })
    };
    let mut lines = vec![if planned == 0 {
        "No letter was planned: there was nobody to write to.".to_owned()
    } else {
        let letters = counted(planned, "letter was", "letters were");
        format!("{letters} planned, {} accepted by the mail server, {}.", was(accepted), took(report))
    }];
    if rejected > 0 {
        lines.push(format!("{} rejected for good.", was(rejected)));
    }
    if unknown > 0 {
        let are = counted(unknown, "is", "are");
        lines.push(format!("{are} in doubt: nobody knows whether the mail server took the letter."));
    }
    let (left_out, cancelled) = (report.left_out, report.cancelled());
    if left_out > 0 {
        let why = "because another recipient has the same mailbox";
        lines.push(format!("{} left out, {why}.", was(left_out)));
    }
    if report.not_written_to > 0 {
        let why = "because their address is not written to any more";
        lines.push(format!("{} left out, {why}.", was(report.not_written_to)));
    }
    if cancelled > 0 {
        lines.push(format!("{} never tried, because the mailing was cancelled.", was(cancelled)));
    }
    if expired > 0 {
        let why = "because the time of the mailing ended or it was cancelled";
        lines.push(format!("{} given up, {why}.", was(expired)));
    }
    if planned > 0 {
        let verdict = if report.succeeded {
            "The mail server took every letter: the run succeeded."
        } else {
            "The mail server did not take every letter, so the run counts as failed."
        };
        lines.push(verdict.to_owned());
    }
    // None of nothing is no share.
    let share = |number: u64| match accepted {
        0 => String::new(),
        accepted => format!(", {} of those accepted", shown::percent(Language::En, number, accepted)),
    };
    if report.bounced > 0 {
        let came = counted(report.bounced, "letter came", "letters came");
        lines.push(format!("{came} back for good after that{}.", share(report.bounced)));
    }
    if report.soft_bounced > 0 {
        let came = counted(report.soft_bounced, "letter came", "letters came");
        lines.push(format!("{came} back for the moment after that{}.", share(report.soft_bounced)));
    }
    if report.complained > 0 {
        let recipients = counted(report.complained, "recipient", "recipients");
        lines.push(format!("{recipients} complained of the letter{}.", share(report.complained)));
    }
    let zone = report.zone;
    let local = |at| shown::second(Language::En, at, zone);
    lines.push(format!(
        "The run started on {} and was finished on {} ({zone}).",
        local(report.started_at),
        local(report.finished_at)
    ));
    if let Some(at) = report.last_attempt_at {
        let reply = report.last_reply.map(|reply| format!("; the mail server’s last reply was “{reply}”"));
        lines.push(format!("The last attempt ended on {}{}.", local(at), reply.unwrap_or_default()));
    }
    lines
}

/// How long it took, and how many letters that is in a stretch of time, where that says anything.
fn took(report: &Report<'_>) -> String {
    let Some(seconds) = report.whole_seconds() else { return "in less than a second".to_owned() };
    let took = format!("in {}", shown::long(Language::En, seconds));
    match report.pace() {
        Some((number, false)) => format!("{took} ({} a second)", shown::number(Language::En, number)),
        Some((number, true)) => format!("{took} ({} a minute)", shown::number(Language::En, number)),
        None => took,
    }
}
