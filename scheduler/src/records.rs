//! What the name service (DNS) says of the domains that letters are from.

use domain::alignment::{Finding, Sender};
use std::fmt;
use std::sync::Arc;

/// Says what is known of a sender's domain at this moment.
type Look = dyn Fn(&Sender) -> Option<Arc<[Finding]>> + Send + Sync;

/// Who knows what the name service says. It is asked beside the engine, which never waits for it.
#[derive(Clone)]
pub struct Records(Arc<Look>);

impl Records {
    /// What `look` knows, which it says at once. `None`: somebody is just asking, and it knows within seconds, be it that there was no
    /// answer.
    #[must_use]
    pub fn new(look: impl Fn(&Sender) -> Option<Arc<[Finding]>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(look))
    }

    pub(crate) fn of(&self, sender: &Sender) -> Option<Arc<[Finding]>> {
        (self.0)(sender)
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Records")
    }
}
