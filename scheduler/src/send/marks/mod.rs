//! Marks: which of the letters that were promised have begun.
//!
//! An intent has to be on the disk, and names the letters of the next moments together; so when a worker is lost, most of what
//! its last intents name has never left. A mark is a second, small fact that is cheap, and made for each letter as late as can
//! be: before its text leaves. What was promised and has no mark is not in doubt.
//!
//! A hold is a worker's time with a batch. Each has a sheet, a row in a table that does not wait for the disk:
//!
//! | who | does | so that |
//! | --- | --- | --- |
//! | a worker that gets a batch | lays its own sheet, with a hold of its own | no sheet of another hold is left |
//! | and promises letters | names its hold in the intent | a sheet speaks for no other worker's letters, also not of one that knows no marks |
//! | and sends them | writes the whole sheet anew, if it is still its own, and waits for the answer before a text leaves | a letter without a mark never left |
//! | a worker that takes a batch over with letters in flight | takes the sheet away, *then* records what became of them | no mark can be made any more of what it says never began |
//!
//! When the sheet is gone (taken, or lost with PostgreSQL's memory), or nobody can say whether a mark was made, the worker sends
//! nothing more under that hold: it records what it has, gives the batch back and may get it again. Whoever dies between two of
//! these lines leaves more in doubt than there is, and never less: a sheet that was taken and not used is gone, and a mark whose
//! letter never left is a mark.

mod blanks;
mod clerk;
mod mark;
mod sheet;
mod timing;

pub(crate) use blanks::{Blank, clear, lay};
pub(crate) use mark::{Clerk, Mark};
pub(crate) use sheet::Sheet;

use crate::context::Context;
use crate::error::EngineError;
use domain::batch::Marks;
use domain::{BatchId, HoldId};
use sheet::places;

impl Context {
    /// Takes away the sheet of whoever had the batch before: from now on nothing is marked on it.
    pub(crate) async fn take_marks(&self, batch: BatchId) -> Result<Option<Marks>, EngineError> {
        let row = sqlx::query!("delete from batch_marks where batch_id = $1 returning hold, begun", batch.0)
            .fetch_optional(self.pool())
            .await?;
        Ok(row.map(|row| Marks { hold: HoldId(row.hold), begun: places(&row.begun) }))
    }

    /// Lays a sheet with nothing on it, in place of any other.
    pub(crate) async fn lay(&self, sheet: &Sheet, small: bool) -> Result<(), EngineError> {
        if small && self.errands.blanks.ask(sheet.blank()).await.is_some() {
            return Ok(());
        }
        Ok(lay(self.pool(), &[sheet.blank()]).await?)
    }

    /// Clears a sheet away that is of no use any more. If it stays, the next worker's takes its place.
    pub(crate) async fn clear(&self, sheet: &Sheet, small: bool) {
        if small && self.errands.clearing.ask(sheet.blank()).await.is_some() {
            return;
        }
        if let Err(error) = clear(self.pool(), &[sheet.blank()]).await {
            tracing::debug!(batch = %sheet.batch, %error, "a sheet of marks is left over");
        }
    }
}
