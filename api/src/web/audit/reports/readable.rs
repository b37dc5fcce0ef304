//! Whose reports a visitor may read.

use crate::ReportsVisibility;
use crate::web::frame::{Trouble, Visit};
use projections::Access;

/// Whose reports the visitor may read. Others' mailings, runs and deliveries stay theirs, whatever the setting.
pub(super) fn readable(visit: &Visit) -> Result<Access, Trouble> {
    let viewer = visit.viewer()?;
    Ok(match visit.app().options.reports {
        ReportsVisibility::Owner => viewer.reads(),
        ReportsVisibility::SignedIn => Access::All,
    })
}
