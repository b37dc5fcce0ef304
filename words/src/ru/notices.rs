use crate::shapes::{Lifetime, Words};
use domain::EmailAddress;
use domain::notice::Kind;

/// What stands before the subject of a test letter.
pub(crate) const TEST_MARK: &str = "[Тест] ";

/// What stands before the name of whoever is greeted.
pub(crate) const HELLO: &str = "Здравствуйте";

/// How long a link works.
pub(crate) fn lifetime(lifetime: Lifetime) -> &'static str {
    match lifetime {
        Lifetime::Hour => "Ссылка сработает один раз, в течение часа.",
        Lifetime::Day => "Ссылка сработает один раз, в течение суток.",
        Lifetime::ThreeDays => "Ссылка сработает один раз, в течение трёх суток.",
        Lifetime::Week => "Ссылка сработает один раз, в течение недели.",
    }
}

/// The words of a letter.
pub(crate) fn of(kind: &Kind) -> Option<Words> {
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
        Kind::VerifySender { address, owner, .. } => Words {
            subject: "Подтвердите адрес отправителя",
            about: format!(
                "{} хочет отправлять письма в SkyMailing от этого адреса: {address}. Чтобы разрешить это, откройте ссылку:",
                owner.as_ref().map_or("Кто-то", EmailAddress::as_str),
            ),
            otherwise: "Если вы этого не хотите, просто оставьте это письмо без внимания: без ссылки писем от этого адреса не \
                        будет.",
        },
        Kind::ConfirmSubscription { owner_name, topics, .. } => Words {
            subject: "Подтвердите подписку",
            about: format!(
                "Кто-то, скорее всего вы, хочет получать на этот адрес письма рубрик: {}.{} Чтобы получать их, откройте ссылку:",
                topics.iter().map(|title| format!("«{}»", title.as_str())).collect::<Vec<_>>().join(", "),
                owner_name.if_any().map(|name| format!(" Отправитель: {name}.")).unwrap_or_default(),
            ),
            otherwise: "Если это были не вы, ничего не делайте: без этой ссылки письма приходить не будут.",
        },
        Kind::TestLetter(_) => return None,
    })
}
