//! What reports make of the rows, and of the numbers of their runs.

use super::{Counts, What};
use crate::columns::Word as _;
use crate::{Event, FoldError};
use chrono::{DateTime, Utc};
use domain::Fact;
use domain::feedback::{self, Letter};
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A letter: its run, and its place there.
type Key = (Uuid, i32);

pub(crate) async fn fold(connection: &mut PgConnection, events: &[&Event]) -> Result<(), FoldError> {
    // After a large run they come by the thousand: all of a page are written together.
    let rows: Vec<Row<'_>> = events.iter().filter_map(|event| Row::of(event)).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let known = known(connection, &rows).await?;
    write(connection, &rows).await?;
    let moved = moved(&known, rows.iter().map(|row| (row.key(), row.what)));
    move_counts(connection, &rows, &moved).await
}

/// A report of one letter.
struct Row<'e> {
    letter: &'e Letter,
    report: &'e feedback::Report,
    what: What,
    dead: bool,
    code: Option<&'e str>,
    words: Option<&'e str>,
    version: i64,
    position: i64,
}

impl<'e> Row<'e> {
    fn of(event: &'e Event) -> Option<Self> {
        let Fact::Feedback(_, fact) = &event.fact else { return None };
        let (what, dead, code, words) = match fact {
            feedback::Event::BounceReported { bounce, .. } => {
                (What::of(bounce.severity), bounce.dead, bounce.code.as_deref(), bounce.words.as_deref())
            }
            feedback::Event::Complained { kind, .. } => (What::Complaint, false, None, kind.as_deref()),
        };
        let (letter, report) = (fact.letter(), fact.report());
        Some(Self { letter, report, what, dead, code, words, version: event.version, position: event.position })
    }

    fn ordinal(&self) -> i32 {
        i32::try_from(self.letter.ordinal).unwrap_or(i32::MAX)
    }

    fn key(&self) -> Key {
        (self.letter.run.0, self.ordinal())
    }
}

/// What was reported of one letter so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Heard {
    permanent: bool,
    temporary: bool,
    complaint: bool,
}

impl Heard {
    fn hear(&mut self, what: What) {
        match what {
            What::Permanent => self.permanent = true,
            What::Temporary => self.temporary = true,
            What::Complaint => self.complaint = true,
            // It has not come back.
            What::Delayed => {}
        }
    }

    /// The letter's part in the numbers of its run.
    fn counts(self) -> Counts {
        Counts {
            bounced: self.permanent.into(),
            soft_bounced: (self.temporary && !self.permanent).into(),
            complained: self.complaint.into(),
        }
    }
}

/// What is known of the letters that these reports are about. A word that is none of [`What`] says nothing: the numbers are reckoned anew
/// with the rows when the read model is rebuilt.
async fn known(connection: &mut PgConnection, rows: &[Row<'_>]) -> Result<BTreeMap<Key, Heard>, FoldError> {
    let letters: BTreeSet<Key> = rows.iter().map(Row::key).collect();
    let (runs, ordinals): (Vec<Uuid>, Vec<i32>) = letters.into_iter().unzip();
    let reported = sqlx::query!(
        // One look-up each, by nothing but the key, whatever the planner believes about a table that has just grown.
        r#"select w.run_id as "run_id!", w.ordinal as "ordinal!", f.what as "what!"
             from unnest($1::uuid[], $2::integer[]) as w (run_id, ordinal)
            cross join lateral (select what from feedback where run_id = w.run_id and ordinal = w.ordinal offset 0) f"#,
        &runs,
        &ordinals,
    )
    .fetch_all(connection)
    .await?;
    let mut known: BTreeMap<Key, Heard> = BTreeMap::new();
    for row in reported {
        if let Some(what) = What::from_word(&row.what) {
            known.entry((row.run_id, row.ordinal)).or_default().hear(what);
        }
    }
    Ok(known)
}

/// By how much the numbers of each run change when this is reported of letters of which that was known.
fn moved(known: &BTreeMap<Key, Heard>, reported: impl Iterator<Item = (Key, What)>) -> BTreeMap<Uuid, Counts> {
    let mut now = known.clone();
    for (letter, what) in reported {
        now.entry(letter).or_default().hear(what);
    }
    let mut moved: BTreeMap<Uuid, Counts> = BTreeMap::new();
    for (letter, heard) in now {
        let (before, after) = (known.get(&letter).copied().unwrap_or_default().counts(), heard.counts());
        *moved.entry(letter.0).or_default() += Counts {
            bounced: after.bounced - before.bounced,
            soft_bounced: after.soft_bounced - before.soft_bounced,
            complained: after.complained - before.complained,
        };
    }
    moved.retain(|_, counts| *counts != Counts::default());
    moved
}

async fn write(connection: &mut PgConnection, rows: &[Row<'_>]) -> Result<(), FoldError> {
    sqlx::query!(
        "insert into feedback (run_id, ordinal, version, position, report_id, mailing_id, owner_id, client_id, what, dead, code,
                               words, via, reported_by, reported_at)
         select * from unnest($1::uuid[], $2::integer[], $3::bigint[], $4::bigint[], $5::uuid[], $6::uuid[], $7::uuid[],
                              $8::uuid[], $9::text[], $10::boolean[], $11::text[], $12::text[], $13::text[], $14::text[],
                              $15::timestamptz[])",
        &rows.iter().map(|row| row.letter.run.0).collect::<Vec<_>>(),
        &rows.iter().map(Row::ordinal).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.version).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.position).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.report.id.0).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.letter.mailing.0).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.letter.owner.0).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.letter.client.0).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.what.word()).collect::<Vec<_>>() as &[&str],
        &rows.iter().map(|row| row.dead).collect::<Vec<_>>(),
        &rows.iter().map(|row| row.code).collect::<Vec<_>>() as &[Option<&str>],
        &rows.iter().map(|row| row.words).collect::<Vec<_>>() as &[Option<&str>],
        &rows.iter().map(|row| row.report.via.word()).collect::<Vec<_>>() as &[&str],
        &rows.iter().map(|row| row.report.by.as_deref()).collect::<Vec<_>>() as &[Option<&str>],
        &rows.iter().map(|row| row.report.at).collect::<Vec<DateTime<Utc>>>(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn move_counts(
    connection: &mut PgConnection,
    rows: &[Row<'_>],
    moved: &BTreeMap<Uuid, Counts>,
) -> Result<(), FoldError> {
    if moved.is_empty() {
        return Ok(());
    }
    // All letters of a run are of the same mailing.
    let letters: BTreeMap<Uuid, &Letter> = rows.iter().map(|row| (row.letter.run.0, row.letter)).collect();
    let each: Vec<(&Letter, &Counts)> =
        moved.iter().filter_map(|(run, counts)| Some((*letters.get(run)?, counts))).collect();
    sqlx::query!(
        "insert into feedback_counts (run_id, mailing_id, owner_id, bounced, delayed, complained)
         select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[])
             on conflict (run_id) do update
            set bounced = feedback_counts.bounced + excluded.bounced,
                delayed = feedback_counts.delayed + excluded.delayed,
                complained = feedback_counts.complained + excluded.complained",
        &each.iter().map(|(letter, _)| letter.run.0).collect::<Vec<_>>(),
        &each.iter().map(|(letter, _)| letter.mailing.0).collect::<Vec<_>>(),
        &each.iter().map(|(letter, _)| letter.owner.0).collect::<Vec<_>>(),
        &each.iter().map(|(_, counts)| counts.bounced).collect::<Vec<_>>(),
        &each.iter().map(|(_, counts)| counts.soft_bounced).collect::<Vec<_>>(),
        &each.iter().map(|(_, counts)| counts.complained).collect::<Vec<_>>(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use What::{Complaint, Delayed, Permanent, Temporary};
    use proptest::prelude::*;

    fn run(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn of_one(before: &[What], reported: &[What]) -> Counts {
        let letter = (run(1), 7);
        let mut known: BTreeMap<Key, Heard> = BTreeMap::new();
        for what in before {
            known.entry(letter).or_default().hear(*what);
        }
        moved(&known, reported.iter().map(|what| (letter, *what))).remove(&run(1)).unwrap_or_default()
    }

    #[test]
    fn a_letter_counts_once_whatever_is_reported_of_it_and_however_often() {
        let counts = |bounced, soft_bounced, complained| Counts { bounced, soft_bounced, complained };
        for (before, reported, expected) in [
            (&[][..], &[][..], counts(0, 0, 0)),
            (&[], &[Permanent], counts(1, 0, 0)),
            (&[], &[Temporary], counts(0, 1, 0)),
            (&[], &[Complaint], counts(0, 0, 1)),
            (&[], &[Permanent, Permanent, Permanent], counts(1, 0, 0)),
            (&[], &[Temporary, Temporary], counts(0, 1, 0)),
            // Whichever comes first.
            (&[], &[Temporary, Permanent], counts(1, 0, 0)),
            (&[], &[Permanent, Temporary], counts(1, 0, 0)),
            (&[], &[Permanent, Complaint], counts(1, 0, 1)),
            (&[Permanent], &[Permanent], counts(0, 0, 0)),
            (&[Permanent], &[Temporary], counts(0, 0, 0)),
            (&[Permanent], &[Complaint], counts(0, 0, 1)),
            (&[Temporary], &[Temporary], counts(0, 0, 0)),
            // What came back for the moment has come back for good.
            (&[Temporary], &[Permanent], counts(1, -1, 0)),
            (&[Temporary], &[Permanent, Temporary, Complaint], counts(1, -1, 1)),
            (&[Temporary, Complaint], &[Complaint], counts(0, 0, 0)),
            // What is late has not come back, and takes nothing back.
            (&[], &[Delayed, Delayed], counts(0, 0, 0)),
            (&[], &[Delayed, Permanent], counts(1, 0, 0)),
            (&[Delayed], &[Temporary, Complaint], counts(0, 1, 1)),
            (&[Temporary], &[Delayed], counts(0, 0, 0)),
        ] {
            assert_eq!(of_one(before, reported), expected, "{before:?}, then {reported:?}");
        }
    }

    #[test]
    fn each_run_has_its_own_numbers_and_one_of_which_nothing_changes_is_left_out() {
        let known = BTreeMap::from([((run(1), 0), Heard { permanent: true, ..Heard::default() })]);
        let reported = [
            ((run(1), 0), Permanent),
            ((run(2), 0), Permanent),
            ((run(2), 1), Permanent),
            ((run(2), 1), Complaint),
            ((run(3), 0), Temporary),
            ((run(4), 0), Delayed),
        ];
        let moved = moved(&known, reported.into_iter());
        let expected = [
            (run(2), Counts { bounced: 2, soft_bounced: 0, complained: 1 }),
            (run(3), Counts { soft_bounced: 1, ..Counts::default() }),
        ];
        assert_eq!(moved, BTreeMap::from(expected));
    }

    fn what() -> impl Strategy<Value = What> {
        prop_oneof![Just(Permanent), Just(Temporary), Just(Delayed), Just(Complaint)]
    }

    proptest! {
        /// Wherever pages of the log end, the numbers are those of all reports together.
        #[test]
        fn the_numbers_do_not_depend_on_how_reports_are_cut_into_pages(
            reports in prop::collection::vec((0_u128..3, 0..4, what()), 0..60), cut in 0_usize..60,
        ) {
            let reports: Vec<(Key, What)> =
                reports.into_iter().map(|(number, ordinal, what)| ((run(number), ordinal), what)).collect();
            let (first, second) = reports.split_at(cut.min(reports.len()));
            let mut known: BTreeMap<Key, Heard> = BTreeMap::new();
            let mut in_pages = moved(&known, first.iter().copied());
            for (letter, what) in first {
                known.entry(*letter).or_default().hear(*what);
            }
            for (run, counts) in moved(&known, second.iter().copied()) {
                *in_pages.entry(run).or_default() += counts;
            }
            in_pages.retain(|_, counts| *counts != Counts::default());
            let at_once = moved(&BTreeMap::new(), reports.iter().copied());
            prop_assert_eq!(&in_pages, &at_once);
            for counts in at_once.values() {
                prop_assert!(counts.bounced >= 0 && counts.soft_bounced >= 0 && counts.complained >= 0);
                prop_assert!(counts.bounced + counts.soft_bounced <= 4 && counts.complained <= 4);
            }
        }
    }
}
