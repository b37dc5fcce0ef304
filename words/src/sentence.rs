//! All that can be said to people.

use crate::Sentence;
use crate::en::English;
use crate::ru::Russian;
use domain::Language;
use std::fmt;

/// Gives the refusals of this crate the English sentence as their `Display`.
macro_rules! refusals {
    ($($refusal:ty,)+) => {$(
        impl fmt::Display for $refusal {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.english(f)
            }
        }

        impl std::error::Error for $refusal {}
    )+};
}

refusals! {
    crate::import::FileError,
    crate::import::RowError,
    crate::import::Notable,
    crate::quotas::Reached,
}

/// Says these in every language. The tests want an example of every variant of each.
macro_rules! sentences {
    ($($sentence:ty,)+) => {
        $(impl Sentence for $sentence {
            fn write(&self, language: Language, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match language {
                    Language::En => self.english(f),
                    Language::Ru => self.russian(f),
                }
            }
        })+

        /// An example of everything that can be said.
        #[cfg(test)]
        pub(crate) fn everything() -> Vec<crate::laws::Example> {
            let mut all = Vec::new();
            $(all.extend(crate::laws::examples_of::<$sentence>());)+
            all
        }
    };
}

sentences! {
    crate::accounts::Problem,
    crate::address_book::Problem,
    crate::checks::Finding,
    crate::documents::Problem,
    crate::documents::TooMuch,
    crate::http::Problem,
    crate::import::BrokenOff,
    crate::import::TooLarge,
    crate::import::FieldsTooMany,
    crate::import::FileError,
    crate::import::RowError,
    crate::import::Notable,
    crate::mailings::Halt,
    crate::mailings::Problem,
    crate::mailings::Stopped,
    crate::passwords::Problem,
    crate::passwords::Weak,
    crate::queries::Problem,
    crate::quotas::Reached,
    crate::requests::Problem,
    crate::rights::Lacking,
    crate::senders::Problem,
    crate::suppressions::Problem,
    crate::tokens::Problem,
    domain::alignment::Error,
    domain::alignment::NotAligned,
    domain::alignment::What,
    domain::article::Error,
    domain::article::PictureError,
    domain::batch::Error,
    domain::client::Error,
    domain::client::Subscribed,
    domain::CronError,
    domain::custom_field::Error,
    domain::EmailError,
    domain::feedback::Error,
    domain::FullNameError,
    domain::group::Error,
    domain::import::Error,
    domain::letter::Advice,
    domain::mailing::Error,
    domain::mailing::Obstacle,
    domain::message::Error,
    domain::notice::Error,
    domain::OverBudget,
    domain::PostalAddressTooLong,
    domain::rebuild::Error,
    domain::RelayNameError,
    domain::run::Error,
    domain::segment::Error,
    domain::sender::Error,
    domain::sender_domain::Error,
    domain::session::Error,
    domain::subscription::Error,
    domain::suppression::Error,
    domain::TemplateError,
    domain::TimeZoneError,
    domain::token::Error,
    domain::user::Error,
    domain::WindowError,
    domain::Why,
}
