use super::counted;
use crate::screens::Counted;
use crate::screens::recipients::Recipients;

/// The words in Russian.
pub(crate) const WORDS: Recipients = Recipients {
    mailings: "Рассылки",
    title: "Получатели",
    narrow: "Показать только",
    all: "Все",
    only_undecided: "не решено",
    recipient: "Получатель",
    outcome: "Результат",
    when: "Когда",
    reply: "Ответ почтового сервера",
    nobody: "Писем с таким результатом нет.",
    nobody_yet: "Список получателей ещё собирается.",
    undecided: "пока не решено",
    sent_again: "будет отправлено ещё раз",
    left_as_it_is: "оставлено как есть",
    same_mailbox: "тот же ящик у другого получателя",
    not_sent_any_more: "от рассылки отказались раньше",
    resend: "Отправить ещё раз",
    accept: "Оставить как есть",
    doubts_mean: "Почтовый сервер не ответил, когда эти письма отправлялись: они могли дойти, а могли и нет.",
    resend_means: "«Отправить ещё раз»: кто уже получил письмо, получит его второй раз.",
    accept_means: "«Оставить как есть»: оно не будет отправлено ещё раз, хотя неизвестно, дошло ли оно.",
    cannot_resend: "Сейчас ничего нельзя отправить ещё раз.",
    search: "Искать по адресу или имени",
    nobody_found: "В этом списке ни у кого нет такого адреса или имени.",
    email: "Эл. почта",
    full_name: "Имя",
    note: "Примечание",
    attempts: "Попытки",
    code: "Код",
    csv: "Этот список в CSV",
    xlsx: "Этот список в XLSX",
    earlier: Counted(|number| counted(number, ["прежняя попытка", "прежние попытки", "прежних попыток"])),
};
