use super::Russian;
use crate::mailings::{Halt, Problem, Stopped};
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
                "адрес отправителя не подтверждён: перейдите по ссылке в письме, которое на него пришло, или попросите администратора \
                 разрешить вам домен, а потом возобновите рассылку"
            ),
            Self::SenderDeleted => {
                write!(f, "отправитель рассылки удалён: выберите другого, а потом возобновите рассылку")
            }
            Self::Unsigned { domain, why } => write!(
                f,
                "письма от имени {domain} сейчас нельзя подписать: сообщите тому, кто обслуживает сервис, и возобновите рассылку, когда \
                 всё будет исправлено ({why})"
            ),
        }
    }
}
