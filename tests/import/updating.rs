//! Clients who are there already, and groups.

use super::{AddressBook, PATIENCE, client, numbered, problems};
use acts::address_book::export;
use acts::address_book::import::{How, ImportError};
use acts::sheets::Delimiter;
use api::Table;
use domain::group;
use domain::import::Mode;
use projections::{Access, clients, groups};
use uuid::Uuid;

#[tokio::test]
async fn an_update_changes_what_the_file_tells_erases_nothing_and_a_second_time_changes_nothing() {
    let book = AddressBook::open().await;
    book.import(
        "email,full_name,comment,groups\n\
         a@example.com,Петрова Анна Сергеевна,old,Friends\n\
         b@example.com,,keep,\n\
         c@example.com,Carl,,Friends\n\
         d@example.com,Dora,,\n",
    )
    .await;
    let how = How { mode: Mode::AddAndUpdate, ..How::default() };
    let file = "email,first_name,last_name,comment,groups\n\
                A@example.com,Анна,Петрова,new,Press\n\
                b@example.com,Boris,Beck,NULL,\n\
                c@example.com,,,,Friends\n\
                d@example.com,,,,Friends|Press\n\
                e@example.com,Eve,,,Press\n\
                broken,,,,\n";

    let report = book.import_as(&how, file).await.expect("imported");

    assert_eq!(
        (report.rows, report.imported, report.updated, report.already_there, report.bad_rows()),
        (6, 1, 3, 1, 1),
        "{report:?}"
    );
    assert_eq!(report.groups_created, 1);
    assert_eq!(report.position, Some(book.last_position_of_clients().await));
    let expected = [
        client("a@example.com", "Петрова Анна Сергеевна", "new", &["Friends", "Press"]),
        client("b@example.com", "Boris Beck", "keep", &[]),
        client("c@example.com", "Carl", "", &["Friends"]),
        client("d@example.com", "Dora", "", &["Friends", "Press"]),
        client("e@example.com", "Eve", "", &["Press"]),
    ];
    assert_eq!(book.clients().await, expected);
    let names = [
        ["Петрова Анна Сергеевна", "Анна", "Петрова"],
        ["Boris Beck", "Boris", "Beck"],
        ["Carl", "", ""],
        ["Dora", "", ""],
        ["Eve", "Eve", ""],
    ];
    assert_eq!(book.names().await, names.map(|names| names.map(str::to_owned)));

    let events = book.events().await;
    let again = book.import_as(&how, file).await.expect("imported");
    let without = book.import(file.replace("new", "newer")).await;
    assert_eq!((again.updated, again.already_there, again.imported), (0, 5, 0));
    let unchanged: Vec<_> = [2, 3, 4, 5, 6].map(|line| (line, "ROW_UNCHANGED", None)).into();
    assert_eq!(problems(&again), [&unchanged[..], &[(7, "EMAIL_INVALID", Some("email"))]].concat());
    let sentence = "a@example.com is in the address book with all that the row says; nothing was changed";
    assert_eq!(again.problems[0].message, sentence);
    assert_eq!(problems(&without)[0], (2, "EMAIL_TAKEN", Some("email")));
    assert_eq!((without.updated, without.already_there), (0, 5));
    assert_eq!(book.events().await, events);
}

#[tokio::test]
async fn all_of_a_file_join_a_group_and_those_who_are_there_only_if_they_may_be_changed() {
    let book = AddressBook::open().await;
    book.import("email,groups\nold@example.org,Press\n").await;
    book.clients().await;
    let access = Access::Owner(book.owner);
    let press = groups::page(book.services.pool(), access, None, None, 1).await.expect("read").remove(0);
    let file = "email\nold@example.org\nnew@example.org\n";
    let how = How { group: Some(press.id.to_string()), ..How::default() };

    let report = book.import_as(&how, file).await.expect("imported");
    assert_eq!((report.imported, report.already_there, report.groups_created), (1, 1, 0));
    let new = client("new@example.org", "", "", &["Press"]);
    assert_eq!(book.clients().await, [client("old@example.org", "", "", &["Press"]), new]);

    let other = book.of_another_owner();
    let strange = other.import_as(&how, file).await.expect_err("another owner's group");
    assert!(matches!(strange, ImportError::Group(_)), "{strange}");
    other.import("email\nold@example.org\n").await;
    other.import("email,groups\nx@example.org,Mine\n").await;
    other.clients().await;
    let access = Access::Owner(other.owner);
    let mine = groups::page(other.services.pool(), access, None, None, 1).await.expect("read").remove(0);
    let how = How { group: Some(mine.id.to_string()), mode: Mode::AddAndUpdate, ..How::default() };
    let report = other.import_as(&how, "email\nold@example.org\nx@example.org\n").await.expect("imported");
    assert_eq!((report.updated, report.already_there), (1, 1));
}

#[tokio::test]
async fn what_is_exported_is_imported_again_as_it_was() {
    let book = AddressBook::open().await;
    let file = "email,full_name,comment,groups\n\
                a@example.org,=Anna,\"+1 \"\"x\"\"\",\"A, B:::Press\"\n\
                +b@example.org,'-Bob,'tis,Friends|Press\n\
                c@example.org,0043,\"two\nlines\",\n";
    book.import(file).await;
    let before = book.clients().await;

    let access = Access::Owner(book.owner);
    let filter = clients::Filter::default();
    let rows = clients::page(book.services.pool(), access, &filter, None, 10).await.expect("read");
    for delimiter in [Delimiter::Comma, Delimiter::Semicolon] {
        let mut text = export::header(delimiter, &[]);
        for (row, seen) in rows.iter().zip(&before) {
            text += &export::row(delimiter, row, &seen.groups.iter().cloned().collect::<Vec<_>>(), &[]);
        }
        let other = book.of_another_owner();
        other.import(&text).await;
        assert_eq!(other.clients().await, before, "{text}");
    }

    let mut table = Table::new(&export::columns(&[])).expect("a table");
    for (row, seen) in rows.iter().zip(&before) {
        let cells = export::cells(row, &seen.groups.iter().cloned().collect::<Vec<_>>(), &[]);
        table.add(&[cells]).expect("a row");
    }
    let mut workbook = Vec::new();
    table.write_to(&mut workbook).expect("a workbook");
    let other = book.of_another_owner();
    other.import(&workbook).await;
    assert_eq!(other.clients().await, before);
}

#[tokio::test]
async fn importing_a_file_twice_changes_nothing() {
    let book = AddressBook::open().await;
    let file = include_bytes!("../../demo/clients.csv");
    book.import(file).await;
    let (before, events) = (book.clients().await, book.events().await);

    let report = book.import(file).await;

    assert_eq!((report.rows, report.imported, report.already_there, report.groups_created), (1_000, 0, 1_000, 0));
    assert_eq!((report.bad.len(), report.position), (0, None));
    assert_eq!(problems(&report)[..2], [(2, "EMAIL_TAKEN", Some("email")), (3, "EMAIL_TAKEN", Some("email"))]);
    assert_eq!(report.problems.len(), 1_000);
    assert_eq!(book.events().await, events);
    assert_eq!(book.clients().await, before);
}

#[tokio::test]
async fn who_is_there_already_stays_as_they_are() {
    let book = AddressBook::open().await;
    book.import("email,name,groups\nanna@example.com,Anna,A\n").await;

    let report = book.import("email,name,groups\nAnna@Example.com,Other,B\nboris@example.com,Boris,a\n").await;

    assert_eq!((report.imported, report.already_there, report.groups_created), (1, 1, 0));
    assert_eq!(report.problems[0].message, "anna@example.com is already in your address book");
    assert_eq!(
        book.clients().await,
        [client("anna@example.com", "Anna", "", &["A"]), client("boris@example.com", "Boris", "", &["A"])]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn imports_of_one_file_at_once_add_each_address_once_and_each_group_once() {
    let book = AddressBook::open().await;
    let file = numbered(5_000);
    // In the opposite order PostgreSQL sees them wait for each other.
    let (header, rows) = file.split_once('\n').expect("a header");
    let backwards = rows.lines().rev().fold(header.to_owned(), |file, row| file + "\n" + row);

    let reports =
        tokio::join!(book.import(&file), book.import(&backwards), book.import(&file), book.import(&backwards));

    let reports = [reports.0, reports.1, reports.2, reports.3];
    assert_eq!(reports.iter().map(|report| report.imported).sum::<u64>(), 5_000, "{reports:?}");
    assert_eq!(reports.iter().map(|report| report.already_there).sum::<u64>(), 15_000);
    assert_eq!(reports.iter().map(|report| report.groups_created).sum::<u64>(), 1);
    assert_eq!(book.events().await, 5_001);
    // Not by AddressBook::clients, whose order of ids is that of one import.
    let filter = clients::Filter { group: Some(group_id(&book).await), ..clients::Filter::default() };
    assert_eq!(clients::count(book.services.pool(), Access::Owner(book.owner), &filter).await.expect("counted"), 5_000);
}

/// Of the only group.
async fn group_id(book: &AddressBook) -> Uuid {
    assert!(book.services.reached.wait_for(book.last_position().await, PATIENCE).await, "the read models follow");
    let groups = groups::page(book.services.pool(), Access::Owner(book.owner), None, None, 10).await.expect("read");
    assert_eq!(groups.len(), 1);
    groups[0].id
}

#[tokio::test]
async fn groups_are_found_in_any_case_and_however_they_are_separated() {
    let book = AddressBook::open().await;
    let create = group::Command::Create { owner: book.owner, name: group::Name::parse("Friends").expect("a name") };
    let id = Uuid::now_v7();
    book.services.store.create::<group::Group>(id, create, &book.metadata()).await.expect("created");

    let report = book
        .import(
            "email;groups\n\
             a@example.com;\"friends;FAMILY\"\n\
             b@example.com; Family | Friends |\n\
             c@example.com;Family, friends,,\n\
             d@example.com;\"Sales, north; Family; family\"\n\
             e@example.com; , \n",
        )
        .await;

    assert_eq!((report.imported, report.groups_created), (5, 2));
    let both = ["FAMILY", "Friends"];
    let expected: [&[&str]; 5] = [&both, &both, &both, &["FAMILY", "Sales, north"], &[]];
    for (client, expected) in book.clients().await.iter().zip(expected) {
        assert_eq!(client.groups.iter().collect::<Vec<_>>(), expected, "{client:?}");
    }
}

#[tokio::test]
async fn another_owners_addresses_and_groups_do_not_matter() {
    let book = AddressBook::open().await;
    let other = book.of_another_owner();
    book.import(numbered(3)).await;

    let report = other.import(numbered(3)).await;

    assert_eq!((report.imported, report.already_there, report.groups_created), (3, 0, 1));
    assert_eq!(book.emails().await, other.emails().await);
}
