//! What programs write into a cell that has no value.
//!
//! Databases and data frames write a word where a value is missing, and a letter would greet "NULL". Only a cell that is such a
//! word from beginning to end, written exactly like this, has no value; somebody may be called Null, and is.

use std::collections::BTreeMap;

/// What databases and spreadsheets write. It is nobody's name and no group's.
const OF_DATABASES: [&str; 11] =
    ["NULL", "null", "\\N", "(null)", "(NULL)", "[NULL]", "<null>", "<NULL>", "#N/A", "#NULL!", "#VALUE!"];

/// What programming languages and data frames write. A group may well be called like that, a person is not.
const OF_PROGRAMS: [&str; 10] = ["None", "NaN", "nan", "NA", "N/A", "n/a", "<NA>", "NaT", "nil", "undefined"];

/// The longest of them, in bytes.
const LONGEST: usize = 9;

/// How often which word was found in which column, and on which line first.
pub(super) type Found = BTreeMap<(&'static str, &'static str), (u64, u64)>;

/// Which of the words the cell is, if it is one.
pub(super) fn word(column: &str, cell: &str) -> Option<&'static str> {
    if cell.is_empty() || cell.len() > LONGEST {
        return None;
    }
    let programs = if column == "groups" { &[][..] } else { &OF_PROGRAMS[..] };
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
            assert_eq!((word("full_name", cell), word("groups", cell)), (Some(cell), Some(cell)));
        }
        for cell in OF_PROGRAMS {
            assert_eq!((word("comment", cell), word("groups", cell)), (Some(cell), None));
        }
        for cell in ["", "Null", "Jennifer Null", "NULL Jennifer", "None of them", "Nan", "Nil", "nul", "-", "\\n", "0"]
        {
            assert_eq!(word("full_name", cell), None, "{cell}");
        }
        assert!(OF_DATABASES.iter().chain(&OF_PROGRAMS).all(|word| word.len() <= LONGEST));
    }
}
