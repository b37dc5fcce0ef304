//! The documentation of all error codes, `docs/errors.md`, which is made of the code and compared with it.

use crate::failure::Code;
use crate::graphql::sdl;
use acts::address_book::import::{codes_of_rows, codes_of_warnings};
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

Data beside a mutation's result, with the path of the field to change; then nothing was written. They are of the type
`UserError` in the [schema](../api/schema.graphql).

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
read. `POST /import/clients` answers in the same form; if too many imports are going on, with the status 429, `RATE_LIMITED` and
`Retry-After`.

| code | HTTP status | meaning |
| --- | --- | --- |
";

const ROWS: &str = "
## What is wrong with a row of an imported file

A bad row costs that row. `problems` of an import's report have the codes of a client's and a group's fields above, where a
rule is broken (`EMAIL_TAKEN`: the address is in the address book, and nothing was asked to be changed; `QUOTA_REACHED`: the address
book is full), and these. A file that is
none of clients has one of the codes `FILE_...`, as a `userError` or with the status 422.

| code | such as |
| --- | --- |
";

const WARNINGS_OF_IMPORTS: &str = "
## What an import warns of

`warnings` of an import's report: nothing is lost, but somebody may have meant it otherwise.

| code | such as |
| --- | --- |
";

impl Code {
    fn meaning(self) -> &'static str {
        match self {
            Self::BadRequest => "The request or its document makes no sense.",
            Self::CrossSite => "A page of another site sent the request.",
            Self::Forbidden => "Whoever asks lacks the right, whatever object it is about.",
            Self::Internal => "A fault of the service.",
            Self::MethodNotAllowed => "Requests come by POST or GET, mutations by POST only.",
            Self::NotAcceptable => "None of the accepted media types is one of answers.",
            Self::PayloadTooLarge => "The request or the file is too large.",
            Self::RateLimited => {
                "Too much is being answered for the same account or address: again in `extensions.retryAfter` seconds."
            }
            Self::Timeout => "No answer in time; what was to be changed may be done.",
            Self::TooComplex => "The document asks for too much at once, or too deep.",
            Self::Unauthenticated => "Nobody is signed in.",
            Self::Unavailable => "The database does not answer: try again in a moment.",
            Self::UnsupportedMediaType => "The request's content type is not the right one.",
        }
    }
}

/// The values of `UserErrorCode` and what the schema says of them.
fn of_inputs() -> Vec<(String, String)> {
    of_enum("UserErrorCode")
}

/// The values of an enumeration of the schema and what that says of them.
fn of_enum(name: &str) -> Vec<(String, String)> {
    let sdl = sdl();
    let body = sdl.split(&format!("\nenum {name} {{\n")).nth(1).and_then(|rest| rest.split("\n}").next());
    let lines: Vec<&str> = body.expect("the schema has the codes").lines().map(str::trim).collect();
    let (mut meaning, mut codes) = (String::new(), Vec::new());
    for line in lines {
        if line.starts_with(|c: char| c.is_ascii_uppercase())
            && line.chars().all(|c| c.is_ascii_uppercase() || "_8".contains(c))
        {
            codes.push((line.to_owned(), std::mem::take(&mut meaning)));
        } else if line != "\"\"\"" {
            meaning = if meaning.is_empty() { line.to_owned() } else { format!("{meaning} {line}") };
        }
    }
    codes.sort();
    codes
}

fn page() -> String {
    let mut page = HEAD.to_owned() + USER_ERRORS;
    for (code, meaning) in of_inputs() {
        writeln!(page, "| `{code}` | {meaning} |").expect("writing to a string does not fail");
    }
    page += WARNINGS;
    for (code, meaning) in of_enum("WarningCode") {
        // A bar would end the cell of the table.
        let meaning = meaning.replace('|', "\\|");
        writeln!(page, "| `{code}` | {meaning} |").expect("writing to a string does not fail");
    }
    page += TOP_LEVEL;
    for code in Code::ALL {
        let (name, status, meaning) = (code.name(), code.status(), code.meaning());
        writeln!(page, "| `{name}` | {status} | {meaning} |").expect("writing to a string does not fail");
    }
    page += ROWS;
    for (code, sentence) in codes_of_rows() {
        writeln!(page, "| `{code}` | {sentence} |").expect("writing to a string does not fail");
    }
    page += WARNINGS_OF_IMPORTS;
    for (code, sentence) in codes_of_warnings() {
        writeln!(page, "| `{code}` | {sentence} |").expect("writing to a string does not fail");
    }
    page
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
fn no_code_is_left_out() {
    let method = |source: &'static str, from: &str| -> usize {
        let body = source.split(from).nth(1).and_then(|rest| rest.split("\n    }").next());
        body.expect("the method is there").matches("=> \"").count()
    };
    assert_eq!(method(include_str!("../../failure.rs"), "fn name(self)"), Code::ALL.len());
    let schema = super::user_error::names();
    let documented: Vec<String> = of_inputs().into_iter().map(|(code, _)| code).collect();
    assert_eq!(documented.len(), schema.len());
    assert!(schema.iter().all(|name| documented.iter().any(|code| code == name)), "{documented:?}");
    assert!(of_inputs().iter().all(|(_, meaning)| !meaning.is_empty()));
}
