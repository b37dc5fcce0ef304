//! A report in sentences: the numbers, whether the run succeeded, when it was, and what the mail server said last.

use super::Report;
use chrono::{DateTime, Utc};
use domain::{Language, TimeZone, Totals, plural};

pub(super) fn of(report: &Report, language: Language) -> String {
    let lines = match language {
        Language::En => english(report),
        Language::Ru => russian(report),
    };
    lines.join("\n")
}

fn english(report: &Report) -> Vec<String> {
    let Totals { planned, accepted, rejected, unknown, expired, .. } = report.totals.0;
    let was = |number| if number == 1 { "was" } else { "were" };
    let mut lines = vec![if planned == 0 {
        "No letter was planned: there was nobody to write to.".to_owned()
    } else {
        format!(
            "{planned} {} {} planned, {accepted} {} accepted by the mail server, in {:.1} s ({} a second).",
            if planned == 1 { "letter" } else { "letters" },
            was(planned),
            was(accepted),
            report.seconds(),
            pace(report),
        )
    }];
    if rejected > 0 {
        lines.push(format!("{rejected} {} rejected for good.", was(rejected)));
    }
    if unknown > 0 {
        let are = if unknown == 1 { "is" } else { "are" };
        lines.push(format!("{unknown} {are} in doubt: the sender stopped between the send and the answer."));
    }
    let (left_out, cancelled) = left_out(report);
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
        let verdict = if report.succeeded() {
            "The mail server took every letter: the run succeeded."
        } else {
            "The mail server did not take every letter, so the run counts as failed."
        };
        lines.push(verdict.to_owned());
    }
    let zone = zone(report);
    let local = |at| local(at, zone, "%Y-%m-%d at %H:%M:%S");
    lines.push(format!(
        "The run started on {} and was finished on {} ({zone}).",
        local(report.started_at),
        local(report.finished_at)
    ));
    if let Some(at) = report.last_attempt_at {
        let reply = report.last_reply.as_ref().map(|reply| format!("; the mail server's last reply was “{reply}”"));
        lines.push(format!("The last attempt ended on {}{}.", local(at), reply.unwrap_or_default()));
    }
    lines
}

fn russian(report: &Report) -> Vec<String> {
    let Totals { planned, accepted, rejected, unknown, expired, .. } = report.totals.0;
    let letters = |number| format!("{number} {}", plural(number, "письмо", "письма", "писем"));
    let mut lines = vec![if planned == 0 {
        "Ни одного письма не запланировано: писать было некому.".to_owned()
    } else {
        let seconds = format!("{:.1} с ({} в секунду)", report.seconds(), pace(report)).replace('.', ",");
        format!("Запланировано {}, почтовый сервер принял {accepted} за {seconds}.", letters(planned))
    }];
    if rejected > 0 {
        lines.push(format!("Окончательно отклонено {}.", letters(rejected)));
    }
    if unknown > 0 {
        let of_letters = plural(unknown, "письма", "писем", "писем");
        let why = "отправка прервалась раньше, чем пришёл ответ сервера";
        lines.push(format!("Неизвестна судьба {unknown} {of_letters}: {why}."));
    }
    let (left_out, cancelled) = left_out(report);
    if left_out > 0 {
        let why = "у другого получателя тот же почтовый ящик";
        lines.push(format!("Пропущено {}: {why}.", letters(left_out)));
    }
    if cancelled > 0 {
        lines.push(format!("Ни разу не отправлялось {}, потому что рассылка была отменена.", letters(cancelled)));
    }
    if expired > 0 {
        let why = "окно рассылки закончилось или рассылка была отменена";
        lines.push(format!("Прекращены попытки отправить {}: {why}.", letters(expired)));
    }
    if planned > 0 {
        let verdict = if report.succeeded() {
            "Почтовый сервер принял все письма: запуск успешен."
        } else {
            "Почтовый сервер принял не все письма, поэтому запуск считается неудачным."
        };
        lines.push(verdict.to_owned());
    }
    let zone = zone(report);
    let local = |at| local(at, zone, "%d.%m.%Y в %H:%M:%S");
    lines.push(format!("Запуск начат {} и завершён {} ({zone}).", local(report.started_at), local(report.finished_at)));
    if let Some(at) = report.last_attempt_at {
        let reply = report.last_reply.as_ref().map(|reply| format!("; последний ответ почтового сервера: «{reply}»"));
        lines.push(format!("Последняя попытка закончилась {}{}.", local(at), reply.unwrap_or_default()));
    }
    lines
}

/// Those that were never tried: because of another recipient, and because the mailing was cancelled.
fn left_out(report: &Report) -> (u64, u64) {
    let suppressed = report.totals.suppressed;
    let left_out = report.left_out().min(suppressed);
    (left_out, suppressed - left_out)
}

/// Letters per second. Slow ones would be none at all without a decimal.
fn pace(report: &Report) -> String {
    let pace = report.per_second();
    if pace < 10.0 { format!("{pace:.1}") } else { format!("{pace:.0}") }
}

/// The owner's zone. What was one once may no longer be; its owner is not to blame.
fn zone(report: &Report) -> TimeZone {
    TimeZone::parse(&report.time_zone).unwrap_or(TimeZone::UTC)
}

fn local(at: DateTime<Utc>, zone: TimeZone, format: &str) -> String {
    zone.at(at).format(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use sqlx::types::Json;
    use uuid::Uuid;

    fn report(totals: Totals, seconds: i64) -> Report {
        assert!(totals.add_up());
        let started_at: DateTime<Utc> = "2026-05-04T21:59:30Z".parse().expect("a time");
        let finished_at = started_at + TimeDelta::seconds(seconds);
        Report {
            run_id: Uuid::nil(),
            mailing_id: Uuid::nil(),
            owner_id: Uuid::nil(),
            started_at,
            finished_at,
            totals: Json(totals),
            left_out: 0,
            last_attempt_at: (totals.planned > 0).then_some(finished_at),
            last_reply: Some("Ok: queued".to_owned()).filter(|_| totals.accepted > 0),
            language: "ru".to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
        }
    }

    #[test]
    fn a_report_is_readable_in_every_language() {
        let of_each = |number| Totals {
            planned: 5 * number,
            accepted: number,
            rejected: number,
            unknown: number,
            suppressed: number,
            expired: number,
            ..Totals::default()
        };
        let all_accepted = |number| Totals { planned: number, accepted: number, ..Totals::default() };
        for (name, totals, seconds) in [
            ("nobody", Totals::default(), 0),
            ("one", all_accepted(1), 2),
            ("one_refused", Totals { planned: 1, rejected: 1, ..Totals::default() }, 1),
            ("one_of_each", of_each(1), 50),
            ("three_of_each", of_each(3), 60),
            ("eleven_of_each", of_each(11), 1),
            ("thousands", all_accepted(20_021), 4),
        ] {
            let report = report(totals, seconds);
            let [english, russian] = Language::ALL.map(|language| report.text(language));
            insta::assert_snapshot!(name, format!("{english}\n\n{russian}"));
        }
    }

    #[test]
    fn whoever_shares_a_mailbox_is_told_apart_from_whoever_was_never_tried() {
        let totals = Totals { planned: 5, accepted: 3, suppressed: 2, ..Totals::default() };
        let report = |left_out| Report { left_out, ..report(totals, 3) };
        for (left_out, lines, succeeded) in [
            (2, &["2 were left out, because another recipient has the same mailbox."][..], true),
            (
                1,
                &[
                    "1 was left out, because another recipient has the same mailbox.",
                    "1 was never tried, because the mailing was cancelled.",
                ],
                false,
            ),
            (0, &["2 were never tried, because the mailing was cancelled."], false),
        ] {
            let report = report(left_out);
            let [english, russian] = Language::ALL.map(|language| report.text(language));
            assert_eq!(english.lines().skip(1).take(lines.len()).collect::<Vec<_>>(), lines);
            assert_eq!(english.lines().count(), russian.lines().count());
            assert_eq!(report.succeeded(), succeeded);
            assert_eq!(english.contains("the run succeeded"), succeeded, "{english}");
        }
    }

    #[test]
    fn both_languages_tell_the_same() {
        let totals = Totals { planned: 9, accepted: 2, rejected: 3, expired: 4, ..Totals::default() };
        let report = report(totals, 3);
        let [english, russian] = Language::ALL.map(|language| report.text(language));
        assert_eq!(english.lines().count(), russian.lines().count());
        assert_eq!(report.language(), Language::Ru);
    }

    #[test]
    fn when_it_was_is_told_even_if_the_server_said_nothing() {
        let report = Report { last_reply: None, ..report(Totals { planned: 1, accepted: 1, ..Totals::default() }, 1) };
        assert!(report.text(Language::En).ends_with("The last attempt ended on 2026-05-04 at 23:59:31."));
        assert!(report.text(Language::Ru).ends_with("Последняя попытка закончилась 04.05.2026 в 23:59:31."));
    }
}
