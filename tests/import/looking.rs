//! Dry runs: what an import would do.

use super::AddressBook;
use acts::address_book::import::{How, ImportReport};

#[tokio::test]
async fn a_dry_run_tells_what_an_import_does_and_writes_nothing() {
    let book = AddressBook::open().await;
    book.import("email,full_name\nold@example.org,Old\nsame@example.org,Same\n").await;
    book.clients().await;
    // More than a chunk: the second one has to know of the group that the first one would make.
    let rows: String = (0..2_500).fold(String::new(), |rows, number| rows + &format!("n{number}@example.org,,Press\n"));
    let file = format!(
        "email,full_name,groups\nold@example.org,Older,Press\nsame@example.org,Same,\nno address,,\n\
         n1@example.org,,A\nn1@example.org,,B\n{rows}"
    );
    let events = book.events().await;

    for (update, updated) in [(false, 0), (true, 1)] {
        let how = How { update, dry_run: true, ..How::default() };
        let told = book.import_as(&how, &file).await.expect("read");
        assert!(told.dry_run && told.position.is_none());
        assert_eq!((told.imported, told.updated, told.already_there), (2_500, updated, 2 - updated));
    }
    let how = How { update: true, dry_run: true, ..How::default() };
    let told = book.import_as(&how, &file).await.expect("read");
    assert_eq!(book.events().await, events, "nothing was written");
    let wrong = told.problems.iter().find(|problem| problem.line == 4).expect("the line without an address");
    assert_eq!(wrong.value.as_deref(), Some("no address"), "{:?}", told.problems);

    let done = book.import_as(&How { dry_run: false, ..how }, &file).await.expect("imported");
    assert_eq!(ImportReport { dry_run: false, position: done.position, ..told }, done);
}
