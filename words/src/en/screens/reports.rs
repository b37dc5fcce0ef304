use super::counted;
use crate::screens::reports::Reports;
use crate::screens::{Counted, Filled};

/// The words in English.
pub(crate) const WORDS: Reports = Reports {
    title: "Reports",
    log: "Finished runs",
    statistics: "Statistics",
    came_back: "What came back",
    empty: "Each run of a mailing leaves a report here when it is finished: what became of every letter. Plan a mailing, and its first report follows.",
    empty_of_others: "No run is finished yet.",
    plan: "Plan mailing",
    mailing: "Mailing",
    not_yours: "somebody else’s mailing",
    owner: "Owner",
    finished: "Finished",
    started: "Started",
    result: "Result",
    succeeded: "All accepted",
    failed: "Not all accepted",
    nobody: "Nobody to write to",
    report: "Report",
    numbers: "Letters by outcome",
    outcome: "Outcome",
    letters: "Letters",
    share: "Share",
    print: "Print report",
    see_run: "See every recipient",
    csv: "Recipients as CSV",
    xlsx: "Report and recipients as XLSX",
    sheet_report: "Report",
    sheet_recipients: "Recipients",
    count: Counted(|number| counted(number, "report", "reports")),
    of: Filled(|name| format!("Report: {name}")),
    of_them: Filled(|why| format!("of them left out, as {why}")),
};
