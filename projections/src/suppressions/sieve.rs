//! Who of a large audience is not written to, asked page by page, with a question about hardly anybody but those who are not.
//!
//! A question to the [`guard`] is a look-up for each mailbox, and of a large audience nearly all come to nothing. So from the third page
//! on, and of an audience that is known to be large from the second, the hashes of all mailboxes that are suppressed in the run's
//! scopes are read, in parts, and as soon as all are there, the guard is asked only about those whose hash is among them. A hash that two
//! mailboxes share costs a question, and no letter: what counts is always the guard's answer.
//!
//! The set is never behind: before each page all events are looked through that have come since the reading began, and whoever was
//! suppressed in any of them is in it. So whoever was suppressed before a page was asked for is left out, as by asking for each. Who is
//! suppressed after that is found after the intent, as everybody else is (`scheduler/src/send/dispatch`). Whose suppression was lifted,
//! or has ended, stays in the set, and costs a question.
//!
//! Each hash is 8 bytes: 8 MB for a million of suppressed mailboxes, and for ten million more than there is room for ([`MOST`]). Those
//! who find no room ask for each mailbox, which takes longer and comes to the same.

use super::guard;
use domain::mailing;
use domain::suppression::Reason;
use eventstore::{EventStore, StoreError};
use sqlx::{PgConnection, PgPool};
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hasher as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use uuid::Uuid;

/// So many hashes are kept at once by all that share a sieve: 32 MB.
pub const MOST: usize = 4_000_000;

/// So many pages with a question for each mailbox come first: the first letter waits for the first one, and most audiences end before
/// the others.
const BEFORE: usize = 2;

/// Of an audience of which it is known that it is so large, only the first page comes before: it has other pages that gain by it.
const LARGE: usize = 100_000;

/// For each mailbox of a page so many of the suppressed ones are read, which takes less time than asking about it (1 µs each, and 5). So
/// the reading never costs more than the questions do, also where many more are suppressed than an audience has members.
const READ_FOR_EACH: usize = 5;

/// Where it is known how many members an audience has, so many more may be read at once: the sooner all are read, the fewer questions
/// are asked before. All others who freeze audiences wait for it, about as long as for some pages.
const READ_AT_ONCE: usize = 500_000;

/// So many are read with one statement.
const PART: usize = 25_000;

/// So many positions of the log are looked through with one statement.
const STRETCH: i64 = 50_000;

/// A set that several runs may have.
type Shared = tokio::sync::Mutex<Set>;

/// The sets of hashes of all runs whose audiences are frozen at the same time. Runs that ask in the same scopes share one, which is
/// gone with the last of them.
#[derive(Clone, Debug)]
pub struct Sieve {
    /// By the scopes that were read, in the order of their ids.
    sets: Arc<Mutex<HashMap<Vec<Uuid>, Weak<Shared>>>>,
    /// How many hashes all sets have together.
    kept: Arc<AtomicUsize>,
    /// How many they may have.
    most: usize,
}

impl Default for Sieve {
    fn default() -> Self {
        Self::bounded(MOST)
    }
}

impl Sieve {
    /// A sieve that keeps at most so many hashes.
    #[must_use]
    pub fn bounded(most: usize) -> Self {
        Self { sets: Arc::default(), kept: Arc::default(), most }
    }

    /// The sieve for one run, which needs mailboxes free in these scopes, by the scopes' ids.
    #[must_use]
    pub fn of(&self, scopes: Vec<Uuid>) -> Sifting {
        Sifting { sieve: self.clone(), scopes, expected: 0, pages: 0, read: 0, set: None }
    }

    /// The set of these scopes: one that somebody else has, or one that begins when the log is settled up to `seen`.
    fn set(&self, mut scopes: Vec<Uuid>, seen: i64) -> Arc<Shared> {
        scopes.sort_unstable();
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        sets.retain(|_, set| set.strong_count() > 0);
        if let Some(set) = sets.get(&scopes).and_then(Weak::upgrade) {
            return set;
        }
        let room = Room { kept: Arc::clone(&self.kept), most: self.most, taken: 0 };
        let set = Arc::new(Shared::new(Set::new(scopes.clone(), seen, room)));
        sets.insert(scopes, Arc::downgrade(&set));
        set
    }
}

/// What one run asks, page after page.
#[derive(Debug)]
pub struct Sifting {
    sieve: Sieve,
    scopes: Vec<Uuid>,
    /// How many mailboxes will be asked about, as far as that is known.
    expected: usize,
    /// How many pages were asked about while somebody was suppressed.
    pages: usize,
    /// How many suppressed mailboxes were to be read for it.
    read: usize,
    set: Option<Arc<Shared>>,
}

impl Sifting {
    /// The same with the sets of another sieve, of which nothing is used yet.
    #[must_use]
    pub(crate) fn through(self, sieve: &Sieve) -> Self {
        sieve.of(self.scopes).expecting(self.expected)
    }

    /// The same for an audience of about so many.
    #[must_use]
    pub(crate) fn expecting(mut self, members: usize) -> Self {
        self.expected = members;
        self
    }

    /// How many suppressed mailboxes are to be read before a page of so many is asked about: in all no more than pays for the whole
    /// audience.
    fn portion(&mut self, page: usize) -> usize {
        let (least, pays) = (READ_FOR_EACH.saturating_mul(page), READ_FOR_EACH.saturating_mul(self.expected));
        let most = pays.saturating_sub(self.read).min(READ_AT_ONCE).max(least);
        self.read = self.read.saturating_add(most);
        most
    }

    /// Why each of these mailboxes, which are a page of the audience, is not written to by letters of this kind; `None` for those that
    /// are. Where nobody is suppressed, no address is sent to be looked up.
    pub async fn reasons(
        &mut self,
        store: &EventStore,
        kind: mailing::Kind,
        mailboxes: &[&str],
    ) -> Result<Vec<Option<Reason>>, StoreError> {
        let mut reasons = vec![None; mailboxes.len()];
        let suspects = self.suspects(store, mailboxes).await?;
        if suspects.is_empty() {
            return Ok(reasons);
        }
        let asked: Vec<String> =
            suspects.iter().filter_map(|place| mailboxes.get(*place)).map(|mailbox| (*mailbox).to_owned()).collect();
        let told = guard::reasons(store.pool(), &self.scopes, kind, &asked).await?;
        for (place, reason) in suspects.into_iter().zip(told) {
            if let Some(found) = reasons.get_mut(place) {
                *found = reason;
            }
        }
        Ok(reasons)
    }

    /// The places of those mailboxes about which the guard has to be asked.
    async fn suspects(&mut self, store: &EventStore, mailboxes: &[&str]) -> Result<Vec<usize>, StoreError> {
        let everybody = 0..mailboxes.len();
        if everybody.is_empty() {
            return Ok(Vec::new());
        }
        if self.set.is_none() {
            let mut connection = store.pool().acquire().await?;
            let before = if self.expected >= LARGE { 1 } else { BEFORE };
            let begins = self.pages >= before;
            // Before it is asked which scopes anybody is in: whoever comes into another one after that is told by a later event.
            let seen = if begins { EventStore::settled(&mut connection).await? } else { 0 };
            let used = guard::in_use(&mut *connection, &self.scopes).await?;
            if used.is_empty() {
                return Ok(Vec::new());
            }
            self.pages += 1;
            if begins {
                self.set = Some(self.sieve.set(used, seen));
            }
        }
        let portion = self.portion(mailboxes.len());
        let Some(set) = &self.set else { return Ok(everybody.collect()) };
        let mut set = set.lock().await;
        set.read(store.pool(), portion).await?;
        if set.is_whole() {
            set.look(store).await?;
        }
        Ok(everybody.zip(mailboxes).filter(|(_, mailbox)| set.may_have(mailbox)).map(|(place, _)| place).collect())
    }
}

/// The hashes of the mailboxes that are suppressed in some scopes, as far as they have been read.
#[derive(Debug)]
struct Set {
    /// The scopes that were not read to their end. The last one of them is being read.
    unread: Vec<Uuid>,
    /// The last mailbox of that scope that was read; nobody has the empty one.
    after: String,
    /// What was read; in order, as soon as all is.
    read: Vec<u64>,
    /// What events have told since, of any scope.
    told: HashSet<u64>,
    /// Up to where the log was looked through, and settled.
    seen: i64,
    room: Room,
    /// Whether there was no room, so that everybody has to be asked about.
    given_up: bool,
}

impl Set {
    fn new(scopes: Vec<Uuid>, seen: i64, room: Room) -> Self {
        let (after, read, told) = (String::new(), Vec::new(), HashSet::new());
        Self { unread: scopes, after, read, told, seen, room, given_up: false }
    }

    fn is_whole(&self) -> bool {
        self.unread.is_empty() && !self.given_up
    }

    /// Whether a mailbox may be suppressed. As long as not all is read, each may be.
    fn may_have(&self, mailbox: &str) -> bool {
        let hash = hash(mailbox);
        !self.is_whole() || self.read.binary_search(&hash).is_ok() || self.told.contains(&hash)
    }

    /// Reads about so many more, if there are any.
    async fn read(&mut self, pool: &PgPool, most: usize) -> Result<(), StoreError> {
        let mut left = most;
        while left > 0
            && !self.given_up
            && let Some(scope) = self.unread.last().copied()
        {
            let asked = left.min(PART);
            let part = part(pool, scope, &self.after, asked).await?;
            let part: Vec<&str> = part.split_terminator('\n').collect();
            left = left.saturating_sub(part.len().max(1));
            self.take_in(&part, asked);
        }
        Ok(())
    }

    /// Takes in what was read of the last scope: so many were asked for.
    fn take_in(&mut self, part: &[&str], asked: usize) {
        if !self.has_room(part.len()) {
            return;
        }
        self.read.extend(part.iter().map(|mailbox| hash(mailbox)));
        if part.len() < asked {
            self.unread.pop();
            self.after.clear();
        } else if let Some(last) = part.iter().max() {
            // PostgreSQL compares them as Rust does, byte by byte.
            (*last).clone_into(&mut self.after);
        }
        if self.unread.is_empty() {
            self.read.sort_unstable();
            self.read.dedup();
            self.read.shrink_to_fit();
        }
    }

    /// Learns who was suppressed since.
    async fn look(&mut self, store: &EventStore) -> Result<(), StoreError> {
        let mut connection = store.pool().acquire().await?;
        let settled = EventStore::settled(&mut connection).await?;
        while settled.saturating_sub(self.seen) > STRETCH {
            let upto = self.seen.saturating_add(STRETCH);
            self.hear(&mut connection, upto).await?;
            self.seen = upto;
        }
        // Also what is not settled yet, as far as it can be seen.
        self.hear(&mut connection, i64::MAX).await?;
        self.seen = self.seen.max(settled);
        Ok(())
    }

    /// Takes in whoever is suppressed by events up to a position.
    async fn hear(&mut self, connection: &mut PgConnection, upto: i64) -> Result<(), StoreError> {
        let told = sqlx::query_scalar!(
            // By the position and by nothing else, whatever PostgreSQL believes about how many events are of suppressions.
            r#"select payload -> 'Suppressed' ->> 'mailbox' as "mailbox!"
                 from (select aggregate_type, event_type, payload from events
                        where position > $1 and position <= $2 offset 0) e
                where aggregate_type = 'suppression' and event_type = 'Suppressed'
                  and payload -> 'Suppressed' ->> 'mailbox' is not null"#,
            self.seen,
            upto,
        )
        .fetch_all(connection)
        .await?;
        self.learn(&told);
        Ok(())
    }

    /// Takes in those who were told of. What is not settled is heard anew before each page, and needs room once.
    fn learn(&mut self, told: &[String]) {
        let fresh: HashSet<u64> =
            told.iter().map(|mailbox| hash(mailbox)).filter(|hash| !self.told.contains(hash)).collect();
        if self.has_room(fresh.len()) {
            self.told.extend(fresh);
        }
    }

    /// Whether there is room for so many more; else nothing is kept any more.
    fn has_room(&mut self, more: usize) -> bool {
        if !self.given_up && !self.room.take(more) {
            self.given_up = true;
            (self.read, self.told) = (Vec::new(), HashSet::new());
            self.room.give_back();
        }
        !self.given_up
    }
}

/// What a set takes of the room that all have together, until it is dropped.
#[derive(Debug)]
struct Room {
    kept: Arc<AtomicUsize>,
    most: usize,
    taken: usize,
}

impl Room {
    /// Takes so much more, and says whether it was there.
    fn take(&mut self, more: usize) -> bool {
        self.taken += more;
        self.kept.fetch_add(more, Ordering::Relaxed) + more <= self.most
    }

    fn give_back(&mut self) {
        self.kept.fetch_sub(std::mem::take(&mut self.taken), Ordering::Relaxed);
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// The next suppressed mailboxes of a scope, so many at most, by the key, each as a line: no address has a line break, and one text is
/// made and read in half the time of so many.
async fn part(pool: &PgPool, scope: Uuid, after: &str, most: usize) -> Result<String, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select coalesce(string_agg(mailbox, E'\n'), '') as "mailboxes!"
             from (select mailbox from suppressed where scope_id = $1 and mailbox > $2
                    order by scope_id, mailbox, reason limit $3) s"#,
        scope,
        after,
        i64::try_from(most).unwrap_or(i64::MAX),
    )
    .fetch_one(pool)
    .await
}

/// The same for the same mailbox as long as the process runs, and it is kept nowhere else.
fn hash(mailbox: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(mailbox.as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Uuid = Uuid::nil();
    const ANN: Uuid = Uuid::from_u128(1);

    fn mailboxes(count: usize) -> Vec<String> {
        (0..count).map(|number| format!("left{number}@example.org")).collect()
    }

    fn take_in(set: &mut Set, part: &[String], asked: usize) {
        set.take_in(&part.iter().map(String::as_str).collect::<Vec<_>>(), asked);
    }

    fn room(sieve: &Sieve) -> Room {
        Room { kept: Arc::clone(&sieve.kept), most: sieve.most, taken: 0 }
    }

    #[test]
    fn until_all_is_read_everybody_may_be_suppressed_and_then_whoever_was_read_or_told_of() {
        let sieve = Sieve::default();
        let mut set = Set::new(vec![ALL, ANN], 0, room(&sieve));
        take_in(&mut set, &mailboxes(2), 2);
        assert_eq!((set.after.as_str(), &set.unread[..]), ("left1@example.org", &[ALL, ANN][..]), "it goes on there");
        assert!(set.may_have("ann@example.org"));
        set.take_in(&[], 2);
        assert_eq!((set.after.as_str(), &set.unread[..]), ("", &[ALL][..]), "the next scope begins at its beginning");
        assert!(set.may_have("ann@example.org"));
        // A mailbox may be suppressed in several scopes, and for several reasons.
        set.take_in(&["bob@example.org", "left0@example.org"], 3);
        assert!(set.is_whole());
        assert_eq!(set.read.len(), 3);
        for there in ["left0@example.org", "left1@example.org", "bob@example.org"] {
            assert!(set.may_have(there), "{there}");
        }
        assert!(!set.may_have("ann@example.org"));
        for _ in 0..3 {
            set.learn(&["ann@example.org".to_owned()]);
        }
        assert_eq!(sieve.kept.load(Ordering::Relaxed), 5, "four were read, and one was told of");
        assert!(set.may_have("ann@example.org") && !set.may_have("Ann@example.org"));
    }

    #[test]
    fn runs_that_ask_in_the_same_scopes_share_a_set_which_is_gone_with_the_last_of_them() {
        let sieve = Sieve::default();
        let (one, other) = (sieve.set(vec![ANN, ALL], 7), sieve.clone().set(vec![ALL, ANN], 9));
        assert!(Arc::ptr_eq(&one, &other));
        assert_eq!(one.try_lock().expect("nobody reads it").seen, 7, "it began before");
        let apart = sieve.set(vec![ALL], 9);
        assert!(!Arc::ptr_eq(&one, &apart));
        take_in(&mut one.try_lock().expect("nobody reads it"), &mailboxes(5), 5);
        drop(one);
        assert_eq!(sieve.kept.load(Ordering::Relaxed), 5);
        drop(other);
        assert_eq!(sieve.kept.load(Ordering::Relaxed), 0);
        assert_eq!(sieve.set(vec![ANN, ALL], 11).try_lock().expect("nobody reads it").seen, 11, "begun anew");
    }

    #[test]
    fn whoever_finds_no_room_asks_about_everybody_and_leaves_the_room_to_others() {
        let sieve = Sieve::bounded(10);
        let (mut first, mut second) = (Set::new(vec![ALL], 0, room(&sieve)), Set::new(vec![ANN], 0, room(&sieve)));
        take_in(&mut first, &mailboxes(6), 7);
        take_in(&mut second, &mailboxes(5), 6);
        assert!(first.is_whole() && second.given_up && !second.is_whole());
        assert!(second.may_have("ann@example.org") && !first.may_have("ann@example.org"));
        assert_eq!(sieve.kept.load(Ordering::Relaxed), 6);
        assert!(first.has_room(4) && !first.has_room(1), "what is told of needs room, too");
        assert!(first.may_have("ann@example.org"));
        assert_eq!(sieve.kept.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn in_all_no_more_is_read_than_pays_and_the_sooner_the_better_where_the_audience_is_known() {
        let mut unknown = Sieve::default().of(vec![ALL]);
        assert_eq!((unknown.portion(5_000), unknown.portion(500)), (25_000, 2_500));
        let mut large = Sieve::default().of(vec![ALL]).expecting(1_000_000).through(&Sieve::default());
        assert_eq!((large.portion(5_000), large.portion(5_000)), (READ_AT_ONCE, READ_AT_ONCE));
        let mut small = Sieve::default().of(vec![ALL]).expecting(15_000);
        let reads: Vec<usize> = (0..3).map(|_| small.portion(5_000)).collect();
        assert_eq!(reads, [75_000, 25_000, 25_000], "then as if it were not known, which pays as it goes on");
    }
}
