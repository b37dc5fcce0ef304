//! What the pages say in Russian.

pub(crate) mod clients;
pub(crate) mod frame;
pub(crate) mod groups;
pub(crate) mod import;
pub(crate) mod log_in;
pub(crate) mod mark;
pub(crate) mod shown;

/// The number with its noun, which has three forms: for 1, for 2 and for 5.
pub(super) fn counted(number: u64, [one, few, many]: [&str; 3]) -> String {
    let shown = crate::screens::shown::number(domain::Language::Ru, number);
    format!("{shown} {}", super::plural(number, one, few, many))
}
