//! All columns that hold words of a closed set, for whoever looks after the rows that do not read.

use crate::clients::is_source;
use crate::columns::{Column, FromColumn};
use crate::deliveries::{Doubt, Ending, Suppressed};
use crate::feedback::What;
use crate::mailings::Left;
use crate::suppressions::{ScopeKind, SourceKind};
use crate::{notices, relays, runs};
use domain::custom_field;
use domain::feedback::Via;
use domain::import::Mode;
use domain::mailing::{InDoubt, Kind, Status};
use domain::segment::Filter;
use domain::sender_domain::Algorithm;
use domain::suppression::{Lifter, Reason, Source};
use domain::{Language, Outcome, Periodicity, Role, Totals};
use sqlx::types::Json;

/// The columns of the read models and of what workers write that hold words of a closed set.
#[must_use]
pub fn columns() -> Vec<Column> {
    let delivery = "run_id || '.' || ordinal";
    let consent = "client_id || '.' || topic_id";
    let report = "run_id || '.' || ordinal || '.' || version";
    vec![
        Column::of_several::<Role>("users", "roles", "id"),
        Column::of::<Language>("users", "language", "id"),
        Column::of_json("clients", "source", "id", is_source),
        Column::of_json("client_consents", "source", consent, is_source),
        Column::of_json("client_consents", "withdrawn_source", consent, is_source),
        Column::of::<Status>("mailings", "status", "id"),
        Column::of::<InDoubt>("mailings", "in_doubt", "id"),
        Column::of::<Kind>("mailings", "kind", "id"),
        Column::of::<Left>("mailing_less", "kind", "mailing_id || '.' || kind || '.' || id"),
        Column::of_json("segments", "filter", "id", |json| Json::<Filter>::from_column(json.clone()).is_ok()),
        Column::of_json("mailings", "periodicity", "id", |json| Json::<Periodicity>::from_column(json.clone()).is_ok()),
        Column::of::<runs::Status>("runs", "status", "id"),
        Column::of::<runs::Trigger>("runs", "trigger", "id"),
        Column::of::<Kind>("runs", "kind", "id"),
        Column::of::<Outcome>("deliveries", "outcome", delivery),
        Column::of::<Ending>("deliveries", "attempt", delivery),
        Column::of::<Doubt>("deliveries", "doubt", delivery),
        Column::of::<Suppressed>("deliveries", "suppression", delivery),
        Column::of::<Suppressed>("suppression_counts", "reason", "run_id"),
        Column::of::<Ending>("attempts", "outcome", "run_id || '.' || ordinal || '.' || number"),
        Column::of::<Ending>("attempt_counts", "outcome", "mailing_id"),
        Column::of_json("reports", "totals", "run_id", |json| Json::<Totals>::from_column(json.clone()).is_ok()),
        Column::of::<notices::Kind>("notices", "kind", "id"),
        Column::of::<Language>("notices", "language", "id"),
        Column::of::<notices::Status>("notices", "status", "id"),
        Column::of::<notices::Settled>("notices", "outcome", "id"),
        Column::of::<ScopeKind>("suppressions", "scope", "id"),
        Column::of::<Reason>("suppressions", "reason", "id"),
        Column::of_json("suppressions", "source", "id", |json| Json::<Source>::from_column(json.clone()).is_ok()),
        Column::of::<SourceKind>("suppressions", "source_kind", "id"),
        Column::of::<Lifter>("suppressions", "lifted_by", "id"),
        Column::of::<Reason>("suppressed", "reason", "suppression_id"),
        Column::of::<Algorithm>("sender_domain_keys", "algorithm", "domain_id || '.' || selector"),
        Column::of::<custom_field::Kind>("custom_fields", "kind", "id"),
        Column::of::<Mode>("imports", "mode", "id"),
        Column::of::<What>("feedback", "what", report),
        Column::of::<Via>("feedback", "via", report),
        Column::of::<relays::State>("relay_states", "state", "name"),
        Column::of::<relays::Scope>("relay_states", "scope", "name"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Unreadable;
    use crate::columns::Word;
    use std::collections::BTreeSet;

    #[test]
    fn every_word_is_read_as_what_it_was_written_for_and_no_other_is_read() {
        fn check<T: Word + PartialEq + std::fmt::Debug>() {
            for value in T::ALL {
                assert_eq!(T::from_word(value.word()), Some(*value));
            }
            let words: BTreeSet<_> = T::words().into_iter().collect();
            assert_eq!(words.len(), T::ALL.len(), "{words:?}");
            for rubbish in ["", "rubbish", "Active", "Accepted", "Hold", " active", "active ", "completed_"] {
                assert_eq!(T::from_word(rubbish), None, "{rubbish}");
            }
        }
        check::<Role>();
        check::<Language>();
        check::<Outcome>();
        check::<InDoubt>();
        check::<Status>();
        check::<runs::Status>();
        check::<runs::Trigger>();
        check::<Ending>();
        check::<Doubt>();
        check::<Suppressed>();
        check::<Kind>();
        check::<Left>();
        check::<Reason>();
        check::<Lifter>();
        check::<Algorithm>();
        check::<custom_field::Kind>();
        check::<ScopeKind>();
        check::<SourceKind>();
        check::<notices::Kind>();
        check::<notices::Status>();
        check::<notices::Settled>();
        check::<Mode>();
        check::<What>();
        check::<Via>();
        check::<relays::State>();
        check::<relays::Scope>();
    }

    #[test]
    fn every_column_of_words_says_what_makes_it_well() {
        for column in columns() {
            let error = Unreadable::new(column.table, column.name, "7".to_owned(), "rubbish");
            let rebuilt = error.remedy().contains("skymailing rebuild");
            assert_eq!(rebuilt, !["relay_states", "suppressed"].contains(&column.table), "{error}");
        }
    }
}
