//! A share above which something happens.

use domain::feedback::guard::Share;

/// A share above which something happens; none if it never does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(pub(super) Option<Share>);
