-- The outcomes of one flush: writes them, counts the attempts, and moves the run's
-- numbers by the difference. All parts see the rows as they
-- were before.
--
-- An attempt that was not one leaves its delivery as it was. A delivery in doubt stays unknown until the server takes the
-- letter, whatever becomes of other attempts: an earlier one may have arrived. A delivery that does not read keeps its words:
-- what follows from them is not known, so the run's numbers stay with it, and a rebuild reckons both anew.
with given as (
    select * from unnest($2::integer[], $3::timestamptz[], $4::text[], $5::boolean[], $6::smallint[], $7::text[], $8::text[])
        as t (ordinal, at, attempt, again, code, enhanced, reply)
), before as (
    -- One look-up each, whatever the planner believes about the table: a join would sometimes read the whole run.
    select d.*, delivery_reads(d.outcome, d.attempt, d.doubt) as reads from given g
     cross join lateral (select * from deliveries where run_id = $1 and ordinal = g.ordinal offset 0) d
), earlier as (
    insert into attempts (run_id, ordinal, number, at, outcome, code, enhanced, reply)
    select run_id, ordinal, attempts, at, coalesce(attempt, outcome), code, enhanced, reply from before where attempts > 0
), change as (
    select g.ordinal, g.at, g.code, g.enhanced, g.reply, coalesce(b.attempts, 0) + 1 as number,
           coalesce(b.outcome, 'pending') as was,
           case when b.reads is false then b.attempt else g.attempt end as attempt,
           case when b.reads is false then b.outcome
                when g.attempt = 'not_tried' then coalesce(b.outcome, 'pending')
                when b.doubt is not null and g.attempt <> 'accepted' then 'unknown'
                else g.attempt end as outcome,
           case when b.reads is false then b.doubt
                when g.attempt = 'accepted' then null
                when g.attempt = 'unknown' then case when g.again then 'again' else 'open' end
                -- Refused for good: nothing more will be sent by itself.
                when g.attempt = 'rejected' and b.doubt = 'again' then 'open'
                else b.doubt end as doubt
      from given g left join before b on b.ordinal = g.ordinal
), written as (
    insert into deliveries (run_id, ordinal, at, attempts, code, outcome, enhanced, reply, attempt, doubt)
    select $1, ordinal, at, number, code, outcome, enhanced, reply, nullif(attempt, outcome), doubt from change
        on conflict (run_id, ordinal) do update
       set at = excluded.at, attempts = excluded.attempts, code = excluded.code, outcome = excluded.outcome,
           enhanced = excluded.enhanced, reply = excluded.reply, attempt = excluded.attempt, doubt = excluded.doubt
), counted as (
    insert into attempt_counts (owner_id, at, mailing_id, outcome, count)
    select r.owner_id, date_bin('15 minutes', g.at, timestamptz '2000-01-01 00:00:00+00'), r.mailing_id, g.attempt, count(*)
      from given g cross join runs r where r.id = $1 and g.attempt <> 'not_tried' group by 1, 2, 3, 4
        on conflict (owner_id, at, mailing_id, outcome) do update set count = attempt_counts.count + excluded.count
), numbers as (
    select count(*) filter (where outcome = 'accepted') - count(*) filter (where was = 'accepted') as accepted,
           count(*) filter (where outcome = 'rejected') - count(*) filter (where was = 'rejected') as rejected,
           count(*) filter (where outcome = 'deferred') - count(*) filter (where was = 'deferred') as deferred,
           count(*) filter (where outcome = 'unknown')  - count(*) filter (where was = 'unknown')  as unknown,
           count(*) filter (where outcome = 'pending')  - count(*) filter (where was = 'pending')  as pending
      from change
)
update runs r
   set accepted = r.accepted + n.accepted,
       rejected = r.rejected + n.rejected,
       deferred = r.deferred + n.deferred,
       unknown  = r.unknown + n.unknown,
       pending  = r.pending + n.pending,
       last_attempt_at = greatest(r.last_attempt_at, (select max(at) from given)),
       last_reply = coalesce((select reply from given where reply is not null order by at desc, ordinal desc limit 1),
                             r.last_reply)
  from numbers n
 where r.id = $1
