use crate::screens::calendar::Calendar;

/// The words in English.
pub(crate) const WORDS: Calendar = Calendar {
    title: "Calendar",
    plan: "Plan mailing",
    weeks: "Weeks",
    before: "Earlier",
    after: "Later",
    empty: "Nothing starts by itself in these weeks. Mailings that are planned stand here, on the days on which they run.",
    left_out: "There are more mailings than this page can show; some are left out.",
    said: "Paused and disabled mailings are left out.",
};
