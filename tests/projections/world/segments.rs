//! Segments: made, changed and deleted; and audiences that have them, or leave somebody out.

use std::collections::BTreeSet;

use domain::{
    RunId, SegmentId,
    mailing::{Audience, Less},
    segment::{self, Condition, Filter, Join, Segment, Test, TextOf, TextTest},
};
use rand::{Rng, seq::IndexedRandom};
use uuid::Uuid;

use super::{POLL, TRIES, World, group_name};

impl World {
    pub(super) async fn change_segments(&mut self) {
        let (owner, word, id) = (self.owner(), self.word(), SegmentId(self.id()));
        let by = self.owners[owner].id();
        // Of the latest ones, so that more happens to each.
        let recent = self.owners[owner].segments.len().saturating_sub(3);
        let known = self.owners[owner].segments[recent..].choose(&mut self.random).copied();
        let (id, command) = match (self.random.random_range(0..10), known) {
            (0..=3, Some(known)) => {
                let name = self.random.random_bool(0.5).then(|| group_name(&word));
                (known, segment::Command::Change { by, name, filter: Some(self.filter(owner)) })
            }
            (4, Some(known)) => (known, segment::Command::Delete { by }),
            _ => {
                self.owners[owner].segments.push(id);
                (id, segment::Command::Create { owner: by, name: group_name(&word), filter: self.filter(owner) })
            }
        };
        self.execute::<Segment>(id.0, command).await;
    }

    fn filter(&mut self, owner: usize) -> Filter {
        let group = self.owners[owner].groups.choose(&mut self.random).copied();
        let mailing = self.owners[owner].mailings.choose(&mut self.random).copied();
        let text = Test::Text { of: TextOf::FullName, test: TextTest::Contains, text: self.word()[..2].to_owned() };
        let tests = [
            Some(text),
            group.map(|group| Test::InGroup { group }),
            mailing.map(|mailing| Test::Accepted { mailing }),
            Some(Test::AcceptedWithin { days: 9 }),
        ];
        let conditions = tests.into_iter().flatten().map(|test| Condition { test, not: self.random.random_bool(0.3) });
        let conditions = conditions.collect();
        Filter { join: if self.random.random_bool(0.5) { Join::All } else { Join::Any }, conditions }
    }

    /// Most have clients and groups only.
    pub(super) fn audience(&mut self, owner: usize) -> Audience {
        let clients: Vec<_> = self.owners[owner].clients.iter().map(|recipient| recipient.0).collect();
        let (clients, groups) = (self.some(&clients, 5).into_iter().collect(), self.some_groups(owner));
        if self.random.random_bool(0.6) {
            return Audience { clients, groups, ..Audience::default() };
        }
        let segments = self.some_segments(owner);
        let mailings = self.owners[owner].mailings.clone();
        let mailings = self.some(&mailings, 2).into_iter().collect();
        let less = Less { groups: self.some_groups(owner), segments: self.some_segments(owner), mailings };
        Audience { clients, groups, segments, less }
    }

    fn some_segments(&mut self, owner: usize) -> BTreeSet<SegmentId> {
        let segments = self.owners[owner].segments.clone();
        self.some(&segments, 2).into_iter().collect()
    }

    /// The audience of the run counts as resolved, whoever made it up.
    pub(super) async fn resolved(&self, run: RunId) {
        for _ in 0..TRIES {
            let written = sqlx::query(
                "insert into run_audience (run_id, ordinal, client_id, revision) values ($1, -1, $2, 0)
                     on conflict do nothing",
            )
            .bind(run.0)
            .bind(Uuid::nil())
            .execute(self.store.pool())
            .await;
            if written.is_ok() {
                return;
            }
            tokio::time::sleep(POLL).await;
        }
        panic!("PostgreSQL does not come back");
    }
}
