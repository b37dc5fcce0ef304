use crate::screens::links::Links;

/// The words in Russian.
pub(crate) const WORDS: Links = Links {
    password_help: "Не меньше 10 символов, и такой, чтобы его трудно было угадать. Хорошо подходят несколько слов, никак не связанных между собой.",
    log_in: "Войти",
    go_on: "Продолжить",
    letter_again: "Запросить письмо ещё раз",
    new_letter: "Запросить новое письмо",
    to_profile: "Запросить новое письмо в профиле",
    to_senders: "Запросить новое письмо у своих отправителей",
    senders: "К отправителям",
    sender_address: "Адрес, с которого пойдут рассылки",
    sender_account: "Учётная запись, чьи это рассылки",
};
