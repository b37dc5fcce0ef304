//! What a token does, event by event.

use super::{Command, Error, Event, Revocation, Scope, Token};
use crate::aggregate_tests::{aggregate_tests, stored_forms};
use crate::{Code, Decide, Refusal, UserId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

const ANN: UserId = UserId(Uuid::from_u128(0xa));

aggregate_tests!(Token);

fn noon() -> DateTime<Utc> {
    "2026-05-01T12:00:00Z".parse().expect("a moment")
}

fn create(scope: Scope) -> Command {
    Command::Create { owner: ANN, name: "reports".to_owned(), scope, expires_at: noon() }
}

fn revoke(why: Revocation) -> Command {
    Command::Revoke { owner: ANN, why }
}

fn created(scope: Scope) -> Event {
    Event::Created { owner: ANN, name: "reports".to_owned(), scope, expires_at: noon() }
}

fn revoked(why: Revocation) -> Event {
    Event::Revoked { owner: ANN, why }
}

#[test]
fn a_token_is_made_under_an_id_that_is_used_only_once() {
    given([]).when(create(Scope::Read)).then_expect_events(vec![created(Scope::Read)]);
    given([created(Scope::Read)]).when(create(Scope::Write)).then_expect_error(Error::AlreadyExists);
    given([revoked(Revocation::ByOwner)]).when(create(Scope::Read)).then_expect_error(Error::AlreadyExists);
}

#[test]
fn a_token_is_revoked_once_for_the_reason_that_came_first() {
    let made = created(Scope::Write);
    given([made.clone()]).when(revoke(Revocation::ByOwner)).then_expect_events(vec![revoked(Revocation::ByOwner)]);
    let ended = [made, revoked(Revocation::ByOwner)];
    given(ended.clone()).when(revoke(Revocation::PasswordChanged)).then_expect_events(vec![]);
    assert_eq!(after(ended), Token::Revoked { owner: ANN });
}

#[test]
fn a_token_from_before_tokens_left_events_is_revoked_like_any_other() {
    given([]).when(revoke(Revocation::ByOwner)).then_expect_events(vec![revoked(Revocation::ByOwner)]);
}

#[test]
fn a_refusal_is_a_code_and_a_field() {
    assert_eq!((Error::AlreadyExists.code(), Error::AlreadyExists.field()), (Code::AlreadyExists, None));
}

fn stored_forms() -> Vec<Event> {
    stored_forms! {
        Created: [created(Scope::Read), created(Scope::Write)],
        Revoked: [revoked(Revocation::ByOwner), revoked(Revocation::PasswordChanged)],
    }
}
