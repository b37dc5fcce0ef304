use crate::screens::sent::Sent;

/// The words in Russian.
pub(crate) const WORDS: Sent = Sent {
    title: "Письмо, каким оно ушло",
    lead: "Оно составлено ещё раз из того, что запуск сохранил о письме, отправителе и клиенте. Отправитель самого сервиса показан нынешний, ссылка для отписки пробная, а подпись не показана.",
    recipient: "Получатель",
    outcome: "Результат",
    subject: "Тема",
    text: "Текст",
    shown_html: "Письмо как HTML",
    pictures: "Картинки с других сайтов здесь не загружаются, а ссылки никуда не ведут.",
    source: "Исходный код HTML",
    no_html: "HTML в этом письме нет.",
    headers: "Заголовок",
    header_name: "Поле",
    header_value: "Значение",
};
