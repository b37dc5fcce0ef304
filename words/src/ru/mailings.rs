use super::Russian;
use crate::mailings::{Halt, Problem, Stopped, share_of};
use crate::screens::shown;
use domain::Language;
use domain::feedback::guard::Share;
use std::fmt;

impl Russian for Problem {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CronUnexpected => write!(f, "выражение cron бывает только при виде CRON: уберите одно из двух"),
            Self::MessageDeleted => {
                write!(f, "письмо рассылки удалено или больше вам не доступно: сначала выберите другое")
            }
            Self::NoRun => write!(f, "среди ваших запусков такого нет"),
            Self::NoDelivery => write!(f, "среди ваших доставок такой нет"),
            Self::RunNotFinished => write!(f, "запуск ещё не закончен: подождите, пока у каждого письма будет исход"),
            Self::NothingFailed => write!(f, "в этом запуске ни одно письмо не отклонено и не просрочено"),
            Self::TransactionalNotAllowed => write!(
                f,
                "служебные письма, которые получают и те, кто отписался, здесь не разрешены: сделайте их рассылкой новостей \
                 или обратитесь к тому, кто обслуживает сервис",
            ),
            Self::AudiencePartDeleted => write!(
                f,
                "удалены сегмент или группа, из которых складываются получатели рассылки: сначала измените получателей, чтобы письмо \
                 не получил никто из тех, кого нужно исключить",
            ),
            Self::LeftOutBy { mailing } => write!(
                f,
                "рассылка {mailing:?}, которая ещё может начаться, исключает тех, кто сюда входит, и стала бы им писать: сначала измените \
                 или завершите рассылку",
            ),
            Self::NothingInDoubt => write!(f, "в этом запуске нет писем, о которых нужно решить: обо всех уже решено"),
        }
    }
}

impl Russian for Stopped {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OwnerBlocked => {
                write!(
                    f,
                    "учётная запись владельца рассылки заблокирована: пока её не разблокируют, ничего не отправляется"
                )
            }
        }
    }
}

impl Russian for Halt {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SenderNotUsable => write!(
                f,
                "адрес отправителя не подтверждён: перейдите по ссылке в письме, которое на него пришло, отправьте её ещё раз или попросите \
                 администратора разрешить вам домен, а когда от отправителя можно будет писать, возобновите рассылку"
            ),
            Self::SenderDeleted => {
                write!(f, "отправитель рассылки удалён: выберите другого, а потом возобновите рассылку")
            }
            Self::SenderRevoked => write!(
                f,
                "администратор отозвал отправителя рассылки: выберите другого или попросите того, кто обслуживает сервис, разрешить этого \
                 снова, а когда от отправителя можно будет писать, возобновите рассылку"
            ),
            Self::SenderOfRunRevoked => write!(
                f,
                "администратор отозвал адрес, от которого идут письма начатого запуска: они не уйдут, даже если у рассылки теперь другой \
                 отправитель, пока адрес снова не разрешат и не станет известно, что он принадлежит владельцу; тогда возобновите рассылку \
                 или отмените её сейчас"
            ),
            Self::SenderOfRunNotShown => write!(
                f,
                "адрес, от которого идут письма начатого запуска, был отозван, и с тех пор никто не показал, что он принадлежит владельцу: \
                 отправьте туда ссылку ещё раз или, если отправитель удалён, добавьте адрес снова, а когда адресом можно будет \
                 пользоваться, возобновите рассылку"
            ),
            Self::SegmentDeleted => write!(
                f,
                "удалён сегмент, который входит в получатели рассылки или исключён из них: измените получателей, а потом возобновите рассылку"
            ),
            Self::LeftOutGroupDeleted => write!(
                f,
                "удалена группа, которую рассылка исключает: измените получателей, а потом возобновите рассылку"
            ),
            Self::GroupOfSegmentDeleted => write!(
                f,
                "в условии сегмента рассылки названа удалённая группа: измените сегмент, а потом возобновите рассылку"
            ),
            Self::Unsigned { domain, why } => write!(
                f,
                "письма от имени {domain} сейчас нельзя подписать: сообщите тому, кто обслуживает сервис, и возобновите рассылку, когда \
                 всё будет исправлено ({why})"
            ),
            Self::TooManyBounces { bounced, accepted, limit } => write!(
                f,
                "вернулось {} из {} писем ({}, допустимо не больше {}): уберите старые и неподтверждённые адреса, а потом возобновите рассылку",
                shown::number(Language::Ru, *bounced),
                shown::number(Language::Ru, *accepted),
                percent(share_of(*bounced, *accepted)),
                percent(*limit)
            ),
            Self::TooManyComplaints { complained, accepted, limit } => write!(
                f,
                "получатели пожаловались на {} из {} писем ({}, допустимо не больше {}): пишите только тем, кто об этом просил, а потом \
                 возобновите рассылку",
                shown::number(Language::Ru, *complained),
                shown::number(Language::Ru, *accepted),
                percent(share_of(*complained, *accepted)),
                percent(*limit)
            ),
        }
    }
}

fn percent(share: Share) -> String {
    format!("{}\u{a0}%", share.percent().replace('.', ","))
}
