use super::Russian;
use crate::shown::minute;
use domain::sender_domain::Error;
use std::fmt;

impl Russian for Error {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "письма этого домена здесь не подписываются: сначала добавьте домен"),
            Self::Taken { domain } => write!(f, "домен {domain} уже добавлен"),
            Self::DomainInvalid { domain } => {
                write!(f, "{domain:?} — не домен, который могут найти другие, как \"example.org\"")
            }
            Self::SelectorInvalid { selector } => write!(
                f,
                "{selector:?} не может быть именем ключа: в нём латинские буквы, цифры и дефисы, не больше 63, и дефис не \
                 стоит ни первым, ни последним"
            ),
            Self::SelectorTaken { selector } => {
                write!(f, "у домена есть или был другой ключ с именем {selector}: возьмите имя, которого ещё не было")
            }
            Self::KeyNotFound { selector } => write!(f, "ключа с именем {selector} у домена нет"),
            Self::KeyActive { selector } => {
                write!(f, "ключом {selector} подписываются письма: сначала выведите его из работы")
            }
            Self::KeyStillNeeded { selector, until } => write!(
                f,
                "письма, подписанные ключом {selector}, могут быть ещё в пути; его можно убрать начиная с {}, а до тех пор \
                 должна оставаться и его запись",
                minute(until),
            ),
        }
    }
}
