use super::plural;
use super::screens::counted;
use crate::screens::shown;
use crate::shapes::Report;
use domain::{Language, Totals};

/// The report in sentences.
pub(crate) fn lines(report: &Report<'_>) -> Vec<String> {
    let Totals { planned, accepted, rejected, unknown, expired, .. } = report.totals;
    let letters = |number| counted(number, ["письмо", "письма", "писем"]);
    let mut lines = vec![if planned == 0 {
        "Ни одного письма не запланировано: писать было некому.".to_owned()
    } else {
        let accepted = shown::number(Language::Ru, accepted);
        format!("Запланировано {}, почтовый сервер принял {accepted} {}.", letters(planned), took(report))
    }];
    if rejected > 0 {
        lines.push(format!("Окончательно отклонено {}.", letters(rejected)));
    }
    if unknown > 0 {
        let them = plural(unknown, "его", "их", "их");
        lines.push(format!("Под вопросом {}: неизвестно, принял ли {them} почтовый сервер.", letters(unknown)));
    }
    let (left_out, cancelled) = (report.left_out, report.cancelled());
    if left_out > 0 {
        let why = "у другого получателя тот же почтовый ящик";
        lines.push(format!("Пропущено {}: {why}.", letters(left_out)));
    }
    if report.not_written_to > 0 {
        let why = "на адрес получателя больше не пишут";
        lines.push(format!("Пропущено {}: {why}.", letters(report.not_written_to)));
    }
    if cancelled > 0 {
        lines.push(format!("Ни разу не отправлялось {}, потому что рассылка была отменена.", letters(cancelled)));
    }
    if expired > 0 {
        let why = "время рассылки вышло или она была отменена";
        lines.push(format!("Больше не отправляется {}: {why}.", letters(expired)));
    }
    if planned > 0 {
        let verdict = if report.succeeded {
            "Почтовый сервер принял все письма: запуск успешен."
        } else {
            "Почтовый сервер принял не все письма, поэтому запуск считается неудачным."
        };
        lines.push(verdict.to_owned());
    }
    // None of nothing is no share.
    let share = |number: u64| match accepted {
        0 => String::new(),
        accepted => format!(", {} от принятых", shown::percent(Language::Ru, number, accepted)),
    };
    if report.bounced > 0 {
        lines.push(format!("После этого окончательно вернулось {}{}.", letters(report.bounced), share(report.bounced)));
    }
    if report.soft_bounced > 0 {
        let (came, share) = (letters(report.soft_bounced), share(report.soft_bounced));
        lines.push(format!("После этого с временной ошибкой вернулось {came}{share}."));
    }
    if report.complained > 0 {
        let recipients = counted(report.complained, ["получатель", "получателя", "получателей"]);
        let complained = plural(report.complained, "пожаловался", "пожаловались", "пожаловались");
        lines.push(format!("На письмо {complained} {recipients}{}.", share(report.complained)));
    }
    let zone = report.zone;
    let local = |at| shown::second(Language::Ru, at, zone);
    lines.push(format!("Запуск начат {} и завершён {} ({zone}).", local(report.started_at), local(report.finished_at)));
    if let Some(at) = report.last_attempt_at {
        let reply = report.last_reply.map(|reply| format!("; последний ответ почтового сервера: «{reply}»"));
        lines.push(format!("Последняя попытка закончилась {}{}.", local(at), reply.unwrap_or_default()));
    }
    lines
}

/// How long it took, and how many letters that is in a stretch of time, where that says anything.
fn took(report: &Report<'_>) -> String {
    let Some(seconds) = report.whole_seconds() else { return "меньше чем за секунду".to_owned() };
    let took = format!("за {}", shown::long(Language::Ru, seconds));
    match report.pace() {
        Some((number, false)) => format!("{took} ({} в секунду)", shown::number(Language::Ru, number)),
        Some((number, true)) => format!("{took} ({} в минуту)", shown::number(Language::Ru, number)),
        None => took,
    }
}
