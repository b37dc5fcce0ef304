use super::counted;
use crate::screens::mailings::Mailings;
use crate::screens::{Counted, Filled};

/// The words in English.
pub(crate) const WORDS: Mailings = Mailings {
    title: "Mailings",
    plan: "Plan mailing",
    plan_first: "Plan your first mailing",
    empty: "A mailing sends a letter to your clients, at once or when its time comes, and shows what became of every single letter.",
    empty_of_others: "Nobody has planned a mailing yet.",
    search: "Search in names",
    status: "Status",
    any_status: "All statuses",
    name: "Mailing",
    owner: "Owner",
    owner_blocked: "Owner blocked",
    next: "Next run",
    last: "Last run",
    of: "of",
    send_now: "Send now",
    pause: "Pause",
    resume: "Resume",
    count: Counted(|number| counted(number, "mailing", "mailings")),
    failed: Filled(|it| format!("{it} failed")),
    doubts: Filled(|it| format!("{it} in doubt")),
};
