//! The report log, and one report.

use super::screen;

screen! {
    /// The words of the list of reports and of the page of one.
    Reports in reports {
        texts {
            title, log, statistics, came_back, empty, empty_of_others, plan, mailing, not_yours, owner, finished, started,
            result, succeeded, failed, nobody, report, numbers, outcome, letters, share,
            print, see_run, csv, xlsx, sheet_report, sheet_recipients,
        }
        counted { count }
        filled { of, of_them }
    }
}
