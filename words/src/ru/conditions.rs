use super::plural;
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
            let verb = if not { "не входит" } else { "входит" };
            match names.group(group.0) {
                Some(name) => format!("{verb} в группу «{name}»"),
                None => format!("{verb} в удалённую группу"),
            }
        }
        Test::Text { of, test, text } => format!("{} {} «{text}»", of_text(*of), text_test(*test, not)),
        Test::Field { key, test } => of_field(names.field(key.as_str()), test, not),
        Test::Consent { topic, state } => {
            let to = match topic.map(|topic| names.group(topic.0)) {
                None => "всё".to_owned(),
                Some(Some(name)) => format!("рубрику «{name}»"),
                Some(None) => "удалённую рубрику".to_owned(),
            };
            format!("согласие на {to}: {}", either(state_of(*state), not))
        }
        Test::Accepted { mailing } => {
            let got = if not {
                "не получено ни одного письма"
            } else {
                "получено письмо"
            };
            match names.mailing(mailing.0) {
                Some(name) => format!("{got} рассылки «{name}»"),
                None => format!("{got} удалённой рассылки"),
            }
        }
        Test::AcceptedWithin { days } => {
            let got = if not {
                "не получено ни одного письма"
            } else {
                "получено письмо"
            };
            format!("за {} {got}", of_last_days(*days))
        }
        Test::AddedWithin { days } => {
            let is = if not { "не добавлен" } else { "добавлен" };
            format!("за {} {is} в адресную книгу", of_last_days(*days))
        }
    }
}

fn of_last_days(days: u32) -> String {
    let last = plural(days.into(), "последний", "последние", "последние");
    format!("{last} {}", counted(days.into(), ["день", "дня", "дней"]))
}

/// What is the case, or that it is not.
fn either(said: &str, not: bool) -> String {
    if not { format!("не «{said}»") } else { said.to_owned() }
}

fn of_text(of: TextOf) -> &'static str {
    match of {
        TextOf::Email => "адрес",
        TextOf::FullName => "полное имя",
        TextOf::FirstName => "имя",
        TextOf::LastName => "фамилия",
        TextOf::Comment => "комментарий",
    }
}

fn text_test(test: TextTest, not: bool) -> &'static str {
    match (test, not) {
        (TextTest::Is, false) => "—",
        (TextTest::Is, true) => "— не",
        (TextTest::Contains, false) => "содержит",
        (TextTest::Contains, true) => "не содержит",
        (TextTest::StartsWith, false) => "начинается с",
        (TextTest::StartsWith, true) => "не начинается с",
        (TextTest::EndsWith, false) => "заканчивается на",
        (TextTest::EndsWith, true) => "не заканчивается на",
    }
}

fn of_field(label: &str, test: &ValueTest, not: bool) -> String {
    let said = match test {
        ValueTest::Known if not => return format!("поле «{label}» не заполнено"),
        ValueTest::Known => return format!("поле «{label}» заполнено"),
        ValueTest::Contains(needle) => {
            let verb = text_test(TextTest::Contains, not);
            return format!("поле «{label}» {verb} «{needle}»");
        }
        ValueTest::Is(Value::Text(needle)) => {
            let verb = text_test(TextTest::Is, not);
            return format!("поле «{label}» {verb} «{needle}»");
        }
        ValueTest::Is(value) => {
            let verb = text_test(TextTest::Is, not);
            return format!("поле «{label}» {verb} {}", shown(value, Language::Ru));
        }
        ValueTest::AtLeast(value) => match value.kind() {
            Kind::Date => format!("{} или позже", shown(value, Language::Ru)),
            Kind::Text | Kind::Number | Kind::YesNo => format!("{} или больше", shown(value, Language::Ru)),
        },
        ValueTest::AtMost(value) => match value.kind() {
            Kind::Date => format!("{} или раньше", shown(value, Language::Ru)),
            Kind::Text | Kind::Number | Kind::YesNo => format!("{} или меньше", shown(value, Language::Ru)),
        },
    };
    format!("поле «{label}»: {}", either(&said, not))
}

fn state_of(state: State) -> &'static str {
    match state {
        State::Given => "дано, но не подтверждено письмом",
        State::Confirmed => "подтверждено письмом",
        State::Withdrawn => "отозвано",
    }
}
