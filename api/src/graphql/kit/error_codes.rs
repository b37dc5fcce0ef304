//! The documentation of all error codes, `docs/errors.md`, which is made of the code and compared with it.

use crate::http::status;
use domain::{Code, Place};
use std::fmt::Write;
use std::fs;
use std::path::Path;

const HEAD: &str = "\
# Errors

<!-- Made by `UPDATE_SCHEMA=1 cargo test -p api --lib`; a test compares it with the code. -->

Every error has a sentence for a person and a code for a program. Codes are stable: they are neither renamed nor used for
something else, and new ones may be added. Sentences may change; do not compare them.

Sentences are in English or Russian: in the language of the account that is signed in (`profileUpdate` changes it);
without one, in the language that the request's `Accept-Language` prefers; else in English. What is wrong with a GraphQL
document itself, such as an unknown field or a missing variable, is for whoever writes documents and always in English;
that a document asks for too much is told in the language that the request prefers. The command line and the log are in
English.
";

const USER_ERRORS: &str = "
## What is wrong with an input: `userErrors`

Data beside the result of a mutation, or of one of the queries `messagePreview`, `articlePreview`, `segmentPreview` and `senderCheck`, with the path of the
field to change; then nothing was written. They are of the type `UserError` in the [schema](../api/schema.graphql), where each mutation names those that it
can have.

| code | meaning |
| --- | --- |
";

const WARNINGS: &str = "
## What looks like a mistake and may be none: `warnings`

Data beside the result of writing a letter, looking at it, sending it to oneself, and planning a mailing of it; all of that was done.

| code | meaning |
| --- | --- |
";

const TOP_LEVEL: &str = "
## What ends a request: top-level `errors`

Each has `extensions.code` and `extensions.requestId`, under which the service's log tells more. The status is that of an
answer with nothing else in it; who accepts `application/json` only gets 200 instead of 400 for a request that could be
read. `POST /import/clients` and `POST /import/suppressions` answer in the same form; if too many imports are going on, with the status 429, `RATE_LIMITED` and
`Retry-After`; and if others keep changing the same address book, with `CONFLICT`.

| code | HTTP status | meaning |
| --- | --- | --- |
";

const OBSTACLES: &str = "
## What keeps a mailing from starting by itself: `obstacle`

A field of a mailing that nobody has stopped.

| code | meaning |
| --- | --- |
";

const ROWS: &str = "
## What is wrong with a row of an imported file

A bad row costs that row. `problems` of an import's report have the codes of a client's and a group's fields above, where a
rule is broken, and some of their own. A file that is none of clients has one of the codes `FILE_...`, as a `userError` or
with the status 422.

| code | meaning |
| --- | --- |
";

const WARNINGS_OF_IMPORTS: &str = "
## What an import warns of

`warnings` of an import's report: nothing is lost, but somebody may have meant it otherwise.

| code | meaning |
| --- | --- |
";

/// The rows of the table that has the codes of a place.
fn rows(place: Place) -> String {
    Code::told_in(place).fold(String::new(), |mut rows, code| {
        // A bar would end the cell of the table.
        let meaning = code.meaning_in(place).replace('|', "\\|");
        let status = if place == Place::TopLevel { format!(" {} |", status(code)) } else { String::new() };
        writeln!(rows, "| `{code}` |{status} {meaning} |").expect("writing to a string does not fail");
        rows
    })
}

/// The heading under which the codes of a place are. There is no arm for the rest: a place that is added needs one, too.
fn heading(place: Place) -> Option<&'static str> {
    match place {
        Place::UserError => Some(USER_ERRORS),
        Place::LetterWarning => Some(WARNINGS),
        Place::Obstacle => Some(OBSTACLES),
        Place::TopLevel => Some(TOP_LEVEL),
        Place::ImportProblem => Some(ROWS),
        Place::ImportWarning => Some(WARNINGS_OF_IMPORTS),
        Place::Engine => None,
    }
}

fn page() -> String {
    let sections = Place::ALL.iter().filter_map(|place| Some(heading(*place)?.to_owned() + &rows(*place)));
    HEAD.to_owned() + &sections.collect::<String>()
}

/// `UPDATE_SCHEMA=1 cargo test -p api --lib` writes it anew.
#[test]
fn the_documented_codes_are_those_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/errors.md");
    let page = page();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(&path, &page).expect("the page can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == page, "docs/errors.md is not up to date: run UPDATE_SCHEMA=1 cargo test -p api --lib");
}

#[test]
fn no_code_that_anybody_is_told_is_left_out() {
    let page = page();
    for code in Code::ALL {
        let told = code.places().iter().any(|place| heading(*place).is_some());
        assert_eq!(page.contains(&format!("| `{code}` |")), told, "{code}");
    }
}
