//! Statistics of what was sent.

use super::screen;

screen! {
    /// The words of the page with the chart.
    Statistics in statistics {
        texts {
            title, from, to, by, day, week, month, wrong_day, reversed, chart, period, what, by_mailing,
            mailing, all_mailings, no_name, accepted, rejected, deferred, unknown, failed, total, first_day,
            last_day, empty, csv, csv_mailings, xlsx, sheet_periods, sheet_mailings, incomplete, print, not_sent, not_sent_means, reason, letters,
            csv_not_sent, sheet_not_sent,
        }
        counted { attempts }
        filled { only }
    }
}
