//! What programs write into a cell that has no value.
//!
//! Databases and data frames write a word where a value is missing, and a letter would greet "NULL". Only a cell that is such a
//! word from beginning to end, written exactly like this, has no value; somebody may be called Null, and is. `NA` is a name where names
//! are written in capitals: in other columns it stands out, and somebody of that name would be written Na.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// What databases and spreadsheets write. It is nobody's name and no group's.
const OF_DATABASES: [&str; 11] =
    ["NULL", "null", "\\N", "(null)", "(NULL)", "[NULL]", "<null>", "<NULL>", "#N/A", "#NULL!", "#VALUE!"];

/// What programming languages and data frames write. A group may well be called like that, a person is not.
const OF_PROGRAMS: [&str; 10] = ["None", "NaN", "nan", "NA", "N/A", "n/a", "<NA>", "NaT", "nil", "undefined"];

/// The longest of them, in bytes.
const LONGEST: usize = 9;

/// How often which word was found in which column, and on which line first.
pub(super) type Found = BTreeMap<(Cow<'static, str>, &'static str), (u64, u64)>;

/// The one of them that is a name, too, in capitals.
pub(super) const NAME: &str = "NA";

/// Which of the words the cell is, if it is one. Whether the column holds names in capitals is what the file tells.
pub(super) fn word(column: &str, in_capitals: bool, cell: &str) -> Option<&'static str> {
    if cell.is_empty() || cell.len() > LONGEST || (in_capitals && cell == NAME) {
        return None;
    }
    // A group, or what stands in an owner's own field, may well be called like that: Namibia is NA.
    let programs = if column == "groups" || column.contains(':') { &[][..] } else { &OF_PROGRAMS[..] };
    OF_DATABASES.iter().chain(programs).find(|word| **word == cell).copied()
}

/// Adds what was found in another part of the file.
pub(super) fn add(all: &mut Found, found: Found) {
    for (place, (cells, line)) in found {
        let sum = all.entry(place).or_insert((0, line));
        *sum = (sum.0 + cells, sum.1.min(line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_programs_are_no_values_and_names_that_look_like_them_are() {
        for cell in OF_DATABASES {
            assert_eq!((word("full_name", true, cell), word("groups", false, cell)), (Some(cell), Some(cell)));
        }
        for cell in OF_PROGRAMS {
            assert_eq!((word("comment", false, cell), word("groups", false, cell)), (Some(cell), None));
            assert_eq!(word("last_name", true, cell), Some(cell).filter(|cell| *cell != NAME));
        }
        for cell in ["", "Null", "Jennifer Null", "NULL Jennifer", "None of them", "Nan", "Nil", "nul", "-", "\\n", "0"]
        {
            assert_eq!(word("full_name", false, cell), None, "{cell}");
        }
        assert!(OF_DATABASES.iter().chain(&OF_PROGRAMS).all(|word| word.len() <= LONGEST));
    }
}
