//! Letters that wait for a connection.

use std::collections::VecDeque;

use super::job::{Job, Line};

#[derive(Debug, Default)]
pub(super) struct Queue {
    first: VecDeque<Job>,
    usual: VecDeque<Job>,
}

impl Queue {
    pub(super) fn push(&mut self, job: Job) {
        match job.line {
            Line::First => self.first.push_back(job),
            Line::Usual => self.usual.push_back(job),
        }
    }

    /// Before all others of its line.
    pub(super) fn push_front(&mut self, job: Job) {
        match job.line {
            Line::First => self.first.push_front(job),
            Line::Usual => self.usual.push_front(job),
        }
    }

    pub(super) fn pop(&mut self) -> Option<Job> {
        self.first.pop_front().or_else(|| self.usual.pop_front())
    }

    /// Lets go of withdrawn letters whose turn has come; says how many places that makes.
    pub(super) fn pass_withdrawn(&mut self) -> usize {
        let mut places = 0;
        for line in [&mut self.first, &mut self.usual] {
            while let Some(job) = line.pop_front_if(|job| job.claim.is_withdrawn()) {
                places += job.places;
            }
        }
        places
    }

    pub(super) fn drain(&mut self) -> impl Iterator<Item = Job> {
        self.first.drain(..).chain(self.usual.drain(..))
    }

    pub(super) fn len(&self) -> usize {
        self.first.len() + self.usual.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first.is_empty() && self.usual.is_empty()
    }
}
