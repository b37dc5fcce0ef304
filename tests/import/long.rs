//! Imports that take a while, and those that break off.

use super::{AddressBook, numbered};
use crate::support::database;
use acts::address_book::import::{ImportError, Progress, import};
use acts::blog::Views;
use acts::who::{Hashing, Operator};
use acts::{Health, Quotas, Services};
use chrono::{DateTime, Utc};
use domain::{Actor, Language, UserId};
use eventstore::{Clock, EventStore, Metadata};
use projections::Projector;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};
use uuid::Uuid;

#[tokio::test]
async fn long_work_shows_progress() {
    let book = AddressBook::open().await;
    let file = numbered(20_000) + "broken\n17@example.com\n";
    let mut seen: Vec<Progress> = vec![];

    let report = import(
        &book.services,
        Operator::of_this_host().owner(book.owner),
        file.as_bytes(),
        &book.metadata(),
        Language::En,
        |progress| {
            seen.push(progress);
        },
    )
    .await
    .expect("imported");

    assert_eq!((report.rows, report.imported), (20_002, 20_000));
    for pair in seen.windows(2) {
        assert!(
            pair[0].rows <= pair[1].rows && pair[0].imported <= pair[1].imported && pair[0].bytes <= pair[1].bytes,
            "{pair:?}"
        );
        assert!(pair[1].rows - pair[0].rows <= 2_000, "{pair:?}");
    }
    let all = Progress { rows: 20_002, imported: 20_000, already_there: 0, bad: 2, bytes: file.len() as u64 };
    assert_eq!(seen.last(), Some(&all));
    assert_eq!(book.emails().await.len(), 20_000);
}

/// An upload that breaks off.
struct BrokenOff;

impl AsyncRead for BrokenOff {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
    }
}

#[tokio::test]
async fn an_import_that_breaks_off_keeps_whole_chunks_and_is_completed_by_the_next() {
    let book = AddressBook::open().await;
    let file = numbered(10_000);
    let half = file.as_bytes()[..file.len() / 2].chain(BrokenOff);

    let error = import(
        &book.services,
        Operator::of_this_host().owner(book.owner),
        half,
        &book.metadata(),
        Language::En,
        |_| {},
    )
    .await
    .expect_err("it broke off");

    assert!(matches!(error, ImportError::Input(_)), "{error}");
    let kept = book.emails().await.len() as u64;
    assert!((2_000..10_000).contains(&kept), "{kept}");
    let report = book.import(&file).await;
    assert_eq!((report.already_there, report.imported), (kept, 10_000 - kept));
    assert_eq!(book.emails().await.len(), 10_000);
}

#[tokio::test]
async fn an_import_without_anybody_who_keeps_read_models_still_ends() {
    let database = database().await;
    let store = EventStore::new(database.pool.clone());
    let (_idle, reached) = Projector::new(store.clone());
    let clock = Clock::new(|| DateTime::<Utc>::UNIX_EPOCH);
    let (health, _) = Health::watch(database.pool.connect_options().as_ref().clone(), reached.clone());
    let (views, hashing, quotas) = (Views::default(), Hashing::default(), Quotas::default());
    let services = Services {
        store,
        reached,
        clock,
        views,
        health,
        hashing,
        quotas,
        message_id_domain: None,
        master_key: None,
        senders: acts::senders::Senders::default(),
        letters: None,
        returns: None,
        ways: acts::intake::Ways::default(),
    };
    let owner = UserId(Uuid::now_v7());
    let metadata = Metadata::new(Actor::User(owner), Uuid::now_v7());

    let report = import(
        &services,
        Operator::of_this_host().owner(owner),
        numbered(25_000).as_bytes(),
        &metadata,
        Language::En,
        |_| {},
    )
    .await
    .expect("imported");

    assert_eq!(report.imported, 25_000);
}
