//! What the pages say in English.

pub(crate) mod clients;
pub(crate) mod frame;
pub(crate) mod groups;
pub(crate) mod import;
pub(crate) mod log_in;
pub(crate) mod mark;
pub(crate) mod shown;

/// The number with its noun, in the singular or the plural.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    let shown = crate::screens::shown::number(domain::Language::En, number);
    format!("{shown} {}", if number == 1 { one } else { many })
}
