//! How the statements end that stage an audience, whoever is in it.
//!
//! That of `filtered.rs` is put together when it runs, and that of `staged.rs` is checked when it is compiled, by a macro that takes
//! nothing but literals. So what both of them end with is a literal, which another macro hands them.

/// Calls a macro with the end of a statement that writes down whom an audience comes to, and then with what else it is to get.
///
/// Before the end stand two tables of the statement, so that it needs no parameters: `asked`, which has the run as `run_id`, and
/// `found`, which has the clients with `id`, `revision`, `email` and `mailbox`.
///
/// Of several clients with one mailbox all but the first are doubles. Clients from before one mailbox could have several spellings have
/// a `mailbox`, and where nobody has one there are no doubles. Both sets are hashed, also where the planner believes that hardly anybody
/// is found. Nothing is written where another planner has staged the audience, or has frozen the run and forgotten its audience.
macro_rules! staging {
    ($given:ident $($more:tt)*) => {
        $given! {
            "doubles as (
                 select id from (
                     select id, row_number() over (partition by key order by id) as n
                       from (select id, coalesce(mailbox, lower(email)) as key from found) k
                      where (key in (select mailbox from found where mailbox is not null)) is true) ranked
                  where n > 1
             )
             insert into run_audience (run_id, ordinal, client_id, revision, is_double)
             select (select run_id from asked), row_number() over (order by c.id) - 1, c.id, c.revision,
                    c.id in (select id from doubles)
               from found c
              where not exists (select from run_audience where run_id = (select run_id from asked))
                and not exists (select from events e
                                 where e.aggregate_type = 'run' and e.event_type = 'AudienceFrozen'
                                   and e.aggregate_id = (select run_id::text from asked))"
            $($more)*
        }
    };
}
pub(super) use staging;
