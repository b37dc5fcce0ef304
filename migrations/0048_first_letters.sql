-- The first letters of a large run go out while its audience is still being frozen: a planner appends its batches page by page, each
-- page asked of the log as it was when the run started (projections/src/mailings/past_audience).
--
-- Scratch paper: the runs that are being planned like this. It begins with a run's first batch, in the same transaction.
create table runs_in_pages (
    run_id uuid primary key
);

-- A planner of the program of before would take over such a run from one that died, stage the audience of its own moment, and go
-- on with batches that overlap those that are there. Staging is what it does first, so that is refused, and the run is left to a
-- planner that knows pages. Both look under the lock of the run.
create function run_audience_is_not_in_pages() returns trigger language plpgsql as $$
begin
    if exists (select from runs_in_pages where run_id = new.run_id) then
        raise exception 'run % is planned in pages', new.run_id using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;

create trigger run_audience_is_not_in_pages
    before insert on run_audience
    for each row when (new.ordinal = 0)
    execute function run_audience_is_not_in_pages();
