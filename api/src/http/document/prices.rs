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
    /// The work instead, if a text is searched for: there may be no index that helps to find it.
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

/// Makes the table of the fields that have a price, and, for the test that compares it with the schema, the list of them.
macro_rules! prices {
    ($($object:literal { $($($field:literal)|+ => $price:expr,)+ })+) => {
        /// The price of a field that the table names.
        fn named(object: &str, field: &str) -> Option<Price> {
            let price = match (object, field) {
                $($(($object, $($field)|+) => $price,)+)+
                _ => return None,
            };
            Some(price)
        }

        /// The fields that the table names, each with its object.
        #[cfg(test)]
        pub(super) const NAMED: &[(&str, &str)] = &[$($($(($object, $field),)+)+)+];
    };
}

prices! {
    "Query" {
        "viewer" => ONE,
        "node" => work(2 * READ),
        "client" | "customField" | "group" | "segment" | "import" | "suppression" | "sender" | "senderDomain" | "message" | "testLetter" | "mailing" | "run" | "delivery" | "report" | "user" => work(READ),
        "clients" => page(SCAN, SCAN, 300),
        "groups" | "segments" => page(READ, 100, 50),
        "customFields" => up_to(50, READ),
        "imports" => page(READ, READ, 50),
        "suppressions" => page(SCAN, SCAN, 300),
        "senders" => page(100, 100, 50),
        "senderDomains" => page(READ, READ, READ),
        "messages" => page(100, SCAN, 100),
        "mailings" => page(300, 300, 100),
        "reports" => page(READ, READ, 100),
        "feedback" => page(SCAN, SCAN, 300),
        "users" => Price { work: 300, ..page(300, SCAN, 300) },
        "articles" => Price { each: READ, ..page(READ, READ, READ) },
        "article" => work(READ),
        "homeStats" => work(300),
        // Others' servers are asked, a few dozen questions at the most.
        "senderCheck" => work(2 * SCAN),
        "messagePreview" | "articlePreview" | "segmentPreview" => work(2 * SCAN),
        "statistics" => work(4 * SCAN),
        "auditLog" => Price { work: 100, each: 2 * LONG, ..page(300, SCAN, 300) },
        // Of each run the batches are halved, and the streams of run and mailing are read.
        "deliveriesTo" => Price { work: 100, each: 50, ..page(0, 0, 100) },
        "sessions" => up_to(100, READ),
        "apiTokens" => up_to(50, READ),
        "projections" | "relays" => up_to(20, 20),
        "service" => work(SCAN),
    }
    "Intake" {
        "ways" => up_to(10, READ),
        // A week has about as many: eight ways, of which few are used, and seven kinds of messages.
        "counts" => up_to(100, 100),
        "messages" => page(READ, READ, 50),
        "message" => work(LONG),
    }
    "FeedbackReport" {
        "mailing" | "run" | "client" => work(GATHERED),
        "delivery" => work(2 * GATHERED),
    }
    "Group" {
        "size" => work(50),
        "clients" => page(SCAN, SCAN, 100),
        "history" => Price { each: 2 * LONG, ..page(READ, READ, 100) },
    }
    "Segment" {
        // Who is in it is found out by looking at everybody.
        "clientCount" => work(SCAN),
        "clients" => Price { work: SCAN, ..page(SCAN, SCAN, SCAN) },
        "conditions" => up_to(20, 0),
    }
    "SegmentCondition" {
        "group" | "topic" | "mailing" => work(GATHERED),
    }
    "SegmentPreviewPayload" {
        "clients" => up_to(10, 0),
    }
    "Client" {
        "history" => Price { each: 2 * LONG, ..page(READ, READ, 100) },
        "groups" | "fields" => up_to(5, GATHERED),
        "consents" => up_to(3, GATHERED),
        "consent" => work(READ),
        "source" => work(GATHERED),
        // The client's stream, and those of all suppressions that there may be of one address.
        "subscribedAt" => work(100),
    }
    "CustomField" {
        "owner" => work(GATHERED),
    }
    "Consent" {
        "topic" => work(GATHERED),
    }
    "ClientSource" {
        "run" => work(GATHERED),
    }
    "SubscriptionStanding" {
        "consents" => up_to(3, 0),
        "groups" => up_to(5, GATHERED),
        "suppressions" => up_to(12, 0),
    }
    "Import" {
        "owner" => work(GATHERED),
    }
    "ImportUndoPayload" {
        "left" => up_to(100, 0),
    }
    "Suppression" {
        "owner" | "mailing" | "topic" | "run" => work(GATHERED),
        "delivery" => work(2 * GATHERED),
    }
    "Sender" {
        "history" => Price { each: 2 * LONG, ..page(READ, READ, 100) },
        "owner" => work(GATHERED),
    }
    "SenderDomain" {
        "keys" => up_to(5, GATHERED),
        "grants" => up_to(20, GATHERED),
    }
    "SenderDomainGrant" {
        "owner" => work(GATHERED),
    }
    "SuppressionAddPayload" {
        "suppressions" => up_to(50, READ),
    }
    "Audience" {
        "clients" => up_to(20, 2 * READ),
        "groups" => up_to(5, 2 * READ),
        "segments" => up_to(5, 2 * READ),
        "less" => work(READ),
        // Where segments are asked, or somebody is left out, everybody is looked at; most audiences are counted already.
        "size" => work(300),
    }
    "AudienceLess" {
        "groups" | "segments" | "mailings" => up_to(5, 2 * READ),
    }
    "User" {
        "history" => Price { each: 2 * LONG, ..page(READ, READ, 100) },
        "blockedBy" | "postalAddress" => work(READ),
        "holdings" => work(2 * READ),
    }
    "Service" {
        "checks" => up_to(10, 0),
        "settings" => up_to(100, 0),
    }
    "Message" {
        "history" => Price { each: 2 * LONG, ..page(READ, READ, 100) },
        "text" | "html" | "owner" | "ownerName" => work(GATHERED),
        "revisions" => Price { each: LONG, ..page(READ, READ, 0) },
    }
    "SenderCheck" {
        "findings" => up_to(40, 0),
    }
    "MessageRevision" {
        "diff" => work(300),
    }
    "MessagePreviewPayload" {
        "fields" => up_to(5, 0),
    }
    "ProjectionRebuildPayload" {
        "projections" => up_to(20, 0),
    }
    "Mailing" {
        "owner" | "message" | "sender" | "nextRunAt" => work(GATHERED),
        // All of its runs are added up.
        "feedback" => work(50),
        "runs" => page(READ, READ, 20),
        "history" => Price { each: 2 * LONG, ..page(READ, READ, 100) },
    }
    "AuditEvent" {
        "summary" => work(GATHERED),
        "node" => work(2 * READ),
        // The course of things is gone through.
        "cause" => work(100),
        "effects" => Price { work: 100, each: 2 * LONG, ..page(100, 100, 100) },
    }
    "Actor" {
        "name" | "user" => work(GATHERED),
    }
    "Run" {
        // A run of a million has 2,000 parts.
        "history" => Price { work: 300, each: 2 * LONG, ..page(300, 300, 300) },
        "mailing" | "resendOf" | "sender" => work(GATHERED),
        "waiting" => work(2 * READ),
        "suppressedBy" => up_to(8, GATHERED),
        "attempt" | "feedback" => work(GATHERED),
        "report" => work(READ),
        "deliveries" => page(100, SCAN, 100),
    }
    "SentLetter" {
        "headers" => up_to(20, 0),
    }
    "Delivery" {
        // Message, sender and client are read, and the letter is written.
        "letter" => work(300),
        // All events of the run's part are read.
        "history" => Price { work: 300, each: 2 * LONG, ..page(300, 300, 0) },
        "run" | "client" | "willBeSuppressed" | "complaint" => work(GATHERED),
        "attempts" | "bounces" => up_to(3, GATHERED),
        // The same, and what the recipients of a whole batch are.
        "subscription" => work(200),
    }
    "DeliveryFinding" {
        "mailing" | "client" => work(GATHERED),
        "groups" => up_to(5, GATHERED),
        "segmentIds" | "suppressions" => up_to(5, 0),
    }
    "Report" {
        "run" | "mailing" => work(GATHERED),
    }
    "Statistics" {
        "periods" => up_to(400, 0),
        "mailings" => up_to(100, 0),
        "suppressedBy" => up_to(8, 0),
    }
    "PeriodStatistics" {
        "suppressedBy" => up_to(8, 0),
    }
    "MailingStatistics" {
        "mailing" => work(GATHERED),
    }
    "HomeStats" {
        "randomArticles" => up_to(3, 0),
    }
    "ImportReport" {
        "problems" => up_to(1_000, 0),
        "preview" => up_to(10, 0),
        "columns" => up_to(100, 0),
        // A hundred columns, and each of two dozen words in each of six columns.
        "warnings" => up_to(250, 0),
    }
    "ImportPreviewRow" {
        "fields" => up_to(50, 0),
    }
    "Mutation" {
        // A password's hash is worked out, or a letter is sent, or all is read anew.
        "sessionCreate"
        | "userRegister"
        | "verificationRequest"
        | "passwordRecover"
        | "passwordReset"
        | "passwordChange"
        | "emailChange"
        | "messageSendTest"
        | "projectionRebuild" => Price { work: SCAN, alone: true, ..ONE },
        "clientsImport" | "importUndo" | "suppressionAdd" | "groupClientsAdd" | "groupClientsRemove" | "mailingStart" | "runResendUnknown"
        | "runAcceptUnknown" | "runResendFailed" | "senderCreate" | "senderSendLink" | "senderRevoke" | "senderDomainCreate"
        | "senderDomainKeyRotate" => work(SCAN),
    }
}

/// What a field of an object costs: what the table says, or what such fields cost of any object.
pub(super) fn of(object: &str, field: &str) -> Price {
    named(object, field).unwrap_or_else(|| match (object, field) {
        ("Mutation", _) => work(WRITE),
        (_, "nodes" | "edges") if object.ends_with("Connection") => Price { rows: Rows::OfPage, ..ONE },
        (_, "userErrors") => up_to(5, 0),
        (_, "warnings") => up_to(5, LONG),
        _ => ONE,
    })
}
