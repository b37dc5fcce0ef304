use crate::shapes::Report;
use domain::Totals;

/// The report in sentences.
pub(crate) fn lines(report: &Report<'_>) -> Vec<String> {
    let Totals { planned, accepted, rejected, unknown, expired, .. } = report.totals;
    let was = |number| if number == 1 { "was" } else { "were" };
    let mut lines = vec![if planned == 0 {
        "No letter was planned: there was nobody to write to.".to_owned()
    } else {
        format!(
            "{planned} {} {} planned, {accepted} {} accepted by the mail server, in {:.1} s ({} a second).",
            if planned == 1 { "letter" } else { "letters" },
            was(planned),
            was(accepted),
            report.seconds,
            report.pace(),
        )
    }];
    if rejected > 0 {
        lines.push(format!("{rejected} {} rejected for good.", was(rejected)));
    }
    if unknown > 0 {
        let are = if unknown == 1 { "is" } else { "are" };
        lines.push(format!("{unknown} {are} in doubt: the sender stopped between the send and the answer."));
    }
    let (left_out, cancelled) = (report.left_out, report.cancelled());
    if left_out > 0 {
        let why = "because another recipient has the same mailbox";
        lines.push(format!("{left_out} {} left out, {why}.", was(left_out)));
    }
    if cancelled > 0 {
        lines.push(format!("{cancelled} {} never tried, because the mailing was cancelled.", was(cancelled)));
    }
    if expired > 0 {
        let why = "because the window ended or the mailing was cancelled";
        lines.push(format!("{expired} {} given up, {why}.", was(expired)));
    }
    if planned > 0 {
        let verdict = if report.succeeded {
            "The mail server took every letter: the run succeeded."
        } else {
            "The mail server did not take every letter, so the run counts as failed."
        };
        lines.push(verdict.to_owned());
    }
    let zone = report.zone;
    let local = |at| zone.at(at).format("%Y-%m-%d at %H:%M:%S");
    lines.push(format!(
        "The run started on {} and was finished on {} ({zone}).",
        local(report.started_at),
        local(report.finished_at)
    ));
    if let Some(at) = report.last_attempt_at {
        let reply = report.last_reply.map(|reply| format!("; the mail server's last reply was “{reply}”"));
        lines.push(format!("The last attempt ended on {}{}.", local(at), reply.unwrap_or_default()));
    }
    lines
}
