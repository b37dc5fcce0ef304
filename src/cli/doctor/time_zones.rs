//! The rules of time zones, and the mailings that go by them.

use super::finding::{Finding, fine, problem};
use crate::config::Config;
use crate::tzdata;
use acts::system::{ZoneRules, zone_rules};
use chrono::{DateTime, Utc};
use domain::TimeZone;
use sqlx::PgPool;
use std::path::PathBuf;

/// Which rules of time zones are used, and whether they are old: they change several times a year.
pub(super) fn rules(config: &Config, now: DateTime<Utc>) -> Finding {
    let named = config.tzdata_dir.get().map(PathBuf::as_path);
    let chosen = match tzdata::choose(named) {
        Ok((chosen, _)) => chosen,
        Err(error) => return problem(error.to_string(), "correct TZDATA_DIR, or leave it out"),
    };
    let tzdata::Chosen { version, directory, passed_over, unreadable } = chosen;
    let from = match &directory {
        Some(directory) => format!("version {version} of {}", directory.display()),
        None => format!("version {version}, which this program was compiled with"),
    };
    if !unreadable.is_empty() {
        return problem(format!("{from}: {} cannot be read", unreadable.join(", ")), "install tzdata again");
    }
    let update = match directory {
        Some(_) => "update the system's package tzdata",
        None => "update this program, or the system's package tzdata",
    };
    match zone_rules(&version, now) {
        ZoneRules::Untold => {
            problem(format!("{from}: nobody can tell how old it is"), "see that it is kept up to date")
        }
        ZoneRules::Old => problem(format!("{from}: that is old"), update),
        ZoneRules::Fresh => fine(match passed_over {
            Some((system, Some(older))) if older != version => {
                format!("{from}; {} is older ({older})", system.display())
            }
            Some((system, None)) => format!("{from}; how old {} is cannot be told", system.display()),
            _ => from,
        }),
    }
}

/// Mailings that cannot start by themselves, since nobody here knows the clocks that they go by.
pub(super) async fn mailings(pool: &PgPool) -> Finding {
    let zones = match projections::mailings::time_zones(pool).await {
        Ok(zones) => zones,
        Err(error) => return problem(error.to_string(), "see the log of PostgreSQL"),
    };
    let unknown: Vec<_> = zones.iter().filter(|(zone, _)| TimeZone::parse(zone).is_err()).collect();
    if unknown.is_empty() {
        return fine("the clocks that they go by are known");
    }
    let waiting: i64 = unknown.iter().map(|(_, mailings)| mailings).sum();
    let zones: Vec<&str> = unknown.iter().map(|(zone, _)| zone.as_str()).collect();
    problem(
        format!(
            "{waiting} of them start no run by themselves, for there are no rules for their time zones: {}",
            zones.join(", ")
        ),
        "update this program, or the system's package tzdata, see TZDATA_DIR; their owners can choose another zone",
    )
}
