//! What is said of values of an owner's own fields.

pub(crate) const YES: &str = "yes";
pub(crate) const NO: &str = "no";
