//! Files that are kept: looked at, imported, forgotten.

use super::AddressBook;
use crate::support::service::found;
use crate::support::workbook::workbook;
use acts::address_book::import::Target;
use acts::address_book::uploads::{self, Keeping, Stage, Wishes};
use acts::refusal::Refused;
use acts::who::Operator;
use domain::{Code, Language, UserId};
use std::collections::HashSet;
use std::time::Duration;
use uuid::Uuid;

#[tokio::test]
async fn a_file_is_looked_at_imported_and_forgotten() {
    let book = AddressBook::open().await;
    let (services, owner) = (&book.services, Operator::of_this_host().owner(book.owner));
    let keep = async |text: &str| {
        let mut keeping = Keeping::begin(services, owner, "people.csv").await.expect("begun");
        keeping.add(text.as_bytes()).await.expect("kept");
        keeping.finish().await.expect("finished")
    };
    let until = async |id, done: fn(&Stage) -> bool| loop {
        let upload = uploads::get(services, owner, id).await.expect("read").expect("it is there");
        if done(&upload.stage) {
            return upload;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let id = keep("Kontakt,name\na@example.org,Ann\n").await;
    let begin = async |wishes: Wishes, imports: bool| {
        let metadata = book.metadata();
        let into = Target { services, owner, metadata: &metadata, language: Language::En };
        let begun =
            if imports { uploads::import(&into, id, wishes).await } else { uploads::look(&into, id, wishes).await };
        begun.expect("begun")
    };

    assert!(begin(Wishes::default(), false).await);
    let upload = until(id, |stage| matches!(stage, Stage::Looked(_))).await;
    let Stage::Looked(look) = upload.stage else { panic!("looked") };
    assert_eq!(look.refused.expect("no address").0, "FILE_EMAIL_COLUMN_MISSING");
    assert_eq!(look.columns[0].example, "a@example.org");

    let columns = Some(vec![("email".to_owned(), "Kontakt".to_owned())]);
    let wishes = Wishes { columns, ..Wishes::default() };
    assert!(begin(wishes.clone(), false).await);
    let upload = until(id, |stage| matches!(stage, Stage::Looked(_))).await;
    let Stage::Looked(look) = upload.stage else { panic!("looked") };
    assert_eq!(look.summary.expect("a summary").imported, 1);
    assert_eq!(book.events().await, 0);

    assert!(begin(wishes.clone(), true).await);
    let upload = until(id, |stage| matches!(stage, Stage::Imported(_))).await;
    let Stage::Imported(summary) = upload.stage else { panic!("imported") };
    assert_eq!((summary.imported, book.emails().await), (1, vec!["a@example.org".to_owned()]));
    assert!(!begin(wishes, true).await, "once is enough");
    let pieces: i64 =
        sqlx::query_scalar("select count(*) from upload_pieces").fetch_one(services.pool()).await.expect("counted");
    assert_eq!(pieces, 0);

    let strange = Operator::of_this_host().owner(UserId(Uuid::now_v7()));
    assert_eq!(uploads::get(services, strange, id).await.expect("read"), None);
    for _ in 0..4 {
        keep("email\n").await;
    }
    assert_eq!(uploads::all(services, owner).await.expect("read").len(), 3);
}

#[tokio::test]
async fn a_workbook_is_kept_as_the_table_that_becomes_of_it() {
    let book = AddressBook::open().await;
    let (services, owner) = (&book.services, Operator::of_this_host().owner(book.owner));
    let keep = async |bytes: &[u8]| {
        let mut keeping = Keeping::begin(services, owner, "people.xlsx").await.expect("begun");
        for piece in bytes.chunks(3_000) {
            keeping.add(piece).await.expect("kept");
        }
        keeping.finish().await
    };
    let mut rows = vec![vec!["email".to_owned(), "comment".to_owned()]];
    rows.extend((0..10_000).map(|number| vec![format!("n{number}@example.org"), format!("{number} ").repeat(8)]));
    let rows: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
    let file = workbook(&rows);

    let id = keep(&file).await.expect("kept");
    let upload = uploads::get(services, owner, id).await.expect("read").expect("it is there");
    let pieces: Vec<Vec<u8>> =
        sqlx::query_scalar("select bytes from upload_pieces where upload_id = $1 order by place")
            .bind(id)
            .fetch_all(services.pool())
            .await
            .expect("read");
    let text = String::from_utf8(pieces.concat()).expect("text");
    assert_eq!((text.len() as u64, text.lines().count()), (upload.size, 10_002), "a line before it, and the names");
    assert!(pieces.len() > 1 && text.ends_with("9999 \"\r\n"), "{} pieces", pieces.len());
    let metadata = book.metadata();
    let into = Target { services, owner, metadata: &metadata, language: Language::En };
    assert!(uploads::import(&into, id, Wishes::default()).await.expect("begun"));
    let summary = found("the clients are imported", async || {
        let upload = uploads::get(services, owner, id).await.expect("read").expect("it is there");
        if let Stage::Imported(summary) = upload.stage { Some(summary) } else { None }
    });
    assert_eq!(summary.await.imported, 10_000);

    let kept_before = kept(&book).await;
    let refused = keep(&file[..file.len() / 2]).await.expect_err("half of it");
    assert!(matches!(&refused, Refused::Problems(all) if all[0].code == Code::FileWorkbookBroken), "{refused:?}");
    found("nothing of it is kept", async || (kept(&book).await == kept_before).then_some(())).await;
}

/// How many of the owner's files are there as a whole, and how many are not.
async fn kept(book: &AddressBook) -> (i64, i64) {
    let counted = sqlx::query_as("select count(size), count(*) - count(size) from uploads where owner_id = $1");
    counted.bind(book.owner.0).fetch_one(book.services.pool()).await.expect("counted")
}

#[tokio::test]
async fn files_whose_coming_broke_off_take_the_place_of_none_that_is_there() {
    let book = AddressBook::open().await;
    let (services, owner) = (&book.services, Operator::of_this_host().owner(book.owner));
    let begin = async || {
        let mut keeping = Keeping::begin(services, owner, "people.csv").await.expect("begun");
        keeping.add(&vec![b'x'; 600 * 1024]).await.expect("kept");
        keeping
    };
    let mut whole = Vec::new();
    for _ in 0..3 {
        whole.push(begin().await.finish().await.expect("finished"));
    }

    // Connections that break off.
    for _ in 0..5 {
        drop(begin().await);
    }
    found("what has come is forgotten", async || (kept(&book).await == (3, 0)).then_some(())).await;
    // Nodes that die, which forget nothing.
    for _ in 0..5 {
        std::mem::forget(begin().await);
    }
    assert_eq!(kept(&book).await, (3, 2), "of those the newest stay for as long as files are kept");
    let ids = async || {
        let all = uploads::all(services, owner).await.expect("read");
        all.into_iter().map(|upload| upload.id).collect::<Vec<_>>()
    };
    assert_eq!(ids().await.len(), 3);

    // One that comes to its end takes the place of the oldest, and no sooner.
    let coming = begin().await;
    assert_eq!(kept(&book).await, (3, 2));
    whole.push(coming.finish().await.expect("finished"));
    let left: HashSet<Uuid> = ids().await.into_iter().collect();
    assert_eq!(left, whole[1..].iter().copied().collect::<HashSet<_>>());

    // Whoever sends many at the same time is told so, and loses none that is there.
    let (first, second, third) = (begin().await, begin().await, begin().await);
    let refused = first.finish().await.expect_err("two newer ones are coming");
    assert!(matches!(&refused, Refused::Problems(all) if all[0].code == Code::RateLimited), "{refused:?}");
    second.finish().await.expect("finished");
    third.finish().await.expect("finished");
    assert_eq!(ids().await.len(), 3);
}
