use super::Russian;
use crate::quotas::{Noun, Reached};
use std::fmt;

impl Russian for Reached {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = self.most;
        let plural = match self.noun {
            Noun::Client => "клиентов",
            Noun::Group => "групп",
            Noun::Segment => "сегментов",
            Noun::Message => "писем",
            Noun::Mailing => "рассылок",
            Noun::Sender => "отправителей",
            Noun::Suppression => {
                return write!(
                    f,
                    "в списке тех, кому не писать, может быть не больше {most} адресов, а стало бы больше: снимите лишние \
                     запреты или попросите того, кто обслуживает сервис, увеличить предел",
                );
            }
            Noun::Picture => {
                return write!(
                    f,
                    "картинок у одной учётной записи может быть не больше {most}, и столько уже есть: возьмите одну из \
                     них снова или попросите того, кто обслуживает сервис, увеличить предел",
                );
            }
            Noun::RevisionOfMessage => {
                return write!(
                    f,
                    "версий письма может быть не больше {most}, и столько уже есть: напишите новое письмо",
                );
            }
            Noun::RevisionOfArticle => {
                return write!(
                    f,
                    "версий статьи может быть не больше {most}, и столько уже есть: напишите новую статью",
                );
            }
            Noun::SizeOfMessage => {
                return write!(
                    f,
                    "все версии письма вместе могут занимать не больше {most} МиБ, и столько уже есть: \
                     напишите новое письмо",
                );
            }
        };
        write!(
            f,
            "{plural} у одной учётной записи может быть не больше {most}, и столько уже есть: удалите лишнее \
             или попросите того, кто обслуживает сервис, увеличить предел",
        )
    }
}
