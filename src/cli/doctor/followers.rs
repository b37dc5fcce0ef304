//! Those who follow the log, and what they do.

use super::finding::{Finding, fine, problem, warning};
use chrono::TimeDelta;
use sqlx::PgPool;

/// Somebody who follows the log.
struct Followed {
    /// What the check is called.
    check: &'static str,
    /// What the follower is called.
    name: &'static str,
    /// What happens as long as it goes on.
    fine: &'static str,
    /// What happens as long as it does not.
    otherwise: &'static str,
}

/// Who follows the log.
static FOLLOWED: [Followed; 4] = [
    Followed {
        check: "dead addresses",
        name: "dead_addresses",
        fine: "those that mail servers call dead are found",
        otherwise: "mailings write to addresses that mail servers call dead",
    },
    Followed {
        check: "bounces",
        name: "feedback",
        fine: "nobody is written to whose letters come back, or who complains",
        otherwise: "mailings write to people whose letters came back, or who complained",
    },
    Followed {
        check: "guard",
        name: "guard",
        fine: "mailings of which too many letters come back are paused",
        otherwise: "mailings of which too many letters come back go on",
    },
    Followed {
        check: "alerts",
        name: "alerts",
        fine: "people are told of mailings that are stopped",
        otherwise: "nobody is told of mailings that are stopped",
    },
];

/// How far those may be behind who follow the log; they have a while to read an old one.
const FAR_BEHIND: TimeDelta = TimeDelta::minutes(10);

/// What their checks are called.
pub(super) fn checks() -> impl Iterator<Item = &'static str> {
    FOLLOWED.iter().map(|followed| followed.check)
}

/// Whether those go on who follow the log.
pub(super) async fn all(pool: &PgPool) -> Vec<(&'static str, Finding)> {
    let found = scheduler::followers(pool).await;
    let finding = |followed: &Followed| match &found {
        Ok(found) => follower(followed, found.iter().find(|one| one.name == followed.name)),
        Err(error) => problem(error.to_string(), "see the log of PostgreSQL"),
    };
    FOLLOWED.iter().map(|followed| (followed.check, finding(followed))).collect()
}

fn follower(Followed { fine: goes_on, otherwise, .. }: &Followed, found: Option<&scheduler::Follower>) -> Finding {
    let Some(found) = found else {
        return problem(
            format!("{otherwise}, for the table followers has no row for this"),
            "restore the table from a backup",
        );
    };
    if let Some(error) = &found.error {
        return problem(
            format!("{otherwise}, for the log is not read beyond position {}: {error}", found.position),
            "use the program's newest version, which tries again when it starts; if it stands still there, too, report it",
        );
    }
    match found.waited() {
        Some(waited) if waited > FAR_BEHIND => warning(
            format!("{otherwise}, for the last {} s of the log are not read yet", waited.num_seconds()),
            "start the service (serve or worker); if it runs, it reads an old log, or see what it says itself",
        ),
        _ => fine(*goes_on),
    }
}
