use super::counted;
use crate::screens::mailings::Mailings;
use crate::screens::{Counted, Filled};

/// The words in Russian.
pub(crate) const WORDS: Mailings = Mailings {
    title: "Рассылки",
    plan: "Запланировать рассылку",
    plan_first: "Запланировать первую рассылку",
    empty: "Рассылка отправляет письмо вашим клиентам, сразу или в назначенное время, и показывает судьбу каждого письма.",
    empty_of_others: "Рассылок пока ни у кого нет.",
    search: "Искать в названиях",
    status: "Состояние",
    any_status: "Любое состояние",
    name: "Рассылка",
    owner: "Владелец",
    owner_blocked: "Владелец заблокирован",
    next: "Следующий запуск",
    last: "Последний запуск",
    of: "из",
    send_now: "Отправить сейчас",
    pause: "Приостановить",
    resume: "Возобновить",
    count: Counted(|number| counted(number, ["рассылка", "рассылки", "рассылок"])),
    failed: Filled(|it| format!("не доставлено: {it}")),
    doubts: Filled(|it| format!("под вопросом: {it}")),
};
