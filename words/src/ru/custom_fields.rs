//! What is said of values of an owner's own fields.

pub(crate) const YES: &str = "да";
pub(crate) const NO: &str = "нет";

/// What stands behind the year of a day.
pub(crate) const OF_THE_YEAR: &str = " г.";
