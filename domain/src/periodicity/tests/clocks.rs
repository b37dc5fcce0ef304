//! Places whose clocks change by half an hour, by a quarter, at midnight, or not at all, in both directions.

use super::check;

#[test]
fn a_clock_that_goes_forward_at_midnight_runs_at_the_end_of_the_gap_on_the_same_day() {
    check(
        "
        daily | America/Sao_Paulo | 2018-11-03T00:00:00-03:00 | Sat 11-03 00:00-03:00, Sun 11-04 01:00-02:00, Mon 11-05 00:00-02:00
        daily | America/Sao_Paulo | 2018-11-03T00:59:59-03:00 | Sat 11-03 00:59-03:00, Sun 11-04 01:00-02:00, Mon 11-05 00:59-02:00
        daily | America/Sao_Paulo | 2018-11-02T23:59:00-03:00 | Fri 11-02 23:59-03:00, Sat 11-03 23:59-03:00, Sun 11-04 23:59-02:00
        weekly | America/Sao_Paulo | 2018-10-28T00:30:00-03:00 | Sun 10-28 00:30-03:00, Sun 11-04 01:00-02:00, Sun 11-11 00:30-02:00
        monthly | America/Sao_Paulo | 2018-10-04T00:30:00-03:00 | Thu 10-04 00:30-03:00, Sun 11-04 01:00-02:00, Tue 12-04 00:30-02:00
        0 0 * * SUN | America/Sao_Paulo | 2018-11-01T00:00:00-03:00 | Sun 11-04 01:00-02:00, Sun 11-11 00:00-02:00
        # All that the gap swallows is one run, together with what is due at its end.
        */20 * * * * | America/Sao_Paulo | 2018-11-03T23:40:00-03:00 | Sat 11-03 23:40-03:00, Sun 11-04 01:00-02:00, Sun 11-04 01:20-02:00
        daily | Africa/Cairo | 2024-04-25T00:15:00+02:00 | Thu 04-25 00:15+02:00, Fri 04-26 01:00+03:00, Sat 04-27 00:15+03:00
        ",
    );
}

#[test]
fn a_clock_that_goes_back_at_midnight_shows_the_last_hour_twice_and_runs_in_the_first() {
    check(
        "
        daily | America/Sao_Paulo | 2018-02-16T23:30:00-02:00 | Fri 02-16 23:30-02:00, Sat 02-17 23:30-02:00, Sun 02-18 23:30-03:00
        daily | America/Sao_Paulo | 2018-02-17T00:00:00-02:00 | Sat 02-17 00:00-02:00, Sun 02-18 00:00-03:00, Mon 02-19 00:00-03:00
        # The Saturday lasts an hour longer, and the expression is silent in it.
        */30 * * * * | America/Sao_Paulo | 2018-02-17T23:00:00-02:00 | Sat 02-17 23:00-02:00, Sat 02-17 23:30-02:00, Sun 02-18 00:00-03:00
        daily | Africa/Cairo | 2024-10-30T23:15:00+03:00 | Wed 10-30 23:15+03:00, Thu 10-31 23:15+03:00, Fri 11-01 23:15+02:00
        ",
    );
}

#[test]
fn a_change_by_half_an_hour_is_one_like_any_other() {
    check(
        "
        daily | Australia/Lord_Howe | 2024-10-05T02:00:00+10:30 | Sat 10-05 02:00+10:30, Sun 10-06 02:30+11:00, Mon 10-07 02:00+11:00
        daily | Australia/Lord_Howe | 2024-10-05T02:30:00+10:30 | Sat 10-05 02:30+10:30, Sun 10-06 02:30+11:00, Mon 10-07 02:30+11:00
        daily | Australia/Lord_Howe | 2024-10-05T01:59:00+10:30 | Sat 10-05 01:59+10:30, Sun 10-06 01:59+10:30, Mon 10-07 01:59+11:00
        */15 * * * * | Australia/Lord_Howe | 2024-10-06T01:45:00+10:30 | Sun 10-06 01:45+10:30, Sun 10-06 02:30+11:00, Sun 10-06 02:45+11:00
        daily | Australia/Lord_Howe | 2024-04-06T01:30:00+11:00 | Sat 04-06 01:30+11:00, Sun 04-07 01:30+11:00, Mon 04-08 01:30+10:30
        daily | Australia/Lord_Howe | 2024-04-06T02:00:00+11:00 | Sat 04-06 02:00+11:00, Sun 04-07 02:00+10:30, Mon 04-08 02:00+10:30
        */15 * * * * | Australia/Lord_Howe | 2024-04-07T01:15:00+11:00 | Sun 04-07 01:15+11:00, Sun 04-07 01:30+11:00, Sun 04-07 01:45+11:00, Sun 04-07 02:00+10:30
        ",
    );
}

#[test]
fn offsets_that_are_no_whole_hours_are_kept_to_the_minute() {
    check(
        "
        daily | Asia/Kathmandu | 2024-03-30T02:30:00+05:45 | Sat 03-30 02:30+05:45, Sun 03-31 02:30+05:45, Mon 04-01 02:30+05:45
        0 0 * * * | Asia/Kathmandu | 2024-05-01T00:00:00Z | Thu 05-02 00:00+05:45, Fri 05-03 00:00+05:45
        # Its clocks went forward by a quarter of an hour once, at midnight.
        daily | Asia/Kathmandu | 1985-12-31T00:10:00+05:30 | Tue 12-31 00:10+05:30, Wed 01-01 00:15+05:45, Thu 01-02 00:10+05:45
        ",
    );
}

#[test]
fn a_month_or_a_week_that_meets_a_change_keeps_its_time_before_and_after() {
    check(
        "
        monthly | Europe/Berlin | 2027-12-26T02:30:00+01:00 | Sun 12-26 02:30+01:00, Wed 01-26 02:30+01:00, Sat 02-26 02:30+01:00, Sun 03-26 03:00+02:00, Wed 04-26 02:30+02:00
        monthly | Europe/Berlin | 2028-08-29T02:30:00+02:00 | Tue 08-29 02:30+02:00, Fri 09-29 02:30+02:00, Sun 10-29 02:30+02:00, Wed 11-29 02:30+01:00
        weekly | America/New_York | 2028-03-05T02:15:00-05:00 | Sun 03-05 02:15-05:00, Sun 03-12 03:00-04:00, Sun 03-19 02:15-04:00
        weekly | America/New_York | 2028-10-29T01:15:00-04:00 | Sun 10-29 01:15-04:00, Sun 11-05 01:15-04:00, Sun 11-12 01:15-05:00
        ",
    );
}
