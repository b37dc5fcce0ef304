//! No column is forgotten: every text of the database is either free or one of a closed set, and which is said here.

use crate::support::database;
use std::collections::BTreeSet;

/// Columns whose texts people, other machines or the service make freely, so that no value is rubbish.
const FREE: &[(&str, &[&str])] = &[
    ("api_tokens", &["name"]),
    ("articles", &["body", "html", "image_url", "slug", "title"]),
    ("attempts", &["enhanced", "reply"]),
    ("batch_leases", &["relay"]),
    ("claims", &["aggregate_id", "scope", "value"]),
    ("client_addresses", &["email_key"]),
    ("client_consents", &["address", "confirmed_address", "wording"]),
    ("client_revisions", &["comment", "email", "fields", "first_name", "full_name", "last_name"]),
    ("clients", &["comment", "email", "fields", "first_name", "found_by", "full_name", "last_name", "mailbox"]),
    ("credentials", &["password_hash"]),
    ("custom_fields", &["key", "label"]),
    ("deliveries", &["enhanced", "reply"]),
    ("events", &["aggregate_id", "metadata", "payload"]),
    ("feedback", &["code", "reported_by", "words"]),
    ("followers", &["error", "name"]),
    ("groups", &["name", "topic_description", "topic_title"]),
    ("import_undos", &["left_alone"]),
    ("imports", &["file"]),
    ("intake_messages", &["envelope_from", "envelope_to", "from_line", "subject"]),
    ("intake_states", &["error"]),
    ("intake_ways", &["error"]),
    ("links", &["email"]),
    ("mailings", &["name", "reason", "relay", "time_zone"]),
    ("message_revisions", &["found_by", "html", "markdown", "subject", "text"]),
    ("messages", &["subject"]),
    ("notices", &["email", "enhanced", "message_id", "reply"]),
    ("projections", &["error"]),
    ("relay_rates", &["relay"]),
    ("relay_states", &["address", "name", "why"]),
    ("relay_users", &["relay"]),
    ("runs", &["last_reply", "message_id_domain"]),
    ("sealed_keys", &["sealed_under", "selector"]),
    ("segments", &["name"]),
    ("sender_domain_keys", &["public", "selector"]),
    ("sender_domains", &["domain"]),
    ("sender_revisions", &["name", "reply_to"]),
    ("senders", &["address", "domain", "name", "reply_to", "revoked_why"]),
    ("sessions", &["address", "user_agent"]),
    ("suppressed", &["mailbox"]),
    ("suppressions", &["email", "lifted_why", "mailbox", "note"]),
    ("troubles", &["name", "part", "words"]),
    ("uploads", &["look", "name", "progress", "report", "said", "wishes"]),
    ("users", &["blocked_reason", "email", "email_key", "full_name", "postal_address", "time_zone"]),
    ("work_done", &["name"]),
];

/// Columns of the log, its checkpoints and what came in, whose words a newer program may add to: what is not known is read by nobody as
/// something else, see `standing.rs` of the projections, and `counting.rs` of the intake, which leaves it out.
const OF_THE_LOG: &[(&str, &[&str])] = &[
    ("claims", &["aggregate_type", "kind"]),
    ("events", &["aggregate_type", "event_type", "event_version"]),
    ("intake_counts", &["taken", "via"]),
    ("intake_messages", &["via"]),
    ("intake_states", &["via"]),
    ("intake_turns", &["via"]),
    ("intake_ways", &["via"]),
    ("projections", &["name"]),
];

#[tokio::test]
async fn every_text_of_the_database_is_free_or_one_of_a_closed_set() {
    let database = database().await;
    let texts: Vec<(String, String)> = sqlx::query_as(
        "select table_name::text, column_name::text from information_schema.columns
          where table_schema = 'public' and table_name not like '\\_sqlx%'
            and (data_type in ('text', 'jsonb', 'json', 'character varying', 'USER-DEFINED') or udt_name = '_text')",
    )
    .fetch_all(&database.pool)
    .await
    .expect("the catalogue can be read");
    let texts: BTreeSet<(String, String)> = texts.into_iter().collect();
    let named = |columns: &[(&str, &[&str])]| {
        let each = columns.iter().flat_map(|(table, names)| names.iter().map(|name| (*table, *name)));
        each.map(|(table, name)| (table.to_owned(), name.to_owned())).collect::<BTreeSet<_>>()
    };
    let closed = [projections::catalogue::columns(), acts::who::columns()].concat();
    let closed: BTreeSet<_> = closed.iter().map(|column| (column.table.to_owned(), column.name.to_owned())).collect();
    let (free, of_the_log) = (named(FREE), named(OF_THE_LOG));
    assert!(closed.is_disjoint(&free) && closed.is_disjoint(&of_the_log) && free.is_disjoint(&of_the_log));
    let known: BTreeSet<_> = [closed, free, of_the_log].into_iter().flatten().collect();
    let unknown: Vec<_> = texts.difference(&known).collect();
    assert!(unknown.is_empty(), "columns that nobody has said of whether rubbish can stand in them: {unknown:?}");
    let gone: Vec<_> = known.difference(&texts).collect();
    assert!(gone.is_empty(), "columns that there are not: {gone:?}");
}

#[tokio::test]
async fn sql_knows_the_same_words_as_the_code() {
    let database = database().await;
    for (column, says) in [
        (
            super::column("mailings", "status"),
            "sends_no_more($1, null, timestamptz '2026-01-01', timestamptz '2026-01-02')",
        ),
        (super::column("deliveries", "outcome"), "delivery_reads($1, null, null)"),
        (super::column("deliveries", "attempt"), "delivery_reads('pending', $1, null)"),
        (super::column("deliveries", "doubt"), "delivery_reads('unknown', null, $1)"),
    ] {
        let asked = format!("select {says}");
        for word in column.words.iter().copied().chain(["rubbish", "", "Active"]) {
            let known: bool =
                sqlx::query_scalar(&asked).bind(word).fetch_one(&database.pool).await.expect("it can be asked");
            assert_eq!(known, column.words.contains(&word), "{}.{} {word:?}", column.table, column.name);
        }
    }
}
