//! What was received, newest last.

use super::letter;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// How many letters are kept; older ones are only counted.
const KEPT: usize = 20_000;

/// How many letters are remembered that a server has seen and not taken.
const REMEMBERED: usize = 20_000;

/// A letter as it was received.
#[derive(Clone, Debug, Serialize)]
pub struct Received {
    /// Counted from 1 in the order of arrival.
    pub number: u64,
    /// Where it was sent to (the envelope's recipients).
    pub to: Vec<String>,
    /// Where it said it came from (the envelope's sender).
    pub from: String,
    /// Its subject.
    pub subject: String,
    /// When it came.
    pub at: DateTime<Utc>,
    /// The whole letter.
    #[serde(skip)]
    pub raw: Arc<[u8]>,
}

impl Received {
    /// Whether this, in small letters, is in its subject or in an address.
    fn has(&self, sought: &str) -> bool {
        let addresses = self.to.iter().chain([&self.from]);
        addresses.chain([&self.subject]).any(|text| text.to_lowercase().contains(sought))
    }
}

/// The letters that are kept, and what is remembered of others.
#[derive(Default)]
pub(super) struct Shelf {
    letters: VecDeque<Received>,
    count: u64,
    seen: HashSet<u64>,
}

impl Shelf {
    /// How many letters were received.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// How many of them are still here.
    pub(super) fn kept(&self) -> u64 {
        self.letters.len() as u64
    }

    /// Keeps a letter.
    pub(super) fn put(&mut self, from: String, to: Vec<String>, raw: Vec<u8>, at: DateTime<Utc>) {
        self.count += 1;
        if self.letters.len() == KEPT {
            self.letters.pop_front();
        }
        let subject = letter::subject(&raw);
        self.letters.push_back(Received { number: self.count, to, from, subject, at, raw: raw.into() });
    }

    /// Whether this letter was offered to this address before. Asking remembers it.
    pub(super) fn has_seen(&mut self, address: &str, raw: &[u8]) -> bool {
        let mut hasher = DefaultHasher::new();
        (address, letter::message_id(raw)).hash(&mut hasher);
        if self.seen.len() >= REMEMBERED {
            self.seen.clear();
        }
        !self.seen.insert(hasher.finish())
    }

    /// The letter of this number, if it is still here.
    pub(super) fn letter(&self, number: u64) -> Option<Received> {
        let place = self.place(number)?;
        self.letters.get(place).cloned()
    }

    /// The numbers of the letters before and after this one that are still here.
    pub(super) fn beside(&self, number: u64) -> (Option<u64>, Option<u64>) {
        let here = |number: u64| self.place(number).map(|_| number);
        (number.checked_sub(1).and_then(here), here(number + 1))
    }

    /// The newest letters before this number, if one is named, in whose subject or addresses this is found.
    pub(super) fn newest(&self, sought: &str, before: Option<u64>, limit: usize) -> Vec<Received> {
        let sought = sought.trim().to_lowercase();
        let older = self.letters.iter().rev().filter(|letter| before.is_none_or(|before| letter.number < before));
        older.filter(|letter| sought.is_empty() || letter.has(&sought)).take(limit).cloned().collect()
    }

    /// Numbers follow one another, so a letter's place tells itself.
    fn place(&self, number: u64) -> Option<usize> {
        let first = self.letters.front()?.number;
        let place = usize::try_from(number.checked_sub(first)?).ok()?;
        (place < self.letters.len()).then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shelf(letters: u64) -> Shelf {
        let mut shelf = Shelf::default();
        for number in 1..=letters {
            let raw = format!("Subject: Letter {number}\r\nMessage-ID: <{number}@example.org>\r\n\r\nHello\r\n");
            let to = vec![format!("reader{number}@example.org")];
            shelf.put("sky@example.com".to_owned(), to, raw.into_bytes(), DateTime::UNIX_EPOCH);
        }
        shelf
    }

    #[test]
    fn the_newest_come_first_and_the_oldest_go() {
        let shelf = shelf(KEPT as u64 + 2);
        assert_eq!(shelf.count(), KEPT as u64 + 2);
        let numbers = |found: Vec<Received>| found.into_iter().map(|letter| letter.number).collect::<Vec<_>>();
        assert_eq!(numbers(shelf.newest("", None, 2)), [20_002, 20_001]);
        assert_eq!(numbers(shelf.newest("", Some(20_001), 2)), [20_000, 19_999]);
        assert_eq!(numbers(shelf.newest("LETTER 777", None, 2)), [7_779, 7_778]);
        assert_eq!(numbers(shelf.newest("reader31@", None, 2)), [31]);
        assert_eq!(shelf.letter(2).map(|letter| letter.number), None);
        assert_eq!(shelf.letter(3).map(|letter| letter.subject), Some("Letter 3".to_owned()));
        assert_eq!(shelf.beside(3), (None, Some(4)));
        assert_eq!(shelf.beside(20_002), (Some(20_001), None));
    }

    #[test]
    fn a_letter_that_is_offered_again_is_known() {
        let mut shelf = Shelf::default();
        let one: &[u8] = b"Message-ID: <1@example.org>\r\n\r\n";
        assert!(!shelf.has_seen("ann@doubt.example", one));
        assert!(shelf.has_seen("ann@doubt.example", one));
        assert!(!shelf.has_seen("bob@doubt.example", one));
        assert!(!shelf.has_seen("ann@doubt.example", b"Message-ID: <2@example.org>\r\n\r\n"));
    }
}
