-- The log: the whole history of the service. Everything else can be rebuilt from it.
-- Shape and names are those of postgres-es, so a stock postgres-es reads and appends the same table.
create table events (
    position       bigint      generated always as identity (cache 1),
    event_id       uuid        not null default gen_random_uuid(),
    recorded_at    timestamptz not null default clock_timestamp(),
    aggregate_type text        not null,
    aggregate_id   text        not null,
    sequence       bigint      not null check (sequence >= 1),
    event_type     text        not null,
    event_version  text        not null,
    payload        jsonb       not null,
    metadata       jsonb       not null default '{}',
    constraint events_pkey primary key (aggregate_type, aggregate_id, sequence),
    constraint events_position_key unique (position)
);

create function events_are_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the events table is append-only: % is refused', tg_op using errcode = 'restrict_violation';
end
$$;

create trigger events_are_append_only
    before update or delete or truncate on events
    for each statement execute function events_are_append_only();

-- Registered appenders. Positions are drawn before commit, so a later one can become visible first, and a reader that
-- remembers the highest position it saw loses events. So every appender, before it draws, takes a shared lock whose
-- key carries the sequence's value: all its positions will be greater. A reader goes no further than the smallest key
-- held. Locks are released only after the commit is visible.
--
-- The key is 0x5359 in the upper 16 bits and the position in the lower 48.
create function events_register_appender() returns trigger language plpgsql as $$
declare
    drawn bigint;
begin
    -- A fresh sequence's last_value has not been drawn yet.
    select case when is_called then last_value else last_value - 1 end into drawn from events_position_seq;
    perform pg_advisory_xact_lock_shared((x'5359'::bigint << 48) | drawn);
    return null;
end
$$;

create trigger events_register_appender
    before insert on events
    for each statement execute function events_register_appender();

-- Everything up to the result is settled: no event will become visible there any more. To be called in a statement of
-- its own, before the one that reads. The order of the two readings inside matters: an appender that registers after
-- the second one draws positions greater than the first one's result.
create function events_settled() returns bigint language plpgsql volatile as $$
declare
    drawn  bigint;
    lowest bigint;
begin
    select case when is_called then last_value else last_value - 1 end into drawn from events_position_seq;
    select min(((classid::bigint & 65535) << 32) | objid::bigint) into lowest
      from pg_locks
     where locktype = 'advisory'
       and database = (select oid from pg_database where datname = current_database())
       and objsubid = 1
       and classid::bigint >> 16 = x'5359'::bigint;
    return least(drawn, lowest);
end
$$;

-- What may exist only once, such as an address within one address book. A pure function of the events.
create table claims (
    kind           text not null,
    scope          text not null,
    value          text not null,
    aggregate_type text not null,
    aggregate_id   text not null,
    constraint claims_pkey primary key (kind, scope, value)
);
