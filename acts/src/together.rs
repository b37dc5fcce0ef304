//! What changes together with the log: tables that are no read models, such as sessions and passwords.

use crate::Services;
use crate::refusal::Refused;
use domain::user::User;
use eventstore::{Append, AppendError, Metadata, Receipt};
use sqlx::{Postgres, Transaction};

/// Ends a transaction with the events of what was done in it. Where they landed is the log's beginning if there are none.
pub(crate) async fn commit(
    services: &Services,
    mut transaction: Transaction<'static, Postgres>,
    appends: &[Append],
    metadata: &Metadata,
) -> Result<Receipt, Refused> {
    let receipt = match appends {
        [] => Receipt { position: 0, version: 0 },
        appends => {
            let appended = services.store.append_within(&mut transaction, appends, metadata).await;
            appended.map_err(AppendError::refused::<User>)?
        }
    };
    transaction.commit().await?;
    services.store.appended(receipt);
    Ok(receipt)
}
