-- The outcomes of one flush: writes the attempts, moves the deliveries, and moves the run's numbers by the difference.
-- All parts see the rows as they were before. An attempt that was not one (`outcome` null) leaves its delivery as it was.
with given as (
    select * from unnest($2::integer[], $3::timestamptz[], $4::text[], $5::text[], $6::smallint[], $7::text[], $8::text[])
        as t (ordinal, at, attempt, outcome, code, enhanced, reply)
), before as (
    select d.ordinal, d.outcome, d.attempts
      from deliveries d join given g on g.ordinal = d.ordinal
     where d.run_id = $1
), written as (
    insert into attempts (run_id, ordinal, number, at, outcome, code, enhanced, reply)
    select $1, g.ordinal, b.attempts + 1, g.at, g.attempt, g.code, g.enhanced, g.reply
      from given g join before b on b.ordinal = g.ordinal
), moved as (
    update deliveries d
       set outcome = coalesce(g.outcome, d.outcome), attempts = d.attempts + 1
      from given g
     where d.run_id = $1 and d.ordinal = g.ordinal
), difference as (
    select b.outcome as was, coalesce(g.outcome, b.outcome) as is_now
      from given g join before b on b.ordinal = g.ordinal
), numbers as (
    select count(*) filter (where is_now = 'accepted')   - count(*) filter (where was = 'accepted')   as accepted,
           count(*) filter (where is_now = 'rejected')   - count(*) filter (where was = 'rejected')   as rejected,
           count(*) filter (where is_now = 'deferred')   - count(*) filter (where was = 'deferred')   as deferred,
           count(*) filter (where is_now = 'unknown')    - count(*) filter (where was = 'unknown')    as unknown,
           count(*) filter (where is_now = 'pending')    - count(*) filter (where was = 'pending')    as pending
      from difference
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
