//! What fields cost, all in one place.
//!
//! There are two prices. *Fields* are what an answer is made of: its memory and its length. *Work* is what PostgreSQL does
//! for it, in units of a tenth of reading one row by its key. How many a request may have
//! of each is a [setting](crate::RequestLimits); a list multiplies what is selected in it by its length.
//!
//! What is not named here costs one field and no work, because it is in the row that its object was read with.

/// How often what is selected in a field is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    /// Once.
    One,
    /// As often as this. What can be longer takes [`Room`](crate::graphql::kit::room::Room) while it is answered.
    UpTo(u64),
    /// It is a connection, with as many items as `first` asks for.
    Page,
    /// It is the items of the connection that it stands in.
    OfPage,
}

/// What a field costs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Price {
    pub(super) rows: Rows,
    /// The work of answering it.
    pub(super) work: u64,
    /// The work of each item of a page.
    pub(super) each: u64,
    /// The work instead, if a filter or an order has to look at everything.
    pub(super) filtered: u64,
    /// The work instead, if a text is searched for: no index helps to find it.
    pub(super) searched: u64,
    /// The work of a `totalCount`, which is at least that of finding what is counted.
    pub(super) counted: u64,
    /// A request has one of these.
    pub(super) alone: bool,
}

const ONE: Price = Price { rows: Rows::One, work: 0, each: 0, filtered: 0, searched: 0, counted: 0, alone: false };

/// A row by its key, gathered with others of the request into one statement.
const GATHERED: u64 = 5;

/// A statement of its own that reads a row by its key.
const READ: u64 = 10;

/// A statement that looks at everything that somebody has, a large address book for instance.
const SCAN: u64 = 1_000;

/// A long row: a letter, or an event with the recipients of a whole batch in it. It takes memory, too.
const LONG: u64 = 50;

/// A command: it reads a stream, writes events, and waits until they can be read.
const WRITE: u64 = 200;

const fn work(work: u64) -> Price {
    Price { work, ..ONE }
}

const fn up_to(rows: u64, work: u64) -> Price {
    Price { rows: Rows::UpTo(rows), work, ..ONE }
}

/// A page that an index leads to.
const fn page(filtered: u64, searched: u64, counted: u64) -> Price {
    Price { rows: Rows::Page, work: READ, each: 1, filtered, searched, counted, alone: false }
}

/// What a field of an object costs.
pub(super) fn of(object: &str, field: &str) -> Price {
    match (object, field) {
        ("Mutation", _) => change(field),
        (_, "nodes" | "edges") if object.ends_with("Connection") => Price { rows: Rows::OfPage, ..ONE },
        (_, "userErrors") => up_to(5, 0),
        // A hundred columns, and each of two dozen words in each of six columns.
        ("ImportReport", "warnings") => up_to(250, 0),
        (_, "warnings") => up_to(5, LONG),

        ("Query", "viewer") => ONE,
        ("Query", "node") => work(2 * READ),
        (
            "Query",
            "client" | "group" | "message" | "testLetter" | "mailing" | "run" | "delivery" | "report" | "user",
        ) => work(READ),
        ("Query", "clients") => page(SCAN, SCAN, 300),
        ("Query", "groups") => page(READ, 100, 50),
        ("Query", "messages") => page(100, SCAN, 100),
        ("Query", "mailings") => page(300, 300, 100),
        ("Query", "reports") => page(READ, READ, 100),
        ("Query", "users") => Price { work: 300, ..page(300, SCAN, 300) },
        ("Query", "articles") => Price { each: READ, ..page(READ, READ, READ) },
        ("Query", "article") => work(READ),
        ("Query", "homeStats") => work(300),
        ("Query", "messagePreview") => work(2 * SCAN),
        ("Query", "statistics") => work(2 * SCAN),
        ("Query", "sessions") => up_to(100, READ),
        ("Query", "apiTokens") => up_to(50, READ),
        ("Query", "projections" | "relays") => up_to(20, 20),

        ("Group", "size") => work(50),
        ("Group", "clients") => page(SCAN, SCAN, 100),
        ("Client", "groups") => up_to(5, GATHERED),
        ("Audience", "clients") => up_to(20, 2 * READ),
        ("Audience", "groups") => up_to(5, 2 * READ),
        ("Audience", "size") => work(100),

        ("Message", "text" | "html" | "owner" | "ownerName") => work(GATHERED),
        ("Message", "revisions") => Price { each: LONG, ..page(READ, READ, 0) },
        ("MessageRevision", "diff") => work(300),
        ("MessagePreviewPayload", "fields") => up_to(5, 0),

        ("Mailing", "owner" | "message") => work(GATHERED),
        ("Mailing", "runs") => page(READ, READ, 20),
        ("Mailing", "history") => Price { each: 2 * LONG, ..page(READ, READ, 100) },
        ("AuditEvent", "summary") | ("Actor", "name" | "user") => work(GATHERED),
        ("Run", "mailing" | "resendOf") => work(GATHERED),
        ("Run", "waiting") => work(2 * READ),
        ("Run", "report") => work(READ),
        ("Run", "deliveries") => page(100, 100, 100),
        ("Delivery", "run" | "client") => work(GATHERED),
        ("Delivery", "attempts") => up_to(3, GATHERED),
        ("Report", "run" | "mailing") | ("MailingStatistics", "mailing") => work(GATHERED),

        ("Statistics", "periods") => up_to(400, 0),
        ("Statistics", "mailings") => up_to(100, 0),
        ("HomeStats", "randomArticles") => up_to(3, 0),
        ("ImportReport", "problems") => up_to(1_000, 0),
        _ => ONE,
    }
}

/// What a mutation costs.
fn change(field: &str) -> Price {
    let work = match field {
        // A password's hash is worked out, or a letter is sent, or all is read anew.
        "sessionCreate"
        | "userRegister"
        | "verificationRequest"
        | "passwordRecover"
        | "passwordReset"
        | "passwordChange"
        | "emailChange"
        | "messageSendTest"
        | "projectionRebuild" => return Price { work: SCAN, alone: true, ..ONE },
        "clientsImport" | "groupClientsAdd" | "groupClientsRemove" | "mailingStart" | "runResendUnknown"
        | "runAcceptUnknown" | "runResendFailed" => SCAN,
        _ => WRITE,
    };
    Price { work, ..ONE }
}
