use super::{Russian, of_characters};
use domain::client::MAX_WORDING;
use domain::subscription::{Error, MAX_TOPICS};
use std::fmt;

impl Russian for Error {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => write!(f, "этих писем никто не просил"),
            Self::AlreadyExists => write!(f, "эта подписка уже записана"),
            Self::TopicsMissing => write!(f, "выберите, о чём вы хотите получать письма"),
            Self::TopicsTooMany { chosen } => {
                write!(f, "выбрано рубрик: {chosen}; за один раз можно выбрать не больше {MAX_TOPICS}")
            }
            Self::WordingEmpty => write!(f, "не хватает текста, с которым вы соглашаетесь"),
            Self::WordingTooLong { length } => write!(
                f,
                "в тексте, с которым вы соглашаетесь, {}; помещается не больше {MAX_WORDING}",
                of_characters(*length)
            ),
            Self::Expired => write!(f, "эта просьба слишком давняя: подпишитесь ещё раз"),
        }
    }
}
