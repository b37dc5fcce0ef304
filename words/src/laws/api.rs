//! Examples of what the faces say.

use super::{Examples, examples};
use crate::checks::Finding;
use crate::{documents, http, queries};
use chrono::{DateTime, TimeDelta};
use uuid::Uuid;

fn every<T: Examples>() -> impl Iterator<Item = T> {
    T::examples().into_iter().map(|(_, example)| example)
}

fn owned(text: &str) -> String {
    text.to_owned()
}

examples! {
    Finding {
        Finding::Database { .. } => [Finding::Database { version: owned("15.4") }],
        Finding::DatabaseAway { .. } => [Finding::DatabaseAway { reason: "the database takes no more connections" }],
        Finding::Clock => [Finding::Clock],
        Finding::ClockDoubted { .. } => [Finding::ClockDoubted { why: owned("the clocks are 7 s apart") }],
        Finding::Program => [Finding::Program],
        Finding::ProgramOlder { .. } => [Finding::ProgramOlder { why: owned("a newer program has migrated the database") }],
        Finding::ReadModels { .. } => [Finding::ReadModels { count: 10 }],
        Finding::ReadModelsStopped { .. } => [Finding::ReadModelsStopped { names: owned("runs, reports") }],
        Finding::ReadModelsLate { .. } => [Finding::ReadModelsLate { seconds: 21 }],
        Finding::Administrators { .. } => [Finding::Administrators { count: 1 }, Finding::Administrators { count: 2 }],
        Finding::NoAdministrator => [Finding::NoAdministrator],
        Finding::TimeZones { .. } => [Finding::TimeZones { version: owned("2026a") }],
        Finding::TimeZonesOld { .. } => [Finding::TimeZonesOld { version: owned("2019c") }],
        Finding::Mailings => [Finding::Mailings],
        Finding::MailingsWithoutZone { .. } => [Finding::MailingsWithoutZone { mailings: 3, zones: owned("Mars/Olympus_Mons") }],
        Finding::Search => [Finding::Search],
        Finding::SearchWaits => [Finding::SearchWaits],
        Finding::SearchSlow => [Finding::SearchSlow],
        Finding::MailServers { .. } => [Finding::MailServers { count: 2 }],
        Finding::MailServersWait { .. } => [Finding::MailServersWait { names: owned("main, second") }],
        Finding::NoWorker => [Finding::NoWorker],
    }
    documents::Problem {
        documents::Problem::Syntax { .. } => [documents::Problem::Syntax { error: owned("expected a selection at 1:7") }],
        documents::Problem::Unclosed { .. } => [documents::Problem::Unclosed { line: 3 }],
        documents::Problem::Cycle { .. } => [documents::Problem::Cycle { fragment: owned("of_mailing") }],
        documents::Problem::TypeName { .. } => every().map(|fault| documents::Problem::TypeName { fault }),
        documents::Problem::Unknown { .. } => [documents::Problem::Unknown { field: owned("nick_name") }],
        documents::Problem::Missing => [documents::Problem::Missing],
        documents::Problem::MutationsByPost => [documents::Problem::MutationsByPost],
    }
    documents::TypeName {
        documents::TypeName::Arguments => [documents::TypeName::Arguments],
        documents::TypeName::Selection => [documents::TypeName::Selection],
        documents::TypeName::Directives => [documents::TypeName::Directives],
    }
    documents::TooMuch {
        documents::TooMuch::Name { .. } => [documents::TooMuch::Name { most: 200 }],
        documents::TooMuch::Number { .. } => [documents::TooMuch::Number { most: 200 }],
        documents::TooMuch::Nesting { .. } => [documents::TooMuch::Nesting { most: 50 }],
        documents::TooMuch::Depth { .. } => [documents::TooMuch::Depth { most: 15 }],
        documents::TooMuch::Parts { .. } => [documents::TooMuch::Parts { most: 5_000, syntax: 256 }],
        documents::TooMuch::Input { .. } => [documents::TooMuch::Input { most: 256 }],
        documents::TooMuch::Texts { .. } => [documents::TooMuch::Texts { most: 256 }],
        documents::TooMuch::Fields { .. } => [documents::TooMuch::Fields { most: 50_000 }],
        documents::TooMuch::Work => [documents::TooMuch::Work],
        documents::TooMuch::Alone => [documents::TooMuch::Alone],
        documents::TooMuch::Values { .. } => [documents::TooMuch::Values { most: 100_000 }],
    }
    http::Problem {
        http::Problem::NotJson => [http::Problem::NotJson],
        http::Problem::NotCsv => [http::Problem::NotCsv],
        http::Problem::NotAcceptable => [http::Problem::NotAcceptable],
        http::Problem::Method => [http::Problem::Method],
        http::Problem::CrossSite => [http::Problem::CrossSite],
        http::Problem::TooManyFields { .. } => [http::Problem::TooManyFields { most: 10_000 }],
        http::Problem::FormNotUtf8 => [http::Problem::FormNotUtf8],
        http::Problem::FormBroken => [http::Problem::FormBroken],
        http::Problem::BodyBroken { .. } => [http::Problem::BodyBroken { error: owned("connection reset") }],
        http::Problem::BodySlow { .. } => [http::Problem::BodySlow { seconds: 30 }],
        http::Problem::BodyTooLarge { .. } => [http::Problem::BodyTooLarge { most: 16 }],
        http::Problem::BodyTooLargeForStrangers { .. } => [http::Problem::BodyTooLargeForStrangers { most: 256 }],
        http::Problem::FileTooLarge { .. } => [http::Problem::FileTooLarge { most: 64 }],
        http::Problem::ImportOptions => [http::Problem::ImportOptions],
        http::Problem::SuppressionOptions => [http::Problem::SuppressionOptions],
        http::Problem::ParameterNotJson { .. } => [http::Problem::ParameterNotJson { name: owned("variables"), error: owned("expected value at line 1 column 1") }],
        http::Problem::BodyNotJson { .. } => [http::Problem::BodyNotJson { error: owned("expected value at line 1 column 1") }],
        http::Problem::AnswerTooLong { .. } => [http::Problem::AnswerTooLong { most: 64 }],
        http::Problem::NoAnswer { .. } => [http::Problem::NoAnswer { seconds: 30 }],
        http::Problem::TooManyRequests { .. } => [http::Problem::TooManyRequests { seconds: 7 }],
        http::Problem::TooManyLargeRequests { .. } => [http::Problem::TooManyLargeRequests { seconds: 7 }],
        http::Problem::Unauthenticated => [http::Problem::Unauthenticated],
        http::Problem::ReadOnly => [http::Problem::ReadOnly],
        http::Problem::InItsOwnWay => [http::Problem::InItsOwnWay],
        http::Problem::DatabaseSlow => [http::Problem::DatabaseSlow],
        http::Problem::DatabaseAway => [http::Problem::DatabaseAway],
        http::Problem::RowUnreadable { .. } => [http::Problem::RowUnreadable {
            table: "mailings",
            column: "status",
            id: "7".to_owned(),
            value: "rubbish".to_owned(),
        }],
        http::Problem::RowLeftOut { .. } => [http::Problem::RowLeftOut {
            table: "mailings",
            column: "status",
            id: "7".to_owned(),
            value: "rubbish".to_owned(),
        }],
        http::Problem::Internal { .. } => [http::Problem::Internal { request_id: Uuid::nil() }],
    }
    queries::Problem {
        queries::Problem::First { .. } => [queries::Problem::First { most: 100, first: 101 }],
        queries::Problem::Last { .. } => [queries::Problem::Last { most: 100, last: 101 }],
        queries::Problem::FirstAndLast => [queries::Problem::FirstAndLast],
        queries::Problem::Cursor => [queries::Problem::Cursor],
        queries::Problem::CursorBefore => [queries::Problem::CursorBefore],
        queries::Problem::CursorOfAnotherOrder => [queries::Problem::CursorOfAnotherOrder],
        queries::Problem::NotAMoment { .. } => [queries::Problem::NotAMoment { name: owned("from"), text: owned("tomorrow") }],
        queries::Problem::ToNotAfterFrom => [queries::Problem::ToNotAfterFrom],
        queries::Problem::TooManyPeriods { .. } => [queries::Problem::TooManyPeriods { from: DateTime::UNIX_EPOCH, to: DateTime::UNIX_EPOCH + TimeDelta::days(3), limit: 400 }],
        queries::Problem::ArticleByIdOrSlug => [queries::Problem::ArticleByIdOrSlug],
        queries::Problem::ClientsNotNamed => [queries::Problem::ClientsNotNamed],
        queries::Problem::CsvTooLarge { .. } => [queries::Problem::CsvTooLarge { bytes: 2_000_000, most: 1, upload: 64 }],
        queries::Problem::WorkbookTooLong { .. } => [queries::Problem::WorkbookTooLong { most: 100_000 }],
        queries::Problem::WorkbookCellTooLong { .. } => [queries::Problem::WorkbookCellTooLong { most: 32_767 }],
        queries::Problem::Days { .. } => [queries::Problem::Days { most: 366, days: 0 }],
        queries::Problem::NoIntakeMessage => [queries::Problem::NoIntakeMessage],
        queries::Problem::NoApiToken => [queries::Problem::NoApiToken],
        queries::Problem::NoSession => [queries::Problem::NoSession],
        queries::Problem::NoProjection { .. } => [queries::Problem::NoProjection { names: owned("users, clients") }],
        queries::Problem::ProjectionBusy => [queries::Problem::ProjectionBusy],
        queries::Problem::ProgramOutdated { .. } => [queries::Problem::ProgramOutdated { migration: 9_999 }],
        queries::Problem::ProjectionObstructed { .. } => [queries::Problem::ProjectionObstructed { what: owned("view best_clients") }],
    }
}
