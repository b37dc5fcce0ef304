//! A moment as somebody wrote it.

use chrono::{DateTime, Utc};

/// A moment as it was written: read, or why it cannot be.
pub type Moment = Result<DateTime<Utc>, String>;
