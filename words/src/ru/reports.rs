use super::plural;
use crate::shapes::Report;
use domain::Totals;

/// The report in sentences.
pub(crate) fn lines(report: &Report<'_>) -> Vec<String> {
    let Totals { planned, accepted, rejected, unknown, expired, .. } = report.totals;
    let letters = |number| format!("{number} {}", plural(number, "письмо", "письма", "писем"));
    let mut lines = vec![if planned == 0 {
        "Ни одного письма не запланировано: писать было некому.".to_owned()
    } else {
        let seconds = format!("{:.1} с ({} в секунду)", report.seconds, report.pace()).replace('.', ",");
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
    let (left_out, cancelled) = (report.left_out, report.cancelled());
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
        let verdict = if report.succeeded {
            "Почтовый сервер принял все письма: запуск успешен."
        } else {
            "Почтовый сервер принял не все письма, поэтому запуск считается неудачным."
        };
        lines.push(verdict.to_owned());
    }
    let zone = report.zone;
    let local = |at| zone.at(at).format("%d.%m.%Y в %H:%M:%S");
    lines.push(format!("Запуск начат {} и завершён {} ({zone}).", local(report.started_at), local(report.finished_at)));
    if let Some(at) = report.last_attempt_at {
        let reply = report.last_reply.map(|reply| format!("; последний ответ почтового сервера: «{reply}»"));
        lines.push(format!("Последняя попытка закончилась {}{}.", local(at), reply.unwrap_or_default()));
    }
    lines
}
