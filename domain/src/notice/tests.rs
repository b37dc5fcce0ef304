//! What a letter of the service does, event by event.

use super::{Command, Error, Event, Kind, Notice, Request};
use crate::{EmailAddress, FullName, Language, UserId};
use cqrs_es::test::TestFramework;
use uuid::Uuid;

fn request() -> Request {
    Request {
        user: UserId(Uuid::from_u128(1)),
        kind: Kind::VerifyEmail,
        to: EmailAddress::parse("anna@example.com").expect("an address"),
        full_name: FullName::parse("Anna Petrova").expect("a name"),
        language: Language::Ru,
    }
}

#[test]
fn a_notice_is_asked_for_once() {
    TestFramework::<Notice>::with(())
        .given(vec![])
        .when(Command::Request(request()))
        .then_expect_events(vec![Event::Requested(request())]);
    TestFramework::<Notice>::with(())
        .given(vec![Event::Requested(request())])
        .when(Command::Request(request()))
        .then_expect_error(Error::AlreadyRequested);
}
