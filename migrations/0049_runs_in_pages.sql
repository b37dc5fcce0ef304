-- A planner of the program of before that finds nobody any more for a run stages nothing and has no batch to plan: all that it does
-- is to say that the audience is frozen, with nobody. Of a run whose first pages are there that would not be true, and the run would
-- never be finished. So that is refused, too, and the run is left to a planner that knows pages, which freezes such a run with the
-- batches that it has.
create function runs_in_pages_have_batches() returns trigger language plpgsql as $$
begin
    if exists (select from runs_in_pages where run_id::text = new.aggregate_id) then
        raise exception 'run % is planned in pages', new.aggregate_id using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;

-- Every event that is appended passes the condition, and hardly any the function.
create trigger runs_in_pages_have_batches
    before insert on events
    for each row when (new.event_type = 'AudienceFrozen' and new.payload #>> '{AudienceFrozen,batches}' = '0')
    execute function runs_in_pages_have_batches();
