//! What is no reply at all: silence, noise, ends without warning, and replies that come too late or too many at once.

use super::{
    COLUMNS, Cell,
    places::{DIALOGUE, ENDINGS},
    play_all,
    replies::ending,
    rows,
};
use crate::support::smtp_server::{Act, Beat, Gate};

/// What is known of the letter, and with `+` that the connection is used again.
const WRONGS: &str = "
                              | greeting  EHLO      STARTTLS  AUTH        MAIL      RCPT      DATA      dot
hangs up                      | relay     relay     relay     relay       relay     relay     relay     unknown
hangs up within a line        | relay     relay     relay     relay       relay     relay     relay     unknown
hangs up within a reply       | relay     relay     relay     relay       relay     relay     relay     unknown
says the usual in pieces      | accepted+ accepted+ accepted+ accepted+   accepted+ accepted+ accepted+ accepted+
says two replies at once      | relay     relay     relay     relay       relay     relay     relay     accepted
refuses and goes on           | relay     relay     relay     credentials sender    dead      dead      dead
two codes in one reply        | relay     relay     relay     relay       relay     relay     relay     unknown
speaks HTTP                   | relay     relay     relay     relay       relay     relay     relay     unknown
speaks SSH                    | relay     relay     relay     relay       relay     relay     relay     unknown
speaks TLS                    | relay     relay     relay     relay       relay     relay     relay     unknown
is not UTF-8                  | relay     relay     relay     relay       relay     relay     relay     unknown
says zeros                    | relay     relay     relay     relay       relay     relay     relay     unknown
says an empty line            | relay     relay     relay     relay       relay     relay     relay     unknown
says two digits               | relay     relay     relay     relay       relay     relay     relay     unknown
says four digits              | relay     relay     relay     relay       relay     relay     relay     unknown
says other digits             | relay     relay     relay     relay       relay     relay     relay     unknown
says digits and letters       | relay     relay     relay     relay       relay     relay     relay     unknown
says 1xx                      | relay     relay     relay     relay       relay     relay     relay     unknown
says 6xx                      | relay     relay     relay     relay       relay     relay     relay     unknown
says x6x                      | relay     relay     relay     relay       relay     relay     relay     unknown
says x7x                      | relay     relay     relay     relay       relay     relay     relay     unknown
says 000                      | relay     relay     relay     relay       relay     relay     relay     unknown
says a line too long          | relay     relay     relay     relay       relay     relay     relay     unknown
says a line without end       | relay     relay     relay     relay       relay     relay     relay     unknown
says a reply without end      | relay     relay     relay     relay       relay     relay     relay     unknown
";

/// As above, but the client's patience ends.
const SILENCES: &str = "
                              | greeting  EHLO      STARTTLS  AUTH        MAIL      RCPT      DATA      dot
says nothing                  | relay     relay     relay     relay       relay     relay     relay     unknown
stops within a line           | relay     relay     relay     relay       relay     relay     relay     unknown
stops within a reply          | relay     relay     relay     relay       relay     relay     relay     unknown
says the usual too late       | relay     relay     relay     relay       relay     relay     relay     unknown
refuses too late              | relay     relay     relay     relay       relay     relay     relay     unknown
finishes its line too late    | relay     relay     relay     relay       relay     relay     relay     unknown
";

fn say(bytes: &[u8]) -> Beat {
    Beat::Say(bytes.to_vec())
}

fn act(wrong: &str, gate: &Gate) -> Act {
    Act::Beats(match wrong {
        "hangs up" => return Act::HangUp,
        "hangs up within a line" => vec![say(b"25"), Beat::HangUp],
        "hangs up within a reply" => vec![say(b"250-begun\r\n"), Beat::HangUp],
        "says the usual in pieces" => return Act::InPieces,
        "says two replies at once" => return Act::UsualAnd(b"250 2.0.0 and more\r\n"),
        "refuses and goes on" => vec![say(b"550 5.1.1 nobody\r\n250 2.0.0 and more\r\n")],
        "two codes in one reply" => vec![say(b"250-begun\r\n550 ended otherwise\r\n")],
        "speaks HTTP" => vec![say(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")],
        "speaks SSH" => vec![say(b"SSH-2.0-OpenSSH_9.6\r\n")],
        "speaks TLS" => vec![say(b"\x15\x03\x03\x00\x02\x02\x46\r\n")],
        "is not UTF-8" => vec![say(b"\xff\xfe\xfd\xfc\r\n")],
        "says zeros" => vec![say(b"\0\0\0\0\r\n")],
        "says an empty line" => vec![say(b"\r\n")],
        "says two digits" => vec![say(b"25\r\n")],
        "says four digits" => vec![say(b"2500 fine\r\n")],
        "says other digits" => vec![say("٢٥٠ fine\r\n".as_bytes())],
        "says digits and letters" => vec![say(b"250fine\r\n")],
        "says 1xx" => vec![say(b"150 soon\r\n")],
        "says 6xx" => vec![say(b"650 never\r\n")],
        "says x6x" => vec![say(b"260 fine\r\n")],
        "says x7x" => vec![say(b"571 5.7.1 unwanted\r\n")],
        "says 000" => vec![say(b"000 nothing\r\n")],
        "says a line too long" => vec![say(format!("250 {}\r\n", "x".repeat(3000)).as_bytes())],
        "says a line without end" => vec![say(b"250 "), Beat::Repeat(vec![b'x'; 500])],
        "says a reply without end" => vec![Beat::Repeat(b"250-more\r\n".to_vec())],
        "says nothing" => return Act::Silent,
        "stops within a line" => vec![say(b"25"), Beat::Silent],
        "stops within a reply" => vec![say(b"250-begun\r\n"), Beat::Silent],
        "says the usual too late" => return Act::Wait(gate.clone()),
        "refuses too late" => vec![Beat::Pass(gate.clone()), say(b"550 5.1.1 nobody\r\n")],
        "finishes its line too late" => vec![say(b"25"), Beat::Pass(gate.clone()), say(b"0 2.0.0 at last\r\n")],
        other => panic!("what is {other:?}?"),
    })
}

fn cell(place: &'static super::Place, wrong: &str, expected: &str, impatient: bool) -> Cell {
    let gate = Gate::new();
    let act = act(wrong, &gate);
    Cell { late: Some(gate), impatient, ..Cell::new(place, wrong, act, expected) }
}

fn cells(table: &'static str, impatient: bool) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (wrong, words) in rows(table) {
        for place in &DIALOGUE {
            let column = COLUMNS.iter().position(|column| place.column() == Some(column)).expect("a column");
            cells.push(cell(place, wrong, words[column], impatient));
        }
        for place in &ENDINGS {
            cells.push(cell(place, wrong, ending(place, wrong == "says the usual in pieces"), impatient));
        }
    }
    cells
}

#[tokio::test]
async fn what_is_no_reply_is_the_relays_problem_and_unknown_after_the_dot() {
    play_all(cells(WRONGS, false), 400).await;
}

#[tokio::test]
async fn nobody_waits_for_a_silent_relay_and_what_it_says_later_counts_for_no_letter() {
    play_all(cells(SILENCES, true), 100).await;
}
