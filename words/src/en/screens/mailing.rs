use super::counted;
use crate::screens::mailing::Mailing;
use crate::screens::{Counted, Filled};

/// The words in English.
pub(crate) const WORDS: Mailing = Mailing {
    mailings: "Mailings",
    owner: "Owner",
    parts: "Parts of this mailing",
    tab_overview: "Overview",
    tab_recipients: "Recipients",
    tab_history: "History",
    tab_report: "Runs",
    send_now: "Send now",
    pause: "Pause",
    resume: "Resume",
    edit: "Change the plan",
    cancel: "Cancel mailing",
    delete: "Delete mailing",
    disable: "Disable mailing",
    enable: "Enable mailing",
    why_not: "What cannot be done now, and why",
    sends_said: "It is sending right now.",
    begins_said: "The next run is about to begin.",
    paused_said: "You paused it. Nothing is sent until you resume it.",
    paused_by_owner_said: "Its owner paused it. Nothing is sent until they resume it.",
    suspended_said: "The service paused it, because every letter would be refused for the same reason:",
    disabled_said: "A manager disabled it, and only a manager can enable it again. The reason:",
    cancelled_said: "It was given up for good. Nothing of it is sent any more.",
    blocked_said: "Its owner is blocked. Nothing is sent until they are unblocked.",
    begins_soon: "A run is about to begin. It will show here.",
    run_now: "The run that is under way",
    run_last: "The last run",
    the_plan: "The plan",
    letter_gone: "The letter is deleted, or shared with you no longer.",
    created: "Created",
    runs: "Runs",
    all_runs: "All runs",
    no_runs: "No run has started yet. Every run will stand here with its numbers.",
    happened: "What happened",
    all_history: "The whole history",
    history_said: "Everything that happened, the newest first, with whoever did it.",
    with_parts: "Show every part of the runs, too",
    without_parts: "Without the parts of the runs",
    audience_now: "would get the letter as things are now",
    audience_said: "A run keeps the recipients that it started with. Who they were, and what became of their letters, is on the page of the run.",
    groups: "Groups",
    no_groups: "No group is named.",
    clients: "Single clients",
    no_clients: "No single client is named.",
    send_said: "The letter goes out at once, beside the runs that are planned.",
    cancel_means: "Nothing of it is sent any more. Letters that are just being sent are still recorded, and all that happened stays readable.",
    delete_means: "It is stopped and leaves the lists. What it has sent stays in the reports and in its history.",
    disable_means: "Nothing of it is sent until a manager enables it again. Its owner gets to read the reason.",
    enable_means: "It may send again. The reason stands in its history.",
    reason: "Reason, for its owner to read",
    send_beside: "A run is under way right now. This starts another one beside it, and everybody gets the letter once more.",
    send_asks: Counted(|number| format!("Send to {} now?", counted(number, "person", "people"))),
    runs_count: Counted(|number| counted(number, "run", "runs")),
    and_more_clients: Counted(|number| format!("And {}.", counted(number, "more client", "more clients"))),
    send_again: Counted(|number| {
        let got = counted(number, "person has", "people have");
        let them = if number == 1 {
            "They get it once more if they are still a recipient."
        } else {
            "Whoever of them is still a recipient gets it once more."
        };
        format!("{got} had this letter already, in the last run. {them}")
    }),
    next_said: Filled(|it| format!("The next run starts by itself: {it}.")),
    rests_said: Filled(|it| format!("No further run starts by itself. You can send until {it}.")),
    completed_said: Filled(|it| format!("Its time ended: {it}.")),
    deleted_said: Filled(|it| format!("It was deleted: {it}. Its history stays.")),
    send_names: Filled(|it| format!("The mailing: “{it}”.")),
    cancel_asks: Filled(|it| format!("Cancel the mailing “{it}”?")),
    delete_asks: Filled(|it| format!("Delete the mailing “{it}”?")),
    disable_asks: Filled(|it| format!("Disable the mailing “{it}”?")),
    enable_asks: Filled(|it| format!("Enable the mailing “{it}”?")),
};
