//! What needs somebody, one line for each mailing and kind: the most urgent kind first.

use super::named::Named;
use crate::web::frame::fields::sentence;
use crate::web::frame::{Trouble, Visit};
use acts::mailings::runs as acts_of;
use domain::{MailingId, RunId};
use projections::mailings::{Mailing, Standing};
use projections::runs::Run;
use projections::{Access, deliveries, reports};
use std::collections::HashMap;
use uuid::Uuid;
use words::Sentence as _;
use words::mailings::Halt;
use words::screens::Counted;
use words::screens::overview::Overview as Words;

/// Something that needs somebody.
pub(super) struct Concern {
    pub(super) said: String,
    pub(super) name: String,
    pub(super) more: Option<String>,
    pub(super) href: String,
    pub(super) way: &'static str,
    pub(super) owner: Option<String>,
}

/// Letters of one mailing that need somebody, from all of its runs.
struct Letters {
    mailing: Uuid,
    owner: Uuid,
    /// The first of the runs.
    run: Uuid,
    runs: u64,
    letters: u64,
}

/// Letters of these runs, each with its mailing and its owner, by mailing and in the order of the first one of each.
fn by_mailing(runs: impl Iterator<Item = (Uuid, Uuid, Uuid, u64)>) -> Vec<Letters> {
    let mut all: Vec<Letters> = Vec::new();
    for (run, mailing, owner, letters) in runs {
        match all.iter_mut().find(|one| one.mailing == mailing) {
            Some(one) => {
                one.runs += 1;
                one.letters += letters;
            }
            None => all.push(Letters { mailing, owner, run, runs: 1, letters }),
        }
    }
    all
}

impl Letters {
    fn concern(&self, w: &'static Words, said: Counted, way: &'static str, of: &Named<'_>) -> Concern {
        let letters = said.of(self.letters);
        let several = self.runs > 1;
        Concern {
            said: if several { format!("{letters} {}", w.in_runs.of(self.runs)) } else { letters },
            name: of.name(self.mailing),
            more: None,
            href: if several { format!("/mailings/{}/report", self.mailing) } else { format!("/runs/{}", self.run) },
            way,
            owner: of.owner(self.owner),
        }
    }
}

/// All that needs somebody among these.
pub(super) async fn of(
    visit: &Visit,
    access: Access,
    doubtful: &[Run],
    active: &[Mailing],
    stopped: &[Mailing],
    finished: &[reports::Report],
    of: &Named<'_>,
) -> Result<Vec<Concern>, Trouble> {
    let w = Words::of(visit.language());
    let ids: Vec<Uuid> = doubtful.iter().map(|run| run.id).collect();
    let open: HashMap<Uuid, i64> = deliveries::undecided(visit.pool(), &ids).await?.into_iter().collect();
    let doubts = doubtful.iter().filter_map(|run| {
        let letters = open.get(&run.id)?.unsigned_abs();
        Some((run.id, run.mailing_id, run.owner_id, letters))
    });
    let (viewer, mut all) = (visit.viewer()?, Vec::new());
    for letters in by_mailing(doubts) {
        let decides = viewer.may_own() && letters.owner == viewer.id().0;
        all.push(letters.concern(w, w.doubts, if decides { w.decide } else { w.see }, of));
    }

    let of_mailing = |row: &Mailing, said: &str, more| Concern {
        said: said.to_owned(),
        name: row.name.clone(),
        more,
        href: format!("/mailings/{}", row.id),
        way: w.see,
        owner: of.owner(row.owner_id),
    };
    all.extend(active.iter().filter_map(|row| {
        let obstacle = row.obstacle_at(visit.now())?;
        Some(of_mailing(row, w.obstacle, Some(sentence(&obstacle.told(visit.language())))))
    }));
    all.extend(stopped.iter().filter(|row| row.reason.is_some()).map(|row| {
        let disabled = row.standing(visit.now()) == Standing::Disabled;
        let why = row.reason.as_deref().map(|reason| Halt::shown(reason, visit.language()));
        of_mailing(row, if disabled { w.disabled } else { w.suspended }, why)
    }));

    let failed = |row: &&reports::Report| row.totals.rejected + row.totals.expired > 0;
    let named: Vec<(RunId, MailingId)> =
        finished.iter().filter(failed).map(|row| (RunId(row.run_id), MailingId(row.mailing_id))).collect();
    // Whoever has had the letter sent again has done what there is to do.
    let again = acts_of::tried_again(visit.services(), access, &named).await?;
    let failures = finished
        .iter()
        .filter(failed)
        .filter(|row| !again.contains_key(&row.run_id))
        .map(|row| (row.run_id, row.mailing_id, row.owner_id, row.totals.rejected + row.totals.expired));
    all.extend(by_mailing(failures).iter().map(|letters| letters.concern(w, w.failed, w.see, of)));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailing_is_told_once_however_many_of_its_runs_failed() {
        let [one, other, ann] = [1, 2, 3].map(Uuid::from_u128);
        let run = |number| Uuid::from_u128(number);
        let rows = [(run(10), one, ann, 3), (run(11), other, ann, 1), (run(12), one, ann, 4)];
        let told: Vec<_> =
            by_mailing(rows.into_iter()).iter().map(|it| (it.mailing, it.run, it.runs, it.letters)).collect();
        assert_eq!(told, [(one, run(10), 2, 7), (other, run(11), 1, 1)]);
    }
}
