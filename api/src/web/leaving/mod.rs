//! Where the link in a letter leads by which its recipient says that they want no more (RFC 2369, section 3.2; RFC 8058).
//!
//! ```text
//! GET                                     a page that asks; nothing changes, whatever opens it
//! POST List-Unsubscribe=One-Click         a mail program for its user: no more letters from the owner; a line of text
//! POST act=owner | mailing | back         the buttons of the page: what is in force from then on
//! POST leave=ID                           a button for each topic of the mailing: no more letters of this topic
//! POST act=save, shown=ID, topic=ID.WORDS the form of topics: the ticked ones of those that were shown, and none of the others
//! ```
//!
//! Whoever holds the link is its recipient: there is no session, no cookie is needed, and a form may come from anywhere, as mail
//! programs show their buttons on pages of their own. What a link can do is to stop letters, to let them come again, and to ask for those
//! that the letter's owner offers to everybody; a form that asks for these has the words of the page in it.
//! A mail program that names no link of ours is answered as if it did, so that nobody finds out which links there are; and it is
//! told that something failed only if it is not written, so that it comes again.
//!
//! The link is part of the page's address. The page loads nothing but the style sheet, leads nowhere, and tells nobody where it is.

mod pages;
mod sent;

use crate::http::App;
use crate::http::admission::{Admitted, TooMany};
use crate::http::identify::request_id;
use acts::leaving::{self, Left, Link, Outcome, Which};
use acts::refusal::Refused;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::get;
use domain::suppression::Way;
use pages::Page;
pub(in crate::web) use pages::{Visitor, kept_secret};
use sent::{Unheard, Wanted};
use std::sync::Arc;

/// Where these links lead, before what is each letter's own.
const PLACE: &str = "/u/";

/// What stands in its place in letters that belong to no run: previews and tests.
const SAMPLE: &str = "sample";

/// The page.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/u/{token}", get(ask).post(act))
}

/// Why nothing can be said about a link now.
#[derive(Debug, thiserror::Error)]
enum NotNow {
    #[error("too many such requests come from one address")]
    Busy,
    #[error("{0}")]
    Refused(#[from] Refused),
}

impl From<TooMany> for NotNow {
    fn from(_: TooMany) -> Self {
        Self::Busy
    }
}

impl NotNow {
    fn tell(&self, head: &Parts) {
        tracing::error!(request_id = %request_id(head), error = %self, "a link of a letter does not work now");
    }
}

/// What is each letter's own in the address.
fn token(head: &Parts) -> &str {
    head.uri.path().strip_prefix(PLACE).unwrap_or_default()
}

/// A link that is one of ours, and the room in which its request is answered.
struct Held {
    link: Link,
    admitted: Admitted,
}

impl Held {
    /// Looks whether this is the link of a letter.
    async fn of(app: &App, head: &Parts) -> Result<Option<Self>, NotNow> {
        let admitted = app.admit_holder(head).await?;
        let link = leaving::open(&admitted.services, token(head)).await?;
        Ok(link.map(|link| Self { link: link.on_request(request_id(head)), admitted }))
    }

    /// Does what is wanted, which is written when it is done.
    async fn act(&self, visitor: &Visitor, wanted: &Wanted) -> Result<Outcome, NotNow> {
        let services = &self.admitted.services;
        Ok(match wanted {
            Wanted::OneClick => leaving::leave_at_once(services, &self.link, Way::OneClick).await?,
            Wanted::Leave(which) => leaving::leave(services, &self.link, *which, Way::Page).await?,
            Wanted::Choose(choice) => leaving::choose(services, &self.link, choice, visitor.told()).await?,
            Wanted::Back => {
                leaving::back(services, &self.link).await?;
                Outcome::Done
            }
            Wanted::Nothing => Outcome::Unknown,
        })
    }

    /// The page with what is in force.
    async fn page(&self, visitor: &Visitor) -> Result<Page, NotNow> {
        Ok(Page::of(visitor, leaving::seen(&self.admitted.services, &self.link).await?))
    }
}

/// `GET /u/TOKEN`: the page that asks. Scanners of mail open all links, and so do previews: nothing is changed by it.
async fn ask(State(app): State<Arc<App>>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    let visitor = Visitor::of(&head);
    if token(&head) == SAMPLE {
        return Page::sample(&visitor).answer();
    }
    let page = async {
        match Held::of(&app, &head).await? {
            Some(holder) => holder.page(&visitor).await,
            None => Ok(Page::unknown(&visitor)),
        }
    };
    match page.await {
        Ok(page) => page.answer(),
        Err(error) => {
            error.tell(&head);
            Page::not_read(&visitor).answer()
        }
    }
}

/// `POST /u/TOKEN`: does what a mail program, or a button of the page, asks for. Twice is once.
async fn act(State(app): State<Arc<App>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let visitor = Visitor::of(&head);
    let wanted = match sent::read(&head, body).await {
        Ok(wanted) => wanted,
        Err(Unheard::TooLong) => return Page::too_long(&visitor).answer(),
        Err(Unheard::TooSlow { one_click: true }) => return pages::not_heard(&visitor),
        Err(Unheard::TooSlow { one_click: false }) => return Page::too_slow(&visitor).answer(),
    };
    if token(&head) == SAMPLE {
        return if wanted == Wanted::OneClick { pages::heard(&visitor) } else { Page::sample(&visitor).answer() };
    }
    let acted = async {
        let Some(holder) = Held::of(&app, &head).await? else { return Ok(None) };
        let outcome = holder.act(&visitor, &wanted).await?;
        Ok::<_, NotNow>(Some((holder, outcome)))
    };
    let acted = match acted.await {
        Ok(acted) => acted,
        Err(error) => {
            error.tell(&head);
            return match wanted {
                Wanted::OneClick => pages::not_heard(&visitor),
                _ => Page::not_stored(&visitor, &wanted).answer(),
            };
        }
    };
    if wanted == Wanted::OneClick {
        return pages::heard(&visitor);
    }
    let Some((holder, outcome)) = acted else { return Page::unknown(&visitor).answer() };
    let page = match holder.page(&visitor).await {
        Ok(page) => page,
        Err(error) => {
            // It is written: whatever the page cannot show, that much is so.
            error.tell(&head);
            match in_force(&wanted, outcome) {
                Some(left) => Page::in_force(&visitor, left),
                None => return Page::unseen(&visitor, outcome).answer(),
            }
        }
    };
    page.after(&wanted, outcome).answer()
}

/// What is in force after something was done, as far as that alone tells; `None` after topics were left or chosen.
fn in_force(wanted: &Wanted, outcome: Outcome) -> Option<Left> {
    match wanted {
        Wanted::OneClick | Wanted::Leave(Which::Owner) => Some(Left::Owner),
        Wanted::Leave(Which::Mailing) => Some(Left::Mailing),
        Wanted::Back | Wanted::Nothing => Some(Left::Nothing),
        Wanted::Leave(Which::Topic(_)) if outcome == Outcome::Unknown => Some(Left::Nothing),
        Wanted::Leave(Which::Topic(_)) | Wanted::Choose(_) => None,
    }
}
