//! What the pages say: titles, labels, buttons, and sentences with numbers and names in them.
//!
//! The words of a screen are a struct with a field for each of them, and a constant of it in each language, in files of the
//! same name under `en/screens` and `ru/screens`. What is not said in some language does not compile.

pub mod articles;
pub mod blog;
pub mod calendar;
pub mod clients;
pub mod consent;
pub mod custom_fields;
pub mod domains;
pub mod editor;
pub mod feedback;
pub mod frame;
pub mod groups;
pub mod home;
pub mod import;
pub mod imports;
pub mod intake;
pub mod leaving;
pub mod links;
pub mod log;
pub mod log_in;
pub mod look;
pub mod mailbox;
pub mod mailing;
pub mod mailings;
pub mod mark;
pub mod messages;
pub(crate) mod number;
pub mod overview;
pub mod plan;
pub mod preview;
pub mod profile;
pub mod recipients;
pub mod recover;
pub mod register;
pub mod reports;
pub mod revisions;
pub mod run;
pub mod segments;
pub mod senders;
pub mod sent;
pub mod shown;
pub mod statistics;
pub mod subscribing;
pub mod suppressions;
pub mod system;
pub mod tokens;
pub mod users;
pub mod why;

use std::borrow::Borrow;

/// A text with a number in it, whose words go by the number.
#[derive(Clone, Copy, Debug)]
pub struct Counted(pub(crate) fn(u64) -> String);

impl Counted {
    /// The text for this number.
    #[must_use]
    pub fn of(&self, number: impl Borrow<u64>) -> String {
        (self.0)(*number.borrow())
    }
}

/// A text with something in it that is told as it is, such as a name.
#[derive(Clone, Copy, Debug)]
pub struct Filled(pub(crate) fn(&str) -> String);

impl Filled {
    /// The text with this in it.
    #[must_use]
    pub fn with(&self, value: impl AsRef<str>) -> String {
        (self.0)(value.as_ref())
    }
}

/// Declares the words of a screen: texts, then texts with a number, then texts with something filled in.
///
/// ```text
/// screen! {
///     /// The words of the list of clients.
///     Clients in clients {
///         texts { title, search }
///         counted { found }
///         filled { delete_asks }
///     }
/// }
/// ```
///
/// The constants are `en::screens::clients::WORDS` and `ru::screens::clients::WORDS`.
macro_rules! screen {
    (
        $(#[$doc:meta])*
        $name:ident in $file:ident {
            texts { $($text:ident),* $(,)? }
            $(counted { $($counted:ident),* $(,)? })?
            $(filled { $($filled:ident),* $(,)? })?
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name {
            $(
                #[doc = concat!("What is said as `", stringify!($text), "`.")]
                pub $text: &'static str,
            )*
            $($(
                #[doc = concat!("What is said as `", stringify!($counted), "`, with a number.")]
                pub $counted: $crate::screens::Counted,
            )*)?
            $($(
                #[doc = concat!("What is said as `", stringify!($filled), "`, with something filled in.")]
                pub $filled: $crate::screens::Filled,
            )*)?
        }

        impl $name {
            /// The words in this language.
            #[must_use]
            pub fn of(language: domain::Language) -> &'static Self {
                match language {
                    domain::Language::En => &$crate::en::screens::$file::WORDS,
                    domain::Language::Ru => &$crate::ru::screens::$file::WORDS,
                }
            }

            /// All of them with their names, with examples of what is filled in.
            #[cfg(test)]
            #[allow(clippy::vec_init_then_push)]
            pub(crate) fn everything(&self) -> Vec<(&'static str, String)> {
                let mut all: Vec<(&'static str, String)> = Vec::new();
                $(all.push((stringify!($text), self.$text.to_owned()));)*
                $($(for number in [0, 1, 2, 5, 11, 21, 1_234] {
                    all.push((stringify!($counted), self.$counted.of(number)));
                })*)?
                $($(all.push((stringify!($filled), self.$filled.with("\u{2039}7\u{203a}")));)*)?
                all
            }
        }

        #[cfg(test)]
        mod tests {
            #[test]
            fn both_languages_say_the_same() {
                let words = domain::Language::ALL.map(|language| super::$name::of(language).everything());
                $crate::screens::laws::hold(&words);
            }
        }
    };
}

pub(crate) use screen;

#[cfg(test)]
pub(crate) mod laws {
    /// What holds for all that the pages say: each language has its own letters, and both have the same numbers, names and
    /// stops.
    pub(crate) fn hold([english, russian]: &[Vec<(&'static str, String)>; 2]) {
        assert_eq!(english.len(), russian.len());
        for ((name, en), (_, ru)) in english.iter().zip(russian) {
            let cyrillic = |c: char| ('\u{400}'..'\u{500}').contains(&c);
            assert!(!en.is_empty() && !ru.is_empty(), "{name} says nothing");
            assert!(!en.contains(cyrillic), "{name}: {en}");
            let names_only = en == ru;
            assert!(names_only || ru.contains(cyrillic), "{name}: {ru}");
            for stop in ['.', '?', ':', '\u{2026}'] {
                assert_eq!(en.ends_with(stop), ru.ends_with(stop), "{name}: {en} / {ru}");
            }
            let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
            assert_eq!(digits(en), digits(ru), "{name}: {en} / {ru}");
            assert_eq!(en.contains('\u{2039}'), ru.contains('\u{2039}'), "{name}: {en} / {ru}");
        }
    }
}
