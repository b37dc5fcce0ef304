-- Leases batches to the worker $1 for $2, to go through the relay $6: those that wait for their letters, and those whose
-- mailing will send no more, which need no relay. Those of people who are shut out wait. Not $7: the relay is away, so only the latter.
--
-- Owners take turns, and within an owner's turn the runs: the first batch of each, then the second of each. What they hold
-- already counts as turns that they have had. Of those who have had as many, it is the turn of whoever had the last one
-- longest ago: $8 owners and $9 runs, those who had it just now at the end.
--
-- The primary key of the leases decides between workers that claim at the same moment; a lease that is alive is left alone,
-- a parked one only for sending. The batches $5 are in the worker's hands already: while PostgreSQL was away their leases
-- may have run out, and what is in hand is not in doubt. The runs and mailings $10 are left alone for a while, as their rows
-- do not read.
--
-- The batches of a run that is still being planned are claimed like any others, if the right side of their `Message-ID`s is known.
-- All that it has are full ones; the last one comes with the end of planning.
--
-- Only batches of at least $11 and at most $12 recipients, which have slots of their own. All batches of a run but the last one
-- are full, so few of them need to be looked at to find a small one, and none of a small run's to find a large one.
with held as (
    select b.run_id, b.owner_id
      from batch_leases l
      join batches b on b.id = l.batch_id
     where l.relay = $6 and l.worker is not null and l.expires_at > clock_timestamp()
       and b.recipients between $11 and $12
),
leased as (
    insert into batch_leases as lease (batch_id, worker, expires_at, relay)
    select candidate.id, $1, clock_timestamp() + $2, $6
      from (
        select b.id, r.owner_id, r.started_at,
               (select count(*) from held h where h.owner_id = r.owner_id)
                 + row_number() over (partition by r.owner_id
                                          order by b.turn, array_position($9, r.id) nulls first, r.started_at, b.id)
                 as turn
          from runs r
          join mailings m on m.id = r.mailing_id
          cross join lateral (
            select free.id,
                   (select count(*) from held h where h.run_id = r.id) + row_number() over (order by free.number) as turn
              from (
                select b.id, b.number
                  from batches b
                  left join batch_leases l on l.batch_id = b.id
                 where b.run_id = r.id and b.completed_at is null
                   and b.number >= case when $12 < 500 then r.batches - 1 else 0 end
                   and b.recipients between $11 and $12
                   and b.id <> all($5)
                   and (l.batch_id is null
                     or l.expires_at <= clock_timestamp()
                     or l.worker is null and sends_no_more(m.status, m.deleted_at, m.ends_at, $3))
                 order by b.number
                 limit $4
              ) free
          ) b
         where (r.status = 'sending' or r.status = 'planning' and r.message_id_domain is not null)
         and r.planned >= $11 and r.id <> all($10) and m.id <> all($10)
           and (sends_no_more(m.status, m.deleted_at, m.ends_at, $3)
             or $7 and may_send(m.status, m.deleted_at, m.ends_at, $3) and (m.relay is null or m.relay = $6)
                and not exists (select from doors d where d.user_id = r.owner_id and d.blocked))
         order by turn, array_position($8, r.owner_id) nulls first, r.started_at, b.id
         limit $4
      ) candidate
        on conflict (batch_id) do update
       set worker = excluded.worker, expires_at = excluded.expires_at, relay = excluded.relay
     where lease.expires_at <= clock_timestamp() or lease.worker is null
    returning batch_id
)
select b.id, b.run_id, b.owner_id, b.mailing_id, m.relay is not null as "pinned!",
       (m.status = 'cancelled' or m.deleted_at is not null) as "cancelled!",
       (m.ends_at <= $3) as "ended!", m.in_doubt, m.version, r.kind
  from leased l
  join batches b on b.id = l.batch_id
  join mailings m on m.id = b.mailing_id
  join runs r on r.id = b.run_id
