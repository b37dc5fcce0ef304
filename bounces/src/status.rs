//! Delivery status notifications (RFC 3464, RFC 6522), also of addresses that are not ASCII (RFC 6533).

use crate::answer;
use crate::codes::Codes;
use crate::judge::{self, compared, more_telling};
use crate::mail::address::addresses;
use crate::mail::{Field, Fields, Mail, Role};
use crate::prose::Telling;
use crate::returned::Returned;
use crate::rules;
use crate::told::{Says, Told};
use domain::feedback::Severity;
use domain::reply::plain;

/// How many groups of fields are read.
const MOST_GROUPS: usize = 100;

/// How many addresses one field has at the most.
const MOST_ADDRESSES: usize = 5;

/// What was done to the letter (RFC 3464, section 2.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Action {
    Failed,
    /// It failed for the moment, and nothing says whether somebody goes on trying.
    Unsaid,
    /// It is late, and somebody goes on trying.
    Delayed,
    /// It arrived, or went on to a server that sends no notifications, or to several recipients.
    Done,
}

/// What is told of one recipient.
struct Recipient {
    action: Option<Action>,
    fields: Fields,
}

/// What a message says that is such a notification; none if it is none, or none that can be understood.
pub(crate) fn read(mail: &Mail<'_>, returned: &Returned) -> Option<Told> {
    let mut groups = Vec::new();
    for part in mail.of(Role::Status) {
        groups.extend(Fields::groups(&part.bytes(), MOST_GROUPS));
        // Where the empty line is missing, the report stands in the header of its part.
        groups.push(part.fields.clone());
    }
    if !groups.iter().any(tells) && answer::may_be_a_report(mail) {
        groups = Fields::groups(in_text(&returned.words).as_bytes(), MOST_GROUPS);
    }
    let named = |name: &str| groups.iter().find_map(|group| group.get(name)).and_then(name_of_a_server);
    let by = named("reporting-mta").or_else(|| named("remote-mta"));
    let senders = groups.iter().flat_map(|group| group.all("x-postfix-sender")).flat_map(both_forms).collect();
    let ids = ["original-message-id", "x-original-message-id"];
    let ids = groups.iter().flat_map(|group| ids.into_iter().flat_map(|name| group.all(name)));
    let message_ids = ids.map(str::to_owned).collect();
    let recipients = recipients(groups);
    let told_of = recipients.iter().filter_map(|recipient| recipient.does().map(|does| (does, recipient)));
    let (action, telling) = told_of.min_by_key(|(does, _)| *does)?;
    let says = match action {
        Action::Failed => Says::Bounce(telling.bounce(Severity::Permanent, returned)),
        Action::Unsaid => Says::Bounce(telling.bounce(in_words(returned), returned)),
        Action::Delayed => Says::Bounce(telling.bounce(Severity::Delayed, returned)),
        Action::Done => Says::AutoReply,
    };
    let named =
        recipients.iter().filter(|recipient| recipient.does() == Some(action)).flat_map(Recipient::addresses).collect();
    Some(Told { says, by, recipients: named, names: true, senders, message_ids })
}

/// Whether a letter that failed for the moment is only late, as the text for people says it.
fn in_words(returned: &Returned) -> Severity {
    match rules::severity(&compared(&returned.words)) {
        Some(Severity::Delayed) => Severity::Delayed,
        Some(Severity::Permanent | Severity::Temporary) | None => Severity::Temporary,
    }
}

/// The report in a text for people: some servers write it there and nowhere else.
fn in_text(words: &str) -> &str {
    let begins = |line: &str| {
        let line = line.trim_start().to_ascii_lowercase();
        ["final-recipient:", "original-recipient:", "reporting-mta:"].iter().any(|name| line.starts_with(name))
    };
    let mut at = 0;
    for line in words.split_inclusive('\n') {
        if begins(line) {
            return &words[at..];
        }
        at += line.len();
    }
    ""
}

/// The recipients in groups of fields, of which each should be about one. Some servers forget the empty lines between them, and some write
/// one too many.
fn recipients(groups: Vec<Fields>) -> Vec<Recipient> {
    let again = |group: &Fields, field: &Field| field.name == "final-recipient" && group.has("final-recipient");
    let mut recipients: Vec<Fields> = Vec::new();
    for group in groups.into_iter().flat_map(|group| group.parted_at(again)) {
        let names = group.has("final-recipient") || group.has("original-recipient");
        let tells = tells(&group);
        match recipients.last_mut() {
            Some(last) if tells && !names && !tells_again(last, &group) => *last = std::mem::take(last).and(group),
            _ if tells || names => recipients.push(group),
            _ => {}
        }
    }
    recipients
        .into_iter()
        .map(|fields| Recipient { action: fields.get("action").and_then(Action::of), fields })
        .collect()
}

/// What tells what was done.
const TELLING: [&str; 3] = ["action", "status", "diagnostic-code"];

fn tells(fields: &Fields) -> bool {
    TELLING.into_iter().any(|name| fields.has(name))
}

/// Whether both tell the same, so that they are about two recipients.
fn tells_again(fields: &Fields, more: &Fields) -> bool {
    TELLING.into_iter().any(|name| fields.has(name) && more.has(name))
}

impl Action {
    fn of(value: &str) -> Option<Self> {
        let words = plain(value);
        // Blanks and comments may stand around it, and some servers write a sentence.
        let word = words.split(' ').next().unwrap_or_default();
        match word {
            "failed" | "failure" | "fail" | "expired" => Some(Self::Failed),
            "delayed" | "delay" | "deferred" => Some(Self::Delayed),
            "delivered" | "relayed" | "expanded" => Some(Self::Done),
            _ => None,
        }
    }
}

impl Recipient {
    /// What was done, by the action, or else by the class of the status. Until when somebody tries is told of what is only late (RFC 3464,
    /// section 2.3.9).
    fn does(&self) -> Option<Action> {
        let by_class = |text: &str| match Codes::of(text).class() {
            Some(5) => Some(Action::Failed),
            Some(4) if self.fields.has("will-retry-until") => Some(Action::Delayed),
            Some(4) => Some(Action::Unsaid),
            _ => text.trim_start().starts_with("2.").then_some(Action::Done),
        };
        let said = ["status", "diagnostic-code"].into_iter().find_map(|name| self.fields.get(name).and_then(by_class));
        self.action.or(said)
    }

    /// The bounce that the fields tell of, or, where they have no words, the text for people.
    fn bounce(&self, said: Severity, returned: &Returned) -> domain::feedback::Bounce {
        let status = self.fields.get("status").and_then(|status| Codes::of(status).enhanced);
        let diagnostic: Vec<&str> = self.fields.all("diagnostic-code").map(without_type).collect();
        let diagnostic = diagnostic.join(" ");
        if plain(&diagnostic).chars().any(char::is_alphabetic) {
            return judge::bounce(Some(said), more_telling(status, Codes::of(&diagnostic)), &diagnostic);
        }
        let telling = Telling::of(&returned.words);
        let codes = more_telling(status, if telling.codes.is_empty() { Codes::of(&diagnostic) } else { telling.codes });
        judge::bounce(Some(said), codes, &telling.words)
    }

    /// The addresses that it is about.
    fn addresses(&self) -> Vec<String> {
        let names = ["original-recipient", "final-recipient", "x-actual-recipient"];
        let values = names.into_iter().flat_map(|name| self.fields.all(name));
        values.flat_map(both_forms).flat_map(|value| addresses(&value, MOST_ADDRESSES)).collect()
    }
}

/// The name of a server, without the type of the name.
fn name_of_a_server(value: &str) -> Option<String> {
    let bare = value.split_once(';').map_or(value, |(_, name)| name);
    let name = bare.trim().trim_end_matches('.').split([' ', '(', '[']).next().unwrap_or_default();
    Some(name.chars().take(255).collect::<String>()).filter(|name| !name.is_empty())
}

/// What a server said, without the type of what it said, such as `smtp;`.
fn without_type(value: &str) -> &str {
    match value.split_once(';') {
        Some((kind, said)) if kind.trim().len() <= 20 && !kind.trim().contains(' ') => said.trim(),
        _ => value,
    }
}

/// A field with an address as it is, and as it is decoded, if that is something else: servers decode what they were told, and some do not.
fn both_forms(value: &str) -> Vec<String> {
    let decoded = decoded(value);
    if decoded == value { vec![decoded] } else { vec![decoded, value.to_owned()] }
}

/// The address without what stands for characters that a field may not have: `+2B` (xtext, RFC 3461, section 4) and `\x{44F}` (unitext,
/// RFC 6533, section 3).
fn decoded(value: &str) -> String {
    let mut decoded = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find(['+', '\\']) {
        decoded.push_str(&rest[..at]);
        let here = &rest[at..];
        let (sign, length) = xtext(here).or_else(|| unitext(here)).unwrap_or_else(|| {
            let sign = here.chars().next().unwrap_or_default();
            (sign, sign.len_utf8())
        });
        decoded.push(sign);
        rest = &here[length..];
    }
    decoded.push_str(rest);
    decoded
}

/// A sign in its form of RFC 3461, and how long that is.
fn xtext(text: &str) -> Option<(char, usize)> {
    let digits = text.strip_prefix('+')?.get(..2)?;
    let upper = digits.bytes().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte));
    let sign = u8::from_str_radix(digits, 16).ok().filter(|byte| upper && byte.is_ascii_graphic())?;
    Some((char::from(sign), 3))
}

/// A sign in its form of RFC 6533, and how long that is.
fn unitext(text: &str) -> Option<(char, usize)> {
    let digits = text.strip_prefix("\\x{")?;
    let end = digits.bytes().take(7).position(|byte| byte == b'}')?;
    let sign =
        u32::from_str_radix(&digits[..end], 16).ok().and_then(char::from_u32).filter(|sign| !sign.is_control())?;
    Some((sign, end + 4))
}
