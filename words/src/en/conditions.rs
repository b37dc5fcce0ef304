use super::screens::counted;
use crate::custom_fields::shown;
use crate::names::Names;
use domain::Language;
use domain::client::State;
use domain::custom_field::{Kind, Value};
use domain::segment::{Condition, Test, TextOf, TextTest, ValueTest};

/// What a condition asks of a client.
pub(crate) fn told(condition: &Condition, names: &Names) -> String {
    let not = condition.not;
    match &condition.test {
        Test::InGroup { group } => {
            let verb = if not { "does not belong" } else { "belongs" };
            match names.group(group.0) {
                Some(name) => format!("{verb} to the group “{name}”"),
                None => format!("{verb} to a group that is deleted"),
            }
        }
        Test::Text { of, test, text } => format!("{} {} “{text}”", of_text(*of), text_test(*test, not)),
        Test::Field { key, test } => of_field(names.field(key.as_str()), test, not),
        Test::Consent { topic, state } => {
            let to = match topic.map(|topic| names.group(topic.0)) {
                None => "everything".to_owned(),
                Some(Some(name)) => format!("the topic “{name}”"),
                Some(None) => "a topic that is deleted".to_owned(),
            };
            format!("consent to {to}: {}", either(state_of(*state), not))
        }
        Test::Accepted { mailing } => {
            let got = if not { "has had no letter" } else { "has had a letter" };
            match names.mailing(mailing.0) {
                Some(name) => format!("{got} of the mailing “{name}”"),
                None => format!("{got} of a mailing that is deleted"),
            }
        }
        Test::AcceptedWithin { days } => {
            let got = if not { "has had no letter" } else { "has had a letter" };
            format!("{got} within the last {}", of_days(*days))
        }
        Test::AddedWithin { days } => {
            let was = if not { "was not added" } else { "was added" };
            format!("{was} within the last {}", of_days(*days))
        }
    }
}

fn of_days(days: u32) -> String {
    counted(days.into(), "day", "days")
}

/// What is the case, or that it is not.
fn either(said: &str, not: bool) -> String {
    if not { format!("not “{said}”") } else { said.to_owned() }
}

fn of_text(of: TextOf) -> &'static str {
    match of {
        TextOf::Email => "the address",
        TextOf::FullName => "the full name",
        TextOf::FirstName => "the first name",
        TextOf::LastName => "the last name",
        TextOf::Comment => "the comment",
    }
}

fn text_test(test: TextTest, not: bool) -> &'static str {
    match (test, not) {
        (TextTest::Is, false) => "is",
        (TextTest::Is, true) => "is not",
        (TextTest::Contains, false) => "contains",
        (TextTest::Contains, true) => "does not contain",
        (TextTest::StartsWith, false) => "begins with",
        (TextTest::StartsWith, true) => "does not begin with",
        (TextTest::EndsWith, false) => "ends with",
        (TextTest::EndsWith, true) => "does not end with",
    }
}

fn of_field(label: &str, test: &ValueTest, not: bool) -> String {
    let said = match test {
        ValueTest::Known if not => return format!("“{label}” is not filled in"),
        ValueTest::Known => return format!("“{label}” is filled in"),
        ValueTest::Contains(needle) => {
            let verb = text_test(TextTest::Contains, not);
            return format!("“{label}” {verb} “{needle}”");
        }
        ValueTest::Is(Value::Text(needle)) => {
            let verb = text_test(TextTest::Is, not);
            return format!("“{label}” {verb} “{needle}”");
        }
        ValueTest::Is(value) => {
            let verb = text_test(TextTest::Is, not);
            return format!("“{label}” {verb} {}", shown(value, Language::En));
        }
        ValueTest::AtLeast(value) => match value.kind() {
            Kind::Date => format!("{} or later", shown(value, Language::En)),
            Kind::Text | Kind::Number | Kind::YesNo => format!("{} or more", shown(value, Language::En)),
        },
        ValueTest::AtMost(value) => match value.kind() {
            Kind::Date => format!("{} or earlier", shown(value, Language::En)),
            Kind::Text | Kind::Number | Kind::YesNo => format!("{} or less", shown(value, Language::En)),
        },
    };
    format!("“{label}”: {}", either(&said, not))
}

fn state_of(state: State) -> &'static str {
    match state {
        State::Given => "given, but not confirmed by a letter",
        State::Confirmed => "confirmed by a letter",
        State::Withdrawn => "withdrawn",
    }
}
