//! What an address asks of the log: the same for the list and for its files.

use crate::web::frame::{Fields, Mistakes, Trouble, Visit, list};
use acts::audit::log;
use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime, Utc};
use domain::{EmailAddress, StreamKind, TimeZone, UserId};
use projections::audit::{By, Filter, Unread};
use projections::users;
use uuid::Uuid;
use words::queries::Problem;
use words::screens::log::Log as Words;

/// The years that calendars have.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=9999;

/// The names in addresses of those who caused events and are no other user.
pub(super) const ME: &str = "me";
pub(super) const SYSTEM: &str = "system";
pub(super) const COMMAND_LINE: &str = "command_line";

/// What is wrong with what an address asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// What stands in this field is neither a day nor a moment.
    NoMoment { field: &'static str, text: String },
    /// The time ends before it begins.
    Reversed,
}

impl Wrong {
    /// The same beside the fields of a form.
    pub(super) fn mistakes(&self, w: &Words) -> Mistakes {
        match self {
            Self::NoMoment { field, .. } => Mistakes::at_field(field, w.wrong_day),
            Self::Reversed => Mistakes::at_field("to", w.reversed),
        }
    }

    /// The same for whoever has no form.
    pub(super) fn problem(self) -> Problem {
        match self {
            Self::NoMoment { field, text } => Problem::NotAMoment { name: field.to_owned(), text },
            Self::Reversed => Problem::ToNotAfterFrom,
        }
    }
}

/// Somebody, as an address names them.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Somebody {
    Id(UserId),
    Email(String),
}

impl Somebody {
    fn of(text: &str) -> Self {
        text.parse::<UserId>().map_or_else(|_| Self::Email(text.to_owned()), Self::Id)
    }
}

/// Who caused events, as an address names them.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Doer {
    Me,
    Somebody(Somebody),
    System,
    CommandLine,
}

/// What an address asks for, with people by whatever it names them.
#[derive(Clone, Debug)]
struct Asked {
    filter: Filter,
    doer: Option<Doer>,
    owner: Option<Somebody>,
}

/// The filter that an address asks for, or what is wrong with it. What is no id, no kind and nobody is nothing's.
pub(super) async fn filter(visit: &Visit, query: &Fields) -> Result<Result<Filter, Wrong>, Trouble> {
    let Asked { mut filter, doer, owner } = match Asked::of(query, visit.zone()) {
        Ok(asked) => asked,
        Err(wrong) => return Ok(Err(wrong)),
    };
    filter.unread = log::unread(visit.viewer()?);
    let nothing = Uuid::nil();
    match doer {
        None => {}
        Some(Doer::Me) => filter.actor = Some(By::User(visit.viewer()?.id())),
        Some(Doer::System) => filter.actor = Some(By::System),
        Some(Doer::CommandLine) => filter.actor = Some(By::CommandLine),
        Some(Doer::Somebody(somebody)) => match found(visit, somebody).await? {
            Some(user) => filter.actor = Some(By::User(user)),
            None => filter.object = Some(nothing),
        },
    }
    if let Some(owner) = owner {
        match found(visit, owner).await? {
            Some(user) => filter.owner = Some(user),
            None => filter.object = Some(nothing),
        }
    }
    Ok(Ok(filter))
}

/// Whoever is meant. Whose address it is, is found for those who see everybody's accounts; anybody else finds their own account alone,
/// so that nobody learns which accounts there are.
async fn found(visit: &Visit, somebody: Somebody) -> Result<Option<UserId>, Trouble> {
    let email = match somebody {
        Somebody::Id(id) => return Ok(Some(id)),
        Somebody::Email(text) => EmailAddress::parse(&text).ok(),
    };
    let (viewer, Some(email)) = (visit.viewer()?, email) else { return Ok(None) };
    if viewer.may_watch() {
        return Ok(users::by_email(visit.pool(), &email).await?.map(|user| UserId(user.id)));
    }
    let is_own = EmailAddress::taken(&viewer.user().email).key() == email.key();
    Ok(is_own.then(|| viewer.id()))
}

impl Asked {
    fn of(query: &Fields, zone: TimeZone) -> Result<Self, Wrong> {
        let id = |name: &str| query.some(name).map(|text| text.trim().parse::<Uuid>().unwrap_or_default());
        let kind = query.some("kind").map(|name| StreamKind::from_name(name.trim()));
        let somebody = |name: &str| query.some(name).map(|text| Somebody::of(text.trim()));
        let doer = || match query.some("actor")?.trim() {
            ME => Some(Doer::Me),
            SYSTEM => Some(Doer::System),
            COMMAND_LINE => Some(Doer::CommandLine),
            other => Some(Doer::Somebody(Somebody::of(other))),
        };
        let time = |name: &'static str| match query.some(name) {
            None => Ok(None),
            Some(text) => {
                let wrong = || Wrong::NoMoment { field: name, text: text.to_owned() };
                bounds(text, zone).map(Some).ok_or_else(wrong)
            }
        };
        let (since, until) = (time("from")?.map(|(begin, _)| begin), time("to")?.map(|(_, end)| end));
        if since.zip(until).is_some_and(|(since, until)| until <= since) {
            return Err(Wrong::Reversed);
        }
        let filter = Filter {
            owner: None,
            actor: None,
            object: if kind == Some(None) { Some(Uuid::nil()) } else { id("objectId") },
            kind: kind.flatten(),
            event_type: query.some("type").map(|name| name.trim().to_owned()),
            since,
            until,
            correlation: id("correlationId"),
            text: list::searched(query),
            unread: Unread::default(),
        };
        // Whoever types an address means it.
        let doer = somebody("user").map(Doer::Somebody).or_else(doer);
        Ok(Self { filter, doer, owner: somebody("ownerId") })
    }
}

/// Where the time begins and ends that was written: a moment does both at once, and a day is that of the zone's clocks.
fn bounds(text: &str, zone: TimeZone) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let text = text.trim();
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some((at.to_utc(), at.to_utc()));
    }
    let day = text.parse::<NaiveDate>().ok().filter(|day| YEARS.contains(&day.year()))?;
    let midnight = |day: NaiveDate| zone.moment(day.and_time(NaiveTime::MIN));
    Some((midnight(day), midnight(day.checked_add_days(Days::new(1))?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Result<Asked, Wrong> {
        Asked::of(&Fields::parse(query.as_bytes()), TimeZone::parse("Europe/Berlin").expect("a zone"))
    }

    #[test]
    fn what_an_address_asks_for_is_a_filter_and_what_is_nothing_finds_nothing() {
        let of = |query: &str| asked(query).expect("a filter");
        let Asked { filter, doer, owner } =
            of("kind=client&actor=system&type=Added&from=2026-05-01T10:00:00Z&search=anna&ownerId=");
        assert_eq!((filter.kind, doer, owner), (Some(StreamKind::Client), Some(Doer::System), None));
        assert_eq!((filter.event_type.as_deref(), filter.text.as_deref()), (Some("Added"), Some("anna")));
        assert!(filter.since.is_some() && filter.until.is_none() && filter.object.is_none());
        for nothing in ["kind=nonsense", "objectId=7"] {
            assert_eq!(of(nothing).filter.object, Some(Uuid::nil()), "{nothing}");
        }
        assert!(of("").filter.kind.is_none());
    }

    #[test]
    fn people_are_named_by_their_ids_or_addresses() {
        let (id, somebody) = (UserId(Uuid::from_u128(7)), |text: &str| Somebody::Email(text.to_owned()));
        for (query, doer) in [
            ("actor=me", Doer::Me),
            ("actor=command_line", Doer::CommandLine),
            ("actor=00000000-0000-0000-0000-000000000007", Doer::Somebody(Somebody::Id(id))),
            ("actor=nobody", Doer::Somebody(somebody("nobody"))),
            ("actor=system&user=+ann%40example.com", Doer::Somebody(somebody("ann@example.com"))),
        ] {
            assert_eq!(asked(query).expect("a filter").doer, Some(doer), "{query}");
        }
        assert_eq!(asked("ownerId=ann%40example.com").expect("a filter").owner, Some(somebody("ann@example.com")));
    }

    #[test]
    fn a_day_is_whole_and_one_of_the_zone() {
        let at = |text: &str| Some(text.parse::<DateTime<Utc>>().expect("a moment"));
        let of = |query: &str| asked(query).map(|asked| (asked.filter.since, asked.filter.until));
        let day = Ok((at("2026-05-03T22:00:00Z"), at("2026-05-04T22:00:00Z")));
        assert_eq!(of("from=2026-05-04&to=2026-05-04"), day);
        assert_eq!(of("to=2026-05-04T09:00:00%2B02:00"), Ok((None, at("2026-05-04T07:00:00Z"))));
        assert_eq!(of("from=2026-05-05&to=2026-05-04"), Err(Wrong::Reversed));
        for (query, field) in [("from=yesterday", "from"), ("to=2026-02-30", "to"), ("to=1914-06-28", "to")] {
            assert!(matches!(of(query), Err(Wrong::NoMoment { field: wrong, .. }) if wrong == field), "{query}");
        }
    }
}
