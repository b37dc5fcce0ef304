//! The conditions of segments, as they are said of the clients who meet them.

pub use crate::names::Names;

use crate::{en, ru};
use domain::Language;
use domain::segment::Condition;

/// What a condition asks of a client, as a part of a sentence without its full stop.
#[must_use]
pub fn told(language: Language, condition: &Condition, names: &Names) -> String {
    match language {
        Language::En => en::conditions::told(condition, names),
        Language::Ru => ru::conditions::told(condition, names),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use domain::client::State;
    use domain::custom_field::{Key, Number, Value};
    use domain::segment::{Test, TextOf, TextTest, ValueTest};
    use domain::{GroupId, MailingId};
    use std::collections::{BTreeSet, HashMap};
    use std::fmt::Write as _;
    use uuid::Uuid;

    const KNOWN: Uuid = Uuid::from_u128(1);
    const GONE: Uuid = Uuid::from_u128(2);

    fn names() -> Names {
        Names {
            groups: HashMap::from([(KNOWN, "Друзья & friends".to_owned())]),
            mailings: HashMap::from([(KNOWN, "News 7".to_owned())]),
            fields: HashMap::from([("age".to_owned(), "Age".to_owned())]),
        }
    }

    fn value_tests() -> Vec<ValueTest> {
        let number = || Value::Number(Number::read("18.5").expect("a number"));
        let day = || Value::Date(NaiveDate::from_ymd_opt(2026, 5, 14).expect("a day"));
        vec![
            ValueTest::Known,
            ValueTest::Is(Value::Text("Oslo".to_owned())),
            ValueTest::Is(number()),
            ValueTest::Is(Value::YesNo(true)),
            ValueTest::Contains("Os".to_owned()),
            ValueTest::AtLeast(number()),
            ValueTest::AtMost(number()),
            ValueTest::AtLeast(day()),
            ValueTest::AtMost(day()),
        ]
    }

    /// Every test that there is, with what is there and what is gone.
    fn tests() -> Vec<Test> {
        let mut all = Vec::new();
        for id in [KNOWN, GONE] {
            all.push(Test::InGroup { group: GroupId(id) });
            all.push(Test::Accepted { mailing: MailingId(id) });
        }
        for of in TextOf::ALL {
            for test in TextTest::ALL {
                all.push(Test::Text { of, test, text: "Ann 1".to_owned() });
            }
        }
        for key in ["age", "city"] {
            let key = Key::parse(key).expect("a key");
            all.extend(value_tests().into_iter().map(|test| Test::Field { key: key.clone(), test }));
        }
        for topic in [None, Some(GroupId(KNOWN)), Some(GroupId(GONE))] {
            all.extend(State::ALL.map(|state| Test::Consent { topic, state }));
        }
        for days in [1, 2, 5, 11, 21, 3_660] {
            all.push(Test::AcceptedWithin { days });
            all.push(Test::AddedWithin { days });
        }
        all
    }

    #[test]
    fn every_condition_is_told_in_every_language_and_what_is_not_so_is_told_otherwise() {
        let names = names();
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let (mut written, mut seen) = (String::new(), BTreeSet::new());
        for test in tests() {
            for not in [false, true] {
                let condition = Condition { test: test.clone(), not };
                let [english, russian] = Language::ALL.map(|language| told(language, &condition, &names));
                assert!(russian.contains(|letter| ('а'..='я').contains(&letter)), "{condition:?}: {russian}");
                assert_eq!(digits(&english), digits(&russian), "{condition:?}: {english} / {russian}");
                for text in [&english, &russian] {
                    assert!(!text.ends_with('.') && !text.contains("  "), "{text}");
                    assert!(seen.insert(text.clone()), "two conditions are told as {text}");
                }
                let _ = writeln!(written, "{english}\n  {russian}");
            }
        }
        insta::assert_snapshot!(written);
    }
}
