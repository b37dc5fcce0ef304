//! Messages, and how they will look as letters.

mod budgets;
mod large;
mod markdown;
mod merge_fields;
mod previews;
mod sharing;
mod test_letters;
mod watching;
