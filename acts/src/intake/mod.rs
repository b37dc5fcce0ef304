//! What comes back: bounces, complaints, and wishes to leave by mail, on whichever way they come in.
//!
//! ```text
//! a message ──> [`take`] ── bounces::read ──┬── it came to an address to leave ──> [`crate::leaving`]
//! a provider's webhook ──> [`tell`] ────────┼── a report, and its letter is found ──> an event in the feedback on its batch
//!                                           ├── a letter is late, and which one is not known ──> nothing
//!                                           └── neither, or not understood ──> kept for a person ([`kept`])
//! ```
//!
//! Everything here answers after the commit. An error means that nothing may be acknowledged: the same message has to come again, and
//! then does no more than it would have done the first time.
//!
//! A message is counted ([`counts`]) in the transaction that records or keeps it, so it is in the counts exactly if it is in the log or
//! in the list. A wish to leave is counted after it is written, which takes several appends that can each be repeated: a process that
//! dies in between has acknowledged nothing, and the wish is counted when it comes again. A message that was counted and whose
//! acknowledgement was lost comes again too, and counts once more, as known.
//!
//! A bounce of a letter of the service itself (a notice) concerns no run, so no event has a place for it: it is kept, and a person sees
//! whom the service could not reach.

mod counting;
pub mod kept;
mod letter;
mod post;
mod report;
mod states;
mod turn;
mod ways;
mod wish;

pub use counting::{Count, counts};
pub use states::{Standing, looked, standing};
pub use turn::Turn;
pub use ways::{IN_A_ROW, Obstacle, Refusal, Ways};

use crate::refusal::{Fault, Refused};
use crate::{Services, leaving, letterhead};
use bounces::{Reading, Says};
use counting::Entry;
use domain::ReportId;
use domain::feedback::{Bounce, Severity, Via};
use letter::Witness;
use post::Post;
use projections::LinkKeys;
use report::Told;

/// How much of a message is looked at, in bytes. Reports begin with what matters, and end in the letter that they are about.
pub const KEPT_MOST: usize = 512 * 1024;

/// Who has done it, for the log.
const ACTOR: &str = "intake";

/// A message that came in.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The message, or its beginning if it is longer than [`KEPT_MOST`].
    pub bytes: &'a [u8],
    /// How many bytes all of it has.
    pub size: u64,
    /// The way on which it came.
    pub via: Via,
    /// The address that the mail server says it is from, empty for the null sender; none if the way does not tell.
    pub envelope_from: Option<&'a str>,
    /// The address that the mail server says it came to; none if the way does not tell.
    pub envelope_to: Option<&'a str>,
}

/// What a message was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Taken {
    /// A letter came back: that is an event now.
    Bounce,
    /// A letter is late, and whoever has it goes on trying: that is an event now, if the letter is found. It is not kept otherwise: what was in
    /// vain in the end is told once more.
    Delay,
    /// A recipient complained: that is an event now.
    Complaint,
    /// A recipient wished to leave, and has.
    Unsubscribed,
    /// It says what is known already: the same message came before, as many reports of the letter as are recorded are, its recipient has
    /// complained or left before.
    Known,
    /// Somebody's program answers, on holiday for example. Nothing is done, and it is not kept.
    AutoReply,
    /// Somebody's program wants a proof that a person has written. Nothing is done, and it is not kept.
    Challenge,
    /// It was not understood, its letter is not found, or a person wrote it: it is kept for a while.
    Kept,
}

impl Taken {
    /// All that a message can be taken for.
    pub const ALL: [Self; 8] = [
        Self::Bounce,
        Self::Delay,
        Self::Complaint,
        Self::Unsubscribed,
        Self::Known,
        Self::AutoReply,
        Self::Challenge,
        Self::Kept,
    ];

    /// The name under which it is counted.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bounce => "bounce",
            Self::Delay => "delay",
            Self::Complaint => "complaint",
            Self::Unsubscribed => "unsubscribe",
            Self::Known => "known",
            Self::AutoReply => "auto_reply",
            Self::Challenge => "challenge",
            Self::Kept => "kept",
        }
    }

    /// What is counted under this name; none if nothing is.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|taken| taken.name() == name)
    }
}

/// Takes a message in, and answers when what follows from it is written.
///
/// A report counts for a letter if it came to that letter's own address, or has a link of it, since only those have such a token who
/// have the letter. Where letters come back to their senders (`BOUNCE_DOMAIN` is not set), it also counts if it has the letter's
/// `Message-ID` and names the address that the letter went to.
pub async fn take(services: &Services, message: &Message<'_>) -> Result<Taken, Refused> {
    taken(services, message, Entry::New).await
}

/// Takes in what a provider tells that has proved who it is, and answers when what follows from it is written. The `Message-ID` of a
/// letter is enough for it to count, if the provider says it itself.
pub async fn tell(services: &Services, via: Via, reading: Reading) -> Result<Taken, Refused> {
    let text = report::as_text(&reading);
    let digest = post::digest_of(&[text.as_bytes()]);
    let id = ReportId::derive(via.name(), known_by(&reading, &digest));
    let witness = Witness::Provider;
    let done = done(services, Incoming { reading: &reading, witness, id, via }, Entry::New).await?;
    if let Some(done) = done {
        return Ok(done);
    }
    let unread = kept::Unread {
        digest: &digest,
        via,
        envelope_from: None,
        envelope_to: None,
        from: &reading.from,
        subject: &reading.subject,
        bytes: text.as_bytes(),
        size: text.len() as u64,
    };
    kept::keep(services, unread, Entry::New).await
}

/// Whether mail to this address is taken: whether it is the address of a letter of ours, for whichever purpose.
pub async fn expects(services: &Services, address: &str) -> Result<bool, Refused> {
    let Some((purpose, token)) = services.returns.as_ref().and_then(|paths| paths.read(address)) else {
        return Ok(false);
    };
    Ok(letterhead::of_token(services, &LinkKeys::default(), purpose, token).await?.is_some())
}

/// The same as [`take`] for a message that is new, or was kept and is read again.
async fn taken(services: &Services, message: &Message<'_>, entry: Entry) -> Result<Taken, Refused> {
    let post = Post::of(message);
    let reading = read(post.bytes()).await?;
    if let Some(link) = wish::of(services, &reading, &post).await? {
        let is_new = leaving::leave_by_mail(services, &link).await?;
        let taken = if is_new { Taken::Unsubscribed } else { Taken::Known };
        return counting::close(services, entry, message.via, taken).await;
    }
    let digest = post.digest();
    let id = ReportId::derive("message", known_by(&reading, &digest));
    let witness = Witness::Writer { envelope_to: message.envelope_to };
    let incoming = Incoming { reading: &reading, witness, id, via: message.via };
    if let Some(done) = done(services, incoming, entry).await? {
        return Ok(done);
    }
    let unread = kept::Unread {
        digest: &digest,
        via: message.via,
        envelope_from: message.envelope_from,
        envelope_to: message.envelope_to,
        from: first_of(&reading.from, post.value("from")),
        subject: first_of(&reading.subject, post.value("subject")),
        bytes: post.bytes(),
        size: message.size.max(message.bytes.len() as u64),
    };
    kept::keep(services, unread, entry).await
}

/// What was read of a message, whence it came, and what it is known by.
#[derive(Clone, Copy)]
struct Incoming<'a> {
    reading: &'a Reading,
    witness: Witness<'a>,
    id: ReportId,
    via: Via,
}

/// Does what follows from it; none if nothing does, so that it is to be kept.
async fn done(services: &Services, incoming: Incoming<'_>, entry: Entry) -> Result<Option<Taken>, Refused> {
    let Incoming { reading, witness, id, via } = incoming;
    let told = match &reading.says {
        Says::AutoReply => return counting::close(services, entry, via, Taken::AutoReply).await.map(Some),
        Says::Challenge => return counting::close(services, entry, via, Taken::Challenge).await.map(Some),
        Says::Letter | Says::Unclear => return Ok(None),
        Says::Bounce(bounce) => Told::Bounce(bounce.clone()),
        Says::Complaint { kind } => Told::Complaint(kind.clone()),
    };
    let Some(known) = letter::find(services, &reading.about, witness).await? else {
        return match told {
            Told::Bounce(Bounce { severity: Severity::Delayed, .. }) => {
                counting::close(services, entry, via, Taken::Delay).await.map(Some)
            }
            Told::Bounce(_) | Told::Complaint(_) => Ok(None),
        };
    };
    let told = match told {
        // A list or an alias may stand behind the address that we know: that one of its members is gone says nothing of the address.
        Told::Bounce(bounce) if bounce.dead && !letter::may_mean(services, &known, &reading.about).await? => {
            Told::Bounce(Bounce { dead: false, ..bounce })
        }
        told => told,
    };
    let report = report::of(id, via, reading.by.as_deref(), services.now());
    report::record(services, &known, told, report, entry).await.map(Some)
}

/// Reads a message away from the threads that everybody shares, as a hostile one may take a while. One at which the reader fails is
/// not understood, and is kept as that: to refuse it would be to get it again for ever.
async fn read(bytes: &[u8]) -> Result<Reading, Refused> {
    let bytes = bytes.to_vec();
    match tokio::task::spawn_blocking(move || bounces::read(&bytes)).await {
        Ok(reading) => Ok(reading),
        Err(error) if error.is_panic() => {
            tracing::error!("a message that came in cannot be read; it is kept");
            Ok(Reading::default())
        }
        Err(error) => Err(Fault::from(error).into()),
    }
}

/// What a report is known by when it comes again: its name, or else what stays the same of it.
fn known_by<'a>(reading: &'a Reading, digest: &'a str) -> &'a str {
    reading.name.as_deref().map(str::trim).filter(|name| !name.is_empty()).unwrap_or(digest)
}

/// What was read, or else what stands in the header.
fn first_of<'a>(read: &'a str, header: Option<&'a str>) -> &'a str {
    if read.is_empty() { header.unwrap_or_default() } else { read }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn what_is_counted_under_a_name_is_read_under_it_and_nothing_else_is() {
        let names: BTreeSet<&str> = Taken::ALL.iter().map(|taken| taken.name()).collect();
        assert_eq!(names.len(), Taken::ALL.len());
        for taken in Taken::ALL {
            assert_eq!(Taken::from_name(taken.name()), Some(taken));
        }
        for rubbish in ["", "Bounce", "bounced", " kept"] {
            assert_eq!(Taken::from_name(rubbish), None);
        }
    }
}
