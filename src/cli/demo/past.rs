//! The weeks before the demo.
//!
//! They are lived through as the service would have: by its acts and its engine, only that the clock that both are given is
//! turned back, and goes from one moment of the plans to the next. So plans, runs, attempts and reports have the times that
//! they would have. When an event was written to the log is PostgreSQL's to say, though: that is today, and histories show it.

use super::clock::TurnedBack;
use super::doing::{as_demo, say};
use super::letters::{ADVICE, CONCERT, LONG_WORDS, WEEK, WORKSHOP};
use super::people::{Account, BLOCKED, IGOR, LAYLA, LONG, OWNER};
use super::stage::Stage;
use super::things::{self, Plan};
use acts::Services;
use acts::address_book::clients;
use acts::mailings::runs::{self as acts_on_runs, Decision};
use chrono::{DateTime, Datelike, Days, DurationRound, NaiveTime, TimeDelta, Utc};
use domain::client::Source;
use domain::{MailingId, Periodicity, RunId};
use projections::{Access, mailings, runs};
use scheduler::smtp::Relay;
use scheduler::{Engine, Relays, Settings};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// The mailing by which it is known that the past has been lived through.
pub(super) const WEEKLY: &str = "The week at Aurora Books";

/// The group that most of Olga's mailings go to.
pub(super) const READERS: &str = "Newsletter readers";

/// The group whose mail servers behave as badly as they can.
pub(super) const SERVERS: &str = "Difficult servers";

/// How many weeks are lived through.
const WEEKS: u64 = 5;

/// How often to look whether the engine is done, and how long to wait for it at most: what is not done then, is done later.
const LOOK: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(20);

/// The past as it is lived through.
struct Past<'a> {
    /// The services, by the clock that was turned back.
    services: Services,
    clock: TurnedBack,
    stage: &'a Stage,
    /// How many clients have joined: one with each step, as somebody always does.
    joined: u32,
}

/// Lives through the weeks before, unless that was done when the demo was shown before.
pub(super) async fn live_through(stage: &Stage, relay: Relay, stop: &CancellationToken) -> anyhow::Result<()> {
    let services = &stage.node.services;
    if things::find_mailing(services, stage.people.of(OWNER)?, WEEKLY).await?.is_some() {
        return Ok(());
    }
    say("Living through the weeks before, with the clock turned back ...");
    let clock = TurnedBack::of(services.clock.clone());
    let services = Services { clock: clock.clock(), ..services.clone() };
    let mut settings = Settings::new(stage.mail_from.clone(), stage.home.clone());
    settings.retry_pauses = [300, 600, 1_200].map(Duration::from_millis).to_vec();
    let relays = Relays::start([relay], services.pool());
    let (store, reached) = (services.store.clone(), services.reached.clone());
    let mut past = Past { services, clock, stage, joined: 0 };
    past.clock.turn_to(past.beginning());
    let engine = Engine::new(store, reached, past.clock.clock(), relays, settings);
    let stopped = stop.child_token();
    let engine = tokio::spawn(engine.run(stopped.clone()));
    let lived = tokio::select! {
        lived = past.live() => lived,
        // What is not lived through by now never will be.
        () = stop.cancelled() => Ok(()),
    };
    stopped.cancel();
    engine.await??;
    lived
}

impl Past<'_> {
    /// The last Monday of the past, at nine in Berlin or about that.
    fn last_monday(&self) -> DateTime<Utc> {
        let now = self.stage.node.services.now();
        let today = now.date_naive();
        let monday = today - Days::new(today.weekday().num_days_from_monday().into());
        let at = monday.and_time(NaiveTime::from_hms_opt(7, 0, 0).unwrap_or_default()).and_utc();
        if at + TimeDelta::hours(2) < now { at } else { at - TimeDelta::weeks(1) }
    }

    /// The first Monday of the past.
    fn first_monday(&self) -> DateTime<Utc> {
        self.last_monday() - Days::new(7 * (WEEKS - 1))
    }

    fn beginning(&self) -> DateTime<Utc> {
        self.first_monday() - TimeDelta::days(3)
    }

    async fn live(&mut self) -> anyhow::Result<()> {
        let (olga, igor) = (self.stage.people.of(OWNER)?, self.stage.people.of(IGOR)?);
        let monday = |week: u64| self.first_monday() + Days::new(7 * week);
        let mondays: Vec<DateTime<Utc>> = (0..WEEKS).map(monday).collect();
        let end = self.stage.node.services.now() + TimeDelta::days(60);

        let readers = things::group(&self.services, olga, include_str!("../../../demo/readers.csv"), READERS).await?;
        let week = things::letter(&self.services, olga, WEEK).await?;
        let weekly = self.plan(olga, WEEKLY, week, &readers, (mondays[0], end), Periodicity::Weekly).await?;
        let subscribers =
            things::group(&self.services, igor, include_str!("../../../demo/readers.ru.csv"), "Подписчики").await?;
        let workshop = things::letter(&self.services, igor, WORKSHOP).await?;
        let window = (mondays[0] + TimeDelta::minutes(90), end);
        self.plan(igor, "Новости мастерской", workshop, &subscribers, window, Periodicity::Weekly).await?;

        // The first week: its doubts are sent again.
        self.live_until(mondays[0] + TimeDelta::hours(5)).await?;
        self.decide(olga, weekly, Decision::Resend).await?;
        self.concert(mondays[0] + TimeDelta::days(4)).await?;

        // The second: its doubts are left as they are, and what failed is tried again.
        self.live_until(mondays[1] + TimeDelta::hours(5)).await?;
        self.decide(olga, weekly, Decision::Accept).await?;
        if let Some(run) = self.last_run(weekly).await? {
            acts_on_runs::resend_failed(&self.services, olga.owner(), run, &olga.metadata()).await?;
            self.settle().await?;
        }
        self.bernard(mondays[2]).await?;
        self.long_words(mondays[1] + TimeDelta::days(2)).await?;

        // The third: somebody presses "send now" besides.
        self.live_until(mondays[2] + TimeDelta::hours(4)).await?;
        let pressed = acts::mailings::send_now(&self.services, olga.owner(), weekly, None, &olga.metadata()).await;
        pressed?;
        self.settle().await?;

        self.flash_sale(mondays[2] + TimeDelta::days(4) + TimeDelta::hours(3)).await?;
        self.live_until(mondays[3] + TimeDelta::days(1)).await?;
        self.daily(igor, &subscribers, end).await
    }

    /// A mailing of a single evening, which is completed.
    async fn concert(&mut self, at: DateTime<Utc>) -> anyhow::Result<()> {
        let layla = self.stage.people.of(LAYLA)?;
        let guests = include_str!("../../../demo/guests.csv");
        let guests = things::group(&self.services, layla, guests, "ضيوف الحفل").await?;
        let letter = things::letter(&self.services, layla, CONCERT).await?;
        let window = (at, at + TimeDelta::days(2));
        self.plan(layla, "أمسية موسيقية", letter, &guests, window, Periodicity::Once).await?;
        let (from, until) = (at + TimeDelta::days(40), at + TimeDelta::days(120));
        self.plan(layla, "Monthly programme / البرنامج الشهري", letter, &guests, (from, until), Periodicity::Monthly)
            .await?;
        self.live_until(at + TimeDelta::hours(1)).await
    }

    /// The mailing of somebody who is blocked later.
    async fn bernard(&mut self, at: DateTime<Utc>) -> anyhow::Result<()> {
        let bernard = self.stage.people.of(BLOCKED)?;
        let csv = "email,full_name,groups\nvictim.one@example.org,Victor One,Bought addresses\n\
                   victim.two@example.net,Vera Two,Bought addresses\ngone.three@refuse.example,Gone Three,Bought addresses\n";
        let bought = things::group(&self.services, bernard, csv, "Bought addresses").await?;
        let letter = things::Letter {
            subject: "You have won!!!",
            text: "Dear friend,\n\nsend us your bank details to get your prize.\n",
            ..things::Letter::default()
        };
        let letter = things::letter(&self.services, bernard, letter).await?;
        let window = (at + TimeDelta::minutes(10), at + TimeDelta::days(90));
        self.plan(bernard, "Prize letters", letter, &bought, window, Periodicity::Weekly).await?;
        Ok(())
    }

    async fn long_words(&mut self, at: DateTime<Utc>) -> anyhow::Result<()> {
        let owner = self.stage.people.of(LONG)?;
        let word = super::people::LONG_WORD;
        let csv = format!(
            "email,full_name,comment,groups\nshort@example.org,{word} {word},{word},{word}\n\
             {}@example.org,Al,A very long address,{word}\n",
            &word[..64].to_lowercase()
        );
        let group = things::group(&self.services, owner, &csv, word).await?;
        let letter = things::letter(&self.services, owner, LONG_WORDS).await?;
        let window = (at, at + TimeDelta::days(1));
        self.plan(owner, word, letter, &group, window, Periodicity::Once).await?;
        self.live_until(at + TimeDelta::hours(1)).await
    }

    /// An hour in which not everybody can be reached: what is left is given up at its end.
    async fn flash_sale(&mut self, at: DateTime<Utc>) -> anyhow::Result<()> {
        let olga = self.stage.people.of(OWNER)?;
        let servers = things::group(&self.services, olga, include_str!("../../../demo/servers.csv"), SERVERS).await?;
        let letter = things::Letter {
            subject: "One hour only: everything at half the price",
            text: "Dear {{full_name|reader}},\n\nuntil the hour is over, everything costs half.\n\nAurora Books\n",
            ..things::Letter::default()
        };
        let letter = things::letter(&self.services, olga, letter).await?;
        self.live_until(at - TimeDelta::minutes(30)).await?;
        let window = (at, at + TimeDelta::hours(1));
        let sale = self.plan(olga, "Flash sale, one hour", letter, &servers, window, Periodicity::Once).await?;
        self.clock.turn_to(at);
        self.stir().await?;
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let run = runs::page(self.services.pool(), Access::All, sale, None, 1).await?.pop();
            let run = run.map(|(_, run)| run).transpose()?;
            // Those of the server that is full never come to an end.
            if run.is_some_and(|run| run.planned > 0 && run.pending == 0 && run.deferred <= 3) {
                break;
            }
            tokio::time::sleep(LOOK).await;
        }
        self.live_until(at + TimeDelta::hours(2)).await
    }

    /// The last days: a mailing for each of them, which is paused for some.
    async fn daily(&mut self, igor: &Account, subscribers: &str, end: DateTime<Utc>) -> anyhow::Result<()> {
        let now = self.stage.node.services.now();
        let hour = TimeDelta::hours(1);
        let started = now.duration_trunc(hour).unwrap_or(now) - TimeDelta::days(6) + TimeDelta::hours(3);
        let started = started.max(self.clock.now());
        let advice = things::letter(&self.services, igor, ADVICE).await?;
        self.live_until(started).await?;
        let window = (started + hour, end);
        let daily = self.plan(igor, "Совет дня", advice, subscribers, window, Periodicity::Daily).await?.to_string();
        self.live_until(started + TimeDelta::days(2)).await?;
        acts::mailings::pause(&self.services, igor.owner(), &daily, &igor.metadata()).await?;
        self.live_until(started + TimeDelta::days(4)).await?;
        let resumed = acts::mailings::resume(&self.services, igor.owner(), &daily, &igor.metadata()).await?;
        self.services.shown(resumed.1.position).await;
        self.settle().await?;
        self.live_until(now).await
    }

    async fn plan(
        &mut self,
        of: &Account,
        name: &str,
        letter: domain::MessageId,
        group: &str,
        window: (DateTime<Utc>, DateTime<Utc>),
        every: Periodicity,
    ) -> anyhow::Result<MailingId> {
        let groups = vec![group.to_owned()];
        let plan = Plan { name, letter, groups, window, every, relay: None };
        Ok(things::mailing(&self.services, of, plan).await?.0)
    }

    /// Goes from one moment of the plans to the next, and waits each time until everything is done.
    async fn live_until(&mut self, target: DateTime<Utc>) -> anyhow::Result<()> {
        loop {
            let next = mailings::next_moment(self.services.pool(), self.clock.now()).await?;
            let Some(next) = next.filter(|next| *next <= target) else { break };
            self.clock.turn_to(next + TimeDelta::seconds(1));
            self.stir().await?;
            self.settle().await?;
        }
        self.clock.turn_to(target.max(self.clock.now()));
        self.stir().await?;
        self.settle().await
    }

    /// Somebody joins. That also wakes the engine, which does not know that the clock was turned.
    async fn stir(&mut self) -> anyhow::Result<()> {
        self.joined += 1;
        let olga = self.stage.people.of(OWNER)?;
        let groups = things::find_group(&self.services, olga, READERS).await?.into_iter().collect();
        let new = clients::New {
            email: format!("subscriber.{}@example.net", self.joined),
            full_name: format!("Subscriber {}", self.joined),
            groups,
            ..clients::New::default()
        };
        let joined = clients::create(&self.services, olga.owner(), Source::Program, None, new, &as_demo()).await;
        if let Ok((_, receipt)) = joined {
            self.services.shown(receipt.position).await;
        }
        Ok(())
    }

    /// Waits until nothing is due and no run is under way.
    async fn settle(&self) -> anyhow::Result<()> {
        let began = Instant::now();
        let mut quiet = 0;
        // Twice in a row, as read models follow one after the other.
        while quiet < 2 && began.elapsed() < PATIENCE {
            let (pool, now) = (self.services.pool(), self.clock.now());
            let idle = mailings::due(pool, now, &[], 1).await?.is_empty()
                && mailings::ended(pool, now, &[], 1).await?.is_empty()
                && runs::numbers(pool).await?.open == 0;
            quiet = if idle { quiet + 1 } else { 0 };
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    async fn last_run(&self, mailing: MailingId) -> anyhow::Result<Option<RunId>> {
        let run = runs::page(self.services.pool(), Access::All, mailing, None, 1).await?.pop();
        Ok(run.map(|(cursor, _)| RunId(cursor.id)))
    }

    /// What the owner makes of the letters in doubt of the last run.
    async fn decide(&self, of: &Account, mailing: MailingId, decision: Decision) -> anyhow::Result<()> {
        let Some(run) = self.last_run(mailing).await? else { return Ok(()) };
        let decided = acts_on_runs::decide(&self.services, of.owner(), run, None, decision, &of.metadata()).await?;
        self.services.shown(decided.1.position).await;
        self.settle().await
    }
}
