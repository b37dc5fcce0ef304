-- Where some clients are in some runs, found by halving each run's batches, which are in the order of their clients' ids.
with recursive halved as (
    select r.run_id, c.client_id, 0 as low, l.last as high
      from unnest($1::uuid[]) as r (run_id)
     cross join lateral (
         select number as last from batches where run_id = r.run_id order by number desc limit 1) l
     cross join unnest($2::uuid[]) as c (client_id)
    union all
    select h.run_id, h.client_id,
           case when b.first <= h.client_id then m.middle else h.low end,
           case when b.first <= h.client_id then h.high else m.middle - 1 end
      from halved h
     cross join lateral (select (h.low + h.high + 1) / 2 as middle) m
     -- One look-up each, by nothing but the key, whatever the planner believes about a table that has just grown.
     cross join lateral (
         select clients[1] as first from batches where run_id = h.run_id and number = m.middle offset 0) b
     where h.low < h.high
)
select h.run_id as "run_id!", p.ordinal as "ordinal!", c.id as "client_id!", b.revisions[p.place] as "client_revision!",
       coalesce(v.email, c.email) as "email!", coalesce(v.full_name, c.full_name) as "full_name!",
       coalesce(d.outcome, 'pending') as "outcome!", d.doubt as "doubt?", coalesce(d.attempts, 0::smallint) as "attempts!",
       why_suppressed(d.suppression, d.outcome, p.ordinal, b.left_out) as "suppression?"
  from halved h
 cross join lateral (
     select number, clients, revisions, left_out from batches where run_id = h.run_id and number = h.low offset 0) b
 cross join lateral (
     select t.place, b.number * 500 + t.place - 1 as ordinal
       from (select array_position(b.clients, h.client_id) as place) t
      where t.place is not null
 ) p
 cross join lateral (select id, email, full_name from clients where id = h.client_id offset 0) c
  left join lateral (
     select email, full_name from client_revisions
      where client_id = h.client_id and revision = b.revisions[p.place] offset 0) v on true
  left join lateral (
     select outcome, doubt, attempts, suppression from deliveries
      where run_id = h.run_id and ordinal = p.ordinal offset 0) d on true
 where h.low = h.high
