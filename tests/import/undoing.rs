//! Imports as a whole: their modes, the owner's own fields, what people have agreed to, and taking them back.

use super::{AddressBook, PATIENCE, client, problems};
use crate::support::service::found;
use acts::address_book::import::{FileConsent, How, ImportError, ImportReport, OwnField, own_fields};
use acts::address_book::imports::{self, Left, Undone};
use acts::refusal::Refused;
use acts::who::Operator;
use domain::client::{Client, Source, Standing, State};
use domain::custom_field::{Command as Define, CustomField, Key, Kind, Label, Value};
use domain::import::{Command, Import, Mode, TakenBack};
use domain::suppression::{self, Reason, Scope, Suppression};
use domain::{Code, CustomFieldId, EmailAddress, GroupId, ImportId, SuppressionId, client as clients_of, group};
use eventstore::EventStore;
use projections::clients::ConsentRow;
use projections::{Access, groups, imports as read};
use uuid::Uuid;

/// Enough rows for several pages of the log.
const MANY: usize = 6_000;

impl AddressBook {
    fn key(text: &str) -> Key {
        Key::parse(text).expect("a key")
    }

    async fn define(&self, key: &str, label: &str, kind: Kind) {
        let (key, label) = (Self::key(key), Label::parse(label).expect("a label"));
        let id = CustomFieldId::derive(self.owner, &key);
        let define = Define::Define { owner: self.owner, key, label, kind };
        self.services.store.execute::<CustomField>(id.0, define, &self.metadata()).await.expect("defined");
        self.settled().await;
    }

    async fn settled(&self) {
        assert!(self.services.reached.wait_for(self.last_position().await, PATIENCE).await, "the read models follow");
    }

    async fn id_of(&self, email: &str) -> Uuid {
        let key = EmailAddress::parse(email).expect("an address").key();
        let owner = self.owner.to_string();
        let holders = EventStore::holders(self.services.pool(), "client-email", &owner, &[key]).await.expect("read");
        holders.into_iter().next().expect("somebody has the address").1
    }

    async fn card(&self, email: &str) -> clients_of::Card {
        let id = self.id_of(email).await;
        match self.services.store.load::<Client>(id).await.expect("loaded").state {
            Client::Present(card) => card,
            other => panic!("{other:?}"),
        }
    }

    /// Somebody changes a client.
    async fn does(&self, email: &str, command: clients_of::Command) {
        let id = self.id_of(email).await;
        self.services.store.execute::<Client>(id, command, &self.metadata()).await.expect("done");
    }

    async fn remark(&self, email: &str, comment: &str) {
        let comment = Some(comment.to_owned());
        let by = self.owner;
        let change = clients_of::Command::Change {
            by,
            email: None,
            full_name: None,
            first_name: None,
            last_name: None,
            comment,
        };
        self.does(email, change).await;
    }

    async fn undo(&self, id: ImportId) -> Result<Undone, Refused> {
        let (owner, source) = (Operator::of_this_host().owner(self.owner), Source::Person);
        let undone = imports::undo(&self.services, owner, &id.to_string(), source, &self.metadata(), |_| {}).await;
        undone.map(|(_, undone, _)| undone)
    }

    async fn shown(&self, id: ImportId) -> read::Import {
        self.settled().await;
        let row = read::get(self.services.pool(), Access::Owner(self.owner), id).await.expect("read");
        row.expect("it is in the list")
    }
}

fn done(report: &ImportReport) -> ImportId {
    report.import.expect("it has written something")
}

fn refusal(refused: &Refused) -> Option<Code> {
    match refused {
        Refused::Problems(problems) => problems.first().map(|problem| problem.code),
        _ => None,
    }
}

#[tokio::test]
async fn an_update_alone_adds_nobody_and_no_import_lifts_a_suppression() {
    let book = AddressBook::open().await;
    book.import("email,full_name\nold@example.org,Old\nleft@example.org,Left\n").await;
    let scope = Scope::Owner { owner: book.owner };
    let email = EmailAddress::parse("left@example.org").expect("an address");
    let id = SuppressionId::derive(scope, &email.key(), Reason::ByHand);
    let (reason, source, at) = (Reason::ByHand, suppression::Source::Person, book.services.now());
    let suppress = suppression::Command::Suppress { scope, reason, email, source, note: None, at, until: None };
    book.services.store.execute::<Suppression>(id.0, suppress, &book.metadata()).await.expect("suppressed");
    book.settled().await;
    let file = "email,full_name\nold@example.org,Older\nleft@example.org,Left\nnew@example.org,New\nbroken,\n";

    let how = How { mode: Mode::Update, file: "a/b/list.csv".to_owned(), ..How::default() };
    let dry = book.import_as(&How { dry_run: true, ..how.clone() }, file).await.expect("read");
    let report = book.import_as(&how, file).await.expect("imported");

    for told in [&dry, &report] {
        let counts = (told.rows, told.imported, told.updated, told.already_there, told.not_there, told.bad_rows());
        assert_eq!((counts, told.suppressed), ((4, 0, 1, 1, 1, 1), 1), "{told:?}");
    }
    assert_eq!((dry.import, problems(&report)[1]), (None, (4, "ROW_NOT_THERE", Some("email"))));
    assert_eq!(book.emails().await, ["old@example.org", "left@example.org"]);
    let stream = book.services.store.load::<Suppression>(id.0).await.expect("loaded").state;
    assert!(stream.is_in_force(book.services.now()), "nobody lifts it");
    let row = book.shown(done(&report)).await;
    assert_eq!((row.file.as_str(), row.mode, row.rows, row.updated), ("list.csv", Mode::Update, Some(4), Some(1)));
    assert_eq!((row.added, row.unchanged, row.bad), (Some(0), Some(1), Some(2)));

    let events = book.events().await;
    let again = book.import_as(&how, file).await.expect("imported");
    assert_eq!((again.import, book.events().await), (None, events), "what changes nothing is no import");
}

#[tokio::test]
async fn columns_are_the_owners_own_fields_by_key_label_or_mapping_and_a_bad_value_costs_its_row() {
    let book = AddressBook::open().await;
    book.define("city", "Home town", Kind::Text).await;
    book.define("age", "Age", Kind::Number).await;
    let file =
        "email;HOME TOWN;age;Schuhe\na@example.org;Oslo;18;43\nb@example.org;NULL;;\nc@example.org;Bergen;old;\n";
    let report = book.import(file).await;
    assert_eq!(problems(&report), [(4, "CUSTOM_FIELD_VALUE_INVALID", Some("field:age"))]);
    assert_eq!(report.problems[0].value.as_deref(), Some("old"));
    assert_eq!((report.ignored_columns.clone(), report.warnings.len()), (vec!["Schuhe".to_owned()], 1));
    let oslo = || Value::Text("Oslo".to_owned());
    assert_eq!(book.card("a@example.org").await.fields.get(&AddressBook::key("city")), Some(&oslo()));
    assert!(book.card("b@example.org").await.fields.is_empty());

    // Empty cells erase nothing, another field is made, and what a mapping names there has to be.
    let mut how = How { mode: Mode::AddAndUpdate, ..How::default() };
    how.mapping.add_text("field:shoes=Schuhe").expect("a mapping");
    let ImportError::File(error) = book.import_as(&how, file).await.expect_err("no such field") else { panic!("file") };
    assert_eq!(domain::Refusal::code(&error), Code::CustomFieldNotFound);
    how.new_fields = vec![(AddressBook::key("shoes"), Label::parse("Schuhe").expect("a label"))];
    let file = "email,city,Schuhe\na@example.org,,44\n";
    let report = book.import_as(&how, file).await.expect("imported");
    assert_eq!((report.imported, report.updated), (0, 1));
    let fields = book.card("a@example.org").await.fields;
    assert_eq!(fields.get(&AddressBook::key("city")), Some(&oslo()));
    assert_eq!(fields.get(&AddressBook::key("shoes")), Some(&Value::Text("44".to_owned())));
    book.settled().await;
    let own = own_fields(&book.services, Operator::of_this_host().owner(book.owner), &[]).await.expect("read");
    let kept = own.iter().map(|OwnField { key, kind, .. }| (key.as_str(), *kind)).collect::<Vec<_>>();
    assert_eq!(kept, [("city", Kind::Text), ("age", Kind::Number), ("shoes", Kind::Text)]);
}

#[tokio::test]
async fn what_people_have_agreed_to_is_kept_with_its_row_and_no_withdrawal_is_overruled() {
    let book = AddressBook::open().await;
    let consent = FileConsent { wording: " the news\r\n".to_owned(), topic: None, at: None };
    let how =
        How { mode: Mode::AddAndUpdate, consent: Some(consent.clone()), file: "fair.csv".to_owned(), ..How::default() };
    let file =
        "email,agreed on\na@example.org,2026-05-01\n\nb@example.org,\nc@example.org,yes\nd@example.org,2999-01-01\n";
    let report = book.import_as(&how, file).await.expect("imported");
    let bad = |line| (line, "CONSENT_AT_INVALID", Some("consent_at"));
    assert_eq!(problems(&report), [bad(5), bad(6)]);
    let card = book.card("a@example.org").await;
    let given = card.consent(None).expect("a consent").consent.clone();
    assert_eq!((given.wording.as_str(), given.at.to_rfc3339()), ("the news", "2026-05-01T00:00:00+00:00".to_owned()));
    let row = Source::File { import: done(&report), file: "fair.csv".to_owned(), row: 2 };
    assert_eq!((card.source.as_ref(), &given.source), (Some(&row), &row));
    let by_then = book.card("b@example.org").await.consent(None).expect("a consent").consent.at;
    assert!(by_then <= book.services.now());

    let (by, at, source) = (book.owner, book.services.now(), Source::Person);
    book.does("a@example.org", clients_of::Command::WithdrawConsent { by, topic: None, at, source }).await;
    let again = book.import_as(&how, file).await.expect("imported");
    assert_eq!((again.updated, again.already_there), (0, 2));
    let state = book.card("a@example.org").await.consent(None).map(Standing::state);
    assert_eq!(state, Some(State::Withdrawn));

    for (consent, field) in [
        (FileConsent { wording: " ".to_owned(), ..consent.clone() }, "wording"),
        (FileConsent { wording: "the\0news".to_owned(), ..consent.clone() }, "wording"),
        (FileConsent { topic: Some(GroupId(Uuid::now_v7())), ..consent.clone() }, "topicId"),
        (FileConsent { at: Some(book.services.now() + chrono::TimeDelta::days(1)), ..consent }, "at"),
    ] {
        let how = How { consent: Some(consent), ..How::default() };
        let refused = book.import_as(&how, file).await.expect_err(field);
        let ImportError::Refused(problem) = refused else { panic!("{refused}") };
        assert_eq!(problem.field, ["consent", field]);
    }
}

#[tokio::test]
async fn an_import_is_taken_back_as_a_whole_but_for_what_others_have_changed_since() {
    let book = AddressBook::open().await;
    book.import("email,full_name,comment,groups\na@example.org,Anna,old,Friends\nb@example.org,Bob,old,\n").await;
    let before = book.clients().await;
    let consent = FileConsent { wording: "the news".to_owned(), topic: None, at: None };
    let how = How {
        mode: Mode::AddAndUpdate,
        new_group: Some(group::Name::parse("Fair").expect("a name")),
        consent: Some(consent),
        ..How::default()
    };
    let file = "email,full_name,comment,groups\na@example.org,Anna B.,new,Press\nb@example.org,Robert,new,Press\n\
                c@example.org,Carl,,Press\nd@example.org,Dora,,Kept\ne@example.org,Eve,,\n";
    let report = book.import_as(&how, file).await.expect("imported");
    assert_eq!((report.imported, report.updated, report.groups_created), (3, 2, 3));
    let id = done(&report);
    book.remark("b@example.org", "met in Oslo").await;
    book.remark("d@example.org", "wrote to us").await;
    let (by, gone) = (book.owner, book.id_of("e@example.org").await);
    book.services
        .store
        .execute::<Client>(gone, clients_of::Command::Delete { by }, &book.metadata())
        .await
        .expect("deleted");
    let (bob, dora) = (book.id_of("b@example.org").await, book.id_of("d@example.org").await);

    let strange = book.of_another_owner();
    assert_eq!(refusal(&strange.undo(id).await.expect_err("another's")), Some(Code::ImportNotFound));
    let undone = book.undo(id).await.expect("taken back");

    assert_eq!((undone.clients, undone.done), (5, TakenBack { removed: 1, restored: 2, left: 2 }));
    let left = |client, part: &str| Left { client, parts: vec![part.to_owned()] };
    let mut told = undone.left.clone();
    told.sort_by_key(|left| left.client);
    assert_eq!(told, [left(bob, "comment"), left(dora, "client")]);
    let anna = before.into_iter().next().expect("Anna");
    let bob = client("b@example.org", "Bob", "met in Oslo", &[]);
    let dora = client("d@example.org", "Dora", "wrote to us", &["Fair", "Kept"]);
    assert_eq!(book.clients().await, [anna, bob, dora]);
    assert_eq!(book.groups().await, ["Friends", "Fair", "Kept"], "somebody is left in these");
    assert_eq!(book.card("a@example.org").await.consent(None), None, "nobody has withdrawn it");
    let row = book.shown(id).await;
    assert_eq!((row.removed, row.restored, row.left_alone), (Some(1), Some(2), Some(2)));
    assert!(row.undone_at.is_some());
    let owner = Operator::of_this_host().owner(book.owner);
    let going = imports::going(&book.services, owner, id).await.expect("read").expect("somebody has begun");
    assert_eq!(going, (5, undone.left));

    let events = book.events().await;
    assert_eq!(refusal(&book.undo(id).await.expect_err("once is enough")), Some(Code::ImportTakenBack));
    assert_eq!(book.events().await, events);
    let once_more = How { id: Some(id), ..How::default() };
    let refused = book.import_as(&once_more, file).await.expect_err("it was taken back");
    assert!(matches!(&refused, ImportError::Refused(problem) if problem.code == Code::ImportTakenBack), "{refused}");

    // The file anew is another import, and what its people have agreed to is written down as if there had been none before.
    let report = book.import_as(&how, file).await.expect("imported");
    let anna = book.id_of("a@example.org").await;
    assert_eq!(book.card("a@example.org").await.consent(None).map(Standing::state), Some(State::Given));
    book.settled().await;
    let access = Access::Owner(book.owner);
    let rows = projections::clients::consents(book.services.pool(), access, &[anna]).await.expect("read");
    assert_eq!(rows.iter().map(ConsentRow::state).collect::<Vec<_>>(), [State::Given]);
    book.undo(done(&report)).await.expect("taken back");
    book.settled().await;
    let rows = projections::clients::consents(book.services.pool(), access, &[anna]).await.expect("read");
    assert!(rows.is_empty(), "{rows:?}");
}

#[tokio::test]
async fn taking_back_that_is_cut_off_in_the_middle_goes_on_and_counts_everybody_once() {
    let book = AddressBook::open().await;
    let first = done(&book.import("email\nfirst@example.org\n").await).to_string();
    let rows: Vec<String> = (0..MANY).map(|n| format!("{n}@example.org,Everybody\n")).collect();
    let report = book.import(format!("email,groups\n{}", rows.concat())).await;
    let id = done(&report);
    let owner = Operator::of_this_host().owner(book.owner);
    let (text, metadata) = (id.to_string(), book.metadata());
    let mut pages = 0;
    let count = |_: &Undone| pages += 1;
    imports::undo(&book.services, owner, &first, Source::Person, &metadata, count).await.expect("taken back");
    assert_eq!(pages, 1, "what has happened since its end is not looked through");

    // The node dies after its first page.
    let (told, mut cut) = tokio::sync::mpsc::channel(1);
    let progress = |_: &Undone| {
        let _: Result<(), _> = told.try_send(());
    };
    tokio::select! {
        _ = imports::undo(&book.services, owner, &text, Source::Person, &metadata, progress) => panic!("it is cut off before"),
        Some(()) = cut.recv() => {}
    }
    let row = book.shown(id).await;
    assert!(row.undo_begun_at.is_some() && row.undone_at.is_none());
    let (so_far, _) = imports::going(&book.services, owner, id).await.expect("read").expect("it has begun");
    assert!((1..MANY as u64).contains(&so_far), "{so_far}");
    assert!(!book.emails().await.is_empty());

    let undone = book.undo(id).await.expect("taken back");
    let all = MANY as u64;
    assert_eq!((undone.clients, undone.done), (all, TakenBack { removed: all, restored: 0, left: 0 }));
    assert!(book.emails().await.is_empty() && book.groups().await.is_empty());
    assert!(
        groups::page(book.services.pool(), Access::Owner(book.owner), None, None, 1).await.expect("read").is_empty()
    );
}

#[tokio::test]
async fn whoever_hangs_up_does_not_cut_taking_back_in_half() {
    let book = AddressBook::open().await;
    let rows: Vec<String> = (0..MANY).map(|n| format!("{n}@example.org\n")).collect();
    let id = done(&book.import(format!("email\n{}", rows.concat())).await);
    let (owner, text, metadata) = (Operator::of_this_host().owner(book.owner), id.to_string(), book.metadata());
    let state = async || book.services.store.load::<Import>(id.0).await.expect("loaded").state;
    let begun = found("it has begun", async || matches!(state().await, Import::TakingBack { .. }).then_some(()));
    tokio::select! {
        undone = imports::undo_whole(&book.services, owner, &text, Source::Program, &metadata) => {
            undone.expect("taken back");
        }
        () = begun => {}
    }
    found("it is taken back", async || matches!(state().await, Import::TakenBack { .. }).then_some(())).await;
    assert!(book.emails().await.is_empty());
}

#[tokio::test]
async fn an_import_that_broke_off_goes_on_as_the_same_and_one_that_is_taken_back_meanwhile_ends() {
    let book = AddressBook::open().await;
    let id = ImportId(Uuid::now_v7());
    let how = How { id: Some(id), mode: Mode::Add, ..How::default() };
    // It broke off after its first client.
    let begin = Command::Begin { owner: book.owner, file: String::new(), mode: Mode::Add };
    book.services.store.execute::<Import>(id.0, begin, &book.metadata()).await.expect("begun");
    let report = book.import_as(&how, "email\na@example.org\n").await.expect("imported");
    assert_eq!((done(&report), report.imported), (id, 1));
    let report = book.import_as(&how, "email\na@example.org\nb@example.org\n").await.expect("imported");
    assert_eq!((done(&report), report.imported, report.already_there), (id, 1, 1));
    let undone = book.undo(id).await.expect("taken back");
    assert_eq!(undone.done, TakenBack { removed: 2, restored: 0, left: 0 });

    // Somebody takes an import back whose rows are still coming.
    let id = ImportId(Uuid::now_v7());
    let how = How { id: Some(id), ..How::default() };
    let (mut pen, paper) = tokio::io::duplex(1 << 20);
    let writing = async {
        use tokio::io::AsyncWriteExt as _;
        let rows: Vec<String> = (0..2_000).map(|n| format!("x{n}@example.org\n")).collect();
        pen.write_all(format!("email\n{}", rows.concat()).as_bytes()).await.expect("read");
        while book.services.store.load::<Import>(id.0).await.expect("loaded").version == 0 {
            pen.write_all(b"x0@example.org\n").await.expect("read");
            tokio::task::yield_now().await;
        }
        let undone = book.undo(id).await.expect("taken back");
        let rows: Vec<String> = (2_000..6_000).map(|n| format!("x{n}@example.org\n")).collect();
        let rows = rows.concat();
        // It may have ended by now.
        let _: std::io::Result<()> = pen.write_all(rows.as_bytes()).await;
        drop(pen);
        undone
    };
    let (services, metadata) = (&book.services, book.metadata());
    let language = domain::Language::En;
    let into = acts::address_book::import::Target {
        services,
        owner: Operator::of_this_host().owner(book.owner),
        metadata: &metadata,
        language,
    };
    let importing = acts::address_book::import::import_as(&how, into, paper, |_| {}, |_| {});
    let (imported, _) = tokio::join!(importing, writing);
    let refused = imported.expect_err("it was taken back");
    assert!(matches!(&refused, ImportError::Refused(problem) if problem.code == Code::ImportTakenBack), "{refused}");
    assert!(book.emails().await.is_empty(), "nobody is left of it");
}
