-- Leases batches to the worker $1 for $2: those that wait for their letters, and those whose mailing will send no more.
-- Owners take turns, and within an owner's turn the runs: the first free batch of each, then the second of each. The primary key of the leases decides between
-- workers that claim at the same moment; a lease that is alive is left alone, a parked one only for sending.
-- The batches $5 are in the worker's hands already: while PostgreSQL was away their leases may have run out, and what is
-- in hand is not in doubt.
insert into batch_leases as lease (batch_id, worker, expires_at)
select candidate.id, $1, clock_timestamp() + $2
  from (
    select b.id, r.started_at, row_number() over (partition by r.owner_id order by b.turn, r.started_at, b.id) as turn
      from runs r
      join mailings m on m.id = r.mailing_id
      cross join lateral (
        select free.id, row_number() over (order by free.number) as turn
          from (
            select b.id, b.number
              from batches b
              left join batch_leases l on l.batch_id = b.id
             where b.run_id = r.id and b.completed_at is null
               and b.id <> all($5)
               and (l.batch_id is null
                 or l.expires_at <= clock_timestamp()
                 or l.worker is null and (m.ends_at <= $3 or m.status = 'cancelled' or m.deleted_at is not null))
             order by b.number
             limit $4
          ) free
      ) b
     where r.status = 'sending'
       and (m.status in ('active', 'completed', 'cancelled') or m.deleted_at is not null or m.ends_at <= $3)
     order by turn, r.started_at, b.id
     limit $4
  ) candidate
    on conflict (batch_id) do update
   set worker = excluded.worker, expires_at = excluded.expires_at
 where lease.expires_at <= clock_timestamp() or lease.worker is null
returning batch_id,
          (select run_id from batches where id = batch_id) as "run_id!",
          (select mailing_id from batches where id = batch_id) as "mailing_id!",
          (select case when m.status = 'cancelled' or m.deleted_at is not null then 'cancelled'
                       when m.ends_at <= $3 then 'ended'
                       else 'send' end
             from batches b join mailings m on m.id = b.mailing_id where b.id = batch_id) as "task!"
