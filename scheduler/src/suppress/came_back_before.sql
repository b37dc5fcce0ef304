-- Of letters that came back, at the moments $9, how many others to the same mailbox of the same owner came back since $8, whatever number of
-- reports there is of each. Those that said that there is no such mailbox are not among them: each of these is enough by itself. Letters that
-- were only late have not come back. Places are $1, the owners $2, the clients $3, their addresses $4, as these are compared $5, the runs $6,
-- and the letters' places in these $7.
--
-- Whoever was deleted and added again is another client with the same mailbox, and counts if the client asked about is the former one. A
-- client may have had another address when another letter went to them. All parts are look-ups by key.
with asked as materialized (
    select * from unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::integer[],
                         $8::timestamptz[], $9::timestamptz[])
        as t (place, owner_id, client_id, email, mailbox, run_id, ordinal, since, at)
)
select a.place as "place!", count(distinct (f.run_id, f.ordinal)) as "letters!"
  from asked a
 cross join lateral (
     select a.client_id as id
      union
     select door_of(c.aggregate_id) from claims c
      where c.kind = 'client-email' and c.scope = a.owner_id::text and c.value = a.mailbox
 ) who
 cross join lateral (
     select run_id, ordinal from feedback
      where client_id = who.id and reported_at > a.since and reported_at <= a.at and what in ('permanent', 'temporary')
        and not dead
        and (run_id, ordinal) <> (a.run_id, a.ordinal) offset 0
 ) f
 cross join lateral (select revisions[f.ordinal % 500 + 1] as revision from batches
                      where run_id = f.run_id and number = f.ordinal / 500 offset 0) b
  join clients c on c.id = who.id
  left join client_revisions v on v.client_id = who.id and v.revision = b.revision
 where lower(coalesce(v.email, c.email)) = lower(a.email) or v.client_id is null and c.mailbox = a.mailbox
 group by a.place
