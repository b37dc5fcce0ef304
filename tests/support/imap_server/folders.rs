//! The mailboxes of the server.

use std::collections::{BTreeMap, BTreeSet};

/// A message in a mailbox.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) uid: u32,
    pub(crate) message: Vec<u8>,
    /// How many bytes it has beyond these.
    pub(crate) more: usize,
    pub(crate) flags: BTreeSet<String>,
}

impl Stored {
    /// The first bytes of it.
    pub(super) fn beginning(&self, most: usize) -> Vec<u8> {
        let more = std::iter::repeat_n(b'x', self.more);
        self.message.iter().copied().chain(more).take(most).collect()
    }

    pub(super) fn size(&self) -> usize {
        self.message.len() + self.more
    }
}

/// A mailbox.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) validity: u32,
    next: u32,
    pub(super) messages: Vec<Stored>,
}

impl Default for Folder {
    fn default() -> Self {
        Self { validity: 1, next: 1, messages: Vec::new() }
    }
}

impl Folder {
    pub(super) fn add(&mut self, message: Vec<u8>, more: usize) -> u32 {
        let uid = self.next;
        self.next += 1;
        self.messages.push(Stored { uid, message, more, flags: BTreeSet::new() });
        uid
    }

    /// So many empty messages with this flag.
    pub(super) fn add_flagged(&mut self, messages: usize, flag: &str) {
        for _ in 0..messages {
            self.add(Vec::new(), 0);
            let last = self.messages.last_mut().expect("it was added");
            last.flags.insert(flag.to_owned());
        }
    }

    pub(super) fn renumber(&mut self) {
        *self = Self { validity: self.validity + 1, ..Self::default() };
    }

    pub(super) fn flag(&mut self, uid: u32, flag: &str) {
        for message in self.messages.iter_mut().filter(|message| message.uid == uid) {
            message.flags.insert(flag.to_owned());
        }
    }

    pub(super) fn remove(&mut self, uid: u32) -> Option<Stored> {
        let at = self.messages.iter().position(|message| message.uid == uid)?;
        Some(self.messages.remove(at))
    }

    /// The numbers of the messages that fit all criteria: a range of places, `UID` with a number, `UNDELETED`, `UNKEYWORD` with a flag.
    pub(super) fn search(&self, criteria: &[&str]) -> Vec<u32> {
        let fits = |place: usize, message: &Stored| {
            let mut words = criteria.iter();
            while let Some(word) = words.next() {
                let argument =
                    |words: &mut std::slice::Iter<'_, &str>| words.next().copied().unwrap_or_default().to_owned();
                let holds = match *word {
                    "UNDELETED" => !message.flags.contains(r"\Deleted"),
                    "UNKEYWORD" => !message.flags.contains(&argument(&mut words)),
                    "UID" => argument(&mut words) == message.uid.to_string(),
                    range => {
                        let (from, to) = range.split_once(':').expect("a range of places");
                        let place_of = |text: &str| text.parse::<usize>().expect("a place");
                        assert!(place_of(to) <= self.messages.len(), "no place is asked for that there is not");
                        (place_of(from)..=place_of(to)).contains(&place)
                    }
                };
                if !holds {
                    return false;
                }
            }
            true
        };
        let places = (1..).zip(&self.messages);
        places.filter(|(place, message)| fits(*place, message)).map(|(_, message)| message.uid).collect()
    }
}

/// All mailboxes, by the names that commands have for them.
#[derive(Debug, Default)]
pub(super) struct Folders {
    inbox: Folder,
    others: BTreeMap<String, Folder>,
}

impl Folders {
    pub(super) fn inbox(&mut self) -> &mut Folder {
        &mut self.inbox
    }

    pub(super) fn named(&mut self, name: &str) -> Option<&mut Folder> {
        if name == "INBOX" { Some(&mut self.inbox) } else { self.others.get_mut(name) }
    }

    /// Whether there was none of that name.
    pub(super) fn create(&mut self, name: &str) -> bool {
        let is_new = name != "INBOX" && !self.others.contains_key(name);
        if is_new {
            self.others.insert(name.to_owned(), Folder::default());
        }
        is_new
    }
}
