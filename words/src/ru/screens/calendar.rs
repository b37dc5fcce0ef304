use crate::screens::calendar::Calendar;

/// The words in Russian.
pub(crate) const WORDS: Calendar = Calendar {
    title: "Календарь",
    plan: "Запланировать рассылку",
    weeks: "Недели",
    before: "Раньше",
    after: "Позже",
    empty: "В эти недели ничего не начнётся само. Здесь видны запланированные рассылки в дни запуска.",
    left_out: "Рассылок больше, чем помещается на странице; показаны не все.",
    said: "Приостановленные и отключённые рассылки не показаны.",
};
