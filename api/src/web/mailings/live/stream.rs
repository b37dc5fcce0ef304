//! What one page gets to see, and when that ends.

use super::lookout::{Live, Watcher};
use super::seen::Seen;
use crate::web::mailings::progress::{Progress, Reader, is_open};
use askama::Template;
use axum::response::sse::Event;
use futures::{Stream, stream};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use words::screens::run::Run as Words;

/// How long a page is told, before it has to ask again: who may see what is then looked at anew.
const LONGEST: Duration = Duration::from_mins(10);

/// The name of the event after which the page does not ask again.
const ENDED: &str = "ended";

/// The name of the event that tells the page that the run is finished: what stands around its progress is to be renewed.
const FINISHED: &str = "finished";

struct Telling {
    watcher: Watcher,
    reader: Reader,
    live: Arc<Live>,
    stopping: CancellationToken,
    until: Instant,
    /// The events that are still to be told at the end, the last one first; `None` as long as it goes on.
    closing: Option<Vec<&'static str>>,
}

/// What happens next to somebody who watches.
enum Next {
    Changed(Arc<Seen>),
    /// They may not see it any more.
    ShutOut,
    /// The page is to ask again: of another process, or of this one.
    Over,
}

/// The run as it goes on, until it is finished, the session has ended, or the service stops.
pub(super) fn of(
    watcher: Watcher,
    reader: Reader,
    live: Arc<Live>,
    stopping: Option<CancellationToken>,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let (stopping, until) = (stopping.unwrap_or_default(), Instant::now() + LONGEST);
    let telling = Telling { watcher, reader, live, stopping, until, closing: None };
    stream::unfold(telling, |mut telling| async move {
        if let Some(closing) = &mut telling.closing {
            let name = closing.pop()?;
            return Some((Ok(Event::default().event(name).data(name)), telling));
        }
        let html = match telling.next().await {
            Next::Over => return None,
            Next::ShutOut => {
                telling.closing = Some(vec![ENDED]);
                format!("<p class=\"warning\">{}</p>", Words::of(telling.reader.language).live_ended)
            }
            Next::Changed(seen) => {
                telling.closing = (!is_open(&seen.run)).then(|| vec![ENDED, FINISHED]);
                let Seen { run, mailing, holds, came_back } = &*seen;
                let shown = Progress::of(run, *mailing, holds, came_back, telling.reader, telling.live.now());
                shown.render().unwrap_or_default()
            }
        };
        // A carriage return would end a line of the event.
        Some((Ok(Event::default().data(html.replace('\r', " "))), telling))
    })
}

impl Telling {
    async fn next(&mut self) -> Next {
        let told = &mut self.watcher.told;
        loop {
            tokio::select! {
                biased;
                () = told.shut.cancelled() => return Next::ShutOut,
                () = self.stopping.cancelled() => return Next::Over,
                () = sleep_until(self.until) => return Next::Over,
                changed = told.seen.changed() => {
                    if changed.is_err() {
                        return Next::Over;
                    }
                    if let Some(seen) = told.seen.borrow_and_update().clone() {
                        return Next::Changed(seen);
                    }
                }
            }
        }
    }
}
