-- Those of some clients who are in a run, found by halving its batches, which are in the order of their clients' ids.
with recursive halved as (
    select client_id, 0 as low, $3::integer as high from unnest($2::uuid[]) as t (client_id)
    union all
    select h.client_id,
           case when b.clients[1] <= h.client_id then m.middle else h.low end,
           case when b.clients[1] <= h.client_id then h.high else m.middle - 1 end
      from halved h
     cross join lateral (select (h.low + h.high + 1) / 2 as middle) m
      join batches b on b.run_id = $1 and b.number = m.middle
     where h.low < h.high
)
select b.run_id, p.ordinal as "ordinal!", c.id as "client_id!", coalesce(v.email, c.email) as "email!",
       coalesce(v.full_name, c.full_name) as "full_name!", coalesce(d.outcome, 'pending') as "outcome!",
       d.doubt as "doubt?", coalesce(d.attempts, 0::smallint) as "attempts!",
       why_suppressed(d.suppression, d.outcome, p.ordinal, b.left_out) as "suppression?"
  from halved h
  join batches b on b.run_id = $1 and b.number = h.low
 cross join lateral (
     select t.place, b.number * 500 + t.place - 1 as ordinal
       from (select array_position(b.clients, h.client_id) as place) t
      where t.place is not null
 ) p
  left join deliveries d on d.run_id = b.run_id and d.ordinal = p.ordinal
  join clients c on c.id = h.client_id
  left join client_revisions v on v.client_id = c.id and v.revision = b.revisions[p.place]
 where (cardinality($4::text[]) = 0 or coalesce(d.outcome, 'pending') = any($4))
   and (not $5 or d.outcome = 'unknown' and d.doubt = 'open')
   and (strpos(folded(coalesce(v.email, c.email) || chr(10) || coalesce(v.full_name, c.full_name)),
               (select folded(($6::text[])[1]))) > 0
        or v.client_id is null and coalesce(c.mailbox, lower(c.email)) = ($6::text[])[2])
   and ($9::text is null
        or exists (select from feedback f where f.run_id = b.run_id and f.ordinal = p.ordinal and f.what = $9)
           and not ($9 = 'temporary'
                    and exists (select from feedback f
                                 where f.run_id = b.run_id and f.ordinal = p.ordinal and f.what = 'permanent')))
   and h.low = h.high
   and p.ordinal > coalesce($7::integer, -1)
 order by p.ordinal limit $8
