//! How numbers are shown to people.

use domain::Language;

/// A number with its thousands apart, as the language has it.
#[must_use]
pub fn number(language: Language, number: u64) -> String {
    let separator = match language {
        Language::En => ',',
        // No break there.
        Language::Ru => '\u{a0}',
    };
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push(separator);
        }
        shown.push(digit);
    }
    shown
}
