-- Who wants to use the relay $1 at $2: the runs that hold batches for it under live leases, and those that have one to send
-- which nobody has. Only batches of at least $3 and at most $4 recipients count, see claim.sql.
select r.id as run, r.owner_id as owner, held.count as "held!", free.waits as "waits!"
  from runs r
  join mailings m on m.id = r.mailing_id
  cross join lateral (
    select count(*) as count
      from batches b
      join batch_leases l on l.batch_id = b.id
     where b.run_id = r.id and b.completed_at is null
       and l.relay = $1 and l.worker is not null and l.expires_at > clock_timestamp()
       and b.recipients between $3 and $4
  ) held
  cross join lateral (
    select exists (
        select from batches b
          left join batch_leases l on l.batch_id = b.id
         where b.run_id = r.id and b.completed_at is null and (l.batch_id is null or l.expires_at <= clock_timestamp())
           and b.number >= case when $4 < 500 then r.batches - 1 else 0 end
           and b.recipients between $3 and $4
      ) as waits
  ) free
 where (r.status = 'sending' or r.status = 'planning' and r.message_id_domain is not null)
   and r.planned >= $3
   and may_send(m.status, m.deleted_at, m.ends_at, $2)
   and (m.relay is null or m.relay = $1)
   and not exists (select from doors d where d.user_id = r.owner_id and d.blocked)
   and (held.count > 0 or free.waits)
