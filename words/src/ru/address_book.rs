use super::Russian;
use crate::address_book::Problem;
use crate::shown::moment;
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
            Self::TooManyFields { most } => {
                write!(f, "своих полей уже {most}, а может быть не больше {most}: удалите то, которое не нужно")
            }
            Self::TooManyValues { named, most } => {
                write!(
                    f,
                    "дано значений: {named}, а полей может быть не больше {most}: дайте каждому полю одно значение"
                )
            }
            Self::FieldTwice { key } => {
                write!(f, "поле \"{key}\" названо дважды: дайте каждому полю одно значение")
            }
            Self::ConsentInFuture { at } => write!(
                f,
                "{} ещё не наступило; укажите, когда клиент согласился, или оставьте поле пустым, если сейчас",
                moment(at)
            ),
            Self::NetworkAddressInvalid => write!(
                f,
                "это не сетевой адрес; напишите его в виде 192.0.2.1 или 2001:db8::1 либо оставьте поле пустым"
            ),
        }
    }
}
