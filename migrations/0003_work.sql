-- What is neither event nor fold of events: secrets, which must not be in the log, and the scratch paper of the workers,
-- which may be lost at any moment without harm.

create table credentials (
    user_id       uuid        primary key,
    password_hash text        not null,
    changed_at    timestamptz not null
);

-- A session's token is known to its holder only; here is its SHA-256.
create table sessions (
    token_hash bytea       primary key,
    user_id    uuid        not null,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index sessions_user on sessions (user_id);

-- Who works on a batch, or until when it may be left alone (`worker` null: all that is left of it is paused).
create table batch_leases (
    batch_id   uuid        primary key,
    worker     uuid,
    expires_at timestamptz not null
);

-- A run's audience, resolved in one statement and hence in one snapshot, until all its batches are planned.
create table run_audience (
    run_id    uuid    not null,
    ordinal   integer not null,
    client_id uuid    not null,
    revision  integer not null,
    primary key (run_id, ordinal)
);
