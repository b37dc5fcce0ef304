//! What the pages say in English.

pub(crate) mod articles;
pub(crate) mod blog;
pub(crate) mod calendar;
pub(crate) mod clients;
pub(crate) mod editor;
pub(crate) mod frame;
pub(crate) mod links;
pub(crate) mod groups;
pub(crate) mod import;
pub(crate) mod home;
pub(crate) mod log_in;
pub(crate) mod look;
pub(crate) mod mailbox;
pub(crate) mod mark;
pub(crate) mod profile;
pub(crate) mod recover;
pub(crate) mod register;
pub(crate) mod messages;
pub(crate) mod preview;
pub(crate) mod revisions;
pub(crate) mod mailing;
pub(crate) mod mailings;
pub(crate) mod mark;
pub(crate) mod overview;
pub(crate) mod plan;
pub(crate) mod recipients;
pub(crate) mod run;
pub(crate) mod shown;
pub(crate) mod system;
pub(crate) mod tokens;
pub(crate) mod users;
pub(crate) mod reports;
pub(crate) mod shown;
pub(crate) mod statistics;

/// The number with its noun, in the singular or the plural.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    let shown = crate::screens::shown::number(domain::Language::En, number);
    format!("{shown} {}", if number == 1 { one } else { many })
}
