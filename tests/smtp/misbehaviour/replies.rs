//! Replies that are SMTP, but not what the client would like to hear: refusals, and codes that belong elsewhere.

use super::{
    Cell,
    places::{DIALOGUE, ENDINGS, Place},
    play_all, rows,
};
use crate::support::smtp_server::{Act, Beat};

/// What a reply means at each turn, and with `+` that the connection is used again. `-`: nothing is wrong with it there.
///
/// The table of `docs/sending.md`, reply by reply. `rate` and `crowd` say why the letter was not taken this time: it is offered
/// again. `helo`: the relay is greeted in the old way.
const REFUSALS: &str = "
                          | greeting EHLO  STARTTLS AUTH        MAIL        RCPT        DATA        dot
421                       | relay    relay relay    relay       relay       relay       relay       deferred
421 4.3.2 closing         | relay    relay relay    relay       relay       relay       relay       deferred
421 4.7.0 closing         | relay    relay relay    relay       relay       relay       relay       deferred
421 4.7.28 too fast       | rate     rate  rate     rate        rate        rate        rate        rate
421 too many connections  | crowd    crowd crowd    crowd       crowd       crowd       crowd       crowd
432 4.3.2 thread limit    | crowd    crowd crowd    crowd       crowd       crowd       crowd       crowd
432 4.7.12 a new password | relay    relay relay    credentials rate+       deferred+   deferred+   deferred+
450                       | relay    relay relay    relay       relay+      deferred+   deferred+   deferred+
450 4.2.1 busy            | relay    relay relay    relay       relay+      deferred+   deferred+   deferred+
450 4.7.1 greylisted      | relay    relay relay    relay       rate+       deferred+   deferred+   deferred+
450 4.7.25 who are you    | relay    relay relay    relay       rate+       deferred+   deferred+   deferred+
450 4.7.28 too fast       | rate     rate  rate     rate        rate+       rate+       rate+       rate+
451                       | relay    relay relay    relay       relay+      deferred+   deferred+   deferred+
451 4.3.0 in trouble      | relay    relay relay    relay       relay+      relay+      relay+      deferred+
451 4.4.1 no way there    | relay    relay relay    relay       relay+      deferred+   deferred+   deferred+
451 4.7.1 greylisted      | relay    relay relay    relay       rate+       deferred+   deferred+   deferred+
452                       | relay    relay relay    relay       relay+      deferred+   deferred+   deferred+
452 4.2.2 nearly full     | relay    relay relay    relay       relay+      deferred+   deferred+   deferred+
452 4.3.1 no space        | relay    relay relay    relay       relay+      relay+      relay+      deferred+
452 4.5.3 too many        | rate     rate  rate     rate        rate+       rate+       rate+       rate+
454                       | relay    relay relay    relay       rate+       deferred+   deferred+   deferred+
454 4.7.0 not now         | relay    relay relay    relay       rate+       deferred+   deferred+   deferred+
454 throttling failure    | rate     rate  rate     rate        rate+       rate+       rate+       rate+
450 4.2.1 rate exceeded   | rate     rate  rate     rate        rate+       rate+       rate+       rate+
500                       | relay    helo  relay    credentials sender+     recipient+  message+    message+
501 5.1.3 bad address     | relay    relay relay    credentials sender+     dead+       dead+       dead+
501 5.1.7 bad sender      | relay    relay relay    credentials sender+     sender+     reputation+ reputation+
502 5.5.1 not here        | relay    helo  relay    credentials sender+     recipient+  relay       message+
503 5.5.1 bad sequence    | relay    relay relay    credentials relay       relay       relay       message+
521                       | relay    relay relay    relay       relay       reputation  relay       message
530 5.7.0 log in first    | relay    relay relay    credentials credentials credentials credentials reputation+
535 5.7.8 wrong password  | relay    relay relay    credentials credentials credentials credentials reputation+
550                       | relay    relay relay    credentials sender+     dead+       reputation+ reputation+
550 5.1.1 nobody          | relay    relay relay    credentials sender+     dead+       dead+       dead+
550 5.1.2 nowhere         | relay    relay relay    credentials sender+     dead+       dead+       dead+
550 5.2.1 disabled        | relay    relay relay    credentials sender+     dead+       dead+       dead+
550 5.4.1 no way there    | relay    relay relay    credentials sender+     recipient+  message+    message+
550 5.4.5 daily limit     | relay    relay relay    credentials rate+       rate+       rate+       rate+
550 5.7.1 unwanted        | relay    relay relay    credentials sender+     reputation+ reputation+ reputation+
550 4.1.1 disagrees       | relay    relay relay    credentials sender+     dead+       reputation+ reputation+
551                       | relay    relay relay    credentials sender+     dead+       message+    message+
551 5.1.6 moved           | relay    relay relay    credentials sender+     dead+       dead+       dead+
552                       | relay    relay relay    credentials sender+     recipient+  message+    message+
552 5.2.2 full            | relay    relay relay    credentials sender+     recipient+  recipient+  recipient+
552 5.3.4 too big         | relay    relay relay    credentials sender+     message+    message+    message+
553                       | relay    relay relay    credentials sender+     dead+       message+    message+
553 5.1.3 bad address     | relay    relay relay    credentials sender+     dead+       dead+       dead+
554                       | relay    relay relay    credentials sender+     reputation+ message+    message+
554 5.5.1 no recipients   | relay    relay relay    credentials sender+     recipient+  relay       message+
554 5.6.0 bad content     | relay    relay relay    credentials sender+     message+    message+    message+
554 5.7.1 unwanted        | relay    relay relay    credentials sender+     reputation+ reputation+ reputation+
556 5.1.10 takes no mail  | relay    relay relay    credentials sender+     dead+       dead+       dead+
559 what                  | relay    relay relay    credentials sender+     recipient+  message+    message+
";

/// Good news at the wrong time.
const WRONG_CODES: &str = "
                          | greeting EHLO  STARTTLS AUTH        MAIL        RCPT        DATA        dot
200 fine                  | relay    relay relay    relay       relay       relay       relay       accepted+
220 again                 | -        relay -        relay       relay       relay       relay       accepted+
221 bye                   | relay    relay relay    relay       relay       relay       relay       accepted+
235 welcome               | relay    relay relay    -           relay       relay       relay       accepted+
250 2.0.0 fine            | relay    -     relay    relay       -           -           relay       accepted+
251 forwarded             | relay    relay relay    relay       relay       accepted+   relay       accepted+
252 perhaps               | relay    relay relay    relay       relay       accepted+   relay       accepted+
259 who knows             | relay    relay relay    relay       relay       relay       relay       accepted+
334 Zm9v                  | relay    relay relay    relay       relay       relay       relay       unknown
354 go ahead              | relay    relay relay    relay       relay       relay       -           unknown
359 who knows             | relay    relay relay    relay       relay       relay       relay       unknown
";

/// How many forms a reply has here.
const FORMS: usize = 3;

/// The same reply in other forms: byte by byte, and as two lines that come in two packets.
fn forms(line: &str) -> [Act; FORMS] {
    let (code, text) = line.split_once(' ').unwrap_or((line, ""));
    let enhanced = text.split(' ').next().filter(|word| word.contains('.')).unwrap_or_default();
    let last = format!("{code} {enhanced} again\r\n");
    let whole = format!("{line}\r\n").into_bytes();
    [
        Act::Beats(vec![Beat::Say(whole.clone())]),
        Act::Beats(vec![Beat::Spell(whole)]),
        Act::Beats(vec![Beat::Say(format!("{code}-{text}\r\n").into_bytes()), Beat::Say(last.into_bytes())]),
    ]
}

fn cells(table: &'static str) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (row, (line, words)) in rows(table).enumerate() {
        for (number, place) in DIALOGUE.iter().enumerate() {
            let column = super::COLUMNS.iter().position(|column| place.column() == Some(column)).expect("a column");
            if words[column] == "-" {
                assert!(place.is_usual(line), "{line} at {}", place.name);
                continue;
            }
            // Every reply comes in every form somewhere, and every place sees every form.
            let form = (row + number) % FORMS;
            let act = forms(line)[form].clone();
            let mut cell = Cell::new(place, &format!("{line} (form {form})"), act, words[column]);
            // Where the letter is offered again, it is the second answer that counts.
            let answered = !words[column].starts_with("rate");
            cell.code = line.get(..3).filter(|_| answered).and_then(|code| code.parse().ok());
            cells.push(cell);
        }
    }
    cells
}

#[tokio::test]
async fn refusals_are_judged_by_the_table_at_every_turn() {
    play_all(cells(REFUSALS), 750).await;
}

#[tokio::test]
async fn good_news_at_the_wrong_time_is_no_good_news() {
    play_all(cells(WRONG_CODES), 150).await;
}

#[tokio::test]
async fn what_is_said_to_rset_and_quit_changes_no_judgement() {
    let mut cells = Vec::new();
    let lines = rows(REFUSALS).chain(rows(WRONG_CODES));
    for (row, (line, _)) in lines.enumerate() {
        for place in &ENDINGS {
            let act = forms(line)[row % FORMS].clone();
            cells.push(Cell::new(place, line, act, ending(place, line.starts_with("250"))));
        }
    }
    play_all(cells, 110).await;
}

/// The letter was judged before; only a good answer to RSET saves the connection.
pub(super) fn ending(place: &Place, good: bool) -> &'static str {
    match (place.name, good) {
        ("QUIT", _) => "accepted",
        (_, true) => "dead+",
        (_, false) => "dead",
    }
}
