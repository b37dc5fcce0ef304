//! Taking an import back, as far as one client is concerned: what it set, and nobody has touched since, goes back to what it was.
//!
//! An import finds those who are there by their addresses, so it never changes one.

use super::{Command, Event, Source};
use crate::custom_field::{Key, Value};
use crate::{FullName, GroupId, UserId};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// Who made an event, as far as it matters to an import that is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The import made it.
    Import,
    /// Taking the import back made it.
    Undo,
    /// Anybody else made it, also another import.
    Other,
}

/// A part of a client that an import may have set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The client as a whole, whom the import has added.
    Client,
    /// The full name.
    FullName,
    /// The first name.
    FirstName,
    /// The last name.
    LastName,
    /// The remark.
    Comment,
    /// What the client has in one of the owner's own fields.
    Field(Key),
    /// Whether the client belongs to a group.
    Group(GroupId),
    /// The consent to a topic, or to all that the owner sends.
    Consent(Option<GroupId>),
}

/// Who takes an import back, and when.
#[derive(Clone, Debug)]
pub struct Back {
    /// The owner of the client.
    pub by: UserId,
    /// The present moment.
    pub at: DateTime<Utc>,
    /// Whence it is known that a consent is in force no more, if that came with no row of a file.
    pub source: Source,
}

/// What taking an import back means for one client.
#[derive(Clone, Debug, Default)]
pub struct Undo {
    /// What is still to be done; empty if that is nothing, or has been done.
    pub commands: Vec<Command>,
    /// Whether the client, whom the import has added, is removed by it, or has been.
    pub removes: bool,
    /// Whether something about the client is as it was before by it, or has been made so.
    pub restores: bool,
    /// What stays as it is, because others have changed it since.
    pub left: BTreeSet<Part>,
}

/// What a part holds.
#[derive(Clone, Debug, Default, PartialEq)]
enum Held {
    /// It is empty, or there is none.
    #[default]
    Nothing,
    Name(FullName),
    Comment(String),
    Field(Value),
    /// The client belongs to the group.
    Member,
    /// That it was given, and what became of it.
    Consent(Vec<Event>),
}

/// What became of a part.
#[derive(Debug, Default)]
struct Course {
    now: Held,
    /// What it was before the import set it; none if that has not set it, or was taken back.
    before: Option<Held>,
    /// Whether somebody else has set it since.
    touched: bool,
}

/// What taking an import back means for a client with this history.
#[must_use]
pub fn take_back(history: &[(Event, By)], back: &Back) -> Undo {
    let mut courses: BTreeMap<Part, Course> = BTreeMap::new();
    let mut undo = Undo::default();
    let (mut is_there, mut is_added, mut is_touched) = (false, false, false);
    for (event, by) in history {
        match event {
            Event::Added { .. } => (is_there, is_added) = (true, *by == By::Import),
            Event::Deleted => {
                is_there = false;
                undo.removes = *by == By::Undo;
            }
            _ => {
                is_touched |= *by == By::Other;
                undo.restores |= *by == By::Undo;
            }
        }
        for (part, held) in set_by(event, &courses) {
            let course = courses.entry(part).or_default();
            let was = std::mem::replace(&mut course.now, held);
            match by {
                By::Import if course.before.is_none() || course.touched => {
                    (course.before, course.touched) = (Some(was), false);
                }
                By::Import => {}
                By::Undo => (course.before, course.touched) = (None, false),
                By::Other => course.touched = true,
            }
        }
    }
    match (is_there, is_added, is_touched) {
        (false, ..) => {}
        (true, true, true) => {
            undo.left.insert(Part::Client);
        }
        (true, true, false) => {
            undo.commands.push(Command::Delete { by: back.by });
            undo.removes = true;
        }
        (true, false, _) => restore(courses, back, &mut undo),
    }
    undo
}

/// What an event sets, and to what.
fn set_by(event: &Event, courses: &BTreeMap<Part, Course>) -> Vec<(Part, Held)> {
    let name = |name: &FullName| if name.is_empty() { Held::Nothing } else { Held::Name(name.clone()) };
    let remark = |text: &str| if text.is_empty() { Held::Nothing } else { Held::Comment(text.to_owned()) };
    let value = |value: Option<&Value>| value.map_or(Held::Nothing, |value| Held::Field(value.clone()));
    let goes_on = |topic: Option<GroupId>| {
        let part = Part::Consent(topic);
        let mut events = match courses.get(&part).map(|course| &course.now) {
            Some(Held::Consent(events)) => events.clone(),
            _ => Vec::new(),
        };
        events.push(event.clone());
        vec![(part, Held::Consent(events))]
    };
    match event {
        Event::Added { full_name, first_name, last_name, comment, groups, fields, .. } => {
            let details = [
                (Part::FullName, name(full_name)),
                (Part::FirstName, name(first_name)),
                (Part::LastName, name(last_name)),
                (Part::Comment, remark(comment)),
            ];
            let fields = fields.iter().map(|(key, held)| (Part::Field(key.clone()), value(Some(held))));
            let groups = groups.iter().map(|group| (Part::Group(*group), Held::Member));
            details.into_iter().chain(fields).chain(groups).collect()
        }
        Event::Changed { full_name, first_name, last_name, comment, .. } => {
            let details = [
                (Part::FullName, full_name.as_ref().map(name)),
                (Part::FirstName, first_name.as_ref().map(name)),
                (Part::LastName, last_name.as_ref().map(name)),
                (Part::Comment, comment.as_deref().map(remark)),
            ];
            details.into_iter().filter_map(|(part, held)| Some((part, held?))).collect()
        }
        Event::FieldsChanged { fields } => {
            fields.iter().map(|(key, held)| (Part::Field(key.clone()), value(held.as_ref()))).collect()
        }
        Event::JoinedGroup { group } => vec![(Part::Group(*group), Held::Member)],
        Event::LeftGroup { group } => vec![(Part::Group(*group), Held::Nothing)],
        Event::ConsentGiven(consent) => vec![(Part::Consent(consent.topic), Held::Consent(vec![event.clone()]))],
        Event::ConsentConfirmed { topic, .. } | Event::ConsentWithdrawn { topic, .. } => goes_on(*topic),
        Event::Deleted => Vec::new(),
    }
}

/// Brings all parts that the import has set back to what they were, but for those that others have set since.
fn restore(courses: BTreeMap<Part, Course>, back: &Back, undo: &mut Undo) {
    let by = back.by;
    let (mut full_name, mut first_name, mut last_name, mut comment) = (None, None, None, None);
    let mut fields = BTreeMap::new();
    let mut others = Vec::new();
    for (part, Course { now, before, touched }) in courses {
        let Some(before) = before.filter(|before| *before != now) else { continue };
        if touched {
            undo.left.insert(part);
            continue;
        }
        match part {
            Part::Client => {}
            Part::FullName => full_name = Some(name_of(before)),
            Part::FirstName => first_name = Some(name_of(before)),
            Part::LastName => last_name = Some(name_of(before)),
            Part::Comment => comment = Some(if let Held::Comment(text) = before { text } else { String::new() }),
            Part::Field(key) => {
                fields.insert(key, if let Held::Field(value) = before { Some(value) } else { None });
            }
            Part::Group(group) if before == Held::Member => others.push(Command::JoinGroup { by, group }),
            Part::Group(group) => others.push(Command::LeaveGroup { by, group }),
            Part::Consent(topic) => {
                if let Held::Consent(events) = before {
                    others.extend(events.into_iter().filter_map(|event| again(event, by)));
                } else {
                    // By the row that it came with, it is as if it had never been.
                    let source = row(&now).unwrap_or(&back.source).clone();
                    others.push(Command::WithdrawConsent { by, topic, at: back.at, source });
                }
            }
        }
    }
    if full_name.is_some() || first_name.is_some() || last_name.is_some() || comment.is_some() {
        undo.commands.push(Command::Change { by, email: None, full_name, first_name, last_name, comment });
    }
    if !fields.is_empty() {
        undo.commands.push(Command::ChangeFields { by, fields });
    }
    undo.commands.append(&mut others);
    undo.restores |= !undo.commands.is_empty();
}

fn name_of(held: Held) -> FullName {
    if let Held::Name(name) = held { name } else { FullName::default() }
}

/// The row of a file that a consent came with.
fn row(held: &Held) -> Option<&Source> {
    let Held::Consent(events) = held else { return None };
    let given = events.iter().rev().find_map(|event| match event {
        Event::ConsentGiven(consent) => Some(&consent.source),
        _ => None,
    });
    given.filter(|source| matches!(source, Source::File { .. }))
}

/// What lets the same happen to a consent once more.
fn again(event: Event, by: UserId) -> Option<Command> {
    match event {
        Event::ConsentGiven(consent) => Some(Command::GiveConsent { by, consent }),
        Event::ConsentConfirmed { topic, at, address } => Some(Command::ConfirmConsent { by, topic, at, address }),
        Event::ConsentWithdrawn { topic, at, source } => Some(Command::WithdrawConsent { by, topic, at, source }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Client, Consent, Details, Fields};
    use crate::{Decide, EmailAddress, ImportId};
    use proptest::prelude::*;
    use uuid::Uuid;

    const ANN: UserId = UserId(Uuid::from_u128(0xa));
    const FRIENDS: GroupId = GroupId(Uuid::from_u128(1));
    const NEWS: Option<GroupId> = Some(GroupId(Uuid::from_u128(2)));

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_secs(seconds).expect("a moment")
    }

    fn back() -> Back {
        Back { by: ANN, at: at(1_000), source: Source::Person }
    }

    fn full_name(text: &str) -> FullName {
        FullName::parse(text).expect("a name")
    }

    fn from_file() -> Source {
        Source::File { import: ImportId(Uuid::from_u128(7)), file: "clients.csv".into(), row: 2 }
    }

    fn add() -> Command {
        let details = Details {
            email: EmailAddress::parse("carl@example.com").expect("an address"),
            full_name: full_name("Carl"),
            first_name: FullName::default(),
            last_name: FullName::default(),
            comment: String::new(),
            fields: Fields::new(),
        };
        Command::Add { owner: ANN, details, groups: [FRIENDS].into(), source: Source::Person }
    }

    fn rename(text: &str) -> Command {
        let full_name = Some(full_name(text));
        Command::Change { by: ANN, email: None, full_name, first_name: None, last_name: None, comment: None }
    }

    fn remark(text: &str) -> Command {
        let comment = Some(text.to_owned());
        Command::Change { by: ANN, email: None, full_name: None, first_name: None, last_name: None, comment }
    }

    fn agree(topic: Option<GroupId>, seconds: i64, source: Source) -> Command {
        let consent = Consent { topic, wording: "the news".into(), at: at(seconds), source, address: None };
        Command::GiveConsent { by: ANN, consent }
    }

    /// A client, and who made which of its events.
    #[derive(Clone, Default)]
    struct Story {
        client: Client,
        history: Vec<(Event, By)>,
    }

    impl Story {
        fn of(told: impl IntoIterator<Item = (By, Command)>) -> Self {
            told.into_iter().fold(Self::default(), |story, (by, command)| story.and(by, command))
        }

        fn and(mut self, by: By, command: Command) -> Self {
            for event in self.client.decide(command).expect("it can be done") {
                self.client.evolve(event.clone());
                self.history.push((event, by));
            }
            self
        }

        fn undo(&self) -> Undo {
            take_back(&self.history, &back())
        }

        fn taken_back(self) -> Self {
            let commands = self.undo().commands;
            commands.into_iter().fold(self, |story, command| story.and(By::Undo, command))
        }

        /// The same as if one of them had done nothing.
        fn without(&self, whose: By) -> Client {
            let others = self.history.iter().filter(|(_, by)| *by != whose);
            others.fold(Client::default(), |mut client, (event, _)| {
                client.evolve(event.clone());
                client
            })
        }
    }

    #[test]
    fn who_was_added_is_removed_unless_others_have_touched_them() {
        let added = Story::of([(By::Import, add()), (By::Import, agree(None, 1, from_file()))]);
        let undone = added.clone().taken_back();
        assert_eq!(undone.client, Client::Deleted { owner: ANN });
        assert!(undone.undo().removes && undone.undo().commands.is_empty());

        let touched = added.clone().and(By::Other, Command::LeaveGroup { by: ANN, group: FRIENDS }).undo();
        assert_eq!((touched.left, touched.removes), ([Part::Client].into(), false));
        assert!(touched.commands.is_empty());

        let gone = added.and(By::Other, Command::Delete { by: ANN }).undo();
        assert!(gone.commands.is_empty() && gone.left.is_empty() && !gone.removes);
    }

    #[test]
    fn what_others_have_set_since_is_left_and_told() {
        let city = Key::parse("city").expect("a key");
        let live_in = |city: &Key, place: &str| Command::ChangeFields {
            by: ANN,
            fields: [(city.clone(), Some(Value::Text(place.to_owned())))].into(),
        };
        let story = Story::of([
            (By::Other, add()),
            (By::Import, rename("Carl Jensen")),
            (By::Import, remark("from the fair")),
            (By::Import, live_in(&city, "Oslo")),
            (By::Other, live_in(&city, "Bergen")),
            (By::Other, remark("met in Oslo")),
        ]);
        assert_eq!(story.undo().left, [Part::Comment, Part::Field(city.clone())].into());
        let undone = story.taken_back();
        assert!(undone.undo().restores && undone.undo().commands.is_empty());
        assert_eq!(undone.undo().left.len(), 2, "it is told again");
        let Client::Present(card) = undone.client else { panic!("there") };
        assert_eq!((card.full_name.as_str(), card.comment.as_str()), ("Carl", "met in Oslo"));
        assert_eq!(card.fields.get(&city), Some(&Value::Text("Bergen".into())));
    }

    #[test]
    fn a_consent_goes_back_to_what_it_was_and_one_that_there_was_not_is_gone() {
        let before = Story::of([
            (By::Other, add()),
            (By::Other, agree(NEWS, 1, Source::Person)),
            (By::Other, Command::ConfirmConsent { by: ANN, topic: NEWS, at: at(2), address: None }),
        ]);
        let imported =
            before.clone().and(By::Import, agree(NEWS, 3, from_file())).and(By::Import, agree(None, 3, from_file()));
        let Client::Present(card) = imported.clone().taken_back().client else { panic!("there") };
        let Client::Present(was) = before.client else { panic!("there") };
        assert_eq!(card.consent(NEWS), was.consent(NEWS));
        assert_eq!(card.consent(None), None, "nobody has withdrawn it");
        let Command::GiveConsent { consent, .. } = agree(None, 3, from_file()) else { panic!("a consent") };
        assert!(card.is_news(&consent, false), "the same file can be imported again");

        let source = Source::Program;
        let withdrawn = imported.and(By::Other, Command::WithdrawConsent { by: ANN, topic: None, at: at(4), source });
        assert_eq!(withdrawn.undo().left, [Part::Consent(None)].into());
    }

    /// What may be asked of a client who is there. What comes of it does not depend on what was so before.
    fn commands() -> impl Strategy<Value = (By, Command)> {
        let by = prop_oneof![Just(By::Import), Just(By::Other)];
        let group = (0..3_u128).prop_map(|number| GroupId(Uuid::from_u128(number)));
        let field = (prop_oneof!["city", "shop"], prop::option::of("[a-c]")).prop_map(|(key, value)| {
            let key = Key::parse(&key).expect("a key");
            Command::ChangeFields { by: ANN, fields: [(key, value.map(Value::Text))].into() }
        });
        let command = prop_oneof![
            "[A-C]".prop_map(|name| rename(&name)),
            "[a-c]?".prop_map(|text| remark(&text)),
            field,
            group.clone().prop_map(|group| Command::JoinGroup { by: ANN, group }),
            group.prop_map(|group| Command::LeaveGroup { by: ANN, group }),
            (prop::bool::ANY, 0..3_i64)
                .prop_map(|(all, seconds)| { agree(if all { None } else { NEWS }, seconds, Source::Program) }),
        ];
        (by, command)
    }

    /// The card without consents that taking the import back has withdrawn, as there were none before.
    fn card(client: Client) -> super::super::Card {
        let Client::Present(mut card) = client else { panic!("there") };
        card.consents.retain(|one| one.withdrawn_at != Some(at(1_000)));
        card.consents.sort_by_key(|one| one.consent.topic);
        card
    }

    proptest! {
        #[test]
        fn after_an_import_is_taken_back_all_is_as_if_it_had_never_been(told in prop::collection::vec(commands(), 0..30)) {
            let story = Story::of(std::iter::once((By::Other, add())).chain(told));
            let without = story.without(By::Import);
            let undone = story.taken_back();
            prop_assert_eq!(card(undone.client.clone()), card(without));
            prop_assert!(undone.undo().commands.is_empty(), "once is enough");
        }

        #[test]
        fn nothing_is_taken_back_of_a_client_whom_only_others_have_touched(told in prop::collection::vec(commands(), 0..20)) {
            let told = told.into_iter().map(|(_, command)| (By::Other, command));
            let undo = Story::of(std::iter::once((By::Other, add())).chain(told)).undo();
            prop_assert!(undo.commands.is_empty() && undo.left.is_empty() && !undo.restores && !undo.removes);
        }
    }
}
