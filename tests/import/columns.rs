//! Which columns a file has, and what they mean.

use super::{AddressBook, client, problems};
use acts::address_book::import::{Field, How, ImportError};
use domain::{Code, Refusal};
use std::collections::BTreeSet;

#[tokio::test]
async fn what_a_spreadsheet_exports_becomes_clients_in_groups() {
    let book = AddressBook::open().await;
    let file = "\u{feff}E-Mail;Full Name;Comment;Groups\r\n\
                anna@example.com;Anna Petrova;\"likes; semicolons\";\"Customers;Press\"\r\n\
                Юля@пример.рф ; Юлия  Павленко ;;Customers\r\n";

    let report = book.import(file).await;

    assert_eq!((report.rows, report.imported, report.groups_created), (2, 2, 2));
    assert_eq!(report.position, Some(book.last_position_of_clients().await));
    assert_eq!(
        book.clients().await,
        [
            client("anna@example.com", "Anna Petrova", "likes; semicolons", &["Customers", "Press"]),
            client("Юля@пример.рф", "Юлия Павленко", "", &["Customers"]),
        ]
    );
}

#[tokio::test]
async fn the_file_that_is_shipped_has_a_thousand_clients_in_three_groups() {
    let book = AddressBook::open().await;

    let report = book.import(include_bytes!("../../demo/clients.csv")).await;

    assert_eq!((report.rows, report.imported, report.groups_created), (1_000, 1_000, 3));
    assert_eq!(report.problems, []);
    assert_eq!(report.ignored_columns, Vec::<String>::new());
    assert_eq!(
        book.groups().await.into_iter().collect::<BTreeSet<_>>(),
        ["Customers", "Partners", "Press"].map(String::from).into()
    );
    let clients = book.clients().await;
    for domain in clients.iter().map(|client| client.email.rsplit_once('@').expect("an address").1) {
        let reserved = ["example.com", "example.org", "example.net"];
        assert!(reserved.iter().any(|end| domain == *end || domain.ends_with(&format!(".{end}"))), "{domain}");
    }
    assert!(clients.iter().any(|client| client.groups.len() == 2));
    assert!(clients.iter().any(|client| client.comment.contains('\n')));
}

#[tokio::test]
async fn every_delimiter_line_break_and_byte_order_mark_means_the_same() {
    let service = AddressBook::open().await;
    for (n, delimiter) in [",", ";", "\t"].into_iter().enumerate() {
        for (m, line_break) in ["\n", "\r\n", "\r"].into_iter().enumerate() {
            let book = service.of_another_owner();
            let mark = if (n + m) % 2 == 0 { "\u{feff}" } else { "" };
            let lines = [
                ["email", "full_name", "comment", "groups"],
                ["anna@example.com", "Anna", "\"two\nlines\"", "A|B"],
                ["broken", "", "", ""],
                ["boris@example.com", "Boris", "", "A"],
            ];
            let file = mark.to_owned() + &lines.map(|line| line.join(delimiter)).join("\n");

            let report = book.import(file.replace('\n', line_break)).await;

            assert_eq!(problems(&report), [(4, "EMAIL_INVALID", Some("email"))], "{file:?}");
            let expected = [
                client("anna@example.com", "Anna", "two\nlines", &["A", "B"]),
                client("boris@example.com", "Boris", "", &["A"]),
            ];
            assert_eq!(book.clients().await, expected, "{file:?}");
        }
    }
}

#[tokio::test]
async fn columns_are_found_in_any_case_and_order_and_by_their_other_names() {
    let service = AddressBook::open().await;
    for header in [
        "GROUPS,comment,Full_Name,EMAIL",
        " groups , Comment ,full name, e-mail ",
        "\"Group\",\"Comments\",\"Name\",\"Email Address\"",
        "sep=,\r\ngroups,comment,FullName,email",
        "\n\r\ngroups,comment,name,email",
    ] {
        let book = service.of_another_owner();

        book.import(format!("{header}\nPress,hello,Anna,anna@example.com\n")).await;

        assert_eq!(book.clients().await, [client("anna@example.com", "Anna", "hello", &["Press"])], "{header:?}");
    }
}

#[tokio::test]
async fn an_address_alone_is_enough() {
    let book = AddressBook::open().await;
    book.import("email\nanna@example.com\n").await;
    assert_eq!(book.clients().await, [client("anna@example.com", "", "", &[])]);
}

#[tokio::test]
async fn a_delimiter_that_the_first_line_declares_wins() {
    let book = AddressBook::open().await;

    let report = book.import("sep=;\nemail;name, comment\nanna@example.com;Anna\nbroken;\n").await;

    assert_eq!((report.imported, report.ignored_columns), (1, vec!["name, comment".to_owned()]));
    assert_eq!(report.problems[0].line, 4);
}

#[tokio::test]
async fn columns_that_mean_nothing_are_ignored_and_named() {
    let book = AddressBook::open().await;

    let report = book.import("Phone,email,,Age\n1,anna@example.com,2,3\n").await;

    assert_eq!((report.imported, report.ignored_columns), (1, vec!["Phone".to_owned(), "Age".to_owned()]));
}

#[tokio::test]
async fn the_columns_of_other_programs_and_languages_are_known() {
    let service = AddressBook::open().await;
    let names = |[full, first, last]: [&str; 3]| [full.to_owned(), first.to_owned(), last.to_owned()];
    for (file, expected, ignored) in [
        // Mailchimp
        (
            "Email Address,First Name,Last Name,Phone\na@example.com,Anna,Petrova,1",
            ["Anna Petrova", "Anna", "Petrova"],
            vec![],
        ),
        // Google Contacts, before and since 2024
        (
            "Name,Given Name,Additional Name,Family Name,Yomi Name,E-mail 1 - Type,E-mail 1 - Value,E-mail 2 - Value\n\
             Петрова Анна Сергеевна,Анна,Сергеевна,Петрова,,*,a@example.com,b@example.com",
            ["Петрова Анна Сергеевна", "Анна", "Петрова"],
            vec!["Yomi Name", "E-mail 1 - Type", "E-mail 2 - Value"],
        ),
        (
            "First Name,Middle Name,Last Name,Phonetic First Name,E-mail 1 - Value\nLan,Thị,Nguyễn,,a@example.com",
            ["Lan Thị Nguyễn", "Lan", "Nguyễn"],
            vec!["Phonetic First Name"],
        ),
        // Outlook, in English and in German
        (
            "Title,First Name,Last Name,E-mail Address\nDr.,Karin,Beck,a@example.com",
            ["Karin Beck", "Karin", "Beck"],
            vec![],
        ),
        (
            "Anrede;Vorname;Nachname;E-Mail-Adresse\nFrau;Karin;Beck;a@example.com",
            ["Karin Beck", "Karin", "Beck"],
            vec![],
        ),
        ("Vorname;Name;E-Mail\nKarin;Beck;a@example.com", ["Karin Beck", "Karin", "Beck"], vec![]),
        ("Name;E-Mail\nKarin Beck;a@example.com", ["Karin Beck", "", ""], vec![]),
        // Russian
        (
            "Фамилия;Имя;Отчество;Эл. почта\nПетрова;Анна;Сергеевна;a@example.com",
            ["Анна Сергеевна Петрова", "Анна", "Петрова"],
            vec![],
        ),
        ("ФИО\tАдрес эл. почты\nПетрова Анна\ta@example.com", ["Петрова Анна", "", ""], vec![]),
        ("Имя,Электронная почта\nАнна,a@example.com", ["Анна", "", ""], vec![]),
        // French, Spanish, Italian, Portuguese, Polish, Dutch
        ("Nom;Prénom;Adresse e-mail\nPetit;Zoé;a@example.com", ["Zoé Petit", "Zoé", "Petit"], vec![]),
        (
            "Nombre,Apellidos,Correo electrónico\nAna,Ruiz Gil,a@example.com",
            ["Ana Ruiz Gil", "Ana", "Ruiz Gil"],
            vec![],
        ),
        ("Nome;Cognome;Indirizzo e-mail\nAnna;Rossi;a@example.com", ["Anna Rossi", "Anna", "Rossi"], vec![]),
        ("Nome;Sobrenome;Email\nAna;Costa;a@example.com", ["Ana Costa", "Ana", "Costa"], vec![]),
        ("Imię;Nazwisko;Adres e-mail\nAnna;Nowak;a@example.com", ["Anna Nowak", "Anna", "Nowak"], vec![]),
        ("Voornaam;Achternaam;E-mailadres\nAnna;de Vries;a@example.com", ["Anna de Vries", "Anna", "de Vries"], vec![]),
        // What is called as we call it wins, and the other one is told.
        ("Email,Display name,Name\na@example.com,B,Anna", ["Anna", "", ""], vec!["Display name"]),
        ("Email,Nome,Full name\na@example.com,B,Anna", ["Anna", "", ""], vec![]),
        (
            "email,mail,full name,display name\na@example.com,b@example.com,Anna,B",
            ["Anna", "", ""],
            vec!["mail", "display name"],
        ),
    ] {
        let book = service.of_another_owner();

        let report = book.import(file).await;

        assert_eq!((report.imported, book.names().await), (1, vec![names(expected)]), "{file}");
        assert_eq!(book.emails().await, ["a@example.com"], "{file}");
        let warned: Vec<_> = report.warnings.iter().map(|it| (it.code.as_str(), it.column.as_str())).collect();
        let expected: Vec<_> = ignored.into_iter().map(|column| ("COLUMN_IGNORED", column)).collect();
        assert_eq!(warned, expected, "{file}");
    }
}

#[tokio::test]
async fn a_mapping_says_which_column_is_what_and_wins_over_names() {
    let book = AddressBook::open().await;
    let mut how = How::default();
    for mapping in ["email=Kontakt 2", "first_name=Rufname", "comment=Email"] {
        how.mapping.add_text(mapping).expect("a mapping");
    }

    let report = book.import_as(&how, "Kontakt 2|Email\n".replace('|', ",") + "a@example.com,hello\n").await;
    let ImportError::File(error) = report.expect_err("a column is missing") else { panic!("of the file") };
    assert_eq!(error.code(), Code::FileColumnUnknown);
    assert_eq!(error.to_string(), "there is no column \"Rufname\" in the first line; it has: Kontakt 2, Email");

    let file = "Kontakt 2;Email;RUFNAME;Vorname;First name\na@example.com;b@example.com;Nelly;Cornelia;Cora\n";
    let report = book.import_as(&how, file).await.expect("imported");
    assert_eq!((report.imported, book.emails().await), (1, vec!["a@example.com".to_owned()]));
    assert_eq!(report.ignored_columns, ["Vorname", "First name"]);
    assert_eq!(book.clients().await[0].comment, "b@example.com");
    assert_eq!(book.names().await, [["Nelly", "Nelly", ""].map(str::to_owned)]);

    how.mapping.add(Field::Groups, "Email").expect("not judged before there is a file");
    let ImportError::File(error) = book.import_as(&how, "Kontakt 2,Email,Rufname\n").await.expect_err("one for two")
    else {
        panic!("of the file")
    };
    assert_eq!(error.code(), Code::FileMappingTwice);
    assert_eq!(error.to_string(), "the column \"Email\" is said to be comment and groups; a column is one of them");
}

#[tokio::test]
async fn with_only_named_columns_no_name_is_guessed() {
    let book = AddressBook::open().await;
    let mut how = How::default();
    how.mapping.add_text("email=Contact").expect("a mapping");
    how.mapping = how.mapping.only(true);

    let report = book.import_as(&how, "Contact,email,name\na@example.org,b@example.org,Ann\n").await.expect("imported");

    assert_eq!(report.ignored_columns, ["email", "name"]);
    let fields: Vec<_> = report.columns.iter().map(|column| column.field.clone()).collect();
    assert_eq!(fields, [Some(Field::Email.into()), None, None]);
    assert_eq!(book.clients().await, [client("a@example.org", "", "", &[])]);
}
