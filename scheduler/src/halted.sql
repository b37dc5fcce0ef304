-- Of the mailings $1 at the moment $2: whether they may send by the read models, and whether the log has events of them or of
-- their owners that the read models do not show yet. That is one look-up by key for each, however far they are behind.
select asked.id as "id!",
       coalesce(m.status = 'active' and m.deleted_at is null and m.ends_at > $2, false) and u.blocked_at is null as "may_send!",
       exists (select from events e
                where e.aggregate_type = 'mailing' and e.aggregate_id = asked.id::text and e.sequence > coalesce(m.version, 0))
         or exists (select from events e
                     where e.aggregate_type = 'user' and e.aggregate_id = m.owner_id::text and e.sequence > coalesce(u.version, 0))
         as "behind!"
  from unnest($1::uuid[]) as asked (id)
  left join mailings m on m.id = asked.id
  left join users u on u.id = m.owner_id
