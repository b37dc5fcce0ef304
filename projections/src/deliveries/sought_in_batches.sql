-- Those in some batches of a run whose address or name contained a text when the run started.
select b.run_id, p.ordinal as "ordinal!", c.id as "client_id!", coalesce(v.email, c.email) as "email!",
       coalesce(v.full_name, c.full_name) as "full_name!", coalesce(d.outcome, 'pending') as "outcome!",
       d.doubt as "doubt?", coalesce(d.attempts, 0::smallint) as "attempts!",
       why_suppressed(d.suppression, d.outcome, p.ordinal, b.left_out) as "suppression?"
  from batches b
 cross join lateral (
     select b.number * 500 + (t.place - 1)::integer as ordinal, t.client_id, t.revision
       from unnest(b.clients, b.revisions) with ordinality as t (client_id, revision, place)
 ) p
  left join deliveries d on d.run_id = b.run_id and d.ordinal = p.ordinal
  join clients c on c.id = p.client_id
  left join client_revisions v on v.client_id = p.client_id and v.revision = p.revision
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
   and b.run_id = $1 and b.number between $2 and $3
   and p.ordinal > coalesce($7::integer, -1)
 order by p.ordinal limit $8
