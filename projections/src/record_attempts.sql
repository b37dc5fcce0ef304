-- The outcomes of some flushes of any runs, each of another letter: writes them, counts the attempts, and moves the runs'
-- numbers by the difference. All parts see the rows as they were before. The flushes are numbered in their order: what the server
-- said last is what is said in the last of them, whatever page of the log they are folded with.
--
-- An attempt that was not one leaves its delivery as it was. A delivery in doubt stays unknown until the server takes the
-- letter, whatever becomes of other attempts: an earlier one may have arrived. A delivery that does not read keeps its words:
-- what follows from them is not known, so the run's numbers stay with it, and a rebuild reckons both anew.
with given as (
    select * from unnest($1::uuid[], $2::integer[], $3::integer[], $4::timestamptz[], $5::text[], $6::boolean[],
                         $7::smallint[], $8::text[], $9::text[])
        as t (run_id, flush, ordinal, at, attempt, again, code, enhanced, reply)
), before as (
    -- One look-up each, whatever the planner believes about the table: a join would sometimes read the whole run.
    select d.*, delivery_reads(d.outcome, d.attempt, d.doubt) as reads from given g
     cross join lateral (select * from deliveries where run_id = g.run_id and ordinal = g.ordinal offset 0) d
), earlier as (
    insert into attempts (run_id, ordinal, number, at, outcome, code, enhanced, reply)
    select run_id, ordinal, attempts, at, coalesce(attempt, outcome), code, enhanced, reply from before where attempts > 0
), change as (
    select g.run_id, g.ordinal, g.at, g.code, g.enhanced, g.reply, coalesce(b.attempts, 0) + 1 as number,
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
      from given g left join before b on b.run_id = g.run_id and b.ordinal = g.ordinal
), written as (
    insert into deliveries (run_id, ordinal, at, attempts, code, outcome, enhanced, reply, attempt, doubt)
    select run_id, ordinal, at, number, code, outcome, enhanced, reply, nullif(attempt, outcome), doubt from change
        on conflict (run_id, ordinal) do update
       set at = excluded.at, attempts = excluded.attempts, code = excluded.code, outcome = excluded.outcome,
           enhanced = excluded.enhanced, reply = excluded.reply, attempt = excluded.attempt, doubt = excluded.doubt
), counted as (
    insert into attempt_counts (owner_id, at, mailing_id, outcome, count)
    select r.owner_id, g.at, r.mailing_id, g.attempt, sum(g.count)
      from (select run_id, date_bin('15 minutes', at, timestamptz '2000-01-01 00:00:00+00') as at, attempt, count(*) as count
              from given where attempt <> 'not_tried' group by 1, 2, 3) g
     cross join lateral (select owner_id, mailing_id from runs where id = g.run_id offset 0) r
     group by 1, 2, 3, 4
        on conflict (owner_id, at, mailing_id, outcome) do update set count = attempt_counts.count + excluded.count
), numbers as (
    select run_id,
           count(*) filter (where outcome = 'accepted') - count(*) filter (where was = 'accepted') as accepted,
           count(*) filter (where outcome = 'rejected') - count(*) filter (where was = 'rejected') as rejected,
           count(*) filter (where outcome = 'deferred') - count(*) filter (where was = 'deferred') as deferred,
           count(*) filter (where outcome = 'unknown')  - count(*) filter (where was = 'unknown')  as unknown,
           count(*) filter (where outcome = 'pending')  - count(*) filter (where was = 'pending')  as pending
      from change group by run_id
), lasts as (
    select run_id, max(at) as at,
           (array_agg(reply order by flush desc, at desc, ordinal desc) filter (where reply is not null))[1] as reply
      from given group by run_id
)
update runs r
   set accepted = r.accepted + n.accepted,
       rejected = r.rejected + n.rejected,
       deferred = r.deferred + n.deferred,
       unknown  = r.unknown + n.unknown,
       pending  = r.pending + n.pending,
       last_attempt_at = greatest(r.last_attempt_at, l.at),
       last_reply = coalesce(l.reply, r.last_reply)
  from numbers n join lasts l on l.run_id = n.run_id
 where r.id = n.run_id
