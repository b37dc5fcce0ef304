//! Questions to the name service, and what it answered.

use super::name::is_public;
use std::collections::{BTreeMap, BTreeSet};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Texts (TXT), each with its parts joined.
    Text,
    /// The names of mail servers (MX) without a dot at the end; an empty one says that there is no mail (RFC 7505).
    Mail,
    /// Addresses (A, or AAAA if there is no A).
    Address,
    /// Addresses of IPv4 (A) alone.
    Four,
    /// Addresses of IPv6 (AAAA) alone.
    Six,
}

/// A question to the name service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Question {
    /// The whole name, in ASCII, without a dot at the end.
    pub name: String,
    /// What is asked for.
    pub kind: Kind,
}

/// What the name service answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// What stands in the records; at least one.
    Records(Vec<String>),
    /// The name is there, and has no record of this kind.
    None,
    /// There is no such name.
    NoSuchDomain,
    /// There was no answer, or one that makes no sense.
    Failed,
}

/// What stands for whatever was not answered in time.
static FAILED: Answer = Answer::Failed;

/// What stands for names that are not asked for.
static NO_SUCH_DOMAIN: Answer = Answer::NoSuchDomain;

/// All answers that are known.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    known: BTreeMap<Question, Answer>,
    given_up: bool,
}

impl Answers {
    /// Adds an answer.
    pub fn insert(&mut self, question: Question, answer: Answer) {
        self.known.insert(question, answer);
    }

    /// From now on what is not known counts as not answered, so that a check comes to its end.
    pub fn give_up(&mut self) {
        self.given_up = true;
    }

    fn get(&self, question: &Question) -> Option<&Answer> {
        self.known.get(question).or_else(|| self.given_up.then_some(&FAILED))
    }
}

/// One look at the answers: what is missing is noted.
pub(super) struct Asking<'a> {
    answers: &'a Answers,
    open: BTreeSet<Question>,
}

impl<'a> Asking<'a> {
    pub(super) fn new(answers: &'a Answers) -> Self {
        Self { answers, open: BTreeSet::new() }
    }

    /// The answer; `None` if the question is still to be asked. Names of inner networks are never asked for.
    pub(super) fn ask(&mut self, name: &str, kind: Kind) -> Option<&'a Answer> {
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        // `_dmarc.org` has two labels, and is what everybody asks for.
        if !is_public(&name) {
            return Some(&NO_SUCH_DOMAIN);
        }
        let question = Question { name, kind };
        let answer = self.answers.get(&question);
        if answer.is_none() {
            self.open.insert(question);
        }
        answer
    }

    pub(super) fn into_open(self) -> BTreeSet<Question> {
        self.open
    }
}
