-- How many of a run had a text in their address or name when it started, where these are many.
select count(*) as "count!"
  from batches b
 cross join lateral (
     select b.number * 500 + (t.place - 1)::integer as ordinal, t.client_id, t.revision
       from unnest(b.clients, b.revisions) with ordinality as t (client_id, revision, place)
 ) p
  left join deliveries d on d.run_id = b.run_id and d.ordinal = p.ordinal
  join clients c on c.id = p.client_id
  left join client_revisions v on v.client_id = p.client_id and v.revision = p.revision
 where (cardinality($2::text[]) = 0 or coalesce(d.outcome, 'pending') = any($2))
   and (not $3 or d.outcome = 'unknown' and d.doubt = 'open')
   and (strpos(folded(coalesce(v.email, c.email) || chr(10) || coalesce(v.full_name, c.full_name)),
               (select folded(($4::text[])[1]))) > 0
        or v.client_id is null and coalesce(c.mailbox, lower(c.email)) = ($4::text[])[2])
   and ($5::text is null
        or exists (select from feedback f where f.run_id = b.run_id and f.ordinal = p.ordinal and f.what = $5)
           and not ($5 = 'temporary'
                    and exists (select from feedback f
                                 where f.run_id = b.run_id and f.ordinal = p.ordinal and f.what = 'permanent')))
   and b.run_id = $1
