-- Runs that were missed stand at the moment when they were due, and not when somebody found out.
--
-- runs: what a process of before this migration records while it still leads stands when it was found out, until the read model
-- is rebuilt
update runs set started_at = coalesce(missed_until, occurrence)
 where status = 'missed' and started_at is distinct from coalesce(missed_until, occurrence);

-- clients: those who are deleted, to find whom a run once wrote to
create index clients_deleted on clients (owner_id) where deleted_at is not null;

-- A rebuild that was stopped has the runs where they were found out; it begins anew.
drop schema if exists rebuild_runs cascade;
delete from projections where name = 'rebuild:runs';
