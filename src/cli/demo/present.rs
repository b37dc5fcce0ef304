//! What is going on when the demo is looked at: mailings in every status, a run in progress, failures and doubts.

use super::doing::say;
use super::letters::{CATALOGUE, CONCERT, HOSTILE, LONG_SUBJECT, NOTICE, WEEK};
use super::past::{READERS, SERVERS};
use super::people::{Account, BLOCKED, LAYLA, MANAGER, OWNER};
use super::stage::{AWAY, GENTLE, Stage, USUAL};
use super::things::{self, Plan};
use acts::Services;
use acts::mailings;
use acts::who::{Operator, users as acts_on_users};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{MailingId, Periodicity};
use projections::{Access, runs, users};
use std::time::{Duration, Instant};

/// The mailing whose run is in progress.
pub(super) const IN_PROGRESS: &str = "Autumn catalogue, to everybody";

/// How long to wait for the first letters of a run that is to be stopped.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often to look.
const LOOK: Duration = Duration::from_millis(50);

/// A day that lies ahead, at a full hour.
fn ahead(now: DateTime<Utc>, days: i64, hour: i64) -> DateTime<Utc> {
    let midnight = now.date_naive().and_time(chrono::NaiveTime::MIN).and_utc();
    midnight + TimeDelta::days(days) + TimeDelta::hours(hour)
}

/// From when to when letters may go out.
type Window = (DateTime<Utc>, DateTime<Utc>);

struct Present<'a> {
    services: &'a Services,
    stage: &'a Stage,
    now: DateTime<Utc>,
}

/// Plans what is not planned yet, and starts the run that lasts, to these groups. Tells which one it is.
pub(super) async fn plan(stage: &Stage, everybody: &[String]) -> anyhow::Result<MailingId> {
    say("Planning what is going on now ...");
    let services = &stage.node.services;
    let present = Present { services, stage, now: services.now() };
    present.failures().await?;
    present.stopped_on_the_way().await?;
    present.ahead().await?;
    present.by_managers().await?;
    let olga = stage.people.of(OWNER)?;
    let letter = things::letter(services, olga, CATALOGUE).await?;
    let window = (present.now, present.now + TimeDelta::days(30));
    let (mailing, planned) =
        present.mailing(olga, IN_PROGRESS, letter, everybody, (window, Periodicity::Once), GENTLE).await?;
    if !planned {
        // The demo was shown before; that its window is over is no reason not to show the rest.
        let started = mailings::send_now(services, olga.owner(), mailing, None, &olga.metadata()).await;
        if let Err(refused) = started {
            say(&format!("{IN_PROGRESS} was not started again: {refused}"));
        }
    }
    Ok(mailing)
}

impl Present<'_> {
    async fn mailing(
        &self,
        of: &Account,
        name: &str,
        letter: domain::MessageId,
        groups: &[String],
        (window, every): (Window, Periodicity),
        relay: &str,
    ) -> anyhow::Result<(MailingId, bool)> {
        let plan = Plan { name, letter, groups: groups.to_vec(), window, every, relay: Some(relay) };
        things::mailing(self.services, of, plan).await
    }

    /// Servers that refuse, put off, are slow and leave in doubt; and one that is not there at all.
    async fn failures(&self) -> anyhow::Result<()> {
        let olga = self.stage.people.of(OWNER)?;
        let csv = include_str!("../../../demo/servers.csv");
        let servers = [things::group(self.services, olga, csv, SERVERS).await?];
        let csv = include_str!("../../../demo/readers.csv");
        let readers = [things::group(self.services, olga, csv, READERS).await?];
        let (week, hostile) =
            (things::letter(self.services, olga, WEEK).await?, things::letter(self.services, olga, HOSTILE).await?);
        let window = (self.now, self.now + TimeDelta::days(2));
        self.mailing(olga, "Difficult servers", week, &servers, (window, Periodicity::Once), USUAL).await?;
        let name = "<script>alert('mailing')</script> & other names";
        self.mailing(olga, name, hostile, &servers, (window, Periodicity::Once), USUAL).await?;
        self.mailing(olga, "By the server that is away", week, &readers, (window, Periodicity::Once), AWAY).await?;
        Ok(())
    }

    /// Runs that were stopped after their first letters.
    async fn stopped_on_the_way(&self) -> anyhow::Result<()> {
        let olga = self.stage.people.of(OWNER)?;
        let csv = include_str!("../../../demo/readers.csv");
        let readers = [things::group(self.services, olga, csv, READERS).await?];
        let letter = things::letter(self.services, olga, LONG_SUBJECT).await?;
        let window = (self.now, self.now + TimeDelta::days(14));
        let (paused, new) =
            self.mailing(olga, "Members' assembly", letter, &readers, (window, Periodicity::Once), GENTLE).await?;
        if new {
            self.first_letters(paused).await?;
            mailings::pause(self.services, olga.owner(), &paused.to_string(), &olga.metadata()).await?;
        }
        let (cancelled, new) = self
            .mailing(olga, "Price list with a mistake", letter, &readers, (window, Periodicity::Once), GENTLE)
            .await?;
        if new {
            self.first_letters(cancelled).await?;
            mailings::cancel(self.services, olga.owner(), &cancelled.to_string(), &olga.metadata()).await?;
        }
        Ok(())
    }

    /// Waits until some letters of a mailing have gone.
    async fn first_letters(&self, mailing: MailingId) -> anyhow::Result<()> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let run = runs::page(self.services.pool(), Access::All, mailing, None, 1).await?.pop();
            let run = run.map(|(_, run)| run).transpose()?;
            if run.is_some_and(|run| run.accepted >= 2) {
                break;
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// What will be sent, and what will not.
    async fn ahead(&self) -> anyhow::Result<()> {
        let olga = self.stage.people.of(OWNER)?;
        let csv = include_str!("../../../demo/readers.csv");
        let readers = [things::group(self.services, olga, csv, READERS).await?];
        let week = things::letter(self.services, olga, WEEK).await?;
        let day = |days, hour| ahead(self.now, days, hour);
        let once = (day(3, 10), day(5, 0));
        self.mailing(olga, "Summer sale", week, &readers, (once, Periodicity::Once), USUAL).await?;
        let year = (day(9, 8), day(374, 0));
        self.mailing(olga, "Invoices of the month", week, &readers, (year, Periodicity::Monthly), USUAL).await?;
        let cron = domain::CronExpression::parse("30 16 * * 1-5").map_err(crate::cli::told)?;
        let weeks = (day(2, 0), day(60, 0));
        self.mailing(olga, "Closing time", week, &readers, (weeks, Periodicity::Cron(cron)), USUAL).await?;
        let (paused, new) =
            self.mailing(olga, "Winter programme", week, &readers, (weeks, Periodicity::Weekly), USUAL).await?;
        if new {
            mailings::pause(self.services, olga.owner(), &paused.to_string(), &olga.metadata()).await?;
        }
        let (cancelled, new) =
            self.mailing(olga, "Old price list", week, &readers, (once, Periodicity::Once), USUAL).await?;
        if new {
            mailings::cancel(self.services, olga.owner(), &cancelled.to_string(), &olga.metadata()).await?;
        }
        Ok(())
    }

    /// What a manager does: a letter for everybody, a mailing disabled, a user blocked.
    async fn by_managers(&self) -> anyhow::Result<()> {
        let (manager, layla) = (self.stage.people.of(MANAGER)?, self.stage.people.of(LAYLA)?);
        let notice = things::letter(self.services, manager, NOTICE).await?;
        let watcher = Operator::of_this_host().watcher();
        let csv = include_str!("../../../demo/guests.csv");
        let guests = [things::group(self.services, layla, csv, "ضيوف الحفل").await?];
        let day = |days, hour| ahead(self.now, days, hour);
        let window = (day(1, 12), day(40, 0));
        self.mailing(layla, "Safety first", notice, &guests, (window, Periodicity::Once), USUAL).await?;
        let concert = things::letter(self.services, layla, CONCERT).await?;
        let (disabled, new) =
            self.mailing(layla, "Every day a concert", concert, &guests, (window, Periodicity::Daily), USUAL).await?;
        if new {
            let reason = "Guests complain that they never asked for a letter every day. Please ask them first, then write to us.";
            let id = disabled.to_string();
            mailings::disable(self.services, watcher.right(), &id, reason.to_owned(), &manager.metadata()).await?;
        }
        let bernard = self.stage.people.of(BLOCKED)?;
        let user = users::get(self.services.pool(), bernard.id).await?;
        if user.is_some_and(|user| user.blocked_at.is_none()) {
            let reason = "Writes to bought addresses, and asks them for their bank details.".to_owned();
            let id = bernard.id.to_string();
            let blocked = acts_on_users::block(self.services, &watcher, &id, reason, &manager.metadata()).await?;
            self.services.shown(blocked.1.position).await;
        }
        Ok(())
    }
}
