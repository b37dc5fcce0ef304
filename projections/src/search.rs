//! What somebody looks for.

use domain::EmailAddress;

/// What somebody looks for; nothing, or nothing but blanks, is in every text. What compares it is `folded` in PostgreSQL: the one
/// place that knows which texts search takes for the same.
pub(crate) fn sought(search: Option<&str>) -> Option<&str> {
    search.map(str::trim).filter(|text| !text.is_empty())
}

/// The same where addresses are among what is looked through: the text, and the mailbox if it is the whole address of one, whose
/// domain may be spelled otherwise there.
pub(crate) fn sought_of_people(search: Option<&str>) -> Option<Vec<Option<String>>> {
    let text = sought(search)?;
    let mailbox = EmailAddress::parse(text).ok().map(|address| address.key());
    Some(vec![Some(text.to_owned()), mailbox])
}

/// The `ilike` pattern for texts that contain this as it is written, in any case.
pub(crate) fn pattern(search: Option<&str>) -> Option<String> {
    let text = sought(search)?;
    let escaped = text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    Some(format!("%{escaped}%"))
}
