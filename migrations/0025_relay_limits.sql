-- What the workers have found out about the limits of mail servers, by PostgreSQL's clock. Scratch paper like the rest of it.
alter table relay_states
    -- letters per second, over all workers together, if the relay takes no more than that; and which worker said so when
    add column found_rate        double precision,
    add column found_rate_by     uuid,
    add column found_rate_at     timestamptz,
    -- connections of all workers together, if the relay allows no more than that
    add column found_connections integer,
    add column found_connections_at timestamptz;

-- The workers that use a relay at the moment, and how many connections each of them has. Unlogged: it changes every second.
create unlogged table relay_users (
    relay       text        not null,
    engine      uuid        not null,
    connections integer     not null,
    seen_at     timestamptz not null default clock_timestamp(),
    primary key (relay, engine)
);
