-- Scratch paper that the workers share about relays. It may be lost at any moment without harm: every worker writes what it
-- knows anew.

-- The circuit breaker of each relay, by PostgreSQL's clock, and what is shown of the relay.
create table relay_states (
    name           text             primary key,
    -- without credentials
    address        text             not null,
    connections    integer          not null,
    per_second     double precision,
    -- closed, open
    state          text             not null default 'closed',
    since          timestamptz      not null default clock_timestamp(),
    -- while it is open: when it is probed next, whose problem it is (relay, credentials, rate), why, how often in a row
    until          timestamptz,
    scope          text,
    why            text,
    level          integer          not null default 0,
    -- the engine that opened it and probes it, and that engine's last sign of life
    owner          uuid,
    owner_seen_at  timestamptz      not null default clock_timestamp(),
    -- when an engine last had it in its settings
    seen_at        timestamptz      not null default clock_timestamp()
);

-- The moment from which on a relay's letters are not given away yet. Unlogged: it changes ten times a second.
create unlogged table relay_rates (
    relay   text        primary key,
    free_at timestamptz not null
);

-- Through which relay a batch goes, for fairness between those who want to use it.
alter table batch_leases add column relay text;
