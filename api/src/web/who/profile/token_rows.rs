//! The tokens that somebody has, as their profile shows them, and how long another one may last.

use super::TokenWords as Words;
use crate::web::frame::when::When;
use crate::web::frame::{Trouble, Visit, list};
use acts::who::TokenScope;
use acts::who::rights::{InPerson, SignedIn};
use acts::who::tokens::{self, Token};
use chrono::TimeDelta;
use uuid::Uuid;

/// How long a token usually works.
const USUAL: TimeDelta = TimeDelta::days(90);

/// How long it works at most, as days can be chosen.
const LONGEST: TimeDelta = TimeDelta::days(364);

/// A token as it is shown.
pub(super) struct Row {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) scope: &'static str,
    pub(super) made: When,
    pub(super) expires: When,
    pub(super) used: Option<When>,
}

/// The visitor's tokens that work.
pub(super) async fn rows(visit: &Visit, by: &InPerson<SignedIn<'_>>) -> Result<Vec<Row>, Trouble> {
    let w = Words::of(visit.language());
    let row = |token: Token| Row {
        scope: match token.scope {
            TokenScope::Read => w.read,
            TokenScope::Write => w.write,
        },
        made: visit.when(token.created_at),
        expires: visit.when(token.expires_at),
        used: token.last_used_at.map(|at| visit.when(at)),
        name: token.name,
        id: token.id,
    };
    Ok(all(visit, by).await?.into_iter().map(row).collect())
}

pub(super) async fn all(visit: &Visit, by: &InPerson<SignedIn<'_>>) -> Result<Vec<Token>, Trouble> {
    let tokens = tokens::list(visit.services(), by).await?;
    Ok(tokens.into_iter().filter_map(|(_, token)| list::shown(visit, token)).collect())
}

/// The day so long from now on the visitor's calendar.
fn day(visit: &Visit, ahead: TimeDelta) -> String {
    visit.zone().local(visit.now() + ahead).date().to_string()
}

/// The last day of a token, unless another one is chosen.
pub(super) fn usual_end(visit: &Visit) -> String {
    day(visit, USUAL)
}

/// The first and the last day that can be chosen.
pub(super) fn days(visit: &Visit) -> (String, String) {
    (day(visit, TimeDelta::zero()), day(visit, LONGEST))
}
