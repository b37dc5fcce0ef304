use super::counted;
use crate::ru::plural;
use crate::screens::run::Run;
use crate::screens::{Counted, Filled};

/// The words in Russian.
pub(crate) const WORDS: Run = Run {
    mailings: "Рассылки",
    recipients: "Показать всех получателей",
    parts: "Письма по результатам",
    status: "Состояние",
    trigger: "Причина",
    by_plan: "по плану",
    by_hand: "отправлен вручную",
    by_failed: "повтор недоставленных писем",
    letters: "Писем",
    accepted: "Принято",
    failed: "не доставлено",
    failures: "Не доставлено",
    doubts: "Под вопросом",
    started: "Начат",
    finished: "Завершён",
    took: "Длился",
    left: "осталось примерно",
    rate: "писем в минуту",
    missed: "Пропущен",
    missed_said: "Его время прошло, пока сервис не мог его начать, поэтому ничего не отправлено.",
    planned_for: "Был назначен на",
    said_planning: "Собирается список получателей.",
    said_sending: "Письма уходят.",
    said_waiting: "Письма ждут.",
    live_ended: "Страница больше не обновляется, потому что вы вышли или больше не можете её видеть. Войдите и откройте её снова.",
    the_letter: "Письмо, как его отправляет этот запуск",
    waits_stopped: "Рассылка остановлена, поэтому эти письма ждут.",
    waits_no_worker: "Письма ждут: часть сервиса, которая их отправляет, не запущена.",
    over_time: "Что стало с письмами со временем",
    time: "Время",
    over_runs: "Что стало с письмами, запуск за запуском",
    one_run: "Запуск",
    facts: "Этот запуск",
    revision: "Редакция письма",
    sender: "От кого",
    last_reply: "Последний ответ почтового сервера",
    report: "Отчёт",
    decide: "Решить",
    resend_all: "Отправить все ещё раз",
    resend_one: "Отправить его ещё раз",
    accept_all: "Оставить все как есть",
    accept_one: "Оставить его как есть",
    one_by_one: "Решить по одному",
    see_them: "Посмотреть, какие это",
    cannot_resend: "Сейчас ничего нельзя отправить ещё раз.",
    resend_means: "Кто уже получил письмо, получит его второй раз. Внутри у них один и тот же номер, поэтому некоторые ящики покажут его один раз.",
    to_that_run: "К тому запуску",
    resend_failed: "Отправить недоставленные ещё раз",
    failed_means: "Для тех, кто не получил письмо, начнётся новый запуск. Оно уйдёт таким, какое оно сейчас, на нынешние адреса.",
    left_out: "Пропущено",
    waiting: "Ждут",
    reckoned: "Время рассчитано по части писем; суммы точные.",
    history: "История",
    missed_count: Counted(|number| {
        let missed = plural(number, "пропущен", "пропущено", "пропущено");
        format!("{missed} {}", counted(number, ["запуск", "запуска", "запусков"]))
    }),
    resend_asks: Counted(|number| format!("Отправить ещё раз {}?", counted(number, ["письмо", "письма", "писем"]))),
    accept_asks: Counted(|number| format!("Оставить как есть {}?", counted(number, ["письмо", "письма", "писем"]))),
    failed_asks: Counted(|number| {
        format!(
            "Отправить ещё раз {}?",
            counted(number, ["недоставленное письмо", "недоставленных письма", "недоставленных писем"])
        )
    }),
    doubts_said: Counted(|number| in_doubt(number, "вы не решите")),
    doubts_said_of_others: Counted(|number| in_doubt(number, "владелец рассылки не решит")),
    accept_means: Counted(|number| {
        if number == 1 {
            "Оно не будет отправлено ещё раз, хотя неизвестно, дошло ли оно. Его можно отправить и позже."
        } else {
            "Они не будут отправлены ещё раз, хотя неизвестно, дошли ли они. Каждое из них можно отправить и позже."
        }
        .to_owned()
    }),
    failed_said: Counted(|number| failed(number, "Можно")),
    failed_said_of_others: Counted(|number| failed(number, "Владелец рассылки может")),
    failed_again: Counted(|number| {
        if number == 1 {
            "Оно отправлено ещё раз, отдельным запуском."
        } else {
            "Они отправлены ещё раз, отдельным запуском."
        }
        .to_owned()
    }),
    run_of: Filled(|it| format!("Запуск {it}")),
    done_of: Filled(|it| format!("выполнено из {it}")),
    said_finished: Filled(|it| format!("Завершён. Принято: {it}.")),
    doubts_title: Filled(|it| format!("Писем под вопросом, о которых нужно решить: {it}")),
    doubts_title_of_others: Filled(|it| format!("Писем под вопросом, о которых должен решить владелец: {it}")),
    failed_title: Filled(|it| format!("Писем, которые не доставлены: {it}")),
    waits_relay: Filled(|it| {
        format!(
            "Письма ждут: почтовый сервер {it} недоступен или отвечает не так, как должен. Отправка продолжится сама."
        )
    }),
    waits_credentials: Filled(|it| format!("Письма ждут: почтовый сервер {it} не принимает имя или пароль сервиса.")),
    waits_rate: Filled(|it| {
        format!("Письма ждут: почтовый сервер {it} просит сделать паузу. Отправка продолжится сама.")
    }),
    waits_unknown: Filled(|it| {
        format!("Письма ждут: сервис не знает почтового сервера {it}. Выберите другой в плане.")
    }),
};

/// What letters in doubt wait for.
fn in_doubt(number: u64, decided: &str) -> String {
    let (sent, may, them) = if number == 1 {
        ("это письмо отправлялось", "оно могло дойти, а могло и нет", "ним")
    } else {
        ("эти письма отправлялись", "они могли дойти, а могли и нет", "ними")
    };
    format!("Почтовый сервер не ответил, когда {sent}: {may}. Пока {decided}, с {them} ничего не произойдёт.")
}

/// What became of letters that failed, and who can send them once more.
fn failed(number: u64, who: &str) -> String {
    let (these, people) = if number == 1 {
        (
            "Это письмо отклонено окончательно, или его время вышло",
            "этому человеку ещё раз: таким, какое оно сейчас, и на нынешний адрес",
        )
    } else {
        (
            "Эти письма отклонены окончательно, или их время вышло",
            "этим людям ещё раз: таким, какое оно сейчас, и на нынешние адреса",
        )
    };
    format!("{these}. {who} отправить письмо {people}.")
}
