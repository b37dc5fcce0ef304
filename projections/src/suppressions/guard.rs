//! Who is not written to at this moment, as the log says it, however far the read models are behind.
//!
//! The table is written with the events (`migrations/0050_suppressions.sql`): whoever was answered that they have left is found by
//! everybody who asks after that. Asking is a look-up by key for each mailbox, and none at all where nobody is suppressed.

use domain::suppression::Reason;
use domain::{GroupId, MailingId, UserId, mailing, suppression};
use sqlx::{PgExecutor, PgPool};
use uuid::Uuid;

/// Mailboxes of which somebody wants to know whether they are written to.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Where they must be free, by the scopes' ids.
    pub scopes: Vec<Uuid>,
    /// A mailing of which each group that its plan names now, by itself or by a segment, is such a scope, too.
    pub mailing: Option<MailingId>,
    /// What is written to them.
    pub kind: mailing::Kind,
    /// The mailboxes, as addresses are compared.
    pub mailboxes: Vec<String>,
}

impl Asked {
    /// Mailboxes that a run of this mailing would write to which has started with these groups in its audience; the groups that are
    /// planned now count, too. So whoever was invited as a reader of a topic, and has left it, gets nothing more of that run, whatever
    /// its owner plans meanwhile.
    #[must_use]
    pub fn of_run(
        (mailing, owner): (MailingId, UserId),
        kind: mailing::Kind,
        groups: &[GroupId],
        mailboxes: Vec<String>,
    ) -> Self {
        let scopes = suppression::Scope::ids_of_run(owner, mailing, groups.iter().copied());
        Self { scopes, mailing: Some(mailing), kind, mailboxes }
    }
}

/// Why each of these mailboxes is not written to by a run that needs it free in these scopes; `None` for those that are. The most
/// serious reason, if there are several.
pub async fn reasons(
    connection: impl PgExecutor<'_>,
    scopes: &[Uuid],
    kind: mailing::Kind,
    mailboxes: &[String],
) -> Result<Vec<Option<Reason>>, sqlx::Error> {
    let asked = Asked { scopes: scopes.to_vec(), mailing: None, kind, mailboxes: mailboxes.to_vec() };
    reasons_of(connection, &asked).await
}

/// The same for one who asks.
pub async fn reasons_of(connection: impl PgExecutor<'_>, asked: &Asked) -> Result<Vec<Option<Reason>>, sqlx::Error> {
    Ok(reasons_of_each(connection, std::slice::from_ref(asked)).await?.pop().unwrap_or_default())
}

/// The same for many who ask, with one statement; the answers are in the order of the questions.
pub async fn reasons_of_each(
    connection: impl PgExecutor<'_>,
    asked: &[Asked],
) -> Result<Vec<Vec<Option<Reason>>>, sqlx::Error> {
    let numbered = || (0_i32..).zip(asked);
    let (askers, scopes): (Vec<i32>, Vec<Uuid>) =
        numbered().flat_map(|(asker, one)| one.scopes.iter().map(move |scope| (asker, *scope))).unzip();
    let (planners, mailings): (Vec<i32>, Vec<Uuid>) =
        numbered().filter_map(|(asker, one)| Some((asker, one.mailing?.0))).unzip();
    let of_each = numbered().flat_map(|(asker, one)| one.mailboxes.iter().map(move |mailbox| (asker, one, mailbox)));
    let mut each: Vec<_> = of_each.enumerate().collect();
    if each.is_empty() {
        return Ok(vec![Vec::new(); asked.len()]);
    }
    // In the order of the key: neighbours are found on the same pages, and many of them in half the time.
    each.sort_unstable_by_key(|(_, (_, _, mailbox))| *mailbox);
    let of: Vec<i32> = each.iter().map(|(_, (asker, ..))| *asker).collect();
    let mailboxes: Vec<&str> = each.iter().map(|(_, (.., mailbox))| mailbox.as_str()).collect();
    let passing: Vec<bool> = each.iter().map(|(_, (_, one, _))| one.kind == mailing::Kind::Transactional).collect();
    let passed: Vec<&str> =
        Reason::ALL.into_iter().filter(|reason| !reason.stops_transactional()).map(Reason::name).collect();
    let rows = sqlx::query!(
        // One look-up for each mailbox, whatever the planner believes about a table that has just grown, and not one for each of its
        // scopes: the rows of one mailbox are few, and looking at their scopes costs less than looking for each. Whether anybody
        // is in a scope is asked in the order of the key: the planner, which knows that nearly all rows are of one scope, would else
        // look through all of them for the first one of each scope that has none.
        r#"with named as (
               select t.asker, t.scope from unnest($1::integer[], $2::uuid[]) as t (asker, scope)
                -- Most groups that are named now were named before, and are asked about once.
                union
               select t.asker, g.group_id
                 from unnest($7::integer[], $8::uuid[]) as t (asker, mailing)
                cross join lateral (select group_id from mailing_groups where mailing_id = t.mailing offset 0) g
                union all
               select t.asker, topic
                 from unnest($7::integer[], $8::uuid[]) as t (asker, mailing)
                cross join lateral (select segment_id from mailing_segments where mailing_id = t.mailing offset 0) n
                cross join lateral (select filter from segments where id = n.segment_id offset 0) s
                cross join lateral topics_of(s.filter) as topic
           ),
           used as materialized (
               select named.asker, array_agg(named.scope) as scopes
                 from named
                cross join lateral (select scope_id from suppressed where scope_id = named.scope
                                     order by scope_id, mailbox, reason limit 1) anybody
                group by named.asker
           )
           select asked.n as "n!", s.reason as "reason!"
             from unnest($3::integer[], $4::text[], $5::boolean[]) with ordinality as asked (asker, mailbox, passes, n)
             join used on used.asker = asked.asker
            cross join lateral (select scope_id, reason, until from suppressed where mailbox = asked.mailbox offset 0) s
            where array_position(used.scopes, s.scope_id) is not null
              and (s.until is null or s.until > clock_timestamp())
              and not (asked.passes and s.reason = any($6))"#,
        &askers,
        &scopes,
        &of,
        &mailboxes as &[&str],
        &passing,
        &passed as &[&str],
        &planners,
        &mailings,
    )
    .fetch_all(connection)
    .await?;
    let mut found = vec![None; each.len()];
    for row in rows {
        // Whoever asks neither writes to somebody because of a word that nobody knows, nor leaves them out.
        let reason = Reason::from_name(&row.reason).ok_or_else(|| unknown(&row.reason))?;
        let asked = usize::try_from(row.n - 1).ok().and_then(|n| each.get(n));
        if let Some(place) = asked.and_then(|(place, _)| found.get_mut(*place)) {
            *place = Some(place.map_or(reason, |other| more_serious(other, reason)));
        }
    }
    let mut found = found.into_iter();
    Ok(asked.iter().map(|one| found.by_ref().take(one.mailboxes.len()).collect()).collect())
}

/// Those of these scopes in which anybody is suppressed at all.
pub async fn in_use(connection: impl PgExecutor<'_>, scopes: &[Uuid]) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select t.scope as "scope!" from unnest($1::uuid[]) as t (scope)
            -- In the order of the key, as above.
            cross join lateral (select scope_id from suppressed where scope_id = t.scope
                                 order by scope_id, mailbox, reason limit 1) anybody"#,
        scopes,
    )
    .fetch_all(connection)
    .await
}

/// Tells PostgreSQL how large the guard's table has become, after so many were suppressed at once that its plans are of another time.
pub async fn analyze(pool: &PgPool) -> Result<(), sqlx::Error> {
    sqlx::query("analyze suppressed").execute(pool).await?;
    Ok(())
}

fn unknown(word: &str) -> sqlx::Error {
    sqlx::Error::ColumnDecode {
        index: "reason".to_owned(),
        source: format!("{word:?} is no reason not to write to an address").into(),
    }
}

/// Of two reasons the one that weighs more, which is told.
fn more_serious(one: Reason, other: Reason) -> Reason {
    let weight = |reason| match reason {
        Reason::Complained => 0,
        Reason::Dead => 1,
        Reason::Bounced => 2,
        Reason::Imported => 3,
        Reason::ByHand => 4,
        Reason::Unsubscribed => 5,
    };
    if weight(other) < weight(one) { other } else { one }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_reasons_the_most_serious_one_is_told() {
        let order =
            [Reason::Complained, Reason::Dead, Reason::Bounced, Reason::Imported, Reason::ByHand, Reason::Unsubscribed];
        for (place, reason) in order.into_iter().enumerate() {
            for lesser in &order[place..] {
                assert_eq!(more_serious(reason, *lesser), reason);
                assert_eq!(more_serious(*lesser, reason), reason);
            }
        }
        assert_eq!(order.len(), Reason::ALL.len());
    }
}
