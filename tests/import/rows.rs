//! Rows and files that cannot be imported.

use super::{AddressBook, numbered, problems, utf16};
use acts::address_book::import::{ImportReport, KEPT_PROBLEMS, RowProblem, import_telling};
use acts::who::Operator;
use domain::{Code, Language, Refusal};

#[tokio::test]
async fn each_bad_row_is_reported_with_its_line_and_reason_and_the_others_are_imported() {
    let book = AddressBook::open().await;
    let (long_comment, long_name, long_group) = ("c".repeat(2_001), "n".repeat(201), "g".repeat(101));
    let file = format!(
        "email,full_name,comment,groups\n\
         first@example.com,\"First\",\"a comment\nof three\nlines\",A\n\
         ,Nobody,,A\n\
         not an address,Broken,,Never\n\
         two@example.com,{long_name},,Never\n\
         \n\
         three@example.com,Three,{long_comment},Never\n\
         four@example.com,Four,,\"A;{long_group}\"\n\
         five@example.com,Five,one, too many\n\
         six@example.com,Six,too, many,A,\n\
         seven@example.com,\"Seven\" or 7,,A\n\
         ,,,\n\
         {long_address}@example.com,,,\n\
         FIRST@example.com,First again,,\n\
         last@example.com\n",
        long_address = "x".repeat(300),
    );

    let report = book.import(file).await;

    assert_eq!(
        problems(&report),
        [
            (5, "EMAIL_MISSING", Some("email")),
            (6, "EMAIL_INVALID", Some("email")),
            (7, "FULL_NAME_TOO_LONG", Some("full_name")),
            (9, "COMMENT_TOO_LONG", Some("comment")),
            (10, "NAME_TOO_LONG", Some("groups")),
            (12, "ROW_TOO_MANY_FIELDS", None),
            (13, "ROW_QUOTES_BROKEN", None),
            (15, "EMAIL_TOO_LONG", Some("email")),
            (16, "DUPLICATE_IN_FILE", Some("email")),
        ]
    );
    for (line, part) in [(6, "\"not an address\" is not an e-mail address"), (9, "2001 characters"), (16, "line 2 ")] {
        let problem = report.problems.iter().find(|problem| problem.line == line).expect("reported");
        assert!(problem.message.contains(part), "{problem:?}");
    }
    assert_eq!(report.bad.values().sum::<u64>(), 9);
    assert_eq!(book.emails().await, ["first@example.com", "five@example.com", "last@example.com"]);
    // "too many" came from a comment with a comma, but nobody can tell; "Never" was only named by bad rows.
    assert_eq!(book.groups().await, ["A", "too many"]);
}

#[tokio::test]
async fn a_repeated_address_names_the_line_that_had_it_first() {
    let book = AddressBook::open().await;
    let file =
        "email,comment\nanna@example.com,\"two\nlines\"\nboris@example.com\nANNA@Example.com\nanna@example.com\n";

    let report = book.import(file).await;

    assert_eq!(report.bad, [(Code::DuplicateInFile, 2)].into());
    assert_eq!(report.problems[0].message, "line 2 has the address anna@example.com already");
    assert_eq!(problems(&report).iter().map(|problem| problem.0).collect::<Vec<_>>(), [5, 6]);
    // Also far from the first, when that has long been appended.
    let far = book.of_another_owner();
    let report = far.import(numbered(5_000) + "17@example.com\n").await;
    assert_eq!(
        (report.imported, &*report.problems[0].message),
        (5_000, "line 19 has the address 17@example.com already")
    );
}

#[tokio::test]
async fn a_row_that_is_refused_does_not_count_as_the_first_with_its_address() {
    let book = AddressBook::open().await;

    let report =
        book.import(format!("email,comment\nanna@example.com,{}\nanna@example.com,short\n", "c".repeat(2_001))).await;

    assert_eq!((report.imported, report.bad), (1, [(Code::CommentTooLong, 1)].into()));
}

#[tokio::test]
async fn a_row_that_is_no_text_costs_only_itself() {
    let book = AddressBook::open().await;
    let file = b"email,name\na@example.com,J\xfcrgen\nb@example.com,B\0oris\nc@example.com,Clara\n";

    let report = book.import(file).await;

    assert_eq!(problems(&report), [(2, "ROW_NOT_UTF8", None), (3, "ROW_NUL", None)]);
    assert!(report.problems[0].message.contains("save the file as CSV in UTF-8"));
    assert_eq!(book.emails().await, ["c@example.com"]);
}

#[tokio::test]
async fn a_quotation_mark_that_is_never_closed_costs_only_its_line() {
    let book = AddressBook::open().await;
    let file =
        "email,name\na@example.com,\"Anna\nb@example.com,Boris\nc@example.com,\"Clara, too\"\nd@example.com,\"Dora\n";

    let report = book.import(file).await;

    assert_eq!(problems(&report), [(2, "ROW_QUOTES_BROKEN", None), (5, "ROW_QUOTES_BROKEN", None)]);
    assert_eq!(book.emails().await, ["b@example.com", "c@example.com"]);
}

#[tokio::test]
async fn a_megabyte_of_garbage_costs_one_row() {
    let service = AddressBook::open().await;
    let garbage = "x".repeat(1024 * 1024);
    for row in [
        garbage.clone(),
        format!("\"{garbage}\""),
        format!("b@example.com,{garbage}"),
        format!("b@example.com,\"{garbage}"),
    ] {
        let book = service.of_another_owner();

        let report = book.import(format!("email,comment\na@example.com\n{row}\nc@example.com,\"fine\"\n")).await;

        assert_eq!(problems(&report), [(3, "ROW_TOO_LONG", None)]);
        assert_eq!(book.emails().await, ["a@example.com", "c@example.com"]);
    }
}

#[tokio::test]
async fn a_big_field_in_a_column_that_means_nothing_does_no_harm() {
    let book = AddressBook::open().await;
    let report = book.import(format!("email,photo\na@example.com,\"{}\"\n", "x\n".repeat(100_000))).await;
    assert_eq!((report.imported, report.problems), (1, vec![]));
}

#[tokio::test]
async fn what_is_no_file_of_clients_is_refused_and_says_what_to_do() {
    let book = AddressBook::open().await;
    let header = "email,name\nanna@example.com,Anna\n";
    let cases: [(Vec<u8>, &str, &str); 15] = [
        (vec![], "FILE_EMPTY", "email,full_name,comment,groups"),
        (b"\r\n\n".to_vec(), "FILE_EMPTY", "email,full_name,comment,groups"),
        ("\u{feff}".into(), "FILE_EMPTY", "email,full_name,comment,groups"),
        (utf16(&format!("\u{feff}{header}"), u16::to_le_bytes), "FILE_NOT_UTF8", "in UTF-16; save it as CSV in UTF-8"),
        (utf16(&format!("\u{feff}{header}"), u16::to_be_bytes), "FILE_NOT_UTF8", "in UTF-16; save it as CSV in UTF-8"),
        (utf16(header, u16::to_le_bytes), "FILE_NOT_UTF8", "UTF-16"),
        (utf16(header, u16::to_be_bytes), "FILE_NOT_UTF8", "UTF-16"),
        (b"PK\x03\x04\x14".to_vec(), "FILE_WORKBOOK_BROKEN", "or as CSV in UTF-8"),
        (b"email,pr\xe9nom\n".to_vec(), "FILE_NOT_UTF8", "save it as CSV in UTF-8"),
        ("Phone,name\n1,Anna\n".into(), "FILE_EMAIL_COLUMN_MISSING", "it has: Phone, name"),
        (
            "anna@example.com;Anna\n".into(),
            "FILE_EMAIL_COLUMN_MISSING",
            "has to name the columns, among them \"email\"; it has: anna@example.com, Anna",
        ),
        ("email,name,E-Mail\n".into(), "FILE_COLUMN_TWICE", "\"email\" and \"E-Mail\" mean the same, email;"),
        ("email;Name;Full Name\n".into(), "FILE_COLUMN_TWICE", "\"Name\" and \"Full Name\" mean the same, full_name;"),
        ("email,\"name\nanna@example.com,Anna\n".into(), "FILE_HEADER_BROKEN", "a quotation mark"),
        ("x".repeat(1_000_000).into(), "FILE_HEADER_BROKEN", "does not end"),
    ];
    for (file, code, part) in cases {
        let error = book.refusal(&file).await;
        assert_eq!((error.code().as_str(), error.field()), (code, Some("file")), "{error}");
        assert!(error.to_string().contains(part), "{error}");
        assert!(error.to_string().len() < 500, "{error}");
    }
    assert_eq!(book.events().await, 0);
}

#[tokio::test]
async fn a_header_alone_imports_nobody() {
    let book = AddressBook::open().await;
    for file in ["email,name", "email,name\n", "email,name\r\n\r\n,\r\n"] {
        let report = book.import(file).await;
        assert_eq!(report.columns.len(), 2, "{file:?}");
        assert_eq!(ImportReport { columns: vec![], ..report }, ImportReport::default(), "{file:?}");
    }
    assert_eq!(book.events().await, 0);
}

#[tokio::test]
async fn of_many_bad_rows_all_are_counted_and_told_and_the_first_of_each_kind_kept() {
    let book = AddressBook::open().await;
    let file = "email\n".to_owned() + &"broken\n".repeat(5_000) + "a@example.com\na@example.com\n";
    let mut told: Vec<RowProblem> = vec![];

    let report = import_telling(
        &book.services,
        Operator::of_this_host().owner(book.owner),
        file.as_bytes(),
        &book.metadata(),
        Language::En,
        |_| {},
        |problem| told.push(problem.clone()),
    )
    .await
    .expect("imported");

    assert_eq!(report.bad, [(Code::DuplicateInFile, 1), (Code::EmailInvalid, 5_000)].into());
    assert_eq!(report.problems.len() as u64, KEPT_PROBLEMS + 1);
    assert_eq!(report.problems.last().map(|problem| problem.line), Some(5_003));
    assert_eq!(told.len(), 5_001);
    assert!(told.is_sorted_by_key(|problem| problem.line));
    assert_eq!(book.emails().await, ["a@example.com"]);
}
