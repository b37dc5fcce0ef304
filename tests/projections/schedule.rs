//! When a mailing runs next, as far as the events tell.

use chrono::{DateTime, Utc};
use domain::{
    MailingId, Missed, Periodicity, UserId,
    mailing::{self, Mailing},
    run::{self, Run, Trigger},
};
use eventstore::EventStore;
use projections::{Access, history, mailings, runs};

use super::{Following, begin_mailing, execute, follow, last_position, moment, one, owner};
use crate::support::{all_read, database, database::TestDatabase};

/// A mailing, daily in March 2026 at 9 in Berlin, and what happens to it.
struct Story {
    database: TestDatabase,
    store: EventStore,
    following: Following,
    owner: UserId,
    origin: run::Origin,
}

impl Story {
    async fn begin() -> Self {
        let database = database().await;
        let store = EventStore::new(database.pool.clone());
        let (following, owner) = (follow(&store), owner());
        let origin = begin_mailing(&store, owner).await;
        Self { database, store, following, owner, origin }
    }

    async fn shown(&self) -> mailings::Mailing {
        self.following.shows(last_position(&self.database.pool).await).await;
        let mailing = mailings::get(&self.database.pool, Access::Owner(self.owner), self.origin.mailing).await;
        mailing.expect("an answer").expect("the mailing is there")
    }

    async fn next(&self) -> Option<DateTime<Utc>> {
        self.shown().await.next_run_at
    }

    async fn start(&self, trigger: Trigger) {
        let run = trigger.run_of(self.origin.mailing);
        let at = moment("2026-03-01T08:00:00Z");
        execute::<Run>(
            &self.store,
            run.0,
            run::Command::Start { origin: self.origin, trigger, at, message_id_domain: None },
        )
        .await;
    }

    async fn run(&self, occurrence: &str) {
        self.start(Trigger::Occurrence(moment(occurrence))).await;
    }

    async fn miss(&self, occurrence: &str) {
        let occurrence = moment(occurrence);
        let run = Trigger::Occurrence(occurrence).run_of(self.origin.mailing);
        let missed = Missed::one(occurrence);
        let miss = run::Command::Miss { mailing: self.origin.mailing, owner: self.owner, missed };
        execute::<Run>(&self.store, run.0, miss).await;
    }

    async fn command(&self, command: mailing::Command) {
        execute::<Mailing>(&self.store, self.origin.mailing.0, command).await;
    }

    async fn change(&self, change: mailing::Change) {
        let now = moment("2026-03-02T00:00:00Z");
        self.command(mailing::Command::Change { by: self.owner, change, now }).await;
    }

    async fn due(&self, now: &str) -> Vec<MailingId> {
        let due = all_read(mailings::due(&self.database.pool, moment(now), &[], 10).await);
        due.iter().map(|mailing| MailingId(mailing.id)).collect()
    }

    async fn ended(&self, now: &str) -> Vec<MailingId> {
        mailings::ended(&self.database.pool, moment(now), &[], 10).await.expect("an answer")
    }
}

#[expect(clippy::unnecessary_wraps, reason = "what it is compared with may be nothing")]
fn at(text: &str) -> Option<DateTime<Utc>> {
    Some(moment(text))
}

#[tokio::test]
async fn the_next_run_follows_what_was_run_and_what_was_missed() {
    let story = Story::begin().await;
    assert_eq!(story.next().await, at("2026-03-01T08:00:00Z"));
    assert!(!story.shown().await.sent);

    story.start(Trigger::SendNow("key".to_owned())).await;
    assert_eq!(story.next().await, at("2026-03-01T08:00:00Z"), "a run out of turn takes no turn");
    assert!(story.shown().await.sent);

    story.run("2026-03-01T08:00:00Z").await;
    assert_eq!(story.next().await, at("2026-03-02T08:00:00Z"));

    story.miss("2026-03-02T08:00:00Z").await;
    story.miss("2026-03-03T08:00:00Z").await;
    assert_eq!(story.next().await, at("2026-03-04T08:00:00Z"));
    assert_eq!(story.shown().await.last_occurrence, at("2026-03-03T08:00:00Z"));

    story.run("2026-03-28T08:00:00Z").await;
    assert_eq!(story.next().await, at("2026-03-29T07:00:00Z"), "summer time has begun in Berlin");

    story.run("2026-03-10T08:00:00Z").await;
    assert_eq!(story.next().await, at("2026-03-29T07:00:00Z"), "an older one changes nothing");

    story.run("2026-03-31T07:00:00Z").await;
    assert_eq!(story.next().await, None, "the window ends");
}

#[tokio::test]
async fn a_changed_plan_counts_on_from_the_last_occurrence() {
    let story = Story::begin().await;
    story.run("2026-03-02T08:00:00Z").await;

    story.change(mailing::Change { periodicity: Some(Periodicity::Weekly), ..mailing::Change::default() }).await;
    assert_eq!(story.next().await, at("2026-03-08T08:00:00Z"), "weekly from the window's start");

    story.change(mailing::Change { starts_at: at("2026-03-05T10:00:00Z"), ..mailing::Change::default() }).await;
    assert_eq!(story.next().await, at("2026-03-05T10:00:00Z"), "a start after the last occurrence is one itself");

    story.run("2026-03-05T10:00:00Z").await;
    story.change(mailing::Change { ends_at: at("2026-03-12T10:00:00Z"), ..mailing::Change::default() }).await;
    assert_eq!(story.next().await, None, "the end is not in the window");

    story.change(mailing::Change { ends_at: at("2026-03-12T10:00:01Z"), ..mailing::Change::default() }).await;
    assert_eq!(story.next().await, at("2026-03-12T10:00:00Z"));

    story.change(mailing::Change { periodicity: Some(Periodicity::Once), ..mailing::Change::default() }).await;
    assert_eq!(story.next().await, None, "it has run once");
}

#[tokio::test]
async fn several_missed_moments_are_one_line_and_the_next_run_follows_the_last_of_them() {
    let story = Story::begin().await;
    let missed = Missed { first: moment("2026-03-01T08:00:00Z"), last: moment("2026-03-03T08:00:00Z"), count: 3 };
    let run = Trigger::Occurrence(missed.first).run_of(story.origin.mailing);
    let miss = run::Command::Miss { mailing: story.origin.mailing, owner: story.owner, missed };
    execute::<Run>(&story.store, run.0, miss).await;

    assert_eq!(story.next().await, at("2026-03-04T08:00:00Z"));
    let pool = &story.database.pool;
    let shown = all_read(runs::page(pool, Access::Owner(story.owner), story.origin.mailing, None, 10).await);
    let [line] = &*shown else { panic!("it is one line: {shown:?}") };
    assert_eq!((line.status, line.missed()), (runs::Status::Missed, Some(missed)));
    let history = history::page(pool, Access::Owner(story.owner), story.origin.mailing, None, 10).await;
    let history = history.expect("an answer");
    assert_eq!(history.last().map(|event| event.event_type.as_str()), Some("OccurrencesMissed"));
}

#[tokio::test]
async fn owners_take_turns_at_what_is_due() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let following = follow(&store);
    let (many, other) = (owner(), owner());
    let mut first = Vec::new();
    for _ in 0..5 {
        first.push(begin_mailing(&store, many).await.mailing);
    }
    let last = begin_mailing(&store, other).await.mailing;
    following.shows(last_position(&database.pool).await).await;
    let due = async |except: &[uuid::Uuid], limit| {
        let due = mailings::due(&database.pool, moment("2026-03-02T00:00:00Z"), except, limit).await;
        all_read(due).into_iter().map(|mailing| MailingId(mailing.id)).collect::<Vec<_>>()
    };
    assert!(due(&[], 2).await.contains(&last), "the one mailing of somebody comes before the second one of others");
    assert_eq!(due(&[], 10).await.len(), 6);
    let rest = due(&[last.0], 10).await;
    assert!(first.iter().all(|mailing| rest.contains(mailing)) && rest.len() == 5, "{rest:?}");
}

#[tokio::test]
async fn only_an_active_mailing_is_due_and_only_in_its_window() {
    let story = Story::begin().await;
    let (by, id) = (story.owner, story.origin.mailing);
    story.shown().await;
    assert!(story.due("2026-03-01T07:59:59Z").await.is_empty());
    assert_eq!(story.due("2026-03-01T08:00:00Z").await, [id]);
    assert_eq!(story.due("2026-03-31T23:59:59Z").await, [id]);
    assert!(story.due("2026-04-01T00:00:00Z").await.is_empty(), "the window has ended");
    assert!(story.ended("2026-03-31T23:59:59Z").await.is_empty());
    assert_eq!(story.ended("2026-04-01T00:00:00Z").await, [id]);
    let next = async |now: &str| mailings::next_moment(&story.database.pool, moment(now)).await.expect("an answer");
    assert_eq!(next("2026-02-01T00:00:00Z").await, at("2026-03-01T08:00:00Z"));
    assert_eq!(next("2026-03-01T08:00:00Z").await, at("2026-04-01T00:00:00Z"), "what is due now is no news");
    assert_eq!(next("2026-04-01T00:00:00Z").await, None);

    let (reason, now) = ("spam".to_owned(), moment("2026-04-01T00:00:00Z"));
    for (command, due, ends) in [
        (mailing::Command::Pause { by }, false, true),
        (mailing::Command::Disable { reason: reason.clone() }, false, true),
        (mailing::Command::Enable { reason }, false, true),
        (mailing::Command::Resume { by }, true, true),
        (mailing::Command::Complete { now }, false, false),
        (
            mailing::Command::Change {
                by,
                change: mailing::Change { ends_at: at("2026-05-01T00:00:00Z"), ..mailing::Change::default() },
                now,
            },
            true,
            true,
        ),
        (mailing::Command::Delete { by }, false, false),
    ] {
        let what = format!("{command:?}");
        story.command(command).await;
        story.shown().await;
        assert_eq!(!story.due("2026-03-02T00:00:00Z").await.is_empty(), due, "{what}");
        assert_eq!(!story.ended("2026-05-01T00:00:00Z").await.is_empty(), ends, "{what}");
    }
    let indexed: i64 = one(&story.database.pool, "select count(*) from mailings where deleted_at is not null").await;
    assert_eq!(indexed, 1, "it is only taken off the lists");
}

#[tokio::test]
async fn a_mailing_shows_why_it_is_disabled_for_as_long_as_it_is() {
    let story = Story::begin().await;
    let by = story.owner;
    story.command(mailing::Command::Disable { reason: "a complaint".to_owned() }).await;
    assert_eq!(story.shown().await.reason.as_deref(), Some("a complaint"));

    story.command(mailing::Command::Complete { now: moment("2026-04-01T00:00:00Z") }).await;
    let shown = story.shown().await;
    assert_eq!(shown.status, mailing::Status::Completed { paused: false, disabled: true });
    assert_eq!(shown.reason.as_deref(), Some("a complaint"), "the end of the window does not undo the disabling");

    let change = mailing::Change { ends_at: at("2026-05-01T00:00:00Z"), ..mailing::Change::default() };
    story.command(mailing::Command::Change { by, change, now: moment("2026-04-01T00:00:00Z") }).await;
    let shown = story.shown().await;
    assert_eq!(shown.status, mailing::Status::Disabled { paused: false });
    assert_eq!(shown.reason.as_deref(), Some("a complaint"));

    story.command(mailing::Command::Enable { reason: "sorted out".to_owned() }).await;
    assert_eq!(story.shown().await.reason, None);
}

#[tokio::test]
async fn the_status_shown_is_the_status_decided_on() {
    let story = Story::begin().await;
    let (by, now) = (story.owner, moment("2026-04-01T00:00:00Z"));
    let reason = || "a reason".to_owned();
    let longer = |day: u32| mailing::Command::Change {
        by,
        change: mailing::Change { ends_at: at(&format!("2026-05-{day:02}T00:00:00Z")), ..mailing::Change::default() },
        now,
    };
    let end = moment("2026-06-01T00:00:00Z");
    for command in [
        mailing::Command::Pause { by },
        mailing::Command::Complete { now: end },
        longer(1),
        mailing::Command::Disable { reason: reason() },
        mailing::Command::Complete { now: end },
        longer(2),
        mailing::Command::Complete { now: end },
        mailing::Command::Enable { reason: reason() },
        longer(3),
        mailing::Command::Resume { by },
        mailing::Command::Suspend { reason: reason() },
        mailing::Command::Disable { reason: reason() },
        mailing::Command::Enable { reason: reason() },
        mailing::Command::Cancel { by },
    ] {
        let what = format!("{command:?}");
        story.command(command).await;
        let decided = story.store.load::<Mailing>(story.origin.mailing.0).await.expect("loaded");
        let Mailing::Planned { status, .. } = decided.state else { panic!("it is planned") };
        let shown = story.shown().await;
        assert_eq!((shown.status, shown.version), (status, decided.version), "{what}");
    }
}
