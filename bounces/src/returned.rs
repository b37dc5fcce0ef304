//! What came back of the letter, wherever it stands, and what people are told beside it.

use crate::mail::address::{address, addresses};
use crate::mail::{Fields, Mail, Part, Role, floor};
use crate::pasted;
use crate::told::{About, Told};

/// How many characters of text for people are read.
const MOST_TEXT: usize = 64 * 1024;

/// How many texts are read.
const MOST_TEXTS: usize = 6;

/// How many letters are looked at.
const MOST_LETTERS: usize = 5;

/// How many addresses, links and ids are kept of each kind.
const MOST: usize = 20;

/// How long each of them may be.
const LONGEST: usize = 2_000;

/// What a report has whatever its form.
pub(crate) struct Returned {
    /// What people are told, without the letter.
    pub(crate) words: String,
    /// The headers of the letter.
    pub(crate) letters: Vec<Fields>,
}

impl Returned {
    /// Finds the letter in its own part, or pasted into the text.
    pub(crate) fn of(mail: &Mail<'_>) -> Self {
        let mut returned = Self { words: String::new(), letters: Vec::new() };
        for part in mail.of(Role::Letter).take(MOST_LETTERS) {
            returned.letters.push(part.letter());
        }
        returned.read(mail.of(Role::Text));
        if returned.words.trim().is_empty() {
            returned.read(mail.of(Role::Html));
        }
        returned
    }

    fn read<'p>(&mut self, texts: impl Iterator<Item = &'p Part<'p>>) {
        for part in texts.take(MOST_TEXTS) {
            let text = part.words();
            let (words, letters) = pasted::apart(&text);
            if !self.words.is_empty() {
                self.words.push_str("\n\n");
            }
            let room = MOST_TEXT.saturating_sub(self.words.len());
            self.words.push_str(&words[..floor(words, room)]);
            self.letters.extend(letters);
            self.letters.truncate(MOST_LETTERS);
        }
    }

    /// All by which the letter can be found again.
    pub(crate) fn about(&self, mail: &Mail<'_>, told: &Told) -> About {
        let mut about = About::default();
        let report = &mail.fields;
        for name in
            ["delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "x-rcpt-to", "to"]
        {
            report.all(name).for_each(|value| about.address(value));
        }
        for letter in &self.letters {
            for name in ["return-path", "x-return-path", "x-envelope-from", "envelope-from", "errors-to"] {
                letter.all(name).for_each(|value| about.address(value));
            }
            for received in letter.all("received") {
                let from = received.find("envelope-from").map(|at| &received[at..]);
                from.into_iter().filter_map(address).for_each(|from| about.address(&from));
            }
            letter.all("list-unsubscribe").for_each(|value| about.link(value));
            letter.all("message-id").for_each(|value| about.message_id(value));
        }
        told.senders.iter().for_each(|value| about.address(value));
        told.message_ids.iter().for_each(|value| about.message_id(value));
        for name in ["in-reply-to", "references"] {
            report.all(name).for_each(|value| about.message_id(value));
        }
        told.recipients.iter().for_each(|value| about.recipient(value));
        if told.names {
            about.failed.clone_from(&about.recipients);
        }
        for letter in &self.letters {
            for name in ["x-original-to", "delivered-to", "envelope-to", "x-hmxmroriginalrecipient", "to"] {
                letter.all(name).for_each(|value| about.recipient(value));
            }
        }
        about
    }
}

/// The same, with more addresses to which the report was sent.
pub(crate) fn with_addresses(mut about: About, more: &[String]) -> About {
    for address in more {
        keep(&mut about.addresses, address);
    }
    about
}

impl About {
    fn address(&mut self, value: &str) {
        for address in addresses(value, MOST) {
            keep(&mut self.addresses, &address);
        }
    }

    fn recipient(&mut self, value: &str) {
        for address in addresses(value, MOST) {
            keep(&mut self.recipients, &address);
        }
    }

    fn link(&mut self, value: &str) {
        for piece in value.split('<').skip(1) {
            if let Some((link, _)) = piece.split_once('>') {
                // Blanks come from folding.
                keep(&mut self.links, &link.split_whitespace().collect::<String>());
            }
        }
    }

    fn message_id(&mut self, value: &str) {
        if !value.contains('<') {
            keep(&mut self.message_ids, value.trim());
        }
        for piece in value.split('<').skip(1) {
            if let Some((id, _)) = piece.split_once('>') {
                keep(&mut self.message_ids, id.trim());
            }
        }
    }
}

/// Keeps what is not there yet, if there is room.
fn keep(list: &mut Vec<String>, value: &str) {
    let good = !value.is_empty() && value.len() <= LONGEST && !value.contains(char::is_control);
    if good && list.len() < MOST && !list.iter().any(|known| known == value) {
        list.push(value.to_owned());
    }
}
