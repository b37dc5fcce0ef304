//! Russian. Each sentence stands by itself after the actor's name: «Анна: рассылка приостановлена».

use super::screens::counted;
use crate::mailings::Halt;
use crate::screens::feedback::Feedback;
use crate::screens::shown;
use crate::shown::{capitalised, line};
use crate::what::What;
use crate::who::Who;
use domain::batch::{self, Attempt, AttemptOutcome, GiveUpReason, LeaveOutReason};
use domain::custom_field::Key;
use domain::mailing::Audience;
use domain::suppression::{Lifter, Reason, Scope};
use domain::{
    Actor, Fact, Language, Missed, Role, TimeZone, article, client, custom_field, feedback, group, import, mailing,
    message, notice, rebuild, run, segment, sender, sender_domain, session, subscription, suppression, token, user,
};

/// An actor of whom no name is known.
pub(crate) fn part(actor: &Actor) -> String {
    let Actor::System(name) = actor else {
        return if matches!(actor, Actor::User(_)) { "пользователь" } else { "оператор" }.to_owned();
    };
    match name.as_str() {
        "scheduler" => "планировщик".to_owned(),
        "visitor" => "посетитель".to_owned(),
        "guard" => "охрана репутации".to_owned(),
        "intake" => "приём почты".to_owned(),
        "unknown" => "неизвестная часть сервиса".to_owned(),
        _ => format!("часть сервиса «{name}»"),
    }
}

/// Whoever did something, at the beginning of a sentence.
pub(crate) fn doer(actor: &Actor, who: &Who) -> String {
    match (who, actor) {
        (Who::You, _) => "Вы".to_owned(),
        (Who::Called(name), Actor::CommandLine(_)) => format!("{name} (командная строка)"),
        (Who::Called(name), Actor::User(_) | Actor::System(_)) => name.clone(),
        (Who::Unnamed, Actor::System(part)) => match part.as_str() {
            "visitor" => "Посетитель",
            "guard" => "Охрана репутации",
            "intake" => "Приём почты",
            _ => "Сервис",
        }
        .to_owned(),
        (Who::Unnamed, Actor::CommandLine(_) | Actor::User(_)) => capitalised(&part(actor)),
    }
}

/// What happened, after whoever did it. Nothing is known of anybody's gender, so it stands by itself.
pub(crate) fn what(zone: TimeZone, what: What<'_>, event_type: &str) -> String {
    let recorded = || format!("записано событие {event_type}");
    match what {
        What::Whole(fact) => of(fact, zone),
        What::WithoutWords(fact) => without_words(fact).map_or_else(recorded, str::to_owned),
        What::Unknown => recorded(),
    }
}

/// What happened, without what was written in a letter or an article; none if such an event has nothing to do with writing.
fn without_words(fact: &Fact) -> Option<&'static str> {
    match fact {
        Fact::Message(_, message::Event::Created { .. }) => Some("написано письмо"),
        Fact::Message(_, message::Event::Revised { .. }) => Some("изменено письмо"),
        Fact::Article(_, article::Event::Drafted { .. }) => Some("написана статья"),
        Fact::Article(_, article::Event::Revised { .. }) => Some("изменена статья"),
        _ => None,
    }
}

/// What happened.
#[expect(clippy::too_many_lines, reason = "a line or two for each thing that can happen")]
fn of(fact: &Fact, zone: TimeZone) -> String {
    match fact {
        Fact::Mailing(_, event) => of_mailing(event, zone),
        Fact::Run(_, event) => of_run(event, zone),
        Fact::Batch(_, event) => of_batch(event),
        Fact::Client(_, event) => match event {
            client::Event::Added { email, .. } => format!("добавлен клиент {email}"),
            client::Event::Changed { .. } => "изменены данные клиента".to_owned(),
            client::Event::FieldsChanged { fields } => {
                format!("изменены поля клиента: {}", listed(fields.keys().map(Key::as_str)))
            }
            client::Event::JoinedGroup { .. } => "клиент включён в группу".to_owned(),
            client::Event::LeftGroup { .. } => "клиент исключён из группы".to_owned(),
            client::Event::ConsentGiven(consent) => {
                let at = shown::minute(Language::Ru, consent.at, zone);
                format!("записано согласие клиента, данное {at}: «{}»", line(&consent.wording))
            }
            client::Event::ConsentConfirmed { at, .. } => {
                format!("согласие клиента подтверждено письмом {}", shown::minute(Language::Ru, *at, zone))
            }
            client::Event::ConsentWithdrawn { source: client::Source::File { .. }, .. } => {
                "согласие клиента отменено вместе с загрузкой, которая его записала".to_owned()
            }
            client::Event::ConsentWithdrawn { at, .. } => {
                format!("согласие клиента отозвано {}", shown::minute(Language::Ru, *at, zone))
            }
            client::Event::Deleted => "клиент удалён".to_owned(),
        },
        Fact::Group(_, event) => match event {
            group::Event::Created { name, .. } => format!("создана группа «{}»", name.as_str()),
            group::Event::Renamed { name } => format!("группа переименована в «{}»", name.as_str()),
            group::Event::Published(topic) => format!("группа открыта для подписки как «{}»", topic.title.as_str()),
            group::Event::Unpublished => "группа больше не открыта для подписки".to_owned(),
            group::Event::Deleted => "группа удалена".to_owned(),
        },
        Fact::Segment(_, event) => match event {
            segment::Event::Created { name, .. } => format!("создан сегмент «{}»", name.as_str()),
            segment::Event::Changed { name: Some(name), filter: None } => {
                format!("сегмент переименован в «{}»", name.as_str())
            }
            segment::Event::Changed { .. } => "сегмент изменён".to_owned(),
            segment::Event::Deleted => "сегмент удалён".to_owned(),
        },
        Fact::Message(_, event) => match event {
            message::Event::Created { content, .. } => format!("написано письмо «{}»", content.subject()),
            message::Event::Revised { content } => format!("изменено письмо «{}»", content.subject()),
            message::Event::Shared => "письмо открыто для всех".to_owned(),
            message::Event::Unshared => "письмо больше не открыто для всех".to_owned(),
            message::Event::Deleted => "письмо удалено".to_owned(),
        },
        Fact::User(_, event) => match event {
            user::Event::Registered { email, .. } => format!("открыта учётная запись для {email}"),
            user::Event::EmailVerified => "адрес подтверждён".to_owned(),
            user::Event::ProfileChanged { .. } => "профиль изменён".to_owned(),
            user::Event::PostalAddressChanged { .. } => "почтовый адрес изменён".to_owned(),
            user::Event::EmailChanged { email } => format!("адрес для входа изменён на {email}"),
            user::Event::PasswordChanged => "пароль изменён".to_owned(),
            user::Event::Blocked { reason } => format!("учётная запись заблокирована: {reason}"),
            user::Event::Unblocked { reason } => format!("учётная запись разблокирована: {reason}"),
            user::Event::RoleGranted { role } => format!("выдана роль «{}»", name(*role)),
            user::Event::RoleRevoked { role } => format!("отозвана роль «{}»", name(*role)),
        },
        Fact::Notice(_, event) => of_notice(event),
        Fact::Session(_, session::Event::Begun { .. }) => "выполнен вход".to_owned(),
        Fact::Session(_, session::Event::Ended { how, .. }) => match how {
            session::End::LoggedOut => "выполнен выход",
            session::End::EndedByUser => "сеанс завершён",
            session::End::PasswordChanged => "сеанс завершён: сменился пароль",
            session::End::Surplus => "выполнен ещё один вход, и завершён сеанс, который не использовали дольше всех",
        }
        .to_owned(),
        Fact::Token(_, token::Event::Created { name, .. }) => format!("создан токен API «{name}»"),
        Fact::Token(_, token::Event::Revoked { why, .. }) => match why {
            token::Revocation::ByOwner => "токен API отозван",
            token::Revocation::PasswordChanged => "токен API отозван: сменился пароль",
        }
        .to_owned(),
        Fact::Rebuild(_, rebuild::Event::Begun { projection }) => format!("начата перестройка проекции {projection}"),
        Fact::Rebuild(_, rebuild::Event::Finished { events }) => {
            format!("проекция перестроена, событий: {events}")
        }
        Fact::Rebuild(_, rebuild::Event::Failed { reason }) => format!("перестроить проекцию не удалось: {reason}"),
        Fact::Subscription(_, event) => match event {
            subscription::Event::Requested(wish) => {
                format!("запрошены письма на {}, рубрик: {}", wish.email, wish.topics.len())
            }
            subscription::Event::Confirmed { .. } => "подтверждено, что эти письма нужны".to_owned(),
        },
        Fact::Suppression(_, event) => of_suppression(event, zone),
        Fact::Feedback(_, event) => of_feedback(event),
        Fact::Sender(_, event) => of_sender(event),
        Fact::SenderDomain(_, event) => of_sender_domain(event),
        Fact::CustomField(_, event) => match event {
            custom_field::Event::Defined { key, label, .. } => {
                format!("создано поле «{}», в письмах {{{{{key}}}}}", label.as_str())
            }
            custom_field::Event::Renamed { label } => format!("поле переименовано в «{}»", label.as_str()),
            custom_field::Event::Removed => "поле удалено".to_owned(),
        },
        Fact::Import(_, event) => of_import(event),
        Fact::Article(_, event) => match event {
            article::Event::Drafted { content, .. } => format!("написана статья «{}»", content.title()),
            article::Event::Revised { content, .. } => format!("изменена статья «{}»", content.title()),
            article::Event::Published => "статья опубликована".to_owned(),
            article::Event::Unpublished => "статья снята с публикации".to_owned(),
            article::Event::Deleted => "статья удалена".to_owned(),
        },
    }
}

fn of_import(event: &import::Event) -> String {
    let number = |number| shown::number(Language::Ru, number);
    match event {
        import::Event::Begun { file, .. } if file.is_empty() => "начата загрузка клиентов".to_owned(),
        import::Event::Begun { file, .. } => format!("начата загрузка клиентов из «{file}»"),
        import::Event::Finished(done) => {
            format!("загрузка закончена: добавлено {}, изменено {}", number(done.added), number(done.updated))
        }
        import::Event::UndoBegun => "начата отмена загрузки".to_owned(),
        import::Event::Undone(done) => format!(
            "загрузка отменена: удалено {}, возвращено {}, оставлено {}, так как их изменили другие",
            number(done.removed),
            number(done.restored),
            number(done.left)
        ),
    }
}

fn of_mailing(event: &mailing::Event, zone: TimeZone) -> String {
    let moment = |at| shown::minute(Language::Ru, at, zone);
    match event {
        mailing::Event::Created { plan, .. } => format!(
            "запланирована рассылка «{}» с {} до {}{}",
            plan.name.as_str(),
            moment(plan.window.start()),
            moment(plan.window.end()),
            of_audience(&plan.audience).map(|whom| format!(", {whom}")).unwrap_or_default(),
        ),
        mailing::Event::Changed { plan, .. } => format!(
            "план рассылки изменён{}",
            of_audience(&plan.audience).map(|whom| format!(": {whom}")).unwrap_or_default(),
        ),
        mailing::Event::Paused => "рассылка приостановлена".to_owned(),
        mailing::Event::Suspended { reason } => {
            format!("рассылка приостановлена: {}", Halt::shown(reason, Language::Ru))
        }
        mailing::Event::Resumed => "рассылка возобновлена".to_owned(),
        mailing::Event::Disabled { reason } => format!("рассылка отключена: {reason}"),
        mailing::Event::Enabled { reason } => format!("рассылка снова включена: {reason}"),
        mailing::Event::Cancelled => "рассылка отменена".to_owned(),
        mailing::Event::Completed => "рассылка завершена: её время вышло".to_owned(),
        mailing::Event::Deleted => "рассылка удалена".to_owned(),
    }
}

/// Whom a mailing goes to and whom it leaves out; nothing of clients and groups alone.
fn of_audience(audience: &Audience) -> Option<String> {
    let Audience { clients, groups, segments, less } = audience;
    let (of_groups, of_segments) = (["группы", "групп", "групп"], ["сегмента", "сегментов", "сегментов"]);
    let named = [
        (clients.len(), ["клиента", "клиентов", "клиентов"]),
        (groups.len(), of_groups),
        (segments.len(), of_segments),
    ];
    let left = [
        (less.groups.len(), of_groups),
        (less.segments.len(), of_segments),
        (less.mailings.len(), ["другой рассылки", "других рассылок", "других рассылок"]),
    ];
    let listed = |parts: [(usize, [&str; 3]); 3]| {
        let there = parts.into_iter().filter(|(number, _)| *number > 0);
        there.map(|(number, forms)| counted(number as u64, forms)).collect::<Vec<_>>().join(", ")
    };
    let (named, left) = (listed(named), listed(left));
    (!audience.is_of_groups()).then(|| match left.as_str() {
        "" => format!("для {named}"),
        left => format!("для {named}, кроме получателей {left}"),
    })
}

fn of_run(event: &run::Event, zone: TimeZone) -> String {
    let moment = |at| shown::minute(Language::Ru, at, zone);
    match event {
        run::Event::Started { trigger: run::Trigger::Occurrence(at), .. } => {
            format!("начат запуск, запланированный на {}", moment(*at))
        }
        run::Event::Started { trigger: run::Trigger::SendNow(_), .. } => "начат немедленный запуск".to_owned(),
        run::Event::Started { trigger: run::Trigger::ResendFailed(_), .. } => {
            "начат запуск для тех, кому не удалось отправить письмо".to_owned()
        }
        run::Event::ResendOrdered { deliveries, .. } => {
            format!("запуск продолжен ради {} под вопросом", of_letters(*deliveries))
        }
        run::Event::OccurrencesMissed { missed: Missed { first, count: 1, .. }, .. } => {
            format!("пропущен запуск, запланированный на {}", moment(*first))
        }
        run::Event::OccurrencesMissed { missed, .. } => format!(
            "пропущено запусков, запланированных с {} по {}: {}",
            moment(missed.first),
            moment(missed.last),
            missed.count
        ),
        run::Event::AudienceFrozen { planned, .. } => {
            format!("собран список получателей запуска: {}", people(*planned))
        }
        run::Event::Finished { totals, .. } => {
            let accepted = shown::number(Language::Ru, totals.accepted);
            format!("запуск завершён: принято {accepted} из {}", of_letters(totals.planned))
        }
    }
}

fn of_batch(event: &batch::Event) -> String {
    match event {
        batch::Event::Planned { number, recipients: list, .. } => {
            format!("подготовлена часть {} запуска: {}", number + 1, people(list.len() as u64))
        }
        batch::Event::LeftOut { recipients: list, reason: LeaveOutReason::SameMailbox } => {
            format!(
                "без письма, так как почтовый ящик тот же, что у другого получателя: {}",
                recipients(list.len() as u64)
            )
        }
        batch::Event::LeftOut { recipients: list, reason: LeaveOutReason::Suppressed(reason) } => {
            format!("без письма, так как им больше не пишут ({}): {}", because(*reason), recipients(list.len() as u64))
        }
        batch::Event::SendingStarted { recipients, .. } => {
            format!("начата отправка {}", of_letters(recipients.len() as u64))
        }
        batch::Event::AttemptRecorded { attempts } => recorded(attempts),
        batch::Event::ResendOrdered { recipients } => {
            format!("назначена повторная отправка {} под вопросом", of_letters(recipients.len() as u64))
        }
        batch::Event::DoubtAccepted { recipients } => {
            format!("оставлено как есть {} под вопросом", letters(recipients.len() as u64))
        }
        batch::Event::GaveUp { reason: GiveUpReason::WindowEnded, .. } => {
            "оставшиеся письма не будут отправлены: время рассылки вышло".to_owned()
        }
        batch::Event::GaveUp { reason: GiveUpReason::Cancelled, .. } => {
            "оставшиеся письма не будут отправлены: рассылка отменена".to_owned()
        }
        batch::Event::Completed => "завершена часть запуска".to_owned(),
    }
}

fn of_suppression(event: &suppression::Event, zone: TimeZone) -> String {
    match event {
        suppression::Event::Suppressed { scope, reason, email, note, until, .. } => {
            let until =
                until.map_or_else(String::new, |until| format!(" до {}", shown::minute(Language::Ru, until, zone)));
            let note = note.as_ref().map_or_else(String::new, |note| format!(" ({note})"));
            match (reason, scope) {
                (Reason::Unsubscribed, Scope::Installation) => format!("{email} отписан от всех писем сервиса{note}"),
                (Reason::Unsubscribed, Scope::Owner { .. }) => format!("{email} отписан от всех писем владельца{note}"),
                (Reason::Unsubscribed, Scope::Mailing { .. }) => format!("{email} отписан от одной рассылки{note}"),
                (Reason::Unsubscribed, Scope::Topic { .. }) => format!("{email} отписан от одной рубрики{note}"),
                (reason, scope) => {
                    let letters = match scope {
                        Scope::Installation => "все письма сервиса",
                        Scope::Owner { .. } => "все письма владельца",
                        Scope::Mailing { .. } => "письма одной рассылки",
                        Scope::Topic { .. } => "письма одной рубрики",
                    };
                    format!("остановлены{until} {letters} на {email}: {}{note}", because(*reason))
                }
            }
        }
        suppression::Event::Lifted { by: Lifter::Recipient, .. } => "отписка отменена".to_owned(),
        suppression::Event::Lifted { by: Lifter::Owner | Lifter::Administrator, why, .. } => {
            let why = why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
            format!("на этот адрес снова можно писать{why}")
        }
    }
}

fn of_feedback(event: &feedback::Event) -> String {
    let by = event.report().by.as_deref().map(line);
    match event {
        feedback::Event::BounceReported { bounce, .. } => {
            let came_back = match bounce.severity {
                feedback::Severity::Permanent => "письмо окончательно вернулось",
                feedback::Severity::Temporary => "письмо вернулось с временной ошибкой",
                feedback::Severity::Delayed => "письмо задерживается, попытки продолжаются",
            };
            let code = bounce.code.as_ref().map_or_else(String::new, |code| format!(" ({})", line(code)));
            let words = bounce.words.as_ref().map_or_else(String::new, |words| format!(": «{}»", line(words)));
            by.map_or_else(|| "сообщают, что".to_owned(), |by| format!("{by} сообщает, что"))
                + &format!(" {came_back}{code}{words}")
        }
        feedback::Event::Complained { kind, .. } => {
            let kind = kind.as_ref().map_or_else(String::new, |kind| {
                let known = Feedback::of(Language::Ru).of_complaint(kind);
                format!(" ({})", known.map_or_else(|| line(kind), str::to_owned))
            });
            by.map_or_else(|| "сообщают".to_owned(), |by| format!("{by} сообщает"))
                + &format!(" о жалобе получателя на письмо{kind}")
        }
    }
}

/// Names in quotation marks.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("«{name}»")).collect::<Vec<_>>().join(", ")
}

fn of_sender(event: &sender::Event) -> String {
    match event {
        sender::Event::Created { address, .. } => format!("создан отправитель {address}"),
        sender::Event::Changed { .. } => "отправитель изменён".to_owned(),
        sender::Event::Verified { .. } => "адрес отправителя подтверждён".to_owned(),
        sender::Event::Revoked { reason, .. } => format!("отправитель отозван: {reason}"),
        sender::Event::Allowed { .. } => "отправитель снова разрешён".to_owned(),
        sender::Event::Deleted => "отправитель удалён".to_owned(),
    }
}

fn of_sender_domain(event: &sender_domain::Event) -> String {
    match event {
        sender_domain::Event::Added { domain } => format!("добавлен домен отправителей {domain}"),
        sender_domain::Event::KeyMade { selector, imported: false, .. } => format!("создан ключ {selector}"),
        sender_domain::Event::KeyMade { selector, imported: true, .. } => format!("загружен ключ {selector}"),
        sender_domain::Event::KeyActivated { selector, .. } => format!("письма подписываются ключом {selector}"),
        sender_domain::Event::KeyRetired { selector, .. } => {
            format!("письма больше не подписываются ключом {selector}")
        }
        sender_domain::Event::KeyRemoved { selector } => format!("убран ключ {selector}"),
        sender_domain::Event::Granted { .. } => "домен разрешён владельцу".to_owned(),
        sender_domain::Event::GrantWithdrawn { .. } => "разрешение на домен отозвано у владельца".to_owned(),
        sender_domain::Event::Removed => "убран домен отправителей".to_owned(),
    }
}

/// Why nobody writes to an address any more.
fn because(reason: Reason) -> &'static str {
    match reason {
        Reason::Unsubscribed => "отписка",
        Reason::Dead => "такого почтового ящика нет",
        Reason::Bounced => "письма возвращаются",
        Reason::Complained => "жалоба на письма",
        Reason::ByHand => "внесено в список вручную",
        Reason::Imported => "из загруженного списка",
    }
}

fn of_notice(event: &notice::Event) -> String {
    match event {
        notice::Event::Requested(notice::Request { kind, .. }) => requested(kind),
        notice::Event::SendingStarted { .. } => "начата отправка письма",
        notice::Event::AttemptRecorded(attempt) => match &attempt.outcome {
            AttemptOutcome::Accepted => "почтовый сервер принял письмо",
            AttemptOutcome::Rejected { .. } => "почтовый сервер отклонил письмо",
            AttemptOutcome::Deferred { .. } => "почтовый сервер отложил приём письма",
            AttemptOutcome::Unknown { .. } => "неизвестно, принял ли почтовый сервер письмо",
            AttemptOutcome::NotTried => "письмо не отправлялось",
        },
        notice::Event::Expired { .. } => {
            "письмо больше не отправляется, так как почтовый сервер слишком долго откладывал его приём"
        }
    }
    .to_owned()
}

/// Which letter of the service was asked for.
fn requested(kind: &notice::Kind) -> &'static str {
    match kind {
        notice::Kind::VerifyEmail => "запрошено письмо, которым подтверждают адрес учётной записи",
        notice::Kind::AlreadyRegistered => "запрошено письмо о том, что учётная запись уже есть",
        notice::Kind::RecoverPassword => "запрошено письмо, с которым меняют забытый пароль",
        notice::Kind::PasswordChanged => "запрошено письмо о смене пароля",
        notice::Kind::ConfirmEmailChange => "запрошено письмо, которым подтверждают новый адрес учётной записи",
        notice::Kind::EmailChanged { .. } => "запрошено письмо о новом адресе учётной записи",
        notice::Kind::VerifySender { .. } => "запрошено письмо, которым подтверждают адрес отправителя",
        notice::Kind::ConfirmSubscription { .. } => "запрошено письмо, которым подтверждают подписку",
        notice::Kind::MailingStopped(_) => "запрошено письмо об остановке рассылки",
        notice::Kind::Trouble(_) => "запрошено письмо о неполадке в сервисе",
        notice::Kind::TestLetter(_) => "запрошено пробное письмо",
    }
}

fn recorded(attempts: &[Attempt]) -> String {
    let of = |wanted: fn(&AttemptOutcome) -> bool| attempts.iter().filter(|attempt| wanted(&attempt.outcome)).count();
    let outcomes = [
        ("принято", of(|outcome| matches!(outcome, AttemptOutcome::Accepted))),
        ("отклонено", of(|outcome| matches!(outcome, AttemptOutcome::Rejected { .. }))),
        ("отложено", of(|outcome| matches!(outcome, AttemptOutcome::Deferred { .. }))),
        ("под вопросом", of(|outcome| matches!(outcome, AttemptOutcome::Unknown { .. }))),
        ("не отправлено", of(|outcome| matches!(outcome, AttemptOutcome::NotTried))),
    ];
    let outcomes: Vec<String> = outcomes
        .iter()
        .filter(|(_, number)| *number > 0)
        .map(|(outcome, number)| format!("{outcome} {number}"))
        .collect();
    let number = attempts.len() as u64;
    format!("попытка отправить {}: {}", letters(number), outcomes.join(", "))
}

fn name(role: Role) -> &'static str {
    match role {
        Role::Manager => "менеджер",
        Role::ContentManager => "контент-менеджер",
        Role::Administrator => "администратор",
    }
}

fn recipients(number: u64) -> String {
    counted(number, ["получатель", "получателя", "получателей"])
}

fn people(number: u64) -> String {
    counted(number, ["человек", "человека", "человек"])
}

fn letters(number: u64) -> String {
    counted(number, ["письмо", "письма", "писем"])
}

/// In the genitive, as after «отправка» and «из».
fn of_letters(number: u64) -> String {
    counted(number, ["письма", "писем", "писем"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::BatchId;
    use uuid::Uuid;

    #[test]
    fn numbers_and_words_agree() {
        for (number, expected) in
            [(1, "начата отправка 1 письма"), (2, "начата отправка 2 писем"), (21, "начата отправка 21 письма")]
        {
            let started = batch::Event::SendingStarted { recipients: (0..number).collect(), hold: None };
            assert_eq!(of(&Fact::Batch(BatchId(Uuid::nil()), started), TimeZone::UTC), expected);
        }
        for (number, expected) in [(1, "1 получатель"), (3, "3 получателя"), (12, "12 получателей")]
        {
            assert_eq!(recipients(number), expected);
        }
    }
}
