//! No file imports another one in a circle.
//!
//! An arrow leads from a file to each one in which something is defined that it names: in its `use` lines, in its code, among the
//! tokens of its macros and attributes. What is handed on (`pub use`) is looked for where it is defined. So a `mod.rs` that declares its
//! modules and hands on what is in them imports nothing; where its own code uses them, they had better use nothing of its own.
//! Methods name no file, and are not seen.

mod arrows;
mod finding;
mod modules;
mod reading;
mod tries;

use super::{ARROWS, sources};
use arrows::Arrows;
use reading::modules;
use std::collections::BTreeMap;
use std::path::Path;

/// The natural ties of the GraphQL graph: what is found from a thing leads back to it. Of each circle that such a tie is in, this is the
/// arrow that goes back, with why it may.
const TIES: [(&str, &str, &str); 8] = [
    (
        "api/src/graphql/address_book/client.rs",
        "api/src/graphql/address_book/consent.rs",
        "A client has consents, and a consent is a client's.",
    ),
    (
        "api/src/graphql/address_book/group.rs",
        "api/src/graphql/address_book/client.rs",
        "A group has clients, and a client is in groups.",
    ),
    (
        "api/src/graphql/audit/history.rs",
        "api/src/graphql/kit/node.rs",
        "An event tells which thing it happened to, whatever that is, and every thing has its history.",
    ),
    (
        "api/src/graphql/mailings/mailing/mod.rs",
        "api/src/graphql/mailings/mailing/plan.rs",
        "A mailing has an audience, which may leave out whom other mailings have written to.",
    ),
    (
        "api/src/graphql/mailings/mailing/mod.rs",
        "api/src/graphql/mailings/run.rs",
        "A mailing has runs, and a run is a mailing's.",
    ),
    (
        "api/src/graphql/mailings/run.rs",
        "api/src/graphql/audit/report.rs",
        "A run that is finished has a report, and a report is of a run.",
    ),
    (
        "api/src/graphql/mailings/run.rs",
        "api/src/graphql/mailings/delivery.rs",
        "A run has deliveries, and a delivery is a run's.",
    ),
    (
        "api/src/graphql/who/viewer.rs",
        "api/src/graphql/audit/history.rs",
        "A user has a history, and an event tells which user caused it.",
    ),
];

/// The arrows between the files of all crates.
fn drawn() -> Arrows {
    let mut arrows = Arrows::default();
    for (name, _) in ARROWS {
        let files = files(&sources(name));
        for root in files.keys().filter(|file| file.ends_with("src/lib.rs") || file.ends_with("src/main.rs")) {
            arrows.extend(Arrows::of(&modules(&files, root)));
        }
    }
    arrows
}

/// The sources in a folder, under their paths from the root of the repository on.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let (root, mut files, mut folders) =
        (Path::new(env!("CARGO_MANIFEST_DIR")), BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the sources are there").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).ok().and_then(Path::to_str).expect("it is in the repository");
                files.insert(name.to_owned(), std::fs::read_to_string(&path).expect("a source is text"));
            }
        }
    }
    files
}

#[test]
fn no_file_imports_another_one_in_a_circle_but_for_the_ties_of_the_graph() {
    let mut arrows = drawn();
    assert!(arrows.count() > 2_000, "{} arrows", arrows.count());
    for (from, to, _) in TIES {
        assert!(arrows.take(from, to), "{from} imports nothing of {to} any more: take it off the list of ties");
    }
    let circles = arrows.circles();
    assert!(circles.is_empty(), "files that import each other in a circle: {circles:#?}");
    for (from, to, _) in TIES {
        assert!(
            arrows.would_close(from, to),
            "{from} and {to} are in no circle any more: take them off the list of ties"
        );
    }
}

#[test]
fn every_tie_says_why() {
    for (from, to, why) in TIES {
        assert!(from != to && why.ends_with('.') && why.contains(' '), "{from}, {to}: {why}");
    }
}
