//! SQL names only tables of its own crate, and what is drawn here.

use super::{ARROWS, sources};
use projections::Projection;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use syn::visit::Visit;

/// Whose each table is that no read model is: only its crate writes it, and everybody else asks that crate.
const TABLES: [(&str, &[&str]); 4] = [
    ("eventstore", &["events", "claims"]),
    ("projections", &["projections", "article_views", "work_done", "link_keys", "suppressed", "sealed_keys"]),
    (
        "acts",
        &[
            "credentials",
            "sessions",
            "api_tokens",
            "links",
            "known_addresses",
            "rate_limits",
            "doors",
            "uploads",
            "upload_pieces",
            "import_undos",
            "pictures",
            "intake_messages",
            "intake_counts",
            "intake_states",
            "intake_turns",
            "intake_ways",
        ],
    ),
    (
        "scheduler",
        &[
            "run_audience",
            "runs_in_pages",
            "mailings_by_filter",
            "batch_leases",
            "batch_marks",
            "notice_leases",
            "relay_states",
            "relay_rates",
            "relay_users",
            "followers",
            "guard_marks",
            "troubles",
        ],
    ),
];

/// What a crate reads of another one's tables all the same, because it joins them with its own in one statement.
const READS: [(&str, &[&str]); 3] = [
    // Read models follow the log; what is due asks who is shut out; relays are shown as the scheduler shares them; which ways are closed is told
    // to whoever asks as the intake says it.
    ("projections", &["events", "doors", "relay_states", "intake_states", "intake_ways"]),
    // Whoever asks is found with their account in one look-up.
    ("acts", &["users"]),
    // What waits, joined with the leases of who works on it; and the audience, which is resolved in one snapshot.
    (
        "scheduler",
        &[
            "events",
            "doors",
            "mailings",
            "mailing_clients",
            "mailing_groups",
            "runs",
            "batches",
            "deliveries",
            "clients",
            "client_revisions",
            "groups",
            "group_members",
            "notices",
            "users",
            "senders",
            "sender_revisions",
            "sender_domains",
            "feedback_counts",
        ],
    ),
];

/// What a crate writes of another one's tables all the same.
const WRITES: [(&str, &[&str]); 2] = [
    // Letters that are to be sent again are looked at at once.
    ("acts", &["batch_leases"]),
    // The link in a letter is made at the moment of sending; what has expired is swept out.
    ("scheduler", &["links", "sessions", "uploads", "intake_messages"]),
];

/// The tables that SQL names, and those that it changes.
#[derive(Debug, Default)]
struct Statements {
    reads: BTreeSet<String>,
    writes: BTreeSet<String>,
}

impl Statements {
    /// Takes in a text, if it is SQL.
    fn hear(&mut self, text: &str) {
        let words: Vec<&str> =
            text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).collect();
        let verbs = ["select", "insert", "update", "delete", "with", "lock", "truncate"];
        if words.first().is_none_or(|word| !verbs.contains(&word.to_lowercase().as_str())) {
            return;
        }
        for window in words.windows(3) {
            match window {
                ["insert", "into", table] | ["delete", "from", table] => self.writes.insert((*table).to_owned()),
                [_, "from" | "join", table] | ["from" | "join", table, _] => self.reads.insert((*table).to_owned()),
                _ => false,
            };
        }
        for pair in words.windows(2) {
            if let ["update" | "truncate", table] = pair {
                self.writes.insert((*table).to_owned());
            }
        }
        if let [.., "from" | "join", table] = &words[..] {
            self.reads.insert((*table).to_owned());
        }
    }

    /// Texts anywhere among the tokens of a macro, such as `sqlx::query!`.
    fn hear_tokens(&mut self, tokens: proc_macro2::TokenStream) {
        for token in tokens {
            match token {
                proc_macro2::TokenTree::Group(group) => self.hear_tokens(group.stream()),
                proc_macro2::TokenTree::Literal(literal) => {
                    if let syn::Lit::Str(text) = syn::Lit::new(literal) {
                        self.hear(&text.value());
                    }
                }
                proc_macro2::TokenTree::Ident(_) | proc_macro2::TokenTree::Punct(_) => {}
            }
        }
    }

    fn of(folder: &Path) -> Self {
        let mut statements = Self::default();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("the sources are there").flatten() {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                } else if entry.path().extension().is_some_and(|extension| extension == "rs") {
                    let source = std::fs::read_to_string(entry.path()).expect("a source is text");
                    statements.visit_file(&syn::parse_file(&source).expect("a source is Rust"));
                }
            }
        }
        statements
    }
}

impl<'ast> Visit<'ast> for Statements {
    fn visit_lit_str(&mut self, text: &'ast syn::LitStr) {
        self.hear(&text.value());
    }

    fn visit_macro(&mut self, invoked: &'ast syn::Macro) {
        self.hear_tokens(invoked.tokens.clone());
    }

    // Documentation is no SQL, whatever it begins with.
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
}

/// Whose each table is, and that it is somebody's and nobody else's.
fn owners() -> BTreeMap<String, &'static str> {
    let mut owners = BTreeMap::new();
    let kept = Projection::ALL.into_iter().flat_map(Projection::tables).map(|table| (*table, "projections"));
    let others = TABLES.into_iter().flat_map(|(owner, tables)| tables.iter().map(move |table| (*table, owner)));
    for (table, owner) in kept.chain(others) {
        assert_eq!(owners.insert(table.to_owned(), owner), None, "{table} has two owners");
    }
    owners
}

#[test]
fn sql_names_only_tables_of_its_own_crate_and_what_is_drawn() {
    let owners = owners();
    let drawn = |drawing: &[(&str, &'static [&'static str])], name: &str| -> BTreeSet<&str> {
        drawing
            .iter()
            .filter(|(crate_name, _)| *crate_name == name)
            .flat_map(|(_, tables)| tables.iter().copied())
            .collect()
    };
    for (name, _) in ARROWS {
        let statements = Statements::of(&sources(name));
        let foreign = |named: &BTreeSet<String>| -> BTreeSet<String> {
            let is = |table: &&String| owners.get(*table).is_some_and(|owner| *owner != name);
            named.iter().filter(is).cloned().collect()
        };
        let (written, read) = (foreign(&statements.writes), foreign(&statements.reads));
        let writes = drawn(&WRITES, name);
        assert_eq!(written.iter().map(String::as_str).collect::<BTreeSet<_>>(), writes, "{name} writes");
        let read: BTreeSet<&str> = read.iter().map(String::as_str).filter(|table| !writes.contains(table)).collect();
        assert_eq!(read, drawn(&READS, name), "{name} reads");
    }
}

#[test]
fn every_table_is_somebodys() {
    let (root, owners) = (Path::new(env!("CARGO_MANIFEST_DIR")), owners());
    let mut made = BTreeSet::new();
    for entry in std::fs::read_dir(root.join("migrations")).expect("there are migrations").flatten() {
        let text = std::fs::read_to_string(entry.path()).expect("a migration is text");
        let words: Vec<&str> = text.split_whitespace().collect();
        for (at, pair) in words.windows(2).enumerate() {
            if pair[1] == "table" && (pair[0] == "create" || pair[0] == "unlogged") {
                made.extend(words.get(at + 2).map(|name| name.trim_end_matches('(').to_owned()));
            }
        }
    }
    assert_eq!(made, owners.into_keys().collect(), "made by migrations, and drawn here");
}
