//! Writing to an address again.

use super::chosen::{INSTALLATION, PATH};
use crate::web::frame::confirm::{Confirm, Reason as Field};
use crate::web::frame::trouble::problems;
use crate::web::frame::{Answer, Deed, Fields, Place, Trouble, Visit, go, redirect};
use acts::suppressions::{self, Lifting};
use axum::extract::Path;
use domain::SuppressionId;
use domain::suppression::Reason;
use projections::Access;
use projections::suppressions::{self as read, ScopeKind, Suppression};
use words::screens::suppressions::Suppressions as Words;

/// The suppression of this id, if the visitor may see to it: their own, and for administrators also those of the installation and
/// complaints about anybody.
async fn existing(visit: &Visit, id: &str) -> Result<Suppression, Trouble> {
    let id: SuppressionId = id.parse().map_err(|_| Trouble::Absent)?;
    let viewer = visit.viewer()?;
    let access = if viewer.may_administer() {
        Access::All
    } else {
        visit.owner()?;
        viewer.own()
    };
    let row = read::get(visit.pool(), access, id).await?;
    let theirs = |row: &Suppression| {
        row.owner_id == Some(viewer.id().0) || row.scope == ScopeKind::Installation || row.reason == Reason::Complained
    };
    row.filter(theirs).ok_or(Trouble::Absent)
}

/// The list that it is on.
fn back(row: &Suppression) -> String {
    match row.scope {
        ScopeKind::Installation => format!("{PATH}?list={INSTALLATION}"),
        ScopeKind::Owner | ScopeKind::Mailing | ScopeKind::Topic => PATH.to_owned(),
    }
}

/// What there is to think of before somebody is written to again.
fn of_reason(w: &Words, reason: Reason) -> Option<&'static str> {
    match reason {
        Reason::Unsubscribed => Some(w.lift_unsubscribed),
        Reason::Dead => Some(w.lift_dead),
        Reason::Bounced => Some(w.lift_bounced),
        Reason::Complained => Some(w.complaint_said),
        Reason::ByHand | Reason::Imported => None,
    }
}

fn question(visit: &Visit, row: &Suppression) -> Confirm {
    let w = Words::of(visit.language());
    let more = of_reason(w, row.reason);
    Confirm {
        page: visit.layout(w.lift_asks.with(&row.email), Place::Suppressions),
        said: std::iter::once(w.lift_said).chain(more).map(str::to_owned).collect(),
        button: w.lift,
        action: visit.path().to_owned(),
        reason: Some(Field { label: w.lift_reason, help: w.lift_reason_help, ..Field::default() }),
        back: back(row),
        is_final: false,
    }
}

/// `GET /suppressions/ID/lift`.
pub(super) async fn ask(visit: Visit, Path(id): Path<String>) -> Answer {
    let row = existing(&visit, &id).await?;
    if row.lifted_at.is_some() {
        return Ok(redirect(&back(&row)));
    }
    question(&visit, &row).ask()
}

/// `POST /suppressions/ID/lift`.
pub(super) async fn lift(visit: Visit, Path(id): Path<String>, fields: Fields) -> Answer {
    let (row, viewer) = (existing(&visit, &id).await?, visit.viewer()?);
    let by = Lifting { owner: viewer.owner().ok(), administrator: viewer.administrator().ok() };
    let why = fields.text("reason");
    match problems(suppressions::lift(visit.services(), by, &id, why.to_owned(), &visit.metadata()?).await)? {
        Ok((_, receipt)) => go(&visit, receipt, Deed::SuppressionLifted.to(&row.email), &back(&row)).await,
        Err(problems) => {
            let mut confirm = question(&visit, &row);
            confirm.reason = confirm.reason.map(|reason| reason.refused(&visit, why, &problems));
            confirm.ask()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Language;
    use std::collections::HashSet;

    #[test]
    fn no_two_reasons_have_the_same_to_think_of() {
        for language in Language::ALL {
            let said: Vec<&str> = Reason::ALL.iter().filter_map(|it| of_reason(Words::of(language), *it)).collect();
            assert_eq!(said.len(), said.iter().collect::<HashSet<_>>().len(), "{said:?}");
        }
    }
}
