//! The conditions of a segment as they are typed, and as the acts take them.
//!
//! A form has `conditions.0.kind`, `conditions.0.not` and the parts `conditions.0.group` and so on; rows are told apart by their places.

use crate::web::frame::Fields;
use acts::address_book::conditions::{Asked, FieldTest, Written};
use domain::client::State;
use domain::segment::{TextOf, TextTest};

/// The topic of a consent to everything, in a form.
pub(super) const EVERYTHING: &str = "all";

/// What begins the name of a kind of condition that asks about a field, before the field's key.
pub(super) const OF_FIELD: &str = "FIELD.";

/// Where conditions look for text, with their names in a form.
pub(super) const TEXT_OF: [(&str, TextOf); 5] = [
    ("email", TextOf::Email),
    ("full_name", TextOf::FullName),
    ("first_name", TextOf::FirstName),
    ("last_name", TextOf::LastName),
    ("comment", TextOf::Comment),
];

/// How they look for it.
pub(super) const TEXT_TESTS: [(&str, TextTest); 4] = [
    ("contains", TextTest::Contains),
    ("is", TextTest::Is),
    ("starts_with", TextTest::StartsWith),
    ("ends_with", TextTest::EndsWith),
];

/// What is asked of the values of fields.
pub(super) const FIELD_TESTS: [(&str, FieldTest); 5] = [
    ("is", FieldTest::Is),
    ("contains", FieldTest::Contains),
    ("at_least", FieldTest::AtLeast),
    ("at_most", FieldTest::AtMost),
    ("known", FieldTest::Known),
];

/// The kinds of conditions, with the API's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    InGroup,
    Text,
    Field,
    Consent,
    AcceptedMailing,
    AcceptedWithin,
    AddedWithin,
}

impl Kind {
    const ALL: [Self; 7] = [
        Self::InGroup,
        Self::Text,
        Self::Field,
        Self::Consent,
        Self::AcceptedMailing,
        Self::AcceptedWithin,
        Self::AddedWithin,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::InGroup => "IN_GROUP",
            Self::Text => "TEXT",
            Self::Field => "FIELD",
            Self::Consent => "CONSENT",
            Self::AcceptedMailing => "ACCEPTED_MAILING",
            Self::AcceptedWithin => "ACCEPTED_WITHIN",
            Self::AddedWithin => "ADDED_WITHIN",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A condition as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Typed {
    pub(super) kind: Kind,
    pub(super) not: bool,
    /// The parts with what stands in them.
    parts: Vec<(&'static str, String)>,
}

impl Typed {
    /// The names of all parts that a condition can have.
    const PARTS: [&'static str; 10] =
        ["group", "of", "test", "text", "key", "value", "topic", "state", "mailing", "days"];

    /// The conditions of a form, in their order.
    pub(super) fn all(fields: &Fields) -> Vec<Self> {
        let row = |place: usize| {
            let kind = Kind::from_name(fields.get(&name(place, "kind"))?)?;
            let part = |part: &'static str| Some((part, fields.get(&name(place, part))?.to_owned()));
            Some(Self {
                kind,
                not: fields.text(&name(place, "not")) == "true",
                parts: Self::PARTS.into_iter().filter_map(part).collect(),
            })
        };
        (0..).map_while(row).collect()
    }

    /// A condition of the kind that was chosen to be added, in which nothing is filled in; `None` if there is no such kind.
    pub(super) fn new(chosen: &str) -> Option<Self> {
        if let Some(key) = chosen.strip_prefix(OF_FIELD) {
            return Some(Self { kind: Kind::Field, not: false, parts: vec![("key", key.to_owned())] });
        }
        let kind = Kind::from_name(chosen).filter(|kind| *kind != Kind::Field)?;
        let parts = if kind == Kind::Consent { vec![("topic", EVERYTHING.to_owned())] } else { Vec::new() };
        Some(Self { kind, not: false, parts })
    }

    pub(super) fn get(&self, part: &str) -> &str {
        self.parts.iter().find(|(name, _)| *name == part).map_or("", |(_, value)| value.as_str())
    }

    /// The fields of a form that has these conditions.
    pub(super) fn fields(all: &[Self]) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        for (place, typed) in all.iter().enumerate() {
            pairs.push((name(place, "kind"), typed.kind.name().to_owned()));
            pairs.push((name(place, "not"), typed.not.to_string()));
            pairs.extend(typed.parts.iter().map(|(part, value)| (name(place, part), value.clone())));
        }
        pairs
    }
}

/// The name of a part in a form.
pub(super) fn name(place: usize, part: &str) -> String {
    format!("conditions.{place}.{part}")
}

/// What one of these is called in a form.
fn called<T: PartialEq>(names: &[(&'static str, T)], one: &T) -> String {
    names.iter().find(|(_, other)| other == one).map_or("", |(name, _)| *name).to_owned()
}

/// What is called so in a form; the first of them if none is.
fn chosen<T: Copy>(names: &[(&'static str, T)], name: &str) -> T {
    names.iter().find(|(other, _)| *other == name).unwrap_or(&names[0]).1
}

/// What was typed as the acts take it.
impl From<&Typed> for Written {
    fn from(typed: &Typed) -> Self {
        let typed_in = |part: &str| typed.get(part).to_owned();
        let days = || typed.get("days").trim().parse().unwrap_or(0);
        let test = match typed.kind {
            Kind::InGroup => Asked::InGroup(typed_in("group")),
            Kind::Text => Asked::Text {
                of: chosen(&TEXT_OF, typed.get("of")),
                test: chosen(&TEXT_TESTS, typed.get("test")),
                text: typed_in("text"),
            },
            Kind::Field => Asked::Field {
                key: typed_in("key"),
                test: chosen(&FIELD_TESTS, typed.get("test")),
                value: typed_in("value"),
            },
            Kind::Consent => Asked::Consent {
                topic: Some(typed_in("topic")).filter(|topic| topic != EVERYTHING),
                state: State::from_name(typed.get("state")).unwrap_or(State::Confirmed),
            },
            Kind::AcceptedMailing => Asked::AcceptedMailing(typed_in("mailing")),
            Kind::AcceptedWithin => Asked::AcceptedWithin(days()),
            Kind::AddedWithin => Asked::AddedWithin(days()),
        };
        Self { test, not: typed.not }
    }
}

/// What is kept as somebody could have typed it.
impl From<&Written> for Typed {
    fn from(written: &Written) -> Self {
        let (kind, parts) = match &written.test {
            Asked::InGroup(group) => (Kind::InGroup, vec![("group", group.clone())]),
            Asked::Text { of, test, text } => (
                Kind::Text,
                vec![("of", called(&TEXT_OF, of)), ("test", called(&TEXT_TESTS, test)), ("text", text.clone())],
            ),
            Asked::Field { key, test, value } => (
                Kind::Field,
                vec![("test", called(&FIELD_TESTS, test)), ("key", key.clone()), ("value", value.clone())],
            ),
            Asked::Consent { topic, state } => {
                let topic = topic.clone().unwrap_or_else(|| EVERYTHING.to_owned());
                (Kind::Consent, vec![("topic", topic), ("state", state.name().to_owned())])
            }
            Asked::AcceptedMailing(mailing) => (Kind::AcceptedMailing, vec![("mailing", mailing.clone())]),
            Asked::AcceptedWithin(days) => (Kind::AcceptedWithin, vec![("days", days.to_string())]),
            Asked::AddedWithin(days) => (Kind::AddedWithin, vec![("days", days.to_string())]),
        };
        Self { kind, not: written.not, parts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields::of(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn what_is_kept_is_typed_and_written_again() {
        for test in [
            Asked::InGroup("x".to_owned()),
            Asked::Text { of: TextOf::Comment, test: TextTest::EndsWith, text: "x".to_owned() },
            Asked::Field { key: "age".to_owned(), test: FieldTest::AtMost, value: "18".to_owned() },
            Asked::Field { key: "age".to_owned(), test: FieldTest::Known, value: String::new() },
            Asked::Consent { topic: None, state: State::Given },
            Asked::Consent { topic: Some("x".to_owned()), state: State::Withdrawn },
            Asked::AcceptedMailing("x".to_owned()),
            Asked::AcceptedWithin(90),
            Asked::AddedWithin(30),
        ] {
            for not in [false, true] {
                let written = Written { test: test.clone(), not };
                let form = Fields::of(Typed::fields(&[Typed::from(&written), Typed::from(&written)]));
                let read: Vec<Written> = Typed::all(&form).iter().map(Written::from).collect();
                assert_eq!(read, [written.clone(), written]);
            }
        }
    }

    #[test]
    fn a_form_has_as_many_conditions_as_there_are_without_a_gap() {
        let form = fields(&[
            ("conditions.0.kind", "ADDED_WITHIN"),
            ("conditions.0.days", "soon"),
            ("conditions.1.kind", "TEXT"),
            ("conditions.1.of", "nowhere"),
            ("conditions.3.kind", "TEXT"),
        ]);
        let read: Vec<Written> = Typed::all(&form).iter().map(Written::from).collect();
        let text = Asked::Text { of: TextOf::Email, test: TextTest::Contains, text: String::new() };
        let tests: Vec<Asked> = read.into_iter().map(|written| written.test).collect();
        assert_eq!(tests, [Asked::AddedWithin(0), text]);
        assert!(Typed::all(&fields(&[("conditions.0.kind", "RUBBISH")])).is_empty());
    }

    #[test]
    fn only_kinds_that_there_are_are_added() {
        assert_eq!(Typed::new("FIELD.city").map(|typed| typed.get("key").to_owned()).as_deref(), Some("city"));
        assert_eq!(
            Written::from(&Typed::new("CONSENT").expect("a kind")).test,
            Asked::Consent { topic: None, state: State::Confirmed }
        );
        assert_eq!((Typed::new("FIELD"), Typed::new("rubbish"), Typed::new("")), (None, None, None));
    }
}
