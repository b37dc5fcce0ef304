//! The conditions of a segment as a form shows them: a row for each, with the parts that its kind has.

use super::typed::{EVERYTHING, FIELD_TESTS, Kind, OF_FIELD, TEXT_OF, TEXT_TESTS, Typed, name};
use crate::web::frame::{Trouble, Visit};
use acts::address_book::conditions::FieldTest;
use domain::custom_field::Kind as FieldKind;
use projections::custom_fields::{self, CustomField};
use projections::mailings::{self, Filter};
use projections::{Access, groups};
use std::collections::HashSet;
use uuid::Uuid;
use words::screens::segments::Segments as Words;

/// The most groups and mailings that a form offers.
const OFFERED: i64 = 500;

/// An option of a selection: what it stands for, what it says, and whether it is chosen.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) chosen: bool,
}

/// A part of a condition as the form has it.
pub(super) enum Part {
    /// One of several.
    Select { name: String, label: &'static str, choices: Vec<Choice> },
    /// Something to type, of this type and with these attributes, which are ours.
    Input { name: String, label: &'static str, value: String, attributes: &'static str },
    /// What stays as it is.
    Hidden { name: String, value: String },
    /// What is to be said instead.
    Note(&'static str),
}

/// A condition as the form has it.
pub(super) struct Row {
    /// Its place, counted from 0.
    pub(super) place: usize,
    /// The field of the form at which is said what is wrong with it.
    pub(super) field: String,
    /// What it is, with its number.
    pub(super) title: String,
    /// The label of the button that removes it.
    pub(super) remove: String,
    pub(super) parts: Vec<Part>,
}

/// The kinds of conditions that can be added, of one sort.
pub(super) struct Sort {
    pub(super) label: &'static str,
    pub(super) kinds: Vec<(String, String)>,
}

/// What conditions can name.
pub(super) struct Known {
    w: &'static Words,
    groups: Vec<(String, String)>,
    topics: Vec<(String, String)>,
    mailings: Vec<(String, String)>,
    fields: Vec<CustomField>,
}

impl Known {
    /// What the visitor's conditions can name, and what these do although it is not offered.
    pub(super) async fn of(visit: &Visit, typed: &[Typed]) -> Result<Self, Trouble> {
        let (pool, own) = (visit.pool(), visit.viewer()?.own());
        let pair = |id: Uuid, name: String| (id.to_string(), name);
        let mut known = Self {
            w: Words::of(visit.language()),
            groups: groups::page(pool, own, None, None, OFFERED)
                .await?
                .into_iter()
                .map(|row| pair(row.id, row.name))
                .collect(),
            topics: groups::topics(pool, visit.owner()?.id())
                .await?
                .into_iter()
                .map(|row| pair(row.id, row.title))
                .collect(),
            mailings: Vec::new(),
            fields: custom_fields::all(pool, own).await?,
        };
        let filter = Filter { now: visit.now(), ..Filter::default() };
        let rows = mailings::page(pool, own, &filter, None, OFFERED).await?;
        known.mailings.extend(rows.into_iter().filter_map(|(_, row)| row.ok()).map(|row| pair(row.id, row.name)));
        known.add_named(visit, own, typed).await?;
        Ok(known)
    }

    async fn add_named(&mut self, visit: &Visit, own: Access, typed: &[Typed]) -> Result<(), Trouble> {
        let lacking = |part: &str, there: &[(String, String)]| {
            let there: HashSet<&str> = there.iter().map(|(id, _)| id.as_str()).collect();
            let named = typed.iter().map(|typed| typed.get(part)).filter(|id| !there.contains(id));
            let mut named: Vec<Uuid> = named.filter_map(|id| id.parse().ok()).collect();
            named.sort_unstable();
            named.dedup();
            named
        };
        let (groups, topics) = (lacking("group", &self.groups), lacking("topic", &self.topics));
        let mailings = lacking("mailing", &self.mailings);
        for (ids, into) in [(groups, &mut self.groups), (topics, &mut self.topics)] {
            if !ids.is_empty() {
                let rows = groups::by_ids(visit.pool(), own, &ids).await?;
                into.extend(rows.into_iter().map(|row| (row.id.to_string(), row.name)));
            }
        }
        if !mailings.is_empty() {
            let rows = mailings::by_ids(visit.pool(), own, &mailings).await?;
            let rows = rows.into_iter().filter_map(|(_, row)| row.ok()).filter(|row| row.deleted_at.is_none());
            self.mailings.extend(rows.map(|row| (row.id.to_string(), row.name)));
        }
        Ok(())
    }

    /// The kinds of conditions that can be added.
    pub(super) fn sorts(&self) -> Vec<Sort> {
        let w = self.w;
        let kind = |kind: Kind| (kind.name().to_owned(), self.label(kind).to_owned());
        let field = |field: &CustomField| (format!("{OF_FIELD}{}", field.key), field.label.clone());
        let sorts = [
            (w.of_groups, vec![kind(Kind::InGroup)]),
            (w.of_text, vec![kind(Kind::Text)]),
            (w.of_fields, self.fields.iter().map(field).collect()),
            (w.of_consent, vec![kind(Kind::Consent)]),
            (w.of_letters, vec![kind(Kind::AcceptedMailing), kind(Kind::AcceptedWithin)]),
            (w.of_time, vec![kind(Kind::AddedWithin)]),
        ];
        sorts.into_iter().filter(|(_, kinds)| !kinds.is_empty()).map(|(label, kinds)| Sort { label, kinds }).collect()
    }

    fn label(&self, kind: Kind) -> &'static str {
        match kind {
            Kind::InGroup => self.w.in_group,
            Kind::Text => self.w.with_text,
            Kind::Field => self.w.of_fields,
            Kind::Consent => self.w.consent,
            Kind::AcceptedMailing => self.w.accepted_mailing,
            Kind::AcceptedWithin => self.w.accepted_within,
            Kind::AddedWithin => self.w.added_within,
        }
    }

    /// The rows of the form.
    pub(super) fn rows(&self, typed: &[Typed]) -> Vec<Row> {
        let row = |(place, typed): (usize, &Typed)| {
            let number = (place + 1).to_string();
            let field = self.fields.iter().find(|field| typed.kind == Kind::Field && field.key == typed.get("key"));
            let label = match (typed.kind, field) {
                (Kind::Field, Some(field)) => field.label.clone(),
                (Kind::Field, None) => typed.get("key").to_owned(),
                (kind, _) => self.label(kind).to_owned(),
            };
            Row {
                place,
                field: format!("conditions.{place}"),
                title: format!("{}: {label}", self.w.nth.with(&number)),
                remove: self.w.remove_nth.with(&number),
                parts: self.parts(place, typed, field),
            }
        };
        typed.iter().enumerate().map(row).collect()
    }

    fn parts(&self, place: usize, typed: &Typed, field: Option<&CustomField>) -> Vec<Part> {
        let w = self.w;
        let select = |part: &str, label: &'static str, choices: Vec<Choice>| Part::Select {
            name: name(place, part),
            label,
            choices,
        };
        let input = |part: &str, label: &'static str, attributes: &'static str| Part::Input {
            name: name(place, part),
            label,
            value: typed.get(part).to_owned(),
            attributes,
        };
        let of = |part: &str, pairs: Vec<(&str, &'static str)>| {
            let choice = |(value, label): (&str, &'static str)| Choice {
                chosen: value == typed.get(part),
                value: value.to_owned(),
                label: label.to_owned(),
            };
            pairs.into_iter().map(choice).collect::<Vec<_>>()
        };
        let named = |part: &str, first: (&str, &'static str), pairs: &[(String, String)]| {
            let mut choices = of(part, vec![first]);
            choices.extend(pairs.iter().map(|(id, name)| Choice {
                chosen: id == typed.get(part),
                value: id.clone(),
                label: name.clone(),
            }));
            choices
        };
        let so = [("false", w.is_so), ("true", w.is_not_so)];
        let so = so.map(|(value, label)| Choice {
            chosen: typed.not == (value == "true"),
            value: value.to_owned(),
            label: label.to_owned(),
        });
        let mut parts = vec![Part::Hidden { name: name(place, "kind"), value: typed.kind.name().to_owned() }];
        parts.extend(match typed.kind {
            Kind::InGroup => vec![select("group", w.group, named("group", ("", w.choose_group), &self.groups))],
            Kind::Text => {
                let labels = [w.of_email, w.of_full_name, w.of_first_name, w.of_last_name, w.of_comment];
                let places = TEXT_OF.iter().zip(labels).map(|((name, _), label)| (*name, label)).collect();
                let labels = [w.contains, w.text_is, w.starts_with, w.ends_with];
                let tests = TEXT_TESTS.iter().zip(labels).map(|((name, _), label)| (*name, label)).collect();
                vec![
                    select("of", w.look_at, of("of", places)),
                    select("test", w.how, of("test", tests)),
                    input("text", w.text, "maxlength=200 autocomplete=off"),
                ]
            }
            Kind::Field => {
                let key = Part::Hidden { name: name(place, "key"), value: typed.get("key").to_owned() };
                match field {
                    Some(field) => {
                        let value = match field.kind {
                            FieldKind::Text => input("value", w.value, "maxlength=1000 autocomplete=off"),
                            FieldKind::Number => input("value", w.value, "inputmode=decimal autocomplete=off"),
                            FieldKind::Date => input("value", w.value, "type=date"),
                            FieldKind::YesNo => {
                                let answers = vec![("", w.choose), ("true", w.yes), ("false", w.no)];
                                select("value", w.value, of("value", answers))
                            }
                        };
                        vec![key, select("test", w.how, of("test", self.tests(field.kind))), value]
                    }
                    None => vec![key, Part::Note(w.no_field)],
                }
            }
            Kind::Consent => {
                let mut topics = named("topic", (EVERYTHING, w.every_topic), &self.topics);
                if !topics.iter().any(|topic| topic.chosen) {
                    // A topic that is gone becomes nothing else by itself.
                    topics.insert(0, Choice { value: String::new(), label: w.choose.to_owned(), chosen: true });
                }
                let states = vec![("confirmed", w.confirmed), ("given", w.given), ("withdrawn", w.withdrawn)];
                vec![select("topic", w.topic, topics), select("state", w.state, of("state", states))]
            }
            Kind::AcceptedMailing => {
                vec![select("mailing", w.mailing, named("mailing", ("", w.choose_mailing), &self.mailings))]
            }
            Kind::AcceptedWithin | Kind::AddedWithin => {
                vec![input("days", w.days, "type=number min=1 max=3660 inputmode=numeric")]
            }
        });
        parts.push(select("not", w.condition_is, so.into()));
        parts
    }

    /// What can be asked of the values of a field.
    fn tests(&self, kind: FieldKind) -> Vec<(&'static str, &'static str)> {
        let (w, is_day) = (self.w, kind == FieldKind::Date);
        let label = |test: FieldTest| match test {
            FieldTest::Known => w.known,
            FieldTest::Is => w.value_is,
            FieldTest::Contains => w.contains,
            FieldTest::AtLeast if is_day => w.not_before,
            FieldTest::AtMost if is_day => w.not_after,
            FieldTest::AtLeast => w.at_least,
            FieldTest::AtMost => w.at_most,
        };
        let name = |test: FieldTest| FIELD_TESTS.iter().find(|(_, other)| *other == test).map_or("", |(name, _)| *name);
        FieldTest::of(kind).iter().map(|test| (name(*test), label(*test))).collect()
    }
}
