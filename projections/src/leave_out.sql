-- Recipients of some batches of any runs who get no letter, or no further one: at the places $2 of the runs $1, for the reasons $3.
-- All of them wait, and nobody is named twice. Writes that, and moves the runs' numbers. All parts see the rows as they were before.
--
-- The last attempt of one that was put off keeps its own outcome. A letter that is in doubt and about to be sent again is not sent
-- any more, and stays in doubt. A delivery that does not read keeps its words, and the run's numbers stay with it, see
-- record_attempts.sql.
with given as (
    select * from unnest($1::uuid[], $2::integer[], $3::text[]) as t (run_id, ordinal, reason)
), before as (
    -- One look-up each, whatever the planner believes about the table.
    select d.*, delivery_reads(d.outcome, d.attempt, d.doubt) as reads from given g
     cross join lateral (select * from deliveries where run_id = g.run_id and ordinal = g.ordinal offset 0) d
), change as (
    select g.run_id, g.ordinal, g.reason, coalesce(b.outcome, 'pending') as was
      from given g left join before b on b.run_id = g.run_id and b.ordinal = g.ordinal
     where b.reads is distinct from false
       and (b.outcome is null or b.outcome in ('pending', 'deferred') or b.doubt = 'again')
), written as (
    insert into deliveries (run_id, ordinal, attempts, outcome, suppression)
    select run_id, ordinal, 0, 'suppressed', reason from change
        on conflict (run_id, ordinal) do update
       set outcome = case when deliveries.doubt is null then 'suppressed' else 'unknown' end,
           suppression = case when deliveries.doubt is null then excluded.suppression end,
           doubt = case deliveries.doubt when 'again' then 'open' else deliveries.doubt end,
           attempt = coalesce(deliveries.attempt, nullif(deliveries.outcome, 'pending'))
), counted as (
    insert into suppression_counts (run_id, reason, deliveries)
    select run_id, reason, count(*) from change where was in ('pending', 'deferred') group by run_id, reason
        on conflict (run_id, reason) do update set deliveries = suppression_counts.deliveries + excluded.deliveries
), numbers as (
    select run_id,
           count(*) filter (where was = 'pending') as pending,
           count(*) filter (where was = 'deferred') as deferred,
           count(*) filter (where was in ('pending', 'deferred') and reason = 'same_mailbox') as doubles
      from change group by run_id
)
update runs r
   set pending = r.pending - n.pending,
       deferred = r.deferred - n.deferred,
       suppressed = r.suppressed + n.pending + n.deferred,
       left_out = r.left_out + n.doubles
  from numbers n
 where r.id = n.run_id
