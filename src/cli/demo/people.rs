//! The people of the demo.

use super::doing::{as_demo, say};
use crate::cli::createadmin::make_password;
use acts::Services;
use acts::who::accounts::{self, NewUser};
use acts::who::rights::Owner;
use acts::who::{Caller, Operator, SessionTimes, Viewer, sessions};
use anyhow::Context as _;
use domain::{Actor, EmailAddress, Language, Role, UserId};
use eventstore::Metadata;
use projections::users;
use secrecy::SecretString;
use std::net::{IpAddr, Ipv4Addr};
use uuid::Uuid;

/// Somebody with an account.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) email: &'static str,
    name: &'static str,
    zone: &'static str,
    language: Language,
    role: Option<Role>,
    /// What to look at with their eyes.
    pub(super) shows: &'static str,
}

pub(super) const ADMINISTRATOR: &str = "admin@example.com";
pub(super) const OWNER: &str = "owner@example.com";
pub(super) const MANAGER: &str = "manager@example.com";
pub(super) const EDITOR: &str = "editor@example.com";
pub(super) const IGOR: &str = "igor@example.com";
pub(super) const LAYLA: &str = "layla@example.com";
pub(super) const LONG: &str = "long@example.com";
pub(super) const BLOCKED: &str = "bernard@example.com";
const NEW: &str = "new@example.com";

/// A word that is as long as words get: pages have to bear it in names, subjects and addresses.
pub(super) const LONG_WORD: &str = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft";

const EVERYBODY: [Person; 9] = [
    Person {
        email: OWNER,
        name: "Olga Owner",
        zone: "Europe/Berlin",
        language: Language::En,
        role: None,
        shows: "an owner with clients, groups, letters, a run in progress, doubts to decide and weeks of reports",
    },
    Person {
        email: ADMINISTRATOR,
        name: "Ada Administrator",
        zone: "UTC",
        language: Language::En,
        role: Some(Role::Administrator),
        shows: "the administrator: roles, read models, mail servers (one of them is away)",
    },
    Person {
        email: MANAGER,
        name: "Martin Keller",
        zone: "Europe/Berlin",
        language: Language::En,
        role: Some(Role::Manager),
        shows: "a manager: users, everybody's mailings with their letters, one that is disabled, a user who is blocked",
    },
    Person {
        email: EDITOR,
        name: "Ксения Редакторова",
        zone: "Europe/Moscow",
        language: Language::Ru,
        role: Some(Role::ContentManager),
        shows: "the content manager, in Russian: articles that are published, drafted and withdrawn",
    },
    Person {
        email: IGOR,
        name: "Игорь Владимирович Соколов",
        zone: "Asia/Yekaterinburg",
        language: Language::Ru,
        role: None,
        shows: "an owner in Russian: a daily and a weekly mailing, occurrences that were missed",
    },
    Person {
        email: LAYLA,
        name: "ليلى عبد الرحمن",
        zone: "Africa/Cairo",
        language: Language::En,
        role: None,
        shows: "an owner whose names and letters are written from right to left",
    },
    Person {
        email: LONG,
        name: LONG_WORD,
        zone: "America/St_Johns",
        language: Language::En,
        role: None,
        shows: "an owner with the longest words there are, in a zone that is half an hour beside the others",
    },
    Person {
        email: NEW,
        name: "Nina Newcomer",
        zone: "Asia/Kolkata",
        language: Language::En,
        role: None,
        shows: "a new user, who has nothing yet: every list is empty, and says what to do first",
    },
    Person {
        email: BLOCKED,
        name: "Bernard Blocked",
        zone: "America/New_York",
        language: Language::En,
        role: None,
        shows: "a user who is blocked: logging in is refused, the mailing waits",
    },
];

/// Somebody's account.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) person: &'static Person,
    pub(super) id: UserId,
    /// None for an account that nobody can log in to: it keeps the one that it had.
    pub(super) password: Option<SecretString>,
}

impl Account {
    /// Their right to act on their own clients, letters and mailings.
    pub(super) fn owner(&self) -> Owner {
        Operator::of_this_host().owner(self.id)
    }

    /// For what they do themselves.
    pub(super) fn metadata(&self) -> Metadata {
        Metadata::new(Actor::User(self.id), Uuid::new_v4())
    }

    /// Logs in, as they would by a page of this machine.
    pub(super) async fn log_in(&self, services: &Services, times: SessionTimes) -> anyhow::Result<Viewer> {
        let here = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let caller = Caller {
            viewer: None,
            token: None,
            request_id: Uuid::new_v4(),
            address: here,
            user_agent: Some("skymailing demo".to_owned()),
            language: self.person.language,
            secure: false,
            session_times: times,
        };
        let password = self.password.clone().context("who is blocked cannot log in")?;
        let (_, session) = accounts::log_in(services, &caller, self.person.email, password).await?;
        let viewer = sessions::holder(services, &session.token, here, Some("skymailing demo"), times).await?;
        viewer.context("the session is not there")
    }
}

/// The accounts that are there.
#[derive(Debug, Default)]
pub(super) struct People(Vec<Account>);

impl People {
    /// The two whom the main job needs.
    pub(super) async fn first(services: &Services, given: Option<&SecretString>) -> anyhow::Result<Self> {
        let mut people = Self::default();
        people.let_in(services, given, |person| [ADMINISTRATOR, OWNER].contains(&person.email)).await?;
        Ok(people)
    }

    /// Everybody else.
    pub(super) async fn others(&mut self, services: &Services, given: Option<&SecretString>) -> anyhow::Result<()> {
        say("The others arrive ...");
        self.let_in(services, given, |person| ![ADMINISTRATOR, OWNER].contains(&person.email)).await
    }

    async fn let_in(
        &mut self,
        services: &Services,
        given: Option<&SecretString>,
        wanted: impl Fn(&Person) -> bool,
    ) -> anyhow::Result<()> {
        for person in EVERYBODY.iter().filter(|person| wanted(person)) {
            let (id, password) = account(services, person, given).await?;
            self.0.push(Account { person, id, password });
        }
        Ok(())
    }

    /// The account with this address.
    pub(super) fn of(&self, email: &str) -> anyhow::Result<&Account> {
        let found = self.0.iter().find(|account| account.person.email == email);
        found.with_context(|| format!("{email} has no account"))
    }

    /// Everybody, in the order in which they are presented.
    pub(super) fn presented(&self) -> impl Iterator<Item = &Account> {
        EVERYBODY.iter().filter_map(|person| self.0.iter().find(|account| account.person.email == person.email))
    }
}

/// The account of that address, with a new password: the demo can be run again and again.
async fn account(
    services: &Services,
    person: &Person,
    given: Option<&SecretString>,
) -> anyhow::Result<(UserId, Option<SecretString>)> {
    let password = given.cloned().unwrap_or_else(make_password);
    let address = EmailAddress::parse(person.email).map_err(crate::cli::told)?;
    if let Some(user) = users::by_email(services.pool(), &address).await? {
        let id = UserId(user.id);
        if user.blocked_at.is_some() {
            return Ok((id, None));
        }
        let operator = Operator::of_this_host();
        accounts::set_password(services, operator, id, password.clone(), &as_demo()).await?;
        return Ok((id, Some(password)));
    }
    let new = NewUser {
        email: person.email.to_owned(),
        full_name: person.name.to_owned(),
        time_zone: person.zone.to_owned(),
        language: person.language,
        password: password.clone(),
        roles: person.role.into_iter().collect(),
    };
    let (id, receipt) = accounts::create_user(services, Operator::of_this_host(), new, &as_demo()).await?;
    services.shown(receipt.position).await;
    Ok((id, Some(password)))
}
