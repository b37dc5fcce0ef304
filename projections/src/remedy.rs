//! What makes rows well again that do not read.

use crate::Projection;
use crate::columns::Unreadable;

impl Unreadable {
    /// What makes such rows well again, as an imperative sentence without its full stop.
    #[must_use]
    pub fn remedy(&self) -> String {
        match Projection::ALL.into_iter().find(|projection| projection.tables().contains(&self.table)) {
            Some(projection) => format!("rebuild the read model: skymailing rebuild {}", projection.name()),
            None => match self.table {
                "doors" => format!(
                    "fold the account's events once more: select door_after(e) from (select * from events \
                     where aggregate_type = 'user' and aggregate_id = '{}' order by sequence) e",
                    self.id
                ),
                "suppressed" => format!(
                    "fold the suppression's events once more: select suppressed_after(e) from (select * from events \
                     where aggregate_type = 'suppression' and aggregate_id = '{}' order by sequence) e",
                    self.id
                ),
                "api_tokens" => "revoke the token and make another one".to_owned(),
                "links" => "have another letter sent".to_owned(),
                _ => "start a worker, which writes the row anew".to_owned(),
            },
        }
    }
}
