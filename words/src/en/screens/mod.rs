//! What the pages say in English.

pub(crate) mod articles;
pub(crate) mod blog;
pub(crate) mod calendar;
pub(crate) mod clients;
pub(crate) mod consent;
pub(crate) mod custom_fields;
pub(crate) mod domains;
pub(crate) mod editor;
pub(crate) mod feedback;
pub(crate) mod frame;
pub(crate) mod groups;
pub(crate) mod home;
pub(crate) mod import;
pub(crate) mod imports;
pub(crate) mod intake;
pub(crate) mod leaving;
pub(crate) mod links;
pub(crate) mod log;
pub(crate) mod log_in;
pub(crate) mod look;
pub(crate) mod mailbox;
pub(crate) mod mailing;
pub(crate) mod mailings;
pub(crate) mod mark;
pub(crate) mod messages;
pub(crate) mod overview;
pub(crate) mod plan;
pub(crate) mod preview;
pub(crate) mod profile;
pub(crate) mod recipients;
pub(crate) mod recover;
pub(crate) mod register;
pub(crate) mod reports;
pub(crate) mod revisions;
pub(crate) mod run;
pub(crate) mod segments;
pub(crate) mod senders;
pub(crate) mod sent;
pub(crate) mod shown;
pub(crate) mod statistics;
pub(crate) mod subscribing;
pub(crate) mod suppressions;
pub(crate) mod system;
pub(crate) mod tokens;
pub(crate) mod users;
pub(crate) mod why;

/// The number with its noun, in the singular or the plural.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    let shown = crate::screens::number::number(domain::Language::En, number);
    format!("{shown} {}", if number == 1 { one } else { many })
}
