use super::Russian;
use crate::address_book::Problem;
use std::fmt;

impl Russian for Problem {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyIds { named, most } => write!(
                f,
                "здесь названо id: {named}; за один раз можно не больше {most}, а в группе может быть сколько \
                 угодно клиентов",
            ),
            Self::Contended => write!(
                f,
                "адресную книгу всё время меняет кто-то ещё; импортируйте файл ещё раз, те клиенты, что уже есть, не помешают",
            ),
            Self::SegmentNeedsName => write!(f, "укажите название сегмента"),
            Self::TooSlow { seconds } => write!(
                f,
                "подсчёт тех, кто подходит под эти условия, занимает больше {seconds} с: чтобы посмотреть на остальные, уберите часть \
                 условий; рассылка по сегменту подождёт столько, сколько нужно",
            ),
            Self::TooManyClients { named, most } => {
                write!(f, "названо клиентов: {named}; за один раз можно назвать не больше {most}")
            }
        }
    }
}
