//! A plan as it is typed into a form: local times in a zone that the form names, too.

use crate::web::frame::Fields;
use acts::mailings::{Every, LeftOut, Moment, New, Recipients, Replan};
use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};
use domain::mailing::{Audience, InDoubt, Kind};
use domain::{Periodicity, Shown, TimeZone};
use projections::mailings::Mailing;

/// How browsers write a local time.
const LOCAL: &str = "%Y-%m-%dT%H:%M";

/// How often a mailing may run, with the API's names.
pub(super) const KINDS: [&str; 5] = ["ONCE", "DAILY", "WEEKLY", "MONTHLY", "CRON"];

/// The zone that a form names; the visitor's if it names none that is one. The act tells of a wrong one.
pub(super) fn zone(fields: &Fields, own: TimeZone) -> TimeZone {
    fields.some("timeZone").and_then(|name| TimeZone::parse(name).ok()).unwrap_or(own)
}

/// A moment as a browser's field has it: to the minute, by the clocks of a zone.
pub(super) fn local(at: DateTime<Utc>, zone: TimeZone) -> String {
    zone.local(at).format(LOCAL).to_string()
}

/// A moment as it is kept from step to step.
pub(super) fn exact(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn typed(text: &str) -> Option<NaiveDateTime> {
    let text = text.trim();
    NaiveDateTime::parse_from_str(text, LOCAL)
        .or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S"))
        .ok()
}

/// The moment that was typed: a local time, or one that tells its own offset.
pub(in crate::web) fn moment(text: &str, zone: TimeZone) -> Moment {
    if let Ok(at) = DateTime::parse_from_rfc3339(text.trim()) {
        return Ok(at.to_utc());
    }
    typed(text).map(|time| zone.moment(time)).ok_or_else(|| text.to_owned())
}

/// What the clocks of the zone do at a time that was typed.
pub(super) fn shown(text: &str, zone: TimeZone) -> Shown {
    typed(text).map_or(Shown::Once, |time| zone.shows(time))
}

/// Whether the mailing is to begin at once.
pub(super) fn is_now(fields: &Fields) -> bool {
    fields.text("when") == "now"
}

fn start(fields: &Fields, zone: TimeZone, now: DateTime<Utc>) -> Moment {
    // The moment of the first step, so that the same form sent twice is the same plan.
    if is_now(fields) {
        Ok(moment(fields.text("now"), zone).unwrap_or(now))
    } else {
        moment(fields.text("startsAt"), zone)
    }
}

fn every(fields: &Fields) -> Every {
    match fields.text("periodicity.kind") {
        "DAILY" => Every::Plain(Periodicity::Daily),
        "WEEKLY" => Every::Plain(Periodicity::Weekly),
        "MONTHLY" => Every::Plain(Periodicity::Monthly),
        "CRON" => Every::Cron(fields.text("periodicity.cron").to_owned()),
        _ => Every::Plain(Periodicity::Once),
    }
}

/// What the letters are to those who get them; none if the form does not ask.
fn kind(fields: &Fields) -> Option<Kind> {
    match fields.some("kind")? {
        "TRANSACTIONAL" => Some(Kind::Transactional),
        _ => Some(Kind::Bulk),
    }
}

fn in_doubt(fields: &Fields) -> InDoubt {
    if fields.text("inDoubt") == "RESEND" { InDoubt::Resend } else { InDoubt::Hold }
}

fn recipients(fields: &Fields) -> Recipients {
    let mut clients = fields.all("audience.clientIds");
    clients.sort_unstable();
    clients.dedup();
    let less = LeftOut {
        groups: fields.all("audience.less.groupIds"),
        segments: fields.all("audience.less.segmentIds"),
        mailings: fields.all("audience.less.mailingIds"),
    };
    Recipients { clients, groups: fields.all("audience.groupIds"), segments: fields.all("audience.segmentIds"), less }
}

/// The mailing that a form plans.
pub(super) fn new(fields: &Fields, own: TimeZone, now: DateTime<Utc>) -> New {
    let zone = zone(fields, own);
    New {
        name: fields.text("name").to_owned(),
        message: fields.text("messageId").to_owned(),
        recipients: recipients(fields),
        starts_at: start(fields, zone, now),
        ends_at: moment(fields.text("endsAt"), zone),
        every: every(fields),
        time_zone: fields.some("timeZone").map(str::to_owned),
        in_doubt: in_doubt(fields),
        relay: fields.some("relay").map(str::to_owned),
        kind: kind(fields).unwrap_or_default(),
        sender: fields.some("sender").map(str::to_owned),
    }
}

/// What a form changes of a mailing. Times that still read as they did stay as they are, to the second.
pub(super) fn change(fields: &Fields, row: &Mailing, own: TimeZone, now: DateTime<Utc>) -> Replan {
    let zone = zone(fields, own);
    let same_zone = row.time_zone == zone.name();
    let kept = |name: &str, at: DateTime<Utc>| same_zone && fields.text(name) == local(at, zone);
    Replan {
        name: fields.get("name").map(str::to_owned),
        message: fields.get("messageId").map(str::to_owned),
        recipients: Some(recipients(fields)),
        starts_at: (is_now(fields) || !kept("startsAt", row.starts_at)).then(|| start(fields, zone, now)),
        ends_at: (!kept("endsAt", row.ends_at)).then(|| moment(fields.text("endsAt"), zone)),
        every: Some(every(fields)),
        time_zone: fields.some("timeZone").map(str::to_owned),
        in_doubt: Some(in_doubt(fields)),
        relay: Some(fields.text("relay").to_owned()),
        kind: kind(fields),
        sender: fields.get("sender").map(str::to_owned),
    }
}

/// The fields of a mailing as it is planned.
pub(super) fn fields(row: &Mailing, zone: TimeZone, audience: &Audience) -> Vec<(String, String)> {
    let (kind, cron) = match &row.periodicity.0 {
        Periodicity::Once => ("ONCE", String::new()),
        Periodicity::Daily => ("DAILY", String::new()),
        Periodicity::Weekly => ("WEEKLY", String::new()),
        Periodicity::Monthly => ("MONTHLY", String::new()),
        Periodicity::Cron(expression) => ("CRON", expression.to_string()),
    };
    let in_doubt = if row.in_doubt == InDoubt::Resend { "RESEND" } else { "HOLD" };
    let transactional = row.kind == domain::mailing::Kind::Transactional;
    let mut pairs = vec![
        ("name", row.name.clone()),
        ("messageId", row.message_id.to_string()),
        ("sender", row.sender_id.map(|id| id.to_string()).unwrap_or_default()),
        ("when", "later".to_owned()),
        ("startsAt", local(row.starts_at, zone)),
        ("endsAt", local(row.ends_at, zone)),
        ("periodicity.kind", kind.to_owned()),
        ("periodicity.cron", cron),
        ("timeZone", row.time_zone.clone()),
        ("inDoubt", in_doubt.to_owned()),
        ("relay", row.relay.clone().unwrap_or_default()),
        ("kind", if transactional { "TRANSACTIONAL" } else { "BULK" }.to_owned()),
        ("expectedVersion", row.version.to_string()),
    ];
    pairs.extend(audience.clients.iter().map(|id| ("audience.clientIds", id.to_string())));
    pairs.extend(audience.groups.iter().map(|id| ("audience.groupIds", id.to_string())));
    pairs.extend(audience.segments.iter().map(|id| ("audience.segmentIds", id.to_string())));
    pairs.extend(audience.less.groups.iter().map(|id| ("audience.less.groupIds", id.to_string())));
    pairs.extend(audience.less.segments.iter().map(|id| ("audience.less.segmentIds", id.to_string())));
    pairs.extend(audience.less.mailings.iter().map(|id| ("audience.less.mailingIds", id.to_string())));
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields::of(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn texts(all: &[&str]) -> Vec<String> {
        all.iter().map(|&text| text.to_owned()).collect()
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a moment")
    }

    #[test]
    fn times_are_those_of_the_zone_that_the_form_names() {
        let form = fields(&[
            ("startsAt", "2026-05-04T09:00"),
            ("endsAt", "2026-05-05T09:00:30"),
            ("timeZone", "Europe/Berlin"),
        ]);
        let new = new(&form, TimeZone::UTC, at("2026-05-01T00:00:00Z"));
        assert_eq!(new.starts_at, Ok(at("2026-05-04T07:00:00Z")));
        assert_eq!(new.ends_at, Ok(at("2026-05-05T07:00:30Z")));
    }

    #[test]
    fn recipients_are_those_who_are_ticked_less_those_who_are_ticked_there() {
        let form = fields(&[
            ("audience.clientIds", "b"),
            ("audience.clientIds", "a"),
            ("audience.clientIds", "b"),
            ("audience.groupIds", "g"),
            ("audience.segmentIds", "s"),
            ("audience.less.groupIds", "lg"),
            ("audience.less.segmentIds", "ls"),
            ("audience.less.mailingIds", "lm"),
        ]);
        let Recipients { clients, groups, segments, less } = recipients(&form);
        assert_eq!((clients, groups, segments), (texts(&["a", "b"]), texts(&["g"]), texts(&["s"])));
        assert_eq!((less.groups, less.segments, less.mailings), (texts(&["lg"]), texts(&["ls"]), texts(&["lm"])));
    }

    #[test]
    fn at_once_is_the_moment_of_the_first_step() {
        let form = fields(&[("when", "now"), ("startsAt", "2026-05-04T09:00"), ("now", "2026-05-01T00:00:00Z")]);
        let new = new(&form, TimeZone::UTC, at("2026-05-01T00:00:09Z"));
        assert_eq!(new.starts_at, Ok(at("2026-05-01T00:00:00Z")));
    }

    #[test]
    fn what_is_no_time_is_told_as_it_was_typed() {
        assert_eq!(moment("tomorrow", TimeZone::UTC), Err("tomorrow".to_owned()));
        assert_eq!(moment("2026-05-04T09:00:00+02:00", TimeZone::UTC), Ok(at("2026-05-04T07:00:00Z")));
    }

    #[test]
    fn clocks_that_are_changed_are_found_out() {
        let berlin = TimeZone::parse("Europe/Berlin").expect("a zone");
        for (text, expected) in [
            ("2026-03-29T02:30", Shown::Never),
            ("2026-10-25T02:30", Shown::Twice),
            ("2026-05-04T09:00", Shown::Once),
            ("rubbish", Shown::Once),
        ] {
            assert_eq!(shown(text, berlin), expected, "{text}");
        }
        assert_eq!(moment("2026-03-29T02:30", berlin), Ok(at("2026-03-29T01:00:00Z")));
    }
}
