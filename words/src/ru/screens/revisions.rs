use crate::screens::Filled;
use crate::screens::revisions::Revisions;

/// The words in Russian.
pub(crate) const WORDS: Revisions = Revisions {
    title: "Редакции",
    said: "Каждое изменение — новая редакция. Запуск отправляет ту, которая действовала, когда он начался.",
    number: "Редакция",
    at: "Написана",
    changed: "Что изменилось",
    present: "текущая",
    subject: "Тема",
    text: "Текст",
    html: "HTML",
    markdown: "Markdown",
    nothing_changed: "ничего из того, что отправляется",
    older: "Более ранние редакции",
    newest: "Последние редакции",
    difference: "Что изменилось",
    difference_help: "Строки с + новые, строк с − больше нет.",
    first: "Это первая редакция.",
    whole: "Целиком",
    edit: "Изменить, начиная с этой",
    one_title: Filled(|number| format!("Редакция {number}")),
    show: Filled(|number| format!("Редакция {number}")),
};
