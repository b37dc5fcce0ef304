//! What became of a mailing's letters to one address, run by run, or why there was none.
//!
//! Who has a place in a run is told by its batches, which are the log's own words. Whoever has none is looked for in the log: what they
//! were when the run began, and what the mailing named then. So the answer stays the same, whatever becomes of client and mailing later.

use crate::Services;
use crate::refusal::Refused;
use chrono::{DateTime, Utc};
use domain::client::{self, Client};
use domain::mailing::{self, Audience, Mailing};
use domain::run::{self, Run};
use domain::suppression::{self, Entry, Reason, Scope, Suppression};
use domain::{ClientId, Decide, EmailAddress, MailingId, Outcome, RunId, SuppressionId, Through, UserId, Why};
use eventstore::{EventStore, Placed};
use projections::clients::Ever;
use projections::deliveries::{self, Delivery, Suppressed};
use projections::runs::{self, Status};
use projections::{Access, Cursor, Listed, Read, clients, feedback, mailings};
use sqlx::PgPool;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// What somebody wants to know.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The address that letters went to, or did not.
    pub email: EmailAddress,
    /// The mailing, if it is about one; `None` for all of the owners whose mailings may be read.
    pub mailing: Option<MailingId>,
}

/// What became of the letter of one run to the address.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The mailing.
    pub mailing: Uuid,
    /// The run; `None` if no run of the mailing has begun.
    pub run: Option<runs::Run>,
    /// The client who has the address, or had it once; `None` if there is none.
    pub client: Option<Uuid>,
    /// What became of it.
    pub why: Why,
    /// The delivery, if the client has a place in the run.
    pub delivery: Option<Delivery>,
    /// Which details of the client were frozen; `None` without a place in the run.
    pub client_revision: Option<i32>,
    /// Through what the client was in the audience.
    pub through: Through,
    /// Since when what kept the letter away was so; `None` if no moment belongs to it.
    pub since: Option<DateTime<Utc>>,
    /// What kept letters from the address, if that was why.
    pub suppressions: Vec<Entry>,
    /// What came back of the letter: all reports of it, in the order in which they were recorded.
    pub feedback: Vec<feedback::Report>,
}

impl Finding {
    fn new(run: &runs::Run, client: Option<Uuid>, why: Why) -> Self {
        Self {
            mailing: run.mailing_id,
            run: Some(run.clone()),
            client,
            why,
            delivery: None,
            client_revision: None,
            through: Through::default(),
            since: None,
            suppressions: Vec::new(),
            feedback: Vec::new(),
        }
    }
}

/// Whom it is asked about: the clients, and whose runs are looked at.
#[derive(Debug)]
struct Subject {
    mailbox: String,
    candidates: Vec<Ever>,
    owners: Vec<Uuid>,
}

/// What became of the letters, run by run, the newest first, after a place. `None`: there is no such mailing that may be read. If no
/// mailing is named, and nobody has or had the address, there is nothing to tell.
pub async fn why(
    services: &Services,
    access: Access,
    asked: &Asked,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Option<Listed<Cursor, Finding>>, Refused> {
    let pool = services.pool();
    let Some(subject) = subject(services, access, asked).await? else { return Ok(None) };
    let listed = match asked.mailing {
        Some(mailing) => runs::page(pool, access, mailing, after, limit).await?,
        None => runs::of_owners(pool, &subject.owners, after, limit).await?,
    };
    if listed.is_empty()
        && after.is_none()
        && let Some(mailing) = asked.mailing
    {
        return Ok(Some(not_started(services, access, &subject, mailing).await?));
    }
    let streams = Streams::read(services, &listed, &subject).await?;
    let ids: Vec<Uuid> = subject.candidates.iter().map(|client| client.id).collect();
    let mut placed: HashMap<Uuid, Vec<deliveries::Placed>> = HashMap::new();
    for one in deliveries::to_clients(pool, &streams.runs, &ids).await? {
        placed.entry(one.run_id).or_default().push(one);
    }
    let of_runs = feedback::counts(pool, &streams.runs).await?;
    let reported: HashSet<Uuid> = of_runs.into_iter().map(|(run, _)| run).collect();
    let mut findings = Vec::with_capacity(listed.len());
    for (place, run) in listed {
        let finding = match run {
            Ok(run) => {
                let placed = placed.remove(&run.id).unwrap_or_default();
                match of_run(&subject, &streams, &run, placed) {
                    Ok(finding) => {
                        let finding = with_suppressions(services, &subject, &streams, finding).await?;
                        if reported.contains(&run.id) { with_feedback(pool, finding).await? } else { Ok(finding) }
                    }
                    Err(error) => Err(error),
                }
            }
            Err(error) => Err(error),
        };
        findings.push((place, finding));
    }
    Ok(Some(findings))
}

/// How many runs there are to tell of.
pub async fn count(services: &Services, access: Access, asked: &Asked) -> Result<i64, Refused> {
    let Some(subject) = subject(services, access, asked).await? else { return Ok(0) };
    let count = match asked.mailing {
        // Without any run it is told that none has begun.
        Some(mailing) => runs::count(services.pool(), access, mailing).await?.max(1),
        None => runs::count_of_owners(services.pool(), &subject.owners).await?,
    };
    Ok(count)
}

async fn subject(services: &Services, access: Access, asked: &Asked) -> Result<Option<Subject>, Refused> {
    let pool = services.pool();
    let access = match asked.mailing {
        None => access,
        Some(mailing) => match mailings::get(pool, access, mailing).await? {
            Some(mailing) => Access::Owner(UserId(mailing.owner_id)),
            None => return Ok(None),
        },
    };
    let candidates = clients::ever_had(pool, access, &asked.email).await?;
    let owners: HashSet<Uuid> = candidates.iter().map(|client| client.owner_id).collect();
    let mut owners: Vec<Uuid> = owners.into_iter().collect();
    owners.sort_unstable();
    Ok(Some(Subject { mailbox: asked.email.key(), candidates, owners }))
}

/// No run of the mailing has begun.
async fn not_started(
    services: &Services,
    access: Access,
    subject: &Subject,
    mailing: MailingId,
) -> Result<Listed<Cursor, Finding>, Refused> {
    let Some(found) = mailings::get(services.pool(), access, mailing).await? else { return Ok(Vec::new()) };
    let client = subject.candidates.first().map(|client| client.id);
    let finding = Finding {
        mailing: found.id,
        run: None,
        client,
        why: if client.is_some() { Why::NotStarted } else { Why::NoClient },
        delivery: None,
        client_revision: None,
        through: Through::default(),
        since: None,
        suppressions: Vec::new(),
        feedback: Vec::new(),
    };
    Ok(vec![(Cursor { at: found.created_at, id: found.id }, Ok(finding))])
}

/// What the log tells of these runs, of their mailings, and of the clients.
#[derive(Debug)]
struct Streams {
    /// The runs that read.
    runs: Vec<Uuid>,
    of_runs: HashMap<Uuid, Vec<Placed<run::Event>>>,
    of_mailings: HashMap<Uuid, Vec<Placed<mailing::Event>>>,
    of_clients: HashMap<Uuid, Vec<Placed<client::Event>>>,
}

impl Streams {
    async fn read(services: &Services, runs: &[(Cursor, Read<runs::Run>)], subject: &Subject) -> Result<Self, Refused> {
        let pool = services.pool();
        let read = || runs.iter().filter_map(|(_, run)| run.as_ref().ok());
        let ids: Vec<Uuid> = read().map(|run| run.id).collect();
        let mailings: HashSet<Uuid> = read().map(|run| run.mailing_id).collect();
        let mailings: Vec<Uuid> = mailings.into_iter().collect();
        let clients: Vec<Uuid> = subject.candidates.iter().map(|client| client.id).collect();
        let of_runs = EventStore::events_placed::<Run>(pool, &ids).await?;
        let of_mailings = EventStore::events_placed::<Mailing>(pool, &mailings).await?;
        let of_clients = EventStore::events_placed::<Client>(pool, &clients).await?;
        Ok(Self {
            of_runs: ids.iter().copied().zip(of_runs).collect(),
            of_mailings: mailings.into_iter().zip(of_mailings).collect(),
            of_clients: clients.into_iter().zip(of_clients).collect(),
            runs: ids,
        })
    }

    /// Where the run began.
    fn began(&self, run: Uuid) -> i64 {
        self.of_runs.get(&run).and_then(|events| events.first()).map_or(0, |event| event.position)
    }

    /// Where the run's recipients were all written down; where it began, if they are not yet.
    fn frozen(&self, run: Uuid) -> i64 {
        let events = self.of_runs.get(&run).map(Vec::as_slice).unwrap_or_default();
        let frozen = events.iter().find(|one| matches!(one.event, run::Event::AudienceFrozen { .. }));
        frozen.map_or_else(|| self.began(run), |event| event.position)
    }

    /// Where the run was finished; behind everything, if it was not.
    fn ended(&self, run: Uuid) -> i64 {
        let last = self.of_runs.get(&run).and_then(|events| events.last());
        last.filter(|one| matches!(one.event, run::Event::Finished { .. })).map_or(i64::MAX, |one| one.position)
    }

    /// Whom the mailing named at a position.
    fn audience(&self, mailing: Uuid, position: i64) -> Audience {
        let mut audience = Audience::default();
        for one in self.of_mailings.get(&mailing).into_iter().flatten().take_while(|one| one.position <= position) {
            if let mailing::Event::Created { plan, .. } | mailing::Event::Changed { plan, .. } = &one.event {
                audience = plan.audience.clone();
            }
        }
        audience
    }

    /// What the client was at a position.
    fn client(&self, client: Uuid, position: i64) -> Client {
        let mut state = Client::default();
        for one in self.of_clients.get(&client).into_iter().flatten().take_while(|one| one.position <= position) {
            state.evolve(one.event.clone());
        }
        state
    }

    /// Since when it was so that the client was not there: when they were added after all, or deleted.
    fn since(&self, client: Uuid, why: Why) -> Option<DateTime<Utc>> {
        let is_it = |event: &client::Event| match why {
            Why::AddedLater => matches!(event, client::Event::Added { .. }),
            Why::DeletedBefore => matches!(event, client::Event::Deleted),
            _ => false,
        };
        self.of_clients.get(&client)?.iter().find(|one| is_it(&one.event)).map(|one| one.recorded_at)
    }
}

/// What became of the letter of one run. Of several clients the one is told of who says most.
fn of_run(subject: &Subject, streams: &Streams, run: &runs::Run, placed: Vec<deliveries::Placed>) -> Read<Finding> {
    let mut best = Finding::new(run, None, Why::NoClient);
    for one in placed {
        let delivery = one.delivery?;
        // Whoever had another address then got the letter there.
        if EmailAddress::taken(&delivery.email).key() != subject.mailbox {
            continue;
        }
        let client = delivery.client_id;
        let mut finding = Finding::new(run, Some(client), of_delivery(&delivery));
        if run.resend_of.is_none() {
            finding.through = through(streams, run, client);
        }
        finding.client_revision = Some(one.client_revision);
        finding.delivery = Some(delivery);
        best = weightier(best, finding);
    }
    for candidate in subject.candidates.iter().filter(|candidate| candidate.owner_id == run.owner_id) {
        let why = absent(subject, streams, run, candidate.id);
        let mut finding = Finding::new(run, Some(candidate.id), why);
        finding.since = streams.since(candidate.id, why);
        best = weightier(best, finding);
    }
    Ok(best)
}

fn weightier(one: Finding, other: Finding) -> Finding {
    if other.why.weight() > one.why.weight() { other } else { one }
}

/// Why a client has no place in a run.
fn absent(subject: &Subject, streams: &Streams, run: &runs::Run, client: Uuid) -> Why {
    match run.status {
        Status::Missed => return Why::Missed,
        Status::Planning => return Why::BeingPlanned,
        Status::Sending | Status::Finished => {}
    }
    let (began, id) = (streams.began(run.id), ClientId(client));
    let then = streams.client(client, began);
    let why = Why::of_absent(&subject.mailbox, id, &then, &streams.audience(run.mailing_id, began));
    // Such a run goes by no audience.
    if run.resend_of.is_some() && matches!(why, Why::NotInAudience | Why::LeftOut) { Why::NotFailed } else { why }
}

/// Through what a client was in the audience of a run that they have a place in. A small run looks at its audience a moment after it
/// has begun, so that somebody may have come in between.
fn through(streams: &Streams, run: &runs::Run, client: Uuid) -> Through {
    let (began, id) = (streams.began(run.id), ClientId(client));
    let audience = streams.audience(run.mailing_id, began);
    let at_first = Through::of(&audience, id, &streams.client(client, began));
    if !at_first.is_nothing() {
        return at_first;
    }
    Through::of_invited(&audience, id, &streams.client(client, streams.frozen(run.id)))
}

/// What became of somebody's letter.
fn of_delivery(delivery: &Delivery) -> Why {
    match delivery.outcome {
        Outcome::Accepted => Why::Accepted,
        Outcome::Rejected => Why::Rejected,
        Outcome::Deferred => Why::Deferred,
        Outcome::Pending => Why::Pending,
        Outcome::Unknown => Why::InDoubt,
        Outcome::Expired => Why::Expired,
        Outcome::Suppressed => match delivery.suppression {
            Some(Suppressed::SameMailbox) => Why::SameMailbox,
            Some(Suppressed::Cancelled) | None => Why::Cancelled,
            Some(Suppressed::Reason(reason)) => Why::Suppressed(reason),
        },
    }
}

/// With what kept letters from the address, if that was why: where, and since when.
async fn with_suppressions(
    services: &Services,
    subject: &Subject,
    streams: &Streams,
    finding: Finding,
) -> Result<Finding, Refused> {
    let (Why::Suppressed(reason), Some(run)) = (finding.why, &finding.run) else { return Ok(finding) };
    let suppressions = suppressions(services, subject, streams, run, reason).await?;
    let since = suppressions.iter().map(|entry| entry.since).min();
    Ok(Finding { since, suppressions, ..finding })
}

/// With what came back of the letter. A report that does not read is an error of the finding.
async fn with_feedback(pool: &PgPool, finding: Finding) -> Result<Read<Finding>, Refused> {
    let Some(delivery) = &finding.delivery else { return Ok(Ok(finding)) };
    let reports = feedback::of_deliveries(pool, RunId(delivery.run_id), &[delivery.ordinal]).await?;
    let feedback = reports.into_iter().map(|(_, report)| report).collect::<Result<Vec<_>, _>>();
    Ok(feedback.map(|feedback| Finding { feedback, ..finding }))
}

/// The entries by which the run left the address out. What was lifted or came again after the run had ended changes nothing.
async fn suppressions(
    services: &Services,
    subject: &Subject,
    streams: &Streams,
    run: &runs::Run,
    reason: Reason,
) -> Result<Vec<Entry>, Refused> {
    let (owner, mailing) = (UserId(run.owner_id), MailingId(run.mailing_id));
    let audience = streams.audience(run.mailing_id, streams.frozen(run.id));
    let topics = audience.groups.iter().map(|group| Scope::Topic { owner, group: *group });
    let scopes = [Scope::Installation, Scope::Owner { owner }, Scope::Mailing { owner, mailing }];
    let ids: Vec<Uuid> = scopes
        .into_iter()
        .chain(topics)
        .map(|scope| SuppressionId::derive(scope, &subject.mailbox, reason).0)
        .collect();
    let (began, ended) = (streams.began(run.id), streams.ended(run.id));
    let mut entries = Vec::new();
    for events in EventStore::events_placed::<Suppression>(services.pool(), &ids).await? {
        let mut state = Suppression::default();
        for one in events.into_iter().take_while(|one| one.position <= ended) {
            let is_over = matches!(one.event, suppression::Event::Lifted { .. });
            // What was lifted before the run began kept nothing of it away.
            if is_over && one.position > began {
                entries.extend(state.entry().cloned());
            }
            state.evolve(one.event);
        }
        if let Suppression::Active(entry) = state {
            entries.push(entry);
        }
    }
    Ok(entries)
}
