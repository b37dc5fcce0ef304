-- Of the mailings $1 at the moment $2: whether they may send by the read models, and whether the log has events of them that
-- the read models do not show yet. That is one look-up by key for each, however far they are behind. The doors of their owners
-- are always as the log says.
select asked.id as "id!",
       coalesce(may_send(m.status, m.deleted_at, m.ends_at, $2), false)
         and not exists (select from doors d where d.user_id = m.owner_id and d.blocked) as "may_send!",
       exists (select from events e
                where e.aggregate_type = 'mailing' and e.aggregate_id = asked.id::text and e.sequence > coalesce(m.version, 0))
         as "behind!"
  from unnest($1::uuid[]) as asked (id)
  left join mailings m on m.id = asked.id
