//! Who letters are to, as they were known when that was frozen.

use super::Letters;
use crate::error::EngineError;
use domain::batch;
use domain::letter::Recipient;
use projections::clients::StoredFields;
use uuid::Uuid;

impl Letters {
    /// These recipients, each in the revision that was frozen, in order.
    pub(crate) async fn people(&self, recipients: &[batch::Recipient]) -> Result<Vec<Option<Recipient>>, EngineError> {
        let ids: Vec<Uuid> = recipients.iter().map(|recipient| recipient.0.0).collect();
        let revisions: Vec<i32> =
            recipients.iter().map(|recipient| i32::try_from(recipient.1).unwrap_or(i32::MAX)).collect();
        let rows = sqlx::query!(
            r#"select t.n as "n!", coalesce(v.email, c.email) as "email!", coalesce(v.full_name, c.full_name) as "full_name!",
                      coalesce(v.comment, c.comment) as "comment!", coalesce(v.fields, c.fields) as "fields!: StoredFields",
                      case when v.email is null then c.first_name else v.first_name end as first_name,
                      case when v.email is null then c.last_name else v.last_name end as last_name
                 from unnest($1::uuid[], $2::integer[]) with ordinality as t (client_id, revision, n)
                -- One look-up each, whatever the planner believes about an address book that has just grown.
                cross join lateral (select email, full_name, first_name, last_name, comment, fields from clients
                                     where id = t.client_id offset 0) c
                 left join lateral (select email, full_name, first_name, last_name, comment, fields from client_revisions
                                     where client_id = t.client_id and revision = t.revision offset 0) v on true"#,
            &ids,
            &revisions,
        )
        .fetch_all(&self.pool)
        .await?;
        let mut people = vec![None; ids.len()];
        for row in rows {
            if let Some(place) = usize::try_from(row.n - 1).ok().and_then(|place| people.get_mut(place)) {
                *place = Some(Recipient {
                    email: row.email,
                    full_name: row.full_name,
                    first_name: row.first_name.unwrap_or_default(),
                    last_name: row.last_name.unwrap_or_default(),
                    comment: row.comment,
                    fields: row.fields.into(),
                });
            }
        }
        Ok(people)
    }
}
