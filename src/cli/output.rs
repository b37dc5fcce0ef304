//! What commands print. A reader that has gone away (`| head`) is no error.

use std::io::{Write, stderr, stdout};

/// A line for people, or the answer for programs.
pub(super) fn say(line: &str) {
    let _ = writeln!(stdout(), "{line}");
}

/// A line about what went wrong.
pub(super) fn complain(line: &str) {
    let _ = writeln!(stderr(), "{line}");
}

/// An answer for programs, on one line.
pub(super) fn say_json(value: &serde_json::Value) {
    say(&value.to_string());
}

/// What is to be printed as it is.
pub(super) fn pour(bytes: &[u8]) {
    let mut out = stdout();
    let _ = out.write_all(bytes).and_then(|()| out.flush());
}
