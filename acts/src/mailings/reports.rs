//! Reports of runs, as people read them.

use domain::Language;
use projections::feedback;
use projections::reports::Report;

/// A report in sentences, a line each.
#[must_use]
pub fn text(report: &Report, language: Language) -> String {
    let feedback::Counts { bounced, soft_bounced, complained } = report.came_back();
    let told = words::reports::Report {
        totals: report.totals.0,
        left_out: report.left_out().min(report.totals.suppressed),
        not_written_to: report.not_written_to().min(report.totals.suppressed),
        succeeded: report.succeeded(),
        started_at: report.started_at,
        finished_at: report.finished_at,
        seconds: report.seconds(),
        per_second: report.per_second(),
        last_attempt_at: report.last_attempt_at,
        last_reply: report.last_reply.as_deref(),
        zone: report.zone(),
        bounced: bounced.unsigned_abs(),
        soft_bounced: soft_bounced.unsigned_abs(),
        complained: complained.unsigned_abs(),
    };
    told.text(language)
}
