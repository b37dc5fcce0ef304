use super::Russian;
use domain::Why;
use domain::suppression::Reason;
use std::fmt;

impl Russian for Why {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accepted => "почтовый сервер принял письмо",
            Self::Rejected => "почтовый сервер окончательно отказался принять письмо",
            Self::Deferred => "почтовый сервер отложил приём письма, попытка повторится",
            Self::Pending => "письмо ждёт первой попытки",
            Self::InDoubt => "неизвестно, принял ли почтовый сервер письмо",
            Self::Expired => "от письма отказались прежде, чем его принял почтовый сервер",
            Self::SameMailbox => "у другого получателя этого запуска тот же ящик, и письмо ушло ему",
            Self::Cancelled => "рассылку отменили прежде, чем письмо попытались отправить",
            Self::Suppressed(Reason::Unsubscribed) => "на адрес не пишут: получатель отписался",
            Self::Suppressed(Reason::Dead) => "на адрес не пишут: почтовый сервер сообщил, что такого ящика нет",
            Self::Suppressed(Reason::Bounced) => "на адрес не пишут: прежние письма вернулись",
            Self::Suppressed(Reason::Complained) => "на адрес не пишут: получатель пожаловался на письма",
            Self::Suppressed(Reason::ByHand) => "на адрес не пишут: его внесли в список вручную",
            Self::Suppressed(Reason::Imported) => "на адрес не пишут: он был в загруженном списке",
            Self::NoClient => "ни у одного клиента нет и не было такого адреса",
            Self::AddedLater => "клиента добавили, когда запуск уже начался",
            Self::DeletedBefore => "клиента удалили до начала запуска",
            Self::OtherAddress => "когда запуск начался, у клиента был другой адрес",
            Self::NotInAudience => "рассылка этому клиенту не предназначалась",
            Self::LeftOut => "клиент был среди получателей, но его исключило то, что исключает рассылка",
            Self::NotFailed => "запуск был только для тех, чьи письма не дошли в другом запуске",
            Self::BeingPlanned => "запуск начался, и его получатели ещё собираются",
            Self::Missed => "запуск пропущен: его время прошло, когда начать его было некому",
            Self::NotStarted => "ни один запуск рассылки ещё не начинался",
        })
    }
}
