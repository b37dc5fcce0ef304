//! The words of the letters, in each language.
//!
//! A function for each language, and the compiler sees to it that each has words for every kind of notice: with a dozen
//! letters, no plurals and two languages, a catalogue (Fluent) would bring a parser, keys that may be missing and messages that
//! may fail to format, and nothing else.

use super::link::Lifetime;
use domain::Language;
use domain::notice::Kind;

/// What differs from letter to letter.
pub(super) struct Words {
    pub(super) subject: &'static str,
    /// What the letter is about; the link, if there is one, follows.
    pub(super) about: String,
    /// What to do if it was somebody else.
    pub(super) otherwise: &'static str,
}

/// `None`: it says somebody else's words.
pub(super) fn of(kind: &Kind, language: Language) -> Option<Words> {
    match language {
        Language::En => english(kind),
        Language::Ru => russian(kind),
    }
}

/// What stands before the subject of a test letter.
pub(super) fn test_mark(language: Language) -> &'static str {
    match language {
        Language::En => "[Test] ",
        Language::Ru => "[Тест] ",
    }
}

pub(super) fn greeting(name: Option<&str>, language: Language) -> String {
    let hello = match language {
        Language::En => "Hello",
        Language::Ru => "Здравствуйте",
    };
    name.map_or_else(|| format!("{hello}!"), |name| format!("{hello}, {name}!"))
}

pub(super) fn lifetime(lifetime: Lifetime, language: Language) -> &'static str {
    match (language, lifetime) {
        (Language::En, Lifetime::Hour) => "The link works once, for one hour.",
        (Language::En, Lifetime::Day) => "The link works once, for 24 hours.",
        (Language::En, Lifetime::ThreeDays) => "The link works once, for three days.",
        (Language::Ru, Lifetime::Hour) => "Ссылка сработает один раз, в течение часа.",
        (Language::Ru, Lifetime::Day) => "Ссылка сработает один раз, в течение суток.",
        (Language::Ru, Lifetime::ThreeDays) => "Ссылка сработает один раз, в течение трёх суток.",
    }
}

fn english(kind: &Kind) -> Option<Words> {
    Some(match kind {
        Kind::VerifyEmail => Words {
            subject: "Confirm your e-mail address",
            about:
                "You have registered with SkyMailing with this address. To confirm that it is yours, open this link:"
                    .to_owned(),
            otherwise: "If it was not you, just leave this letter alone: without the link nobody can use the account.",
        },
        Kind::AlreadyRegistered => Words {
            subject: "You have an account already",
            about:
                "Somebody, most likely you, wanted to register with SkyMailing with this address. It has an account \
                    already: log in with it. If you have forgotten the password, ask for a new one where you log in."
                    .to_owned(),
            otherwise: "If it was not you, there is nothing to do: nothing has changed in your account.",
        },
        Kind::RecoverPassword => Words {
            subject: "Choose a new password",
            about: "You have asked for a new password for SkyMailing. To choose one, open this link:".to_owned(),
            otherwise: "If it was not you, just leave this letter alone: your password stays as it is.",
        },
        Kind::PasswordChanged => Words {
            subject: "Your password was changed",
            about: "The password of your account with SkyMailing was changed.".to_owned(),
            otherwise: "If it was not you, somebody else has got into your account. Ask for a new password where you log in, at \
                        once: the link comes to this address.",
        },
        Kind::ConfirmEmailChange => Words {
            subject: "Confirm your new e-mail address",
            about:
                "You want to use this address for your account with SkyMailing. To confirm that it is yours, open this \
                    link:"
                    .to_owned(),
            otherwise: "If it was not you, just leave this letter alone: without the link nothing changes.",
        },
        Kind::EmailChanged { email } => Words {
            subject: "Your e-mail address was changed",
            about: format!(
                "Your account with SkyMailing has another e-mail address now: {email}. You log in with it, and further \
                 letters go there."
            ),
            otherwise: "If it was not you, somebody else has got into your account. Tell those who run this service, at once.",
        },
        Kind::TestLetter(_) => return None,
    })
}

fn russian(kind: &Kind) -> Option<Words> {
    Some(match kind {
        Kind::VerifyEmail => Words {
            subject: "Подтвердите адрес электронной почты",
            about: "Вы зарегистрировались в SkyMailing с этим адресом. Чтобы подтвердить, что он ваш, откройте ссылку:"
                .to_owned(),
            otherwise: "Если это были не вы, ничего не делайте: без этой ссылки учётной записью никто не воспользуется.",
        },
        Kind::AlreadyRegistered => Words {
            subject: "У вас уже есть учётная запись",
            about: "Кто-то, скорее всего вы, хотел зарегистрироваться в SkyMailing с этим адресом. Учётная запись с ним уже \
                    есть: войдите в неё. Если вы забыли пароль, запросите новый на странице входа."
                .to_owned(),
            otherwise: "Если это были не вы, ничего делать не нужно: в вашей учётной записи ничего не изменилось.",
        },
        Kind::RecoverPassword => Words {
            subject: "Выберите новый пароль",
            about: "Вы запросили новый пароль для SkyMailing. Чтобы выбрать его, откройте ссылку:".to_owned(),
            otherwise: "Если это были не вы, ничего не делайте: пароль останется прежним.",
        },
        Kind::PasswordChanged => Words {
            subject: "Ваш пароль изменён",
            about: "Пароль вашей учётной записи в SkyMailing изменён.".to_owned(),
            otherwise: "Если это сделали не вы, кто-то получил доступ к вашей учётной записи. Сразу же запросите новый пароль \
                        на странице входа: ссылка придёт на этот адрес.",
        },
        Kind::ConfirmEmailChange => Words {
            subject: "Подтвердите новый адрес электронной почты",
            about: "Вы хотите использовать этот адрес для своей учётной записи в SkyMailing. Чтобы подтвердить, что он ваш, \
                    откройте ссылку:"
                .to_owned(),
            otherwise: "Если это были не вы, ничего не делайте: без этой ссылки ничего не изменится.",
        },
        Kind::EmailChanged { email } => Words {
            subject: "Ваш адрес электронной почты изменён",
            about: format!(
                "У вашей учётной записи в SkyMailing теперь другой адрес электронной почты: {email}. Входите с ним; письма \
                 тоже будут приходить туда."
            ),
            otherwise: "Если это сделали не вы, кто-то получил доступ к вашей учётной записи. Сразу же сообщите об этом тем, \
                        кто ведёт этот сервис.",
        },
        Kind::TestLetter(_) => return None,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use domain::EmailAddress;

    /// Every kind for which the service has words. Without a line for each it does not compile.
    pub(in crate::notices) fn every_kind() -> Vec<Kind> {
        let email = EmailAddress::parse("new-anna@example.com").expect("an address");
        let kinds = vec![
            Kind::VerifyEmail,
            Kind::AlreadyRegistered,
            Kind::RecoverPassword,
            Kind::PasswordChanged,
            Kind::ConfirmEmailChange,
            Kind::EmailChanged { email },
        ];
        for kind in &kinds {
            match kind {
                Kind::VerifyEmail
                | Kind::AlreadyRegistered
                | Kind::RecoverPassword
                | Kind::PasswordChanged
                | Kind::ConfirmEmailChange
                | Kind::EmailChanged { .. }
                | Kind::TestLetter(_) => {}
            }
        }
        kinds
    }

    #[test]
    fn a_letter_in_another_language_is_another_letter() {
        for kind in every_kind() {
            let [english, russian] =
                [Language::En, Language::Ru].map(|language| of(&kind, language).expect("there are words for it"));
            assert!(english.about.is_ascii() && english.otherwise.is_ascii() && english.subject.is_ascii());
            for text in [russian.subject, &russian.about, russian.otherwise] {
                assert!(text.contains(|c| ('а'..='я').contains(&c)), "{text}");
            }
        }
    }
}
