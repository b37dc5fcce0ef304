//! Reports without a part for programs: what a server has told in words, with `X-Failed-Recipients` where it writes that (Exim, Google,
//! Mail.ru).

use crate::answer::{self, Writer};
use crate::codes::Codes;
use crate::judge::{self, compared};
use crate::mail::address::{addresses, domain};
use crate::mail::{Mail, Role};
use crate::returned::Returned;
use crate::rules;
use crate::told::{Says, Told};
use domain::reply::{masked, plain};

/// How many lines of what a server said are kept together.
const MOST_LINES: usize = 8;

/// How many recipients are taken from a text.
const MOST_RECIPIENTS: usize = 10;

/// What tells most in a text.
pub(crate) struct Telling {
    /// The codes in it.
    pub(crate) codes: Codes,
    /// Its words.
    pub(crate) words: String,
}

/// What a message says that is a report in words; none if it is none.
pub(crate) fn read(mail: &Mail<'_>, returned: &Returned) -> Option<Told> {
    let failed: Vec<String> =
        mail.fields.all("x-failed-recipients").flat_map(|value| addresses(value, MOST_RECIPIENTS)).collect();
    let subject = plain(&mail.fields.words("subject"));
    let telling = Telling::of(&returned.words);
    let said_in_text = rules::severity(&compared(&returned.words));
    let said = said_in_text.or_else(|| rules::severity(&subject));
    let named = addresses(&returned.words, MOST_RECIPIENTS);
    let says_why = !telling.codes.is_empty() || rules::refusal(&compared(&telling.words)).is_some();
    let is_report = match answer::writer(mail) {
        Writer::MailSystem => says_why || said.is_some(),
        Writer::SaysUndelivered => {
            says_why || said_in_text.is_some() && !(named.is_empty() && returned.letters.is_empty())
        }
        // A vacation program has no sender either, and says that somebody has left; it returns no letter.
        Writer::Nobody => !telling.codes.is_empty() || says_why && !returned.letters.is_empty(),
        // Whoever sends the letter along and says why it did not arrive reports it, whatever they call themselves.
        Writer::Somebody => says_why && said.is_some() && mail.of(Role::Letter).next().is_some(),
        Writer::Answers => false,
    };
    if !is_report && failed.is_empty() {
        return None;
    }
    let bounce = judge::bounce(said, telling.codes, &telling.words);
    let from = mail.fields.words("from");
    let own = addresses(&format!("{from} {}", mail.fields.get("to").unwrap_or_default()), MOST_RECIPIENTS);
    let names_somebody = !failed.is_empty();
    let named = if names_somebody { failed } else { named };
    let recipients = named.into_iter().filter(|address| !own.contains(address)).collect();
    Some(Told { says: Says::Bounce(bounce), by: domain(&from), recipients, names: names_somebody, ..Told::default() })
}

impl Telling {
    /// Finds it: the lines from the first one that has a code, or else the first one that says why, or else what stands beside an
    /// address, or else whether the server goes on.
    pub(crate) fn of(text: &str) -> Self {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        // A sentence may go on in the next line.
        let two = |at: usize| format!("{} {}", lines[at], lines.get(at + 1).copied().unwrap_or_default());
        let first = |says: &dyn Fn(usize) -> bool| (0..lines.len()).find(|at| !lines[*at].is_empty() && says(*at));
        let start = first(&|at| !Codes::of(lines[at]).is_empty())
            .or_else(|| first(&|at| names_a_reason(lines[at]) && rules::refusal(&compared(&two(at))).is_some()))
            .or_else(|| first(&|at| rules::refusal(&compared(lines[at])).is_some()))
            .or_else(|| first(&|at| rules::refusal(&compared(&two(at))).is_some()))
            .or_else(|| first(&|at| begins_with_an_address(lines[at]) && says_something(&two(at))))
            .or_else(|| first(&|at| rules::severity(&compared(&two(at))).is_some()));
        let from = &lines[start.unwrap_or(lines.len())..];
        let said: Vec<&str> = from.iter().copied().take_while(|line| !line.is_empty()).take(MOST_LINES).collect();
        let words = said.join("\n");
        Self { codes: Codes::of(&words), words }
    }
}

/// Whether a line is one of those that forms have, rather than a sentence.
fn names_a_reason(line: &str) -> bool {
    let lower = line.to_lowercase();
    ["reason:", "причина:", "error:", "ошибка:"].iter().any(|word| lower.contains(word))
}

fn begins_with_an_address(line: &str) -> bool {
    let word = line.trim_start_matches(['<', '*', '-', '\'', '"', ' ']).split_whitespace().next().unwrap_or_default();
    !addresses(word, 1).is_empty()
}

/// Whether something is said beside the addresses.
fn says_something(text: &str) -> bool {
    plain(&masked(text).replace("<address>", " "))
        .split(' ')
        .filter(|word| word.chars().any(char::is_alphabetic))
        .count()
        > 1
}
