use super::counted;
use crate::screens::preview::Preview;
use crate::screens::{Counted, Filled};

/// The words in Russian.
pub(crate) const WORDS: Preview = Preview {
    title: "Предпросмотр",
    view: "Показать как",
    desktop: "На компьютере",
    phone: "На телефоне",
    text: "Текст",
    source: "Исходный код",
    person: "С данными клиента",
    person_help: "Имя или адрес клиента. Если оставить пустым, подставляется вымышленная Анна Петрова.",
    person_show: "Показать",
    made_up: "вымышлена",
    sample_full_name: "Анна Петрова",
    sample_first_name: "Анна",
    sample_last_name: "Петрова",
    subject: "Тема",
    to: "Кому",
    size: "Размер",
    warnings: "На что взглянуть",
    no_warnings: "Ничего похожего на ошибку в этом письме нет.",
    no_html: "В этом письме нет HTML: все получат текст.",
    shown_html: "Письмо как HTML",
    shown_text: "Письмо как текст",
    source_html: "HTML, каким он уйдёт",
    source_text: "Текст, каким он уйдёт",
    pictures: "Картинки с других сайтов здесь не загружаются, а ссылки никуда не ведут. Чтобы увидеть их, отправьте пробное письмо.",
    test: "Пробное письмо себе",
    test_button: "Отправить пробное письмо",
    test_help: "В нём данные выбранного здесь клиента, а если он не выбран — ваши, и пометка в теме. Больше его не получит никто.",
    test_state: "Состояние",
    test_reply: "Что ответил почтовый сервер",
    test_again: "Проверить ещё раз",
    no_subject: "без темы",
    found: Counted(|number| format!("Стоит взглянуть на {}:", counted(number, ["место", "места", "мест"]))),
    person_unknown: Filled(|text| format!("По «{text}» клиент не найден. Вместо него — вымышленная Анна Петрова.")),
    missing: Filled(|field| {
        format!(
            "Поле {field} у этого клиента пустое, и другого слова на этот случай нет: на этом месте не будет ничего."
        )
    }),
    test_to: Filled(|email| format!("Пробное письмо придёт на {email}.")),
    test_sent_to: Filled(|email| format!("Пробное письмо на {email}")),
};
