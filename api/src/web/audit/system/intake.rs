//! What comes in from mail servers and mailbox providers: the ways and how much came, and the messages that were not understood.

use crate::web::frame::answer::go_at_once;
use crate::web::frame::confirm::Confirm;
use crate::web::frame::list::{self, Rows};
use crate::web::frame::mark::{Mark, Shape, Tone};
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Deed, Layout, Listing, Place, Trouble, Visit, page};
use acts::intake::kept::{self, Kept};
use acts::intake::{self, Count, Standing, Taken};
use askama::Template;
use askama::filters::HtmlSafe;
use axum::extract::Path;
use chrono::Days;
use domain::feedback::{KEPT_FOR, Via};
use projections::Cursor;
use uuid::Uuid;
use words::screens::feedback::Feedback;
use words::screens::intake::Intake as Words;
use words::screens::shown;

/// Where the messages are.
const PATH: &str = "/system/intake";

/// How many days are counted besides today.
const BEFORE: Days = Days::new(6);

/// The part of the page about the service that tells what comes in.
#[derive(Template)]
#[template(path = "audit/system/intake_part.html")]
pub(super) struct Part {
    w: &'static Words,
    ways: Vec<Way>,
    counted: Vec<Counted>,
    /// How many messages are kept; none if there are none.
    kept: Option<String>,
}

impl HtmlSafe for Part {}

/// A way on which messages come in.
struct Way {
    name: &'static str,
    mark: Mark,
    error: Option<String>,
    since: Option<When>,
    looked_at: When,
}

/// How many messages of one kind came in.
struct Counted {
    what: &'static str,
    messages: String,
    /// How many of them by which way.
    ways: Vec<(&'static str, String)>,
}

/// What comes in, as the page about the service tells it.
pub(super) async fn part(visit: &Visit) -> Result<Part, Trouble> {
    let (pool, w) = (visit.pool(), Words::of(visit.language()));
    let today = visit.now().date_naive();
    let counts = intake::counts(pool, today.checked_sub_days(BEFORE).unwrap_or(today)).await?;
    let kept = kept::count(pool).await?;
    Ok(Part {
        w,
        ways: intake::standing(pool).await?.into_iter().map(|way| Way::of(visit, way)).collect(),
        counted: Taken::ALL.iter().filter_map(|taken| Counted::of(visit, *taken, &counts)).collect(),
        kept: (kept > 0).then(|| visit.number(kept)),
    })
}

impl Way {
    fn of(visit: &Visit, standing: Standing) -> Self {
        let w = Words::of(visit.language());
        let mark = match standing.error {
            None => Mark::new(Shape::Tick, Tone::Good, w.open),
            Some(_) => Mark::new(Shape::Stop, Tone::Bad, w.away),
        };
        Self {
            name: Feedback::of(visit.language()).of_via(standing.via),
            mark,
            error: standing.error,
            since: standing.since.map(|at| visit.when(at)),
            looked_at: visit.when(standing.looked_at),
        }
    }
}

impl Counted {
    /// What came in of this kind; none if nothing did.
    fn of(visit: &Visit, taken: Taken, counts: &[Count]) -> Option<Self> {
        let (w, names) = (Words::of(visit.language()), Feedback::of(visit.language()));
        let of_way = |via: Via| {
            let same = counts.iter().filter(|count| count.taken == taken && count.via == via);
            same.map(|count| count.messages).sum::<i64>()
        };
        let ways: Vec<(Via, i64)> = Via::ALL.into_iter().map(|via| (via, of_way(via))).collect();
        let messages: i64 = ways.iter().map(|(_, messages)| messages).sum();
        let some = ways.into_iter().filter(|(_, messages)| *messages > 0);
        (messages > 0).then(|| Self {
            what: of_taken(w, taken),
            messages: visit.number(messages),
            ways: some.map(|(via, messages)| (names.of_via(via), visit.number(messages))).collect(),
        })
    }
}

/// What a message was that came in.
fn of_taken(w: &'static Words, taken: Taken) -> &'static str {
    match taken {
        Taken::Bounce => w.bounce,
        Taken::Delay => w.delay,
        Taken::Complaint => w.complaint,
        Taken::Unsubscribed => w.unsubscribed,
        Taken::Known => w.known,
        Taken::AutoReply => w.auto_reply,
        Taken::Challenge => w.challenge,
        Taken::Kept => w.kept,
    }
}

/// The messages that were not understood.
#[derive(Template)]
#[template(path = "audit/system/intake.html")]
struct List {
    page: Layout,
    w: &'static Words,
    system: &'static str,
    lead: String,
    list: Listing,
    rows: Vec<Row>,
}

struct Row {
    id: String,
    received: When,
    from: String,
    subject: String,
    way: &'static str,
    size: String,
}

/// `GET /system/intake`.
pub(crate) async fn show(visit: Visit) -> Answer {
    let (by, w) = (visit.administrator()?, Words::of(visit.language()));
    let after = list::place::<Cursor>(&visit)?;
    let read = kept::page(visit.pool(), &by, after, list::limit()).await?;
    let count = match after {
        None => Some(w.count.of(kept::count(visit.pool()).await?.unsigned_abs())),
        Some(_) => None,
    };
    let rows = Rows::of(&visit, read, |(place, _)| *place).map(|(_, message)| Row {
        id: message.id.to_string(),
        received: visit.when(message.received_at),
        from: from(w, &message),
        subject: subject(w, &message),
        way: Feedback::of(visit.language()).of_via(message.via),
        size: shown::size(visit.language(), message.size.unsigned_abs()),
    });
    let (rows, list) = Listing::plain(&visit, PATH, &visit.query(), false).with(rows, count);
    let lead = w.list_lead.of(KEPT_FOR.num_days().unsigned_abs());
    page(&List { page: visit.layout(w.list_title, Place::System), w, system: visit.frame().system, lead, list, rows })
}

fn from(w: &'static Words, message: &Kept) -> String {
    if message.from.trim().is_empty() { w.nobody.to_owned() } else { message.from.clone() }
}

fn subject(w: &'static Words, message: &Kept) -> String {
    if message.subject.trim().is_empty() { w.no_subject.to_owned() } else { message.subject.clone() }
}

/// One of them.
#[derive(Template)]
#[template(path = "audit/system/intake_message.html")]
struct One {
    page: Layout,
    w: &'static Words,
    system: &'static str,
    id: String,
    received: When,
    from: String,
    to: Option<String>,
    way: &'static str,
    size: String,
    text: String,
    is_cut: bool,
}

/// The message that an address names, with its text, for an administrator.
async fn existing(visit: &Visit, id: &str) -> Result<(Kept, Vec<u8>), Trouble> {
    let by = visit.administrator()?;
    let id: Uuid = id.parse().map_err(|_| Trouble::Absent)?;
    kept::get(visit.pool(), &by, id).await?.ok_or(Trouble::Absent)
}

/// `GET /system/intake/ID`.
pub(crate) async fn one(visit: Visit, Path(id): Path<String>) -> Answer {
    let (message, bytes) = existing(&visit, &id).await?;
    let w = Words::of(visit.language());
    page(&One {
        page: visit.layout(subject(w, &message), Place::System),
        w,
        system: visit.frame().system,
        id: message.id.to_string(),
        received: visit.when(message.received_at).dated(),
        from: from(w, &message),
        way: Feedback::of(visit.language()).of_via(message.via),
        size: shown::size(visit.language(), message.size.unsigned_abs()),
        text: readable(&bytes),
        is_cut: i64::try_from(bytes.len()).is_ok_and(|kept| kept < message.size),
        to: message.envelope_to,
    })
}

/// A message as text, line by line. What is no text is seen to be none.
fn readable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    let shown = |c: char| if c.is_control() && c != '\n' && c != '\t' { char::REPLACEMENT_CHARACTER } else { c };
    text.chars().map(shown).collect()
}

/// `POST /system/intake/ID/again`.
pub(crate) async fn again(visit: Visit, Path(id): Path<String>) -> Answer {
    let by = visit.administrator()?;
    let id: Uuid = id.parse().map_err(|_| Trouble::Absent)?;
    let w = Words::of(visit.language());
    match kept::again(visit.services(), &by, id).await?.ok_or(Trouble::Absent)? {
        Taken::Kept => Ok(go_at_once(Deed::IntakeStillKept, &format!("{PATH}/{id}"))),
        understood @ (Taken::Bounce
        | Taken::Delay
        | Taken::Complaint
        | Taken::Unsubscribed
        | Taken::Known
        | Taken::AutoReply
        | Taken::Challenge) => Ok(go_at_once(Deed::IntakeUnderstood.to(of_taken(w, understood)), PATH)),
    }
}

/// `GET /system/intake/ID/dismiss`.
pub(crate) async fn ask_dismiss(visit: Visit, Path(id): Path<String>) -> Answer {
    let (message, _) = existing(&visit, &id).await?;
    let w = Words::of(visit.language());
    let confirm = Confirm {
        page: visit.layout(w.dismiss_asks.with(subject(w, &message)), Place::System),
        said: vec![w.dismiss_said.to_owned()],
        button: w.dismiss,
        action: visit.path().to_owned(),
        reason: None,
        back: format!("{PATH}/{}", message.id),
        is_final: true,
    };
    confirm.ask()
}

/// `POST /system/intake/ID/dismiss`. One that is gone already is what was asked for.
pub(crate) async fn dismiss(visit: Visit, Path(id): Path<String>) -> Answer {
    let by = visit.administrator()?;
    let id: Uuid = id.parse().map_err(|_| Trouble::Absent)?;
    kept::dismiss(visit.services(), &by, id).await?;
    Ok(go_at_once(Deed::IntakeDismissed, PATH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_shown_as_text_whatever_it_is() {
        for (bytes, shown) in [
            (&b"Subject: x\r\n\r\ny\tz\n"[..], "Subject: x\n\ny\tz\n"),
            ("Ёж\r".as_bytes(), "Ёж\u{fffd}"),
            (b"a\0b\xffc\x1b[31m", "a\u{fffd}b\u{fffd}c\u{fffd}[31m"),
            (b"", ""),
        ] {
            assert_eq!(readable(bytes), shown);
        }
    }
}
