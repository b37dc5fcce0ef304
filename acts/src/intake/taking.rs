//! What comes in is read, and what follows from it is done.

use super::entry::{self, Entry};
use super::keeping::{Unread, keep};
use super::letter::{self, Witness};
use super::message::{Message, Taken};
use super::post::{self, Post};
use super::report::{self, Told};
use super::wish;
use crate::refusal::{Fault, Refused};
use crate::{Services, leaving, letterhead};
use bounces::{About, Reading, Says};
use domain::ReportId;
use domain::feedback::{Bounce, Severity, Via};
use domain::letter::Recipient;
use domain::reply::Whom;
use projections::LinkKeys;

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
    let unread = Unread {
        digest: &digest,
        via,
        envelope_from: None,
        envelope_to: None,
        from: &reading.from,
        subject: &reading.subject,
        bytes: text.as_bytes(),
        size: text.len() as u64,
    };
    keep(services, unread, Entry::New).await
}

/// Whether mail to this address is taken: whether it is the address of a letter of ours, for whichever purpose.
pub async fn expects(services: &Services, address: &str) -> Result<bool, Refused> {
    let Some((purpose, token)) = services.returns.as_ref().and_then(|paths| paths.read(address)) else {
        return Ok(false);
    };
    Ok(letterhead::of_token(services, &LinkKeys::default(), purpose, token).await?.is_some())
}

/// The same as [`take`] for a message that is new, or was kept and is read again.
pub(super) async fn taken(services: &Services, message: &Message<'_>, entry: Entry) -> Result<Taken, Refused> {
    let post = Post::of(message);
    let reading = read(post.bytes()).await?;
    if let Some(link) = wish::of(services, &reading, &post).await? {
        let is_new = leaving::leave_by_mail(services, &link).await?;
        let taken = if is_new { Taken::Unsubscribed } else { Taken::Known };
        return entry::close(services, entry, message.via, taken).await;
    }
    let digest = post.digest();
    let id = ReportId::derive("message", known_by(&reading, &digest));
    let witness = Witness::Writer { envelope_to: message.envelope_to };
    let incoming = Incoming { reading: &reading, witness, id, via: message.via };
    if let Some(done) = done(services, incoming, entry).await? {
        return Ok(done);
    }
    let unread = Unread {
        digest: &digest,
        via: message.via,
        envelope_from: message.envelope_from,
        envelope_to: message.envelope_to,
        from: first_of(&reading.from, post.value("from")),
        subject: first_of(&reading.subject, post.value("subject")),
        bytes: post.bytes(),
        size: message.size.max(message.bytes.len() as u64),
    };
    keep(services, unread, entry).await
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
        Says::AutoReply => return entry::close(services, entry, via, Taken::AutoReply).await.map(Some),
        Says::Challenge => return entry::close(services, entry, via, Taken::Challenge).await.map(Some),
        Says::Letter | Says::Unclear => return Ok(None),
        Says::Bounce(bounce) => Told::Bounce(bounce.clone()),
        Says::Complaint { kind } => Told::Complaint(kind.clone()),
    };
    let Some(known) = letter::find(services, &reading.about, witness).await? else {
        return match told {
            Told::Bounce(Bounce { severity: Severity::Delayed, .. }) => {
                entry::close(services, entry, via, Taken::Delay).await.map(Some)
            }
            Told::Bounce(_) | Told::Complaint(_) => Ok(None),
        };
    };
    let told = match told {
        // Whom the letter went to is read only where it matters: words may name them, or they are said not to be there.
        Told::Bounce(bounce) if bounce.dead || bounce.words.is_some() => {
            let recipient = letterhead::recipient(services, &known).await?;
            Told::Bounce(of_recipient(bounce, recipient.as_ref(), &reading.about))
        }
        told => told,
    };
    let report = report::of(id, via, reading.by.as_deref(), services.now());
    report::record(services, &known, told, report, entry).await.map(Some)
}

/// A bounce as it is recorded of the letter to this recipient, who is not named in its words: these are kept for years.
fn of_recipient(bounce: Bounce, recipient: Option<&Recipient>, about: &About) -> Bounce {
    // A list or an alias may stand behind the address that we know: that one of its members is gone says nothing of the address.
    let dead = bounce.dead && letter::may_mean(recipient, about);
    let whom = recipient.map(|recipient| Whom::new(&recipient.email, &recipient.full_name)).unwrap_or_default();
    Bounce { dead, words: bounce.words.map(|words| whom.masked(words)), ..bounce }
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
