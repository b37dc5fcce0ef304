//! Test letters: a message as a client would get it, to whoever asks, before any client gets it.

use crate::refusal::input::{self, Problems};
use crate::refusal::{Problem, Refused};
use crate::who::allowance::{self, Act};
use crate::who::{Caller, Viewer, accounts};
use crate::{Services, mailings};
use domain::client::Fields;
use domain::notice::{Command, Kind, Notice, Request, TestLetter};
use domain::user::Account;
use domain::{Actor, ClientId, Code, EmailAddress, FullName, MessageId, NoticeId, client, message};
use eventstore::{Receipt, StoreError};
use projections::messages::{self, Readers};

/// What somebody wants to see.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The id of the message.
    pub message: String,
    /// The id of the client whose values fill the merge fields; without one, the asker's own do.
    pub client: Option<String>,
    /// The idempotency key: the same key is answered by the same letter.
    pub key: Option<String>,
}

/// Whose values fill the merge fields.
struct Values {
    client: Option<ClientId>,
    email: EmailAddress,
    full_name: FullName,
    first_name: FullName,
    last_name: FullName,
    comment: String,
    fields: Fields,
}

/// Sends a message that the viewer can read, in its current revision, to the viewer's own address and to no other. The same
/// key is answered by the same letter.
pub async fn send(
    services: &Services,
    caller: &Caller,
    viewer: &Viewer,
    wanted: Wanted,
) -> Result<(NoticeId, Receipt), Refused> {
    let account = accounts::account(services, viewer.id()).await?.filter(|account| account.verified);
    let Some(account) = account else {
        return Err(Problem::new(Code::EmailNotVerified, &[], words::accounts::Problem::OwnAddressNotVerified).into());
    };
    let mut problems = Problems::default();
    let key = problems.take(input::key(wanted.key));
    let message = problems.take(current(services, viewer, &wanted.message).await?);
    let values = match wanted.client {
        Some(id) => problems.take(values_of(services, viewer, &id).await?),
        None => Some(own_values(&account)),
    };
    let (Some(key), Some((message, revision)), Some(values)) = (key, message, values) else {
        return Err(problems.into());
    };
    let id = input::new_id(viewer.id(), "test letter", key.as_deref());
    if services.store.load::<Notice>(id).await?.state == Notice::Absent {
        allowance::take(services, Act::TestLetter, caller.address, Some(&account.email.key())).await?;
    }
    let Values { client, email, full_name, first_name, last_name, comment, fields } = values;
    let letter = TestLetter { message, revision, client, email, full_name, first_name, last_name, comment, fields };
    let request = Request {
        user: viewer.id(),
        kind: Kind::TestLetter(letter),
        to: account.email,
        full_name: account.full_name,
        language: account.language,
    };
    let metadata = caller.metadata(Actor::User(viewer.id()));
    let receipt = services.store.create::<Notice>(id, Command::Request(request), &metadata).await?;
    Ok((NoticeId(id), receipt))
}

/// The message and its current revision, as far as the read models show it: the letter is made from them.
async fn current(
    services: &Services,
    viewer: &Viewer,
    id: &str,
) -> Result<Result<(MessageId, u32), Problem>, sqlx::Error> {
    let unknown = || Problem::of(&message::Error::NotFound).at(&["id"]);
    let Ok(id) = id.parse::<MessageId>() else { return Ok(Err(unknown())) };
    let row =
        messages::get(services.pool(), Readers::Owner(viewer.id()), id).await?.filter(|row| row.deleted_at.is_none());
    let Some(row) = row else { return Ok(Err(unknown())) };
    if let Some(problem) = mailings::too_large(services, id, row.revision).await? {
        return Ok(Err(problem.at(&["id"])));
    }
    Ok(u32::try_from(row.revision).map(|revision| (id, revision)).map_err(|_| unknown()))
}

async fn values_of(services: &Services, viewer: &Viewer, id: &str) -> Result<Result<Values, Problem>, StoreError> {
    let unknown = || Problem::of(&client::Error::NotFound).at(&["clientId"]);
    let Ok(id) = id.parse::<ClientId>() else { return Ok(Err(unknown())) };
    Ok(match services.store.load::<client::Client>(id.0).await?.state {
        client::Client::Present(card) if card.owner == viewer.id() || viewer.may_watch() => {
            let client::Card { email, full_name, first_name, last_name, comment, fields, .. } = card;
            Ok(Values { client: Some(id), email, full_name, first_name, last_name, comment, fields })
        }
        _ => Err(unknown()),
    })
}

fn own_values(account: &Account) -> Values {
    let (email, full_name) = (account.email.clone(), account.full_name.clone());
    let (first_name, last_name) = (FullName::default(), FullName::default());
    let (comment, fields) = (String::new(), Fields::new());
    Values { client: None, email, full_name, first_name, last_name, comment, fields }
}
