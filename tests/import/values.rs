//! What stands in cells.

use super::{AddressBook, client, problems};
use acts::address_book::import::ImportReport;

#[tokio::test]
async fn a_mailbox_is_one_client_however_it_is_spelled() {
    let book = AddressBook::open().await;
    let file = "email,full_name\n\
                anna@пример.рф,Anna\n\
                Anna@XN--E1AFMKFD.xn--p1ai,Anna again\n\
                full@birch.example,Full\n\
                full@ｂirch.example,Full again\n\
                \"\"\"ann..b\"\"@example.org\",Quoted\n\
                \"\"\"ANN..\\b\"\"@example.org\",Quoted again\n\
                \"\"\"eve\"\"@example.org\",Eve\n\
                eve@example.org,Eve again\n";

    let report = book.import(file).await;
    let again = book
        .import("email\nanna@xn--e1afmkfd.xn--p1ai\nANNA@Пример。рф\nfull@ＢＩＲＣＨ.example\nEve@example.org\n")
        .await;

    let twice: Vec<_> = [3, 5, 7, 9].map(|line| (line, "DUPLICATE_IN_FILE", Some("email"))).into();
    assert_eq!(problems(&report), twice);
    assert_eq!((again.rows, again.imported), (4, 0), "{again:?}");
    let emails = ["anna@пример.рф", "full@birch.example", "\"ann..b\"@example.org", "\"eve\"@example.org"];
    assert_eq!(book.emails().await, emails, "each as it was typed first");
}

#[tokio::test]
async fn what_programs_write_for_no_value_is_taken_for_empty_and_told() {
    let book = AddressBook::open().await;
    let file = "email,full_name,comment,groups\n\
                a@example.com,NULL,\\N,(null)\n\
                b@example.com,NULL,#N/A,\n\
                c@example.com,NaN,<NULL>,NULL\n\
                d@example.com,Jennifer Null,NULL and more,None\n\
                e@example.com,Null,null,Press\n\
                NULL,Nobody,,\n";

    let report = book.import(file).await;

    let told: Vec<_> = report.warnings.iter().map(|it| (it.code.as_str(), it.column.as_str(), it.cells)).collect();
    assert!(told.iter().all(|(code, ..)| *code == "TAKEN_FOR_EMPTY"), "{told:?}");
    let cells = |column: &str| -> u64 { told.iter().filter(|it| it.1 == column).filter_map(|it| it.2).sum() };
    assert_eq!((cells("full_name"), cells("comment"), cells("groups")), (3, 4, 2));
    let sentence = "\"NULL\" in the column full_name is taken for empty, from line 2 on, in 2 cells altogether";
    assert!(report.warnings.iter().any(|it| it.message == sentence), "{:?}", report.warnings);
    assert_eq!(problems(&report), [(7, "EMAIL_INVALID", Some("email"))], "an address is never taken for empty");
    assert_eq!(
        book.clients().await,
        [
            client("a@example.com", "", "", &[]),
            client("b@example.com", "", "", &[]),
            client("c@example.com", "", "", &[]),
            client("d@example.com", "Jennifer Null", "NULL and more", &["None"]),
            client("e@example.com", "Null", "", &["Press"]),
        ]
    );
}

#[tokio::test]
async fn a_name_in_capitals_that_programs_write_for_no_value_is_a_name() {
    let book = AddressBook::open().await;
    let capitals = "email,first_name,last_name\n\
                    a@example.com,Jin,NA\n\
                    b@example.com,Minh,LÊ\n\
                    c@example.com,NA,D'ARC\n\
                    d@example.com,Jeanne,NULL\n";
    let mixed = "email,first_name,last_name\n\
                 e@example.com,Jin,NA\n\
                 f@example.com,Jin,Na\n\
                 g@example.com,Minh,Lê\n";
    let nothing_else = "email,full_name\nh@example.com,NA\n";

    let reports = [book.import(capitals).await, book.import(mixed).await, book.import(nothing_else).await];

    let told = |report: &ImportReport| report.warnings.iter().map(|it| it.column.clone()).collect::<Vec<_>>();
    assert_eq!(reports.each_ref().map(told), [vec!["first_name", "last_name"], vec!["last_name"], vec!["full_name"]]);
    let expected = [
        ["Jin NA", "Jin", "NA"],
        ["Minh LÊ", "Minh", "LÊ"],
        ["D'ARC", "", "D'ARC"],
        ["Jeanne", "Jeanne", ""],
        ["Jin", "Jin", ""],
        ["Jin Na", "Jin", "Na"],
        ["Minh Lê", "Minh", "Lê"],
        ["", "", ""],
    ];
    assert_eq!(book.names().await, expected.map(|names| names.map(str::to_owned)));
}

#[tokio::test]
async fn of_several_addresses_in_one_cell_the_first_is_taken_and_the_others_are_named() {
    let book = AddressBook::open().await;
    let file = "Name,E-mail 1 - Value,Groups\n\
                Anna,anna@example.com ::: Anna@Example.org ::: ANNA@example.com,Friends ::: A|B\n\
                Boris,boris ::: boris@example.com,\n\
                Carl, ::: carl@example.com ::: ,\n\
                Dora,dora ::: nobody,\n\
                Eve,\"\"\"e:::e\"\"@example.com\",\n\
                Anna again,anna@example.com:::x@example.com,\n";

    let report = book.import(file).await;

    assert_eq!(problems(&report), [(5, "EMAIL_INVALID", Some("email")), (7, "DUPLICATE_IN_FILE", Some("email"))]);
    let emails = ["anna@example.com", "boris@example.com", "carl@example.com", "\"e:::e\"@example.com"];
    assert_eq!(book.emails().await, emails);
    assert_eq!(book.groups().await, ["Friends", "A|B"]);
    let told: Vec<_> = report.warnings.iter().map(|it| (it.code.as_str(), it.column.as_str(), it.cells)).collect();
    assert_eq!(told, [("SEVERAL_ADDRESSES", "email", Some(1))]);
    assert_eq!(
        report.warnings[0].message,
        "1 cell of the column email has several addresses, of which the first is taken; left out: Anna@Example.org (line 2); \
         give each a row of its own to have them all"
    );
    // However many there are, some are named.
    let many =
        (0..5_000).fold("email\n".to_owned(), |file, n| file + &format!("a{n}@example.com ::: b{n}@example.com\n"));
    let report = book.of_another_owner().import(many).await;
    assert_eq!((report.imported, report.warnings[0].cells), (5_000, Some(5_000)));
    assert!(
        report.warnings[0].message.contains("b49@example.com (line 51), and more: 4950; give"),
        "{:?}",
        report.warnings
    );
}
