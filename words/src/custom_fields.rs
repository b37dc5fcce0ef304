//! What clients have in the fields of their owner's own, as letters say it.

use crate::{en, ru};
use chrono::{Datelike, NaiveDate};
use domain::client::Fields;
use domain::custom_field::{Key, Kind, Number, Value};
use domain::{Language, MergeFields};
use std::collections::BTreeSet;

/// A value as a letter says it: a text as it is, a number with the decimal sign of the language, a day in words, yes or no.
#[must_use]
pub fn shown(value: &Value, language: Language) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Number(number) => match language {
            Language::En => number.as_str().to_owned(),
            Language::Ru => number.as_str().replace('.', ","),
        },
        Value::Date(day) => shown_day(*day, language),
        Value::YesNo(yes) => match (language, yes) {
            (Language::En, true) => en::custom_fields::YES,
            (Language::En, false) => en::custom_fields::NO,
            (Language::Ru, true) => ru::custom_fields::YES,
            (Language::Ru, false) => ru::custom_fields::NO,
        }
        .to_owned(),
    }
}

/// A day in a letter: `1 May 2026`, `1 мая 2026 г.`
fn shown_day(day: NaiveDate, language: Language) -> String {
    let (months, year) = match language {
        Language::En => (en::screens::shown::MONTHS, ""),
        Language::Ru => (ru::screens::shown::MONTHS, ru::custom_fields::OF_THE_YEAR),
    };
    format!("{} {} {}{year}", day.day(), months[day.month0() as usize], day.year())
}

/// What a letter may say where a field of this kind stands, for who writes it; `None` for a text, which may be any.
#[must_use]
pub fn sample(kind: Kind, language: Language) -> Option<String> {
    let value = match kind {
        Kind::Text => None,
        Kind::Number => Number::read("12.5").map(Value::Number),
        Kind::Date => NaiveDate::from_ymd_opt(2026, 5, 1).map(Value::Date),
        Kind::YesNo => Some(Value::YesNo(true)),
    };
    value.map(|value| shown(&value, language))
}

/// What a letter that names these fields says of them to a client who has this, for [`MergeFields::custom`]: one entry for each, in the
/// order of their keys, which is empty where there is nothing.
#[must_use]
pub fn values(fields: &Fields, named: &BTreeSet<Key>, language: Language) -> Vec<(Key, String)> {
    let said = |key: &Key| fields.get(key).map_or_else(String::new, |value| shown(value, language));
    named.iter().map(|key| (key.clone(), said(key))).collect()
}

/// All merge fields that a letter may have, as they are written: those of everybody, and the owner's own.
pub(crate) fn as_written(own: &[String]) -> String {
    let all = MergeFields::NAMES.into_iter().chain(own.iter().map(String::as_str));
    all.map(|name| format!("{{{{{name}}}}}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        Key::parse(text).expect("a key")
    }

    fn number(text: &str) -> Value {
        Value::Number(Number::read(text).expect("a number"))
    }

    fn day(text: &str) -> Value {
        Value::Date(text.parse().expect("a day"))
    }

    #[test]
    fn a_value_is_said_in_the_language_of_the_letter() {
        for (value, english, russian) in [
            (Value::Text("Sør-Øst 1.5".to_owned()), "Sør-Øst 1.5", "Sør-Øst 1.5"),
            (number("12.5"), "12.5", "12,5"),
            (number("-1200"), "-1200", "-1200"),
            (day("2026-05-01"), "1 May 2026", "1 мая 2026 г."),
            (day("1999-12-31"), "31 December 1999", "31 декабря 1999 г."),
            (Value::YesNo(true), "yes", "да"),
            (Value::YesNo(false), "no", "нет"),
        ] {
            assert_eq!(shown(&value, Language::En), english);
            assert_eq!(shown(&value, Language::Ru), russian);
        }
    }

    #[test]
    fn a_letter_is_given_what_it_names_and_no_more() {
        let fields = [(key("age"), number("18.5")), (key("city"), Value::Text("Oslo".to_owned()))].into();
        let named = [key("age"), key("born")].into();
        let said = values(&fields, &named, Language::Ru);
        assert_eq!(said, [(key("age"), "18,5".to_owned()), (key("born"), String::new())]);
        assert_eq!(values(&fields, &BTreeSet::new(), Language::En), []);
    }

    #[test]
    fn a_sample_is_a_value_of_its_kind() {
        let samples = |language| Kind::ALL.map(|kind| sample(kind, language));
        let said = |texts: [&str; 3]| {
            let [number, day, yes] = texts.map(|text| Some(text.to_owned()));
            [None, number, day, yes]
        };
        assert_eq!(samples(Language::En), said(["12.5", "1 May 2026", "yes"]));
        assert_eq!(samples(Language::Ru), said(["12,5", "1 мая 2026 г.", "да"]));
    }

    #[test]
    fn fields_are_told_as_they_are_written() {
        let told = as_written(&["city".to_owned(), "возраст".to_owned()]);
        assert!(told.starts_with("{{full_name}}, ") && told.ends_with(", {{city}}, {{возраст}}"), "{told}");
    }
}
