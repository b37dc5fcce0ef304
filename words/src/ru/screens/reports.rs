use super::counted;
use crate::screens::reports::Reports;
use crate::screens::{Counted, Filled};

/// The words in Russian.
pub(crate) const WORDS: Reports = Reports {
    title: "Отчёты",
    log: "Завершённые запуски",
    statistics: "Статистика",
    came_back: "Что вернулось",
    empty: "Каждый запуск рассылки, завершившись, оставляет здесь отчёт: что стало с каждым письмом. Запланируйте рассылку, и появится первый отчёт.",
    empty_of_others: "Пока ни один запуск не завершён.",
    plan: "Запланировать рассылку",
    mailing: "Рассылка",
    not_yours: "чужая рассылка",
    owner: "Владелец",
    finished: "Завершён",
    started: "Начат",
    result: "Результат",
    succeeded: "Приняты все",
    failed: "Приняты не все",
    nobody: "Писать было некому",
    report: "Отчёт",
    numbers: "Письма по результатам",
    outcome: "Результат",
    letters: "Письма",
    share: "Доля",
    print: "Печать отчёта",
    see_run: "Посмотреть всех получателей",
    csv: "Получатели в CSV",
    xlsx: "Отчёт и получатели в XLSX",
    sheet_report: "Отчёт",
    sheet_recipients: "Получатели",
    count: Counted(|number| counted(number, ["отчёт", "отчёта", "отчётов"])),
    of: Filled(|name| format!("Отчёт: {name}")),
    of_them: Filled(|why| format!("из них пропущено, потому что {why}")),
};
