//! Sharing letters, keeping them to oneself again, and deleting them, each after a question.

use super::readable::own;
use crate::web::frame::confirm::Confirm;
use crate::web::frame::list::shown;
use crate::web::frame::{Answer, Deed, Place, Trouble, Visit, go};
use acts::letters::messages;
use acts::who::rights::MessageWriter;
use axum::extract::Path;
use projections::mailings::{self, Filter};
use words::screens::messages::Messages as Words;

/// How many mailings are named of those that use a letter.
const NAMED: i64 = 10;

async fn editor(visit: &Visit, id: &str) -> Result<MessageWriter, Trouble> {
    Ok(messages::editor(visit.services(), visit.viewer()?, id).await??)
}

/// `GET /messages/ID/share`.
pub(crate) async fn ask_share(visit: Visit, Path(id): Path<String>) -> Answer {
    let row = own(&visit, &id).await?;
    visit.viewer()?.message_writer(true)?;
    let w = Words::of(visit.language());
    let confirm = Confirm {
        page: visit.layout(w.share_asks.with(&row.subject), Place::Messages),
        said: vec![w.share_said.to_owned()],
        button: w.share,
        action: visit.path().to_owned(),
        reason: None,
        back: format!("/messages/{}", row.id),
        is_final: false,
    };
    confirm.ask()
}

/// `POST /messages/ID/share`.
pub(crate) async fn share(visit: Visit, Path(id): Path<String>) -> Answer {
    let by = editor(&visit, &id).await?;
    let (id, receipt) = messages::share(visit.services(), by, &id, &visit.metadata()?).await?;
    go(&visit, receipt, Deed::LetterShared, &format!("/messages/{id}")).await
}

/// `GET /messages/ID/unshare`.
pub(crate) async fn ask_unshare(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.owner()?;
    let row = own(&visit, &id).await?;
    let w = Words::of(visit.language());
    let confirm = Confirm {
        page: visit.layout(w.unshare_asks.with(&row.subject), Place::Messages),
        said: vec![w.unshare_said.to_owned()],
        button: w.unshare,
        action: visit.path().to_owned(),
        reason: None,
        back: format!("/messages/{}", row.id),
        is_final: false,
    };
    confirm.ask()
}

/// `POST /messages/ID/unshare`.
pub(crate) async fn unshare(visit: Visit, Path(id): Path<String>) -> Answer {
    let by = visit.owner()?;
    let (id, receipt) = messages::unshare(visit.services(), by, &id, &visit.metadata()?).await?;
    go(&visit, receipt, Deed::LetterUnshared, &format!("/messages/{id}")).await
}

/// `GET /messages/ID/delete`.
pub(crate) async fn ask_delete(visit: Visit, Path(id): Path<String>) -> Answer {
    let row = own(&visit, &id).await?;
    editor(&visit, &id).await?;
    let w = Words::of(visit.language());
    let mut said = vec![w.delete_said.to_owned()];
    let filter = Filter { message: Some(row.id), now: visit.now(), ..Filter::default() };
    let access = visit.viewer()?.own();
    let used = mailings::page(visit.pool(), access, &filter, None, NAMED).await?;
    if !used.is_empty() {
        let all = mailings::count(visit.pool(), access, &filter).await?;
        said.push(w.delete_used.to_owned());
        said.extend(used.into_iter().filter_map(|(_, row)| Some(format!("• {}", shown(&visit, row)?.name))));
        if all > NAMED {
            said.push(w.more_mailings.of((all - NAMED).unsigned_abs()));
        }
    }
    if row.shared {
        said.push(w.delete_shared.to_owned());
    }
    let confirm = Confirm {
        page: visit.layout(w.delete_asks.with(&row.subject), Place::Messages),
        said,
        button: w.delete,
        action: visit.path().to_owned(),
        reason: None,
        back: format!("/messages/{}", row.id),
        is_final: true,
    };
    confirm.ask()
}

/// `POST /messages/ID/delete`.
pub(crate) async fn delete(visit: Visit, Path(id): Path<String>) -> Answer {
    let by = editor(&visit, &id).await?;
    let (_, receipt) = messages::delete(visit.services(), by, &id, &visit.metadata()?).await?;
    go(&visit, receipt, Deed::LetterDeleted, "/messages").await
}
