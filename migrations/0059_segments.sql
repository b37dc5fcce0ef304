-- Segments: saved filters over an owner's clients. An audience has segments, and it leaves out groups, segments, and whom other mailings
-- have written to.

-- segments
create table segments (
    id         uuid        primary key,
    owner_id   uuid        not null,
    name       text        not null,
    filter     jsonb       not null,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    -- a deleted one stays: whoever it left out stays left out by a run that had started before
    deleted_at timestamptz,
    version    bigint      not null
);
create index segments_owner on segments (owner_id, created_at, id) where deleted_at is null;

insert into projections (name) values ('segments');
-- It begins where the hindmost of the others is, as there is no event for it before: all the others would wait for it else (0015).
update projections n
   set position = o.position, folded = o.folded
  from (select position, folded from projections
         where name <> 'segments' and name not like 'rebuild:%'
         order by position limit 1) o
 where n.name = 'segments';

-- The groups whose letters those are that go to whoever passes a filter: whoever has left one of them as a topic is not written to by a
-- mailing to such a segment, as by one to the group (Filter::topics in domain/src/segment/filter.rs).
create function topics_of(filter jsonb) returns setof uuid language sql immutable as $$
    select door_of(coalesce(test ->> 'group', test ->> 'topic'))
      from jsonb_path_query(filter,
               '$.conditions[*] ? (!(@."not" == true)).test
                    ? (@.kind == "in_group" || @.kind == "consent" && (@.state == "given" || @.state == "confirmed"))') as test
$$;

-- mailings
create table mailing_segments (
    mailing_id uuid not null,
    segment_id uuid not null,
    primary key (mailing_id, segment_id)
);
-- Whom a mailing leaves out: whoever belongs to a group, passes a segment, or has got a letter of another mailing.
create table mailing_less (
    mailing_id uuid not null,
    -- group, segment, mailing
    kind       text not null,
    id         uuid not null,
    primary key (mailing_id, kind, id)
);
-- Which mailings leave out what somebody wants to delete.
create index mailing_less_of on mailing_less (id);

-- The mailings whose plan has, or once had, segments or somebody to leave out. Their runs' audiences are resolved in one statement when
-- the run starts (scheduler/src/plan/filtered.rs). The read model tells it, too, but later, and a program of before does not: so it is
-- written with the events, by a trigger, as doors are (0018), and is a pure function of them.
create table mailings_by_filter (
    mailing_id uuid primary key
);

create function mailing_is_by_filter() returns trigger language plpgsql as $$
declare
    audience constant jsonb := coalesce(new.payload #> '{Created,plan,audience}', new.payload #> '{Changed,plan,audience}');
begin
    if audience ?| array['segments', 'less'] and door_of(new.aggregate_id) is not null then
        insert into mailings_by_filter (mailing_id) values (door_of(new.aggregate_id)) on conflict do nothing;
    end if;
    return null;
end
$$;

-- There are no such events yet.
create trigger mailing_is_by_filter
    after insert on events
    for each row when (new.aggregate_type = 'mailing' and new.event_type in ('Created', 'Changed'))
    execute function mailing_is_by_filter();

-- A program of before that changes anything about such a mailing, be it the name, writes the whole plan without what it does not know, and
-- the mailing would go to all of its groups. So a plan is refused that has neither segments nor anybody to leave out where the one before
-- had, unless it says that this is meant.
create function mailing_stays_by_filter() returns trigger language plpgsql as $$
declare
    before constant jsonb := (select coalesce(e.payload #> '{Created,plan,audience}', e.payload #> '{Changed,plan,audience}')
                                from events e
                               where e.aggregate_type = 'mailing' and e.aggregate_id = new.aggregate_id
                                 and e.event_type in ('Created', 'Changed')
                               order by e.sequence desc limit 1);
begin
    if before ?| array['segments', 'less'] then
        raise exception 'mailing % would lose its segments, or whom it leaves out', new.aggregate_id
            using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;

create trigger mailing_stays_by_filter
    before insert on events
    for each row when (new.aggregate_type = 'mailing' and new.event_type = 'Changed'
                       and not (new.payload #> '{Changed,plan,audience}') ?| array['segments', 'less']
                       and new.payload #>> '{Changed,of_groups_again}' is distinct from 'true')
    execute function mailing_stays_by_filter();

-- A planner of the program of before knows nothing of segments, nor that anybody is to be left out: it would plan such a run for all of
-- the mailing's groups. What it plans first, or freezes if it finds nobody, is refused, unless the audience has been resolved before by a
-- program that knows better. It takes up what was resolved, as it takes up any audience that is staged (0003).
create function audience_is_resolved() returns trigger language plpgsql as $$
declare
    of_run     constant uuid := door_of(case when new.event_type = 'Planned' then new.payload #>> '{Planned,run}'
                                             else new.aggregate_id end);
    of_mailing constant uuid := door_of(case when new.event_type = 'Planned' then new.payload #>> '{Planned,mailing}'
                                             else (select e.payload #>> '{Started,mailing}' from events e
                                                    where e.aggregate_type = 'run' and e.aggregate_id = new.aggregate_id
                                                      and e.sequence = 1) end);
begin
    if exists (select from mailings_by_filter where mailing_id = of_mailing)
       and not exists (select from run_audience where run_id = of_run)
       -- The plan of its start had groups only, and it was begun with like this before it was changed.
       and not exists (select from runs_in_pages where run_id = of_run) then
        raise exception 'the audience of run % is not resolved', of_run using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;

-- Hardly any event passes the condition: one of each batch does.
create trigger audience_is_resolved
    before insert on events
    for each row when (new.aggregate_type = 'batch' and new.event_type = 'Planned'
                       or new.event_type = 'AudienceFrozen' and new.payload #>> '{AudienceFrozen,batches}' = '0')
    execute function audience_is_resolved();

-- Nor does it plan such a run in pages.
create function run_in_pages_is_of_groups() returns trigger language plpgsql as $$
begin
    if exists (select from mailings_by_filter f
                where f.mailing_id = (select door_of(e.payload #>> '{Started,mailing}') from events e
                                       where e.aggregate_type = 'run' and e.aggregate_id = new.run_id::text
                                         and e.sequence = 1)) then
        raise exception 'run % is not planned in pages', new.run_id using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;

create trigger run_in_pages_is_of_groups
    before insert on runs_in_pages
    for each row execute function run_in_pages_is_of_groups();

-- A rebuild that was stopped lacks the tables; it begins anew.
drop schema if exists rebuild_mailings cascade;
delete from projections where name = 'rebuild:mailings';
