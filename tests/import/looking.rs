//! Dry runs: what an import would do.

use super::AddressBook;
use acts::address_book::import::{Becomes, How, ImportReport};
use domain::import::Mode;

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

    for (mode, updated) in [(Mode::Add, 0), (Mode::AddAndUpdate, 1)] {
        let how = How { mode, dry_run: true, ..How::default() };
        let told = book.import_as(&how, &file).await.expect("read");
        assert!(told.dry_run && told.position.is_none());
        assert_eq!((told.imported, told.updated, told.already_there), (2_500, updated, 2 - updated));
    }
    let how = How { mode: Mode::AddAndUpdate, dry_run: true, ..How::default() };
    let told = book.import_as(&how, &file).await.expect("read");
    assert_eq!(book.events().await, events, "nothing was written");
    let lines: Vec<u64> = told.preview.iter().map(|row| row.line).collect();
    assert_eq!(lines, (2..=11).collect::<Vec<u64>>());
    let becomes: Vec<Becomes> = told.preview.iter().map(|row| row.becomes).take(6).collect();
    let expected = [Becomes::Changed, Becomes::Unchanged, Becomes::Bad, Becomes::New, Becomes::Bad, Becomes::New];
    assert_eq!(becomes, expected);
    let (first, third) = (&told.preview[0], &told.preview[2]);
    assert_eq!((first.email.as_str(), first.full_name.as_str()), ("old@example.org", "Older"));
    assert_eq!((&first.groups, third.email.as_str()), (&vec!["Press".to_owned()], "no address"));
    assert!(third.said.is_some());
    let wrong = told.problems.iter().find(|problem| problem.line == 4).expect("the line without an address");
    assert_eq!(wrong.value.as_deref(), Some("no address"), "{:?}", told.problems);

    let done = book.import_as(&How { dry_run: false, ..how }, &file).await.expect("imported");
    let import = done.import;
    assert!(import.is_some());
    let same = ImportReport { dry_run: false, position: done.position, preview: Vec::new(), import, ..told };
    assert_eq!(same, done);
}
