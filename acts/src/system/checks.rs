//! Whether the service is well, as a process finds out by itself. The command `doctor` looks at more: at the settings before they
//! are in effect, at every row, and at the mail servers themselves.

use crate::Services;
use crate::who::rights::Administrator;
use crate::who::users;
use chrono::{DateTime, Datelike, TimeDelta, Utc};
use domain::{TimeZone, Tzdata};
use projections::clients::{self, Indexed};
use projections::{Standing, mailings, relays, standing};
use words::checks::Finding;

/// How long an event may wait for the read models.
pub const LATE: TimeDelta = TimeDelta::seconds(10);

/// Rules of time zones of a year are old from so long after its end.
const OLD_ZONES: TimeDelta = TimeDelta::days(180);

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The database, and whether it can be written to.
    Database,
    /// Whether the process knows the time.
    Clock,
    /// Whether the program is the newest of those at work.
    Program,
    /// Whether the read models show what the log holds.
    ReadModels,
    /// Whether somebody can grant roles.
    Administrators,
    /// Which rules of time zones are used.
    TimeZones,
    /// Whether all mailings can start by themselves.
    Mailings,
    /// Whether clients are found quickly among many.
    Search,
    /// Whether letters go out.
    MailServers,
}

/// What one look found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was looked at.
    pub subject: Subject,
    /// What was found, and what to do about it if it is not well.
    pub finding: Finding,
}

/// How the rules of time zones are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoneRules {
    /// They are of this year, or of the last one and it is not long over.
    Fresh,
    /// They are old: they change several times a year.
    Old,
    /// Their version does not tell.
    Untold,
}

/// How old rules of this version are, such as 2026a.
#[must_use]
pub fn zone_rules(version: &str, now: DateTime<Utc>) -> ZoneRules {
    match version.get(..4).and_then(|year| year.parse::<i32>().ok()) {
        None => ZoneRules::Untold,
        Some(year) if (now - OLD_ZONES).year() > year => ZoneRules::Old,
        Some(_) => ZoneRules::Fresh,
    }
}

/// Looks at the service. Changes nothing.
pub async fn look(services: &Services, _by: Administrator) -> Result<Vec<Check>, sqlx::Error> {
    let pool = services.pool();
    let stopped = services.health.ask().await;
    let database = match stopped {
        Ok(_) => {
            let version = sqlx::query_scalar::<_, String>("select current_setting('server_version')");
            Finding::Database { version: version.fetch_one(pool).await? }
        }
        Err(trouble) => Finding::DatabaseAway { reason: trouble.reason },
    };
    let clock = services.clock.doubt().map_or(Finding::Clock, |why| Finding::ClockDoubted { why });
    let program = services.health.older().map_or(Finding::Program, |why| Finding::ProgramOlder { why });
    let administrators = match users::administrators(services).await? {
        0 => Finding::NoAdministrator,
        count => Finding::Administrators { count: count.unsigned_abs() },
    };
    let version = Tzdata::version_in_use();
    let zones = match zone_rules(&version, services.now()) {
        ZoneRules::Fresh => Finding::TimeZones { version },
        ZoneRules::Old | ZoneRules::Untold => Finding::TimeZonesOld { version },
    };
    let check = |subject, finding| Check { subject, finding };
    Ok(vec![
        check(Subject::Database, database),
        check(Subject::MailServers, mail_servers(services).await?),
        check(Subject::ReadModels, read_models(&standing(pool, None).await?)),
        check(Subject::Mailings, of_mailings(&mailings::time_zones(pool).await?)),
        check(Subject::Search, search(clients::indexed(pool).await?)),
        check(Subject::Administrators, administrators),
        check(Subject::Clock, clock),
        check(Subject::TimeZones, zones),
        check(Subject::Program, program),
    ])
}

async fn mail_servers(services: &Services) -> Result<Finding, sqlx::Error> {
    let all = relays::all(services.pool()).await?;
    if all.is_empty() {
        return Ok(Finding::NoWorker);
    }
    // Of one that does not read nobody knows whether letters go through.
    let waits =
        |relay: &projections::Read<relays::Relay>| !matches!(relay, Ok(it) if it.state == relays::State::Closed);
    let names: Vec<&str> = all.iter().filter(|(_, relay)| waits(relay)).map(|(name, _)| name.as_str()).collect();
    Ok(if names.is_empty() {
        Finding::MailServers { count: all.len() as u64 }
    } else {
        Finding::MailServersWait { names: names.join(", ") }
    })
}

fn read_models(rows: &[Standing]) -> Finding {
    let stopped: Vec<&str> = rows.iter().filter(|row| row.error.is_some()).map(|row| row.name.as_str()).collect();
    if !stopped.is_empty() {
        return Finding::ReadModelsStopped { names: stopped.join(", ") };
    }
    match rows.iter().filter_map(Standing::waited).max() {
        Some(waited) if waited > LATE => Finding::ReadModelsLate { seconds: waited.num_seconds().unsigned_abs() },
        _ => Finding::ReadModels { count: rows.len() as u64 },
    }
}

fn of_mailings(zones: &[(String, i64)]) -> Finding {
    let unknown: Vec<_> = zones.iter().filter(|(zone, _)| TimeZone::parse(zone).is_err()).collect();
    if unknown.is_empty() {
        return Finding::Mailings;
    }
    let mailings: i64 = unknown.iter().map(|(_, mailings)| mailings).sum();
    let zones: Vec<&str> = unknown.iter().map(|(zone, _)| zone.as_str()).collect();
    Finding::MailingsWithoutZone { mailings: mailings.unsigned_abs(), zones: zones.join(", ") }
}

fn search(indexed: Indexed) -> Finding {
    match indexed {
        Indexed::NotNeeded | Indexed::All => Finding::Search,
        Indexed::NotYet => Finding::SearchWaits,
        Indexed::WithoutSearch => Finding::SearchSlow,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a moment")
    }

    #[test]
    fn rules_of_zones_grow_old_half_a_year_after_their_year() {
        for (version, now, rules) in [
            ("2026a", "2026-05-04T00:00:00Z", ZoneRules::Fresh),
            ("2025c", "2026-05-04T00:00:00Z", ZoneRules::Fresh),
            ("2025c", "2026-08-04T00:00:00Z", ZoneRules::Old),
            ("unknown", "2026-05-04T00:00:00Z", ZoneRules::Untold),
        ] {
            assert_eq!(zone_rules(version, at(now)), rules, "{version} at {now}");
        }
    }

    #[test]
    fn what_keeps_read_models_from_showing_everything_is_found() {
        let row = |name: &str, error: Option<&str>, waited: Option<i64>| Standing {
            name: name.to_owned(),
            position: 1,
            head: 2,
            waiting_since: waited.map(|seconds| at("2026-05-04T10:00:00Z") - TimeDelta::seconds(seconds)),
            now: at("2026-05-04T10:00:00Z"),
            folded: 1,
            error: error.map(str::to_owned),
            updated_at: at("2026-05-04T09:00:00Z"),
            rebuild_folded: None,
            rebuild_error: None,
            rebuild_updated_at: None,
            rebuild_running: false,
        };
        let well = row("users", None, None);
        assert_eq!(read_models(&[well.clone(), row("runs", None, Some(3))]), Finding::ReadModels { count: 2 });
        assert_eq!(read_models(&[well.clone(), row("runs", None, Some(30))]), Finding::ReadModelsLate { seconds: 30 });
        let stopped = read_models(&[well, row("runs", Some("at 7: rubbish"), Some(30))]);
        assert_eq!(stopped, Finding::ReadModelsStopped { names: "runs".to_owned() });
    }

    #[test]
    fn mailings_of_a_zone_without_rules_are_counted() {
        let zones = |name: &str| vec![("Europe/Berlin".to_owned(), 2), (name.to_owned(), 3)];
        assert_eq!(of_mailings(&zones("UTC")), Finding::Mailings);
        let found = Finding::MailingsWithoutZone { mailings: 3, zones: "Mars/Olympus".to_owned() };
        assert_eq!(of_mailings(&zones("Mars/Olympus")), found);
    }
}
