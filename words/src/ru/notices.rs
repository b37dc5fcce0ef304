use crate::mailings::Halt;
use crate::screens::shown;
use crate::shapes::{Lifetime, Words};
use domain::notice::{Kind, MailingStopped, Part, Stopper, Trouble};
use domain::{EmailAddress, FullName, Language, TimeZone};

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
        Kind::MailingStopped(stopped) => mailing_stopped(stopped),
        Kind::Trouble(trouble) => self::trouble(trouble),
        Kind::TestLetter(_) => return None,
    })
}

fn mailing_stopped(MailingStopped { name, by, reason, owner, .. }: &MailingStopped) -> Words {
    let is_own = owner.is_none();
    let whose = match owner.as_ref().map(FullName::if_any) {
        None => format!("вашу рассылку «{}»", name.as_str()),
        Some(None) => format!("рассылку «{}»", name.as_str()),
        Some(Some(owner)) => format!("рассылку «{}» (владелец: {owner})", name.as_str()),
    };
    let reason = Halt::shown(reason, Language::Ru);
    let about = match (by, is_own) {
        (Stopper::Guard, true) => format!(
            "Охрана репутации SkyMailing приостановила {whose}. Столько писем вернулось или столько получателей пожаловалось, что \
             почтовые серверы скоро перестали бы принимать письма от вас совсем:\n\n«{reason}»\n\nБольше ничего не уйдёт, пока \
             вы не возобновите рассылку. Сначала посмотрите отчёт и почистите список: уберите старые и купленные адреса и всех, кто \
             не просил этих писем. То, что уже вернулось, второй раз не считается. Страница рассылки:"
        ),
        (Stopper::Guard, false) => format!(
            "Охрана репутации SkyMailing приостановила {whose}. Столько писем вернулось или столько получателей пожаловалось, что \
             почтовые серверы скоро перестали бы принимать письма этого отправителя совсем:\n\n«{reason}»\n\nБольше ничего не \
             уйдёт, пока владелец, который тоже получил письмо, не возобновит рассылку. Страница рассылки:"
        ),
        (Stopper::Engine, _) => format!(
            "SkyMailing приостановил {whose}, потому что все её письма ждёт одно и то же:\n\n«{reason}»\n\nБольше ничего не \
             уйдёт, пока это не исправят и рассылку не возобновят. Страница рассылки:"
        ),
        (Stopper::Manager, _) => format!(
            "Менеджер сервиса отключил {whose} и написал:\n\n«{reason}»\n\nБольше ничего не уйдёт, пока менеджер снова её не \
             включит. Страница рассылки:"
        ),
    };
    Words {
        subject: match (by, is_own) {
            (Stopper::Engine | Stopper::Guard, true) => "Ваша рассылка приостановлена",
            (Stopper::Engine | Stopper::Guard, false) => "Рассылка приостановлена",
            (Stopper::Manager, true) => "Ваша рассылка отключена",
            (Stopper::Manager, false) => "Рассылка отключена",
        },
        about,
        otherwise: match (by, is_own) {
            (_, false) => "Вы получили это письмо, потому что следите за рассылками этого сервиса.",
            (Stopper::Engine | Stopper::Guard, true) => {
                "Письма, которые почтовые серверы уже приняли, отправлены; остальные ждут, пока рассылку не возобновят."
            }
            (Stopper::Manager, true) => "Если вы считаете, что это ошибка, обратитесь к тем, кто ведёт этот сервис.",
        },
    }
}

fn trouble(Trouble { part, name, words, since }: &Trouble) -> Words {
    let since = format!("{} (UTC)", shown::minute(Language::Ru, *since, TimeZone::UTC));
    let (subject, what, then) = match part {
        Part::Relay => (
            "Почтовый сервер не принимает пароль",
            format!(
                "Почтовый сервер {name} не принимает пароль этого сервиса с {since}, и письма через него не уходят."
            ),
            "Исправьте пользователя и пароль в SMTP_URL и запустите сервис заново.",
        ),
        Part::ReadModel => (
            "Таблица для чтения не обновляется",
            format!(
                "Таблица для чтения {name} не обновляется с {since}: всё, что из неё видно, не новее этого времени."
            ),
            "Запустите самую новую версию программы или перестройте эту таблицу.",
        ),
        Part::Follower => (
            "Часть сервиса остановилась",
            format!("Часть сервиса под названием {name} стоит с {since}, и её работу никто не делает."),
            "Запустите самую новую версию программы: дальше она пойдёт сама.",
        ),
        Part::Intake => (
            "Возвраты писем не приходят",
            format!(
                "Сообщения о возвратах и жалобах не приходят через {name} с {since}, поэтому тем, чьи письма вернулись, всё ещё пишут."
            ),
            "Исправьте то, о чём там сказано. Всё, что ждёт снаружи, придёт после этого.",
        ),
    };
    Words {
        subject,
        about: format!("{what} Причина:\n\n«{words}»\n\n{then} Как обстоят дела, видно на этой странице:"),
        otherwise: "Вы получили это письмо, потому что вы администратор этого сервиса. Пока неполадка не устранена, оно приходит раз в сутки.",
    }
}
