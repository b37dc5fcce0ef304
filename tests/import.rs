//! Importing clients: what a person with a spreadsheet relies on.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use acts::Health;
use acts::Quotas;
use acts::Services;
use acts::address_book::export::{self, Delimiter};
use acts::address_book::import::{
    Field, How, ImportError, ImportReport, KEPT_PROBLEMS, Progress, RowProblem, Target, import, import_as,
    import_telling,
};
use acts::address_book::uploads::{self, Keeping, Stage, Wishes};
use acts::blog::Views;
use acts::who::Hashing;
use acts::who::Operator;
use chrono::{DateTime, Utc};
use domain::{Actor, Code, Language, Refusal, UserId, group};
use eventstore::{Clock, EventStore, Metadata};
use projections::{Access, Projector, clients, groups};
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};
use uuid::Uuid;
use words::import::FileError;

use crate::support::{TestDatabase, database};

/// How long a test waits for the read models.
const PATIENCE: Duration = Duration::from_secs(30);

/// One owner's address book, with read models that follow.
struct AddressBook {
    services: Services,
    owner: UserId,
    /// Stands still during an import: the order of ids must not need it.
    seconds: Arc<AtomicI64>,
    /// Last, so that it outlives those who use it.
    database: Arc<TestDatabase>,
}

/// A client as its owner sees it.
#[derive(Debug, PartialEq, Eq)]
struct Client {
    email: String,
    full_name: String,
    comment: String,
    groups: BTreeSet<String>,
}

impl AddressBook {
    async fn open() -> Self {
        let database = database().await;
        let store = EventStore::new(database.pool.clone());
        let (projector, reached) = Projector::new(store.clone());
        tokio::spawn(projector.run());
        let seconds = Arc::new(AtomicI64::new(1_800_000_000));
        let shown = seconds.clone();
        let clock = Clock::new(move || DateTime::from_timestamp_secs(shown.load(Ordering::Relaxed)).expect("a time"));
        let (health, _) = Health::watch(database.pool.connect_options().as_ref().clone(), reached.clone());
        let (views, hashing, quotas) = (Views::default(), Hashing::default(), Quotas::default());
        let services = Services { store, reached, clock, views, health, hashing, quotas };
        Self { services, owner: UserId(Uuid::now_v7()), seconds, database: database.into() }
    }

    /// Another owner's, in the same service.
    fn of_another_owner(&self) -> Self {
        Self {
            services: self.services.clone(),
            owner: UserId(Uuid::now_v7()),
            seconds: self.seconds.clone(),
            database: self.database.clone(),
        }
    }

    fn metadata(&self) -> Metadata {
        Metadata::new(Actor::User(self.owner), Uuid::now_v7())
    }

    async fn try_import(&self, file: impl AsRef<[u8]>) -> Result<ImportReport, ImportError> {
        self.seconds.fetch_add(1, Ordering::Relaxed);
        import(
            &self.services,
            Operator::of_this_host().owner(self.owner),
            file.as_ref(),
            &self.metadata(),
            Language::En,
            |_| {},
        )
        .await
    }

    async fn import(&self, file: impl AsRef<[u8]>) -> ImportReport {
        let report = self.try_import(file).await.expect("imported");
        let bad: u64 = report.bad.values().sum();
        assert_eq!(report.rows, report.imported + report.already_there + bad, "it adds up: {report:?}");
        report
    }

    async fn import_as(&self, how: &How, file: impl AsRef<[u8]>) -> Result<ImportReport, ImportError> {
        self.seconds.fetch_add(1, Ordering::Relaxed);
        let (services, metadata) = (&self.services, &self.metadata());
        let into =
            Target { services, owner: Operator::of_this_host().owner(self.owner), metadata, language: Language::En };
        import_as(how, into, file.as_ref(), |_| {}, |_| {}).await
    }

    /// The names of everybody in it, in order: full, first and last.
    async fn names(&self) -> Vec<[String; 3]> {
        self.clients().await;
        let access = Access::Owner(self.owner);
        let rows = clients::page(self.services.pool(), access, &clients::Filter::default(), None, 1_000).await;
        let names = |row: clients::Client| {
            [row.full_name, row.first_name.unwrap_or_default(), row.last_name.unwrap_or_default()]
        };
        rows.expect("read").into_iter().map(names).collect()
    }

    async fn refusal(&self, file: impl AsRef<[u8]>) -> FileError {
        match self.try_import(file).await {
            Err(ImportError::File(error)) => error,
            other => panic!("it is refused, not {other:?}"),
        }
    }

    /// Everybody in it, in order.
    async fn clients(&self) -> Vec<Client> {
        let pool = &self.database.pool;
        let last = self.last_position().await;
        assert!(self.services.reached.wait_for(last, PATIENCE).await, "the read models follow");
        let access = Access::Owner(self.owner);
        let rows = clients::page(pool, access, &clients::Filter::default(), None, 100_000).await.expect("read");
        let names: BTreeMap<Uuid, String> = groups::page(pool, access, None, None, 10_000)
            .await
            .expect("read")
            .into_iter()
            .map(|group| (group.id, group.name))
            .collect();
        let ids: Vec<Uuid> = rows.iter().map(|client| client.id).collect();
        assert!(ids.is_sorted(), "ids have the order of the rows");
        let mut members: BTreeMap<Uuid, BTreeSet<String>> = BTreeMap::new();
        for (client, group) in clients::groups_of(pool, &ids).await.expect("read") {
            members.entry(client).or_default().insert(names[&group].clone());
        }
        let client = |row: clients::Client| Client {
            email: row.email,
            full_name: row.full_name,
            comment: row.comment,
            groups: members.remove(&row.id).unwrap_or_default(),
        };
        rows.into_iter().map(client).collect()
    }

    async fn emails(&self) -> Vec<String> {
        self.clients().await.into_iter().map(|client| client.email).collect()
    }

    async fn groups(&self) -> Vec<String> {
        self.clients().await;
        let access = Access::Owner(self.owner);
        let groups = groups::page(self.services.pool(), access, None, None, 10_000).await.expect("read");
        groups.into_iter().map(|group| group.name).collect()
    }

    async fn last_position(&self) -> i64 {
        let query = sqlx::query_scalar("select coalesce(max(position), 0) from events");
        query.fetch_one(self.services.pool()).await.expect("counted")
    }

    async fn events(&self) -> i64 {
        let query = sqlx::query_scalar("select count(*) from events");
        query.fetch_one(self.services.pool()).await.expect("counted")
    }
}

fn client(email: &str, full_name: &str, comment: &str, groups: &[&str]) -> Client {
    let groups = groups.iter().map(|name| (*name).to_owned()).collect();
    Client { email: email.to_owned(), full_name: full_name.to_owned(), comment: comment.to_owned(), groups }
}

/// The line, code and field of each problem.
fn problems(report: &ImportReport) -> Vec<(u64, &'static str, Option<&'static str>)> {
    report.problems.iter().map(|problem| (problem.line, problem.code.as_str(), problem.field)).collect()
}

/// A file with the addresses `0@example.com` and so on.
fn numbered(count: usize) -> String {
    std::iter::once("email,groups\n".to_owned()).chain((0..count).map(|n| format!("{n}@example.com,All\n"))).collect()
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

#[tokio::test]
async fn what_a_spreadsheet_exports_becomes_clients_in_groups() {
    let book = AddressBook::open().await;
    let file = "\u{feff}E-Mail;Full Name;Comment;Groups\r\n\
                anna@example.com;Anna Petrova;\"likes; semicolons\";\"Customers;Press\"\r\n\
                Юля@пример.рф ; Юлия  Павленко ;;Customers\r\n";

    let report = book.import(file).await;

    assert_eq!((report.rows, report.imported, report.groups_created), (2, 2, 2));
    assert_eq!(report.position, Some(book.last_position().await));
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

    let report = book.import(include_bytes!("../demo/clients.csv")).await;

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
    let how = How { update: true, ..How::default() };
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
    assert_eq!(report.position, Some(book.last_position().await));
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
    let how = How { group: Some(mine.id.to_string()), update: true, ..How::default() };
    let report = other.import_as(&how, "email\nold@example.org\nx@example.org\n").await.expect("imported");
    assert_eq!((report.updated, report.already_there), (1, 1));
}

#[tokio::test]
async fn with_only_named_columns_no_name_is_guessed() {
    let book = AddressBook::open().await;
    let mut how = How::default();
    how.mapping.add_text("email=Contact").expect("a mapping");
    how.mapping = how.mapping.only(true);

    let report = book.import_as(&how, "Contact,email,name\na@example.org,b@example.org,Ann\n").await.expect("imported");

    assert_eq!(report.ignored_columns, ["email", "name"]);
    let fields: Vec<_> = report.columns.iter().map(|column| column.field).collect();
    assert_eq!(fields, [Some(Field::Email), None, None]);
    assert_eq!(book.clients().await, [client("a@example.org", "", "", &[])]);
}

#[tokio::test]
async fn what_is_exported_is_imported_again_as_it_was() {
    let book = AddressBook::open().await;
    let file = "email,full_name,comment,groups\n\
                a@example.org,=Anna,\"+1 \"\"x\"\"\",\"A, B:::Press\"\n\
                +b@example.org,'-Bob,'tis,Friends|Press\n";
    book.import(file).await;
    let before = book.clients().await;

    let access = Access::Owner(book.owner);
    let filter = clients::Filter::default();
    let rows = clients::page(book.services.pool(), access, &filter, None, 10).await.expect("read");
    for delimiter in [Delimiter::Comma, Delimiter::Semicolon] {
        let mut text = export::header(delimiter);
        for (row, seen) in rows.iter().zip(&before) {
            text += &export::row(delimiter, row, &seen.groups.iter().cloned().collect::<Vec<_>>());
        }
        let other = book.of_another_owner();
        other.import(&text).await;
        assert_eq!(other.clients().await, before, "{text}");
    }
}

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
        let (metadata, language) = (book.metadata(), Language::En);
        let begun = if imports {
            uploads::import(services, owner, id, wishes, metadata, language).await
        } else {
            uploads::look(services, owner, id, wishes, metadata, language).await
        };
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
async fn importing_a_file_twice_changes_nothing() {
    let book = AddressBook::open().await;
    let file = include_bytes!("../demo/clients.csv");
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
        (b"PK\x03\x04\x14".to_vec(), "FILE_NOT_UTF8", "save it as CSV"),
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
    let services = Services { store, reached, clock, views, health, hashing, quotas };
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
