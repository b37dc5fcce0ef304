use crate::screens::log_in::LogIn;

/// The words in Russian.
pub(crate) const WORDS: LogIn = LogIn {
    title: "Вход",
    email: "Адрес электронной почты",
    password: "Пароль",
    button: "Войти",
    forgotten: "Забыли пароль?",
    no_account: "Ещё нет учётной записи?",
    register: "Зарегистрироваться",
    verify_again: "Отправить письмо для подтверждения адреса ещё раз",
};
