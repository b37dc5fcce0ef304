-- Of letters that found no mailbox, at the moments $5, the numbers of those to whose address a mail server took a letter of the same
-- owner's since, which did not come back for good: of a run that started later. The owners are $1, the clients $2, their addresses $3, and as
-- these are compared $4.
--
-- Whoever was deleted and added again is another client with the same mailbox. A run's batches are in the order of their clients' ids,
-- so a client is found by halving them. All parts are look-ups by key.
with asked as materialized (
    select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[])
        with ordinality as t (owner_id, client_id, email, mailbox, at, n)
), later as materialized (
    select m.owner_id, r.id, r.started_at
      from mailings m
     cross join lateral (select id, started_at from runs
                          where mailing_id = m.id and started_at >= (select min(at) from asked) offset 0) r
     where m.owner_id in (select owner_id from asked)
)
select a.n as "n!"
  from asked a
 where exists (
    select from later r
     cross join lateral (
         select a.client_id as id
          union
         select door_of(c.aggregate_id) from claims c
          where c.kind = 'client-email' and c.scope = a.owner_id::text and c.value = a.mailbox
     ) who
     cross join lateral (
         with recursive halved as (
             select 0 as low, (select max(number) from batches where run_id = r.id) as high
             union all
             select case when b.first <= who.id then m.middle else h.low end,
                    case when b.first <= who.id then h.high else m.middle - 1 end
               from halved h
              cross join lateral (select (h.low + h.high + 1) / 2 as middle) m
              cross join lateral (select clients[1] as first from batches
                                   where run_id = r.id and number = m.middle offset 0) b
              where h.low < h.high
         )
         select low as number from halved where low = high
     ) half
     cross join lateral (select revisions, array_position(clients, who.id) as place from batches
                          where run_id = r.id and number = half.number offset 0) b
     cross join lateral (select at from deliveries
                          where run_id = r.id and ordinal = half.number * 500 + b.place - 1 and outcome = 'accepted' offset 0) d
      join clients c on c.id = who.id
      left join client_revisions v on v.client_id = who.id and v.revision = b.revisions[b.place]
     where r.owner_id = a.owner_id and r.started_at >= a.at and d.at > a.at
       and not exists (select from feedback f
                        where f.run_id = r.id and f.ordinal = half.number * 500 + b.place - 1 and f.what = 'permanent')
       and (lower(coalesce(v.email, c.email)) = lower(a.email) or v.client_id is null and c.mailbox = a.mailbox)
 )
