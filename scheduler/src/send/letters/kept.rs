//! The letters of the runs that are under way.

use super::run_letter::{RunLetter, Text};
use crate::send::texts::Texts;
use domain::RunId;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Weak};

/// How many runs' letters are kept; more runs than this at once read their message now and then again.
const KEPT: usize = 128;

#[derive(Debug, Default)]
pub(super) struct Kept {
    letters: HashMap<RunId, Arc<RunLetter>>,
    /// The oldest first.
    order: VecDeque<RunId>,
    texts: HashMap<Text, Weak<Texts>>,
}

impl Kept {
    pub(super) fn of(&self, run: RunId) -> Option<Arc<RunLetter>> {
        self.letters.get(&run).cloned()
    }

    /// A text that a run's letter has which is kept.
    pub(super) fn text(&self, text: &Text) -> Option<Arc<Texts>> {
        self.texts.get(text).and_then(Weak::upgrade)
    }

    pub(super) fn keep(&mut self, letter: &Arc<RunLetter>) {
        while self.order.len() >= KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.letters.remove(&oldest);
        }
        self.texts.retain(|_, texts| texts.strong_count() > 0);
        self.texts.insert(letter.text.clone(), Arc::downgrade(&letter.texts));
        if self.letters.insert(letter.run, Arc::clone(letter)).is_none() {
            self.order.push_back(letter.run);
        }
    }
}
