-- Topics: recipients leave a group of an owner's, and no mailing whose audience names it writes to them.

-- Where a suppression counts; nowhere if it is in a form that is not known here.
create or replace function suppressed_where(scope jsonb) returns uuid language sql immutable as $$
    select case scope ->> 'kind'
           when 'installation' then uuid '00000000-0000-0000-0000-000000000000'
           when 'owner' then door_of(scope ->> 'owner')
           when 'mailing' then door_of(scope ->> 'mailing')
           when 'topic' then door_of(scope ->> 'group') end
$$;

-- suppressions
alter table suppressions
    -- the group that a topic is; null for all other scopes, and so for all that there are
    add group_id uuid;

-- A rebuild that was stopped lacks the column; it begins anew.
drop schema if exists rebuild_suppressions cascade;
delete from projections where name = 'rebuild:suppressions';
