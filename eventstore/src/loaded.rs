//! What is known of a stream that was read.

use crate::Cause;
use domain::Decide;

/// An aggregate as its stream tells it.
#[derive(Clone, Debug, Default)]
pub struct Loaded<A> {
    /// The state after all its events.
    pub state: A,
    /// The sequence of the last event, 0 if there is none.
    pub version: i64,
    /// The last event, which what happens next may follow from; none if there is none. Its correlation is that of a course of
    /// action as a whole ([`Decide::COURSE`]): the first that any of its events has.
    pub last: Option<Cause>,
}

impl<A: Decide> Loaded<A> {
    pub(crate) fn goes_on(&mut self, mut with: Cause) {
        if let Some(before) = self.last.filter(|before| A::COURSE && !before.correlation_id.is_nil()) {
            with.correlation_id = before.correlation_id;
        }
        self.last = Some(with);
    }
}
