//! What a client has agreed to: the section on their page, writing it down, and withdrawing it.

use super::existing;
use crate::web::frame::answer::mend;
use crate::web::frame::confirm::Confirm;
use crate::web::frame::mark::{Mark, Shape, Tone};
use crate::web::frame::trouble::problems;
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Deed, Fields, Layout, Mistakes, Place, Trouble, Visit, fields, go, page};
use crate::web::mailings::moment;
use acts::address_book::consent::{self, AsOf, New};
use askama::Template;
use askama::filters::HtmlSafe;
use axum::extract::Path;
use domain::client::{Source, State};
use domain::suppression::Scope;
use domain::{ClientId, UserId};
use projections::clients::{self as read, Client, ConsentRow};
use projections::{Access, Read, groups};
use std::collections::HashMap;
use url::form_urlencoded;
use uuid::Uuid;
use words::Sentence as _;
use words::screens::consent::Consents as Words;
use words::screens::suppressions::Suppressions;

/// The most groups that a form offers.
const GROUPS: i64 = 500;

/// What a client has agreed to, as a section of their page.
#[derive(Template)]
#[template(path = "address_book/consent.html")]
pub(super) struct Section {
    w: &'static Words,
    id: String,
    may_change: bool,
    /// How the client came; none if nobody has written it down.
    came: Option<String>,
    rows: Vec<Row>,
    /// The moment that was asked about, as it was typed.
    at: String,
    /// Why it is no moment.
    mistakes: Mistakes,
    then: Option<Then>,
}

impl HtmlSafe for Section {}

/// A consent.
struct Row {
    topic: String,
    wording: String,
    given: When,
    known: String,
    mark: Mark,
    confirmed: Option<(When, Option<String>)>,
    withdrawn: Option<(When, Option<String>)>,
    /// Where it is withdrawn; none if it cannot be.
    withdraw: Option<String>,
}

/// What was known at a moment.
struct Then {
    at: When,
    said: String,
    rows: Vec<Row>,
    groups: Vec<String>,
    suppressed: Vec<String>,
}

impl Section {
    /// The section of a client whom the visitor may see. The address of the page may ask about a moment.
    pub(super) async fn of(visit: &Visit, client: &Client) -> Result<Self, Trouble> {
        let (w, viewer, query) = (Words::of(visit.language()), visit.viewer()?, visit.query());
        let access = Access::Owner(UserId(client.owner_id));
        let may_change = client.owner_id == viewer.id().0 && viewer.may_own();
        let rows = read::consents(visit.pool(), access, &[client.id]).await?;
        let (then, mistakes) = match query.some("at").map(|text| moment(text, visit.zone())) {
            None => (None, Mistakes::default()),
            Some(Err(_)) => (None, Mistakes::at_field("at", w.then_no_moment)),
            Some(Ok(at)) => {
                let client = ClientId(client.id);
                (consent::was_subscribed(visit.services(), access, client, at).await?, Mistakes::default())
            }
        };
        let groups = names(visit, access, &rows, then.as_ref()).await?;
        let sources = read::sources(visit.pool(), access, &[client.id]).await?;
        let id = client.id.to_string();
        let withdraw = |row: &ConsentRow| may_change.then(|| withdraw_at(&id, row.topic_id));
        Ok(Self {
            came: sources.first().map(|(_, source)| known(w, source)),
            rows: rows.iter().map(|row| Row::of(visit, row, &groups, withdraw(row))).collect(),
            at: query.text("at").to_owned(),
            mistakes,
            then: then.map(|then| Then::of(visit, &then, &groups)),
            w,
            may_change,
            id,
        })
    }
}

impl Row {
    fn of(visit: &Visit, row: &ConsentRow, groups: &HashMap<Uuid, String>, withdraw: Option<String>) -> Self {
        let w = Words::of(visit.language());
        let topic = match row.topic_id {
            None => w.everything.to_owned(),
            Some(topic) => groups.get(&topic).cloned().unwrap_or_else(|| w.deleted_topic.to_owned()),
        };
        let from = |address: Option<&str>| address.map(|address| format!("{} {address}", w.from_address));
        let known: Vec<String> = std::iter::once(known(w, &row.source)).chain(from(row.address.as_deref())).collect();
        let state = row.state();
        let (shape, tone) = match state {
            State::Given => (Shape::Ring, Tone::Good),
            State::Confirmed => (Shape::Tick, Tone::Good),
            State::Withdrawn => (Shape::Cross, Tone::Quiet),
        };
        Self {
            topic,
            wording: row.wording.clone(),
            given: visit.when(row.given_at).dated(),
            known: known.join(", "),
            mark: Mark::new(shape, tone, w.of_state(state)),
            confirmed: row.confirmed_at.map(|at| (visit.when(at).dated(), from(row.confirmed_address.as_deref()))),
            withdrawn: row
                .withdrawn_at
                .map(|at| (visit.when(at).dated(), row.withdrawn_source.as_ref().map(|source| self::known(w, source)))),
            withdraw: withdraw.filter(|_| state != State::Withdrawn),
        }
    }
}

impl Then {
    fn of(visit: &Visit, then: &AsOf, groups: &HashMap<Uuid, String>) -> Self {
        let s = Suppressions::of(visit.language());
        let place = |scope: Scope| if scope == Scope::Installation { s.in_nobodys } else { s.in_yours };
        let belonged = then.card.iter().flat_map(|card| &card.groups);
        Self {
            at: visit.when(then.at).dated(),
            said: fields::sentence(&then.answer.told(visit.language())),
            rows: then.consents.iter().map(|row| Row::of(visit, row, groups, None)).collect(),
            groups: belonged.filter_map(|group| groups.get(&group.0).cloned()).collect(),
            suppressed: then
                .suppressions
                .iter()
                .map(|entry| format!("{} ({})", s.of_reason(entry.reason), place(entry.scope)))
                .collect(),
        }
    }
}

/// The names of all groups that are named.
async fn names(
    visit: &Visit,
    access: Access,
    rows: &[ConsentRow],
    then: Option<&AsOf>,
) -> Result<HashMap<Uuid, String>, Trouble> {
    let mut ids: Vec<Uuid> = rows.iter().filter_map(|row| row.topic_id).collect();
    if let Some(then) = then {
        ids.extend(then.consents.iter().filter_map(|row| row.topic_id));
        ids.extend(then.card.iter().flat_map(|card| &card.groups).map(|group| group.0));
    }
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    ids.sort_unstable();
    ids.dedup();
    let found = groups::by_ids(visit.pool(), access, &ids).await?;
    Ok(found.into_iter().map(|group| (group.id, group.name)).collect())
}

/// Whence something is known, in words.
fn known(w: &'static Words, source: &Read<Source>) -> String {
    match source {
        Ok(Source::Person) => w.by_person.to_owned(),
        Ok(Source::Program) => w.by_program.to_owned(),
        Ok(Source::File { file, row, .. }) => format!("{}, {}", w.from_file.with(file), w.in_row.of(row)),
        Ok(Source::Form { .. }) => w.by_form.to_owned(),
        Ok(Source::Letter { .. }) => w.by_letter.to_owned(),
        Err(_) => w.not_readable.to_owned(),
    }
}

/// Where a consent is withdrawn.
fn withdraw_at(client: &str, topic: Option<Uuid>) -> String {
    let path = format!("/clients/{client}/consent/withdraw");
    topic.map_or_else(|| path.clone(), |topic| format!("{path}?topic={topic}"))
}

/// A group that can be chosen.
struct Choice {
    id: String,
    name: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "address_book/consent_new.html")]
struct Form {
    page: Layout,
    w: &'static Words,
    mistakes: Mistakes,
    fields: Fields,
    id: String,
    /// What the client is called.
    name: String,
    topics: Vec<Choice>,
}

impl Form {
    async fn of(visit: &Visit, client: &Client, fields: Fields, mistakes: Mistakes) -> Result<Self, Trouble> {
        let w = Words::of(visit.language());
        let rows = groups::page(visit.pool(), visit.viewer()?.own(), None, None, GROUPS).await?;
        let chosen = fields.text("topicId");
        let choice = |row: groups::Group| {
            let id = row.id.to_string();
            Choice { chosen: id == chosen, id, name: row.name }
        };
        let topics = rows.into_iter().map(choice).collect();
        let name = if client.full_name.is_empty() { &client.email } else { &client.full_name };
        Ok(Self {
            page: visit.layout(w.new_title.with(name), Place::Clients),
            w,
            mistakes,
            topics,
            fields,
            id: client.id.to_string(),
            name: name.clone(),
        })
    }
}

/// `GET /clients/ID/consent/new`.
pub(super) async fn blank(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.owner()?;
    let client = existing::client(&visit, visit.viewer()?.own(), &id).await?;
    page(&Form::of(&visit, &client, Fields::default(), Mistakes::default()).await?)
}

/// `POST /clients/ID/consent`.
pub(super) async fn give(visit: Visit, Path(id): Path<String>, fields: Fields) -> Answer {
    let by = visit.owner()?;
    let client = existing::client(&visit, visit.viewer()?.own(), &id).await?;
    let new = New {
        topic: fields.some("topicId").map(str::to_owned),
        wording: fields.text("wording").to_owned(),
        at: fields.some("at").map(|text| moment(text, visit.zone())),
        address: fields.some("address").map(str::to_owned),
    };
    let given = consent::give(visit.services(), by, &id, new, Source::Person, &visit.metadata()?).await;
    match problems(given)? {
        Ok((_, receipt)) => go(&visit, receipt, Deed::ConsentGiven.to(&client.email), &format!("/clients/{id}")).await,
        Err(problems) => {
            let mistakes = Mistakes::of(&problems, visit.language());
            mend(&Form::of(&visit, &client, fields, mistakes).await?)
        }
    }
}

/// `GET /clients/ID/consent/withdraw`: of the topic that the address names, or of all that is sent.
pub(super) async fn ask_withdraw(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.owner()?;
    let client = existing::client(&visit, visit.viewer()?.own(), &id).await?;
    let (w, query) = (Words::of(visit.language()), visit.query());
    let topic: String = form_urlencoded::byte_serialize(query.text("topic").as_bytes()).collect();
    let until_now = w.withdraw_of.with(letters(&visit, query.some("topic")).await?);
    let action = if topic.is_empty() { visit.path().to_owned() } else { format!("{}?topic={topic}", visit.path()) };
    let confirm = Confirm {
        page: visit.layout(w.withdraw_asks.with(&client.email), Place::Clients),
        said: vec![until_now, w.withdraw_said.to_owned(), w.withdraw_letters.to_owned()],
        button: w.withdraw,
        action,
        reason: None,
        back: format!("/clients/{id}"),
        is_final: false,
    };
    confirm.ask()
}

/// What the letters of a topic of the visitor's are called, and all of theirs if no topic is named.
async fn letters(visit: &Visit, topic: Option<&str>) -> Result<String, Trouble> {
    let w = Words::of(visit.language());
    let Some(topic) = topic else { return Ok(w.everything.to_owned()) };
    let found = match topic.parse::<Uuid>() {
        Ok(id) => groups::by_ids(visit.pool(), visit.viewer()?.own(), &[id]).await?,
        Err(_) => Vec::new(),
    };
    Ok(found.into_iter().next().map_or_else(|| w.deleted_topic.to_owned(), |group| group.name))
}

/// `POST /clients/ID/consent/withdraw`.
pub(super) async fn withdraw(visit: Visit, Path(id): Path<String>) -> Answer {
    let by = visit.owner()?;
    let client = existing::client(&visit, visit.viewer()?.own(), &id).await?;
    let query = visit.query();
    let (topic, metadata) = (query.some("topic"), visit.metadata()?);
    let (_, receipt) = consent::withdraw(visit.services(), by, &id, topic, Source::Person, &metadata).await?;
    go(&visit, receipt, Deed::ConsentWithdrawn.to(&client.email), &format!("/clients/{id}")).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Utc};
    use domain::{ImportId, Language};

    #[test]
    fn evidence_is_told_in_words_also_where_it_does_not_read() {
        let file = Source::File { import: ImportId(Uuid::nil()), file: "clients.csv".to_owned(), row: 12 };
        let unreadable = projections::Unreadable::new("client_consents", "source", "7".to_owned(), "rubbish");
        let told = |language, source| known(Words::of(language), &source);
        assert_eq!(told(Language::En, Ok(file.clone())), "from the file clients.csv, row 12");
        assert_eq!(told(Language::Ru, Ok(file)), "из файла clients.csv, строка 12");
        assert_eq!(told(Language::En, Err(unreadable)), "cannot be read at the moment");
    }

    #[test]
    fn what_is_withdrawn_is_in_the_address() {
        let all = withdraw_at("7", None);
        assert_eq!(all, "/clients/7/consent/withdraw");
        let one = withdraw_at("7", Some(Uuid::nil()));
        assert_eq!(one, format!("{all}?topic={}", Uuid::nil()));
    }

    #[test]
    fn whoever_asks_about_a_moment_reads_an_answer_in_its_own_day() {
        let at: DateTime<Utc> = "2026-05-01T22:30:00Z".parse().expect("a moment");
        let zone = domain::TimeZone::parse("Europe/Berlin").expect("a zone");
        assert_eq!(moment("2026-05-02T00:30", zone), Ok(at));
        assert_eq!(moment("yesterday", zone), Err("yesterday".to_owned()));
    }
}
