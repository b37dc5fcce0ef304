-- The read side. Every table here is a fold of the log by the projection that it is listed under, and can be rebuilt
-- by `skymailing rebuild NAME`. `version` is the sequence of the stream's last event that the row shows.

-- How far each projection is, and whether it goes on. Written in the transaction that writes its rows.
create table projections (
    name       text        primary key,
    position   bigint      not null default 0,
    -- how many events it has folded
    folded     bigint      not null default 0,
    -- the event it stopped at and why, if it did
    error      text,
    updated_at timestamptz not null default now()
);

insert into projections (name)
values ('users'), ('clients'), ('groups'), ('messages'), ('mailings'), ('runs'), ('reports'), ('history');

-- users
create table users (
    id            uuid        primary key,
    email         text        not null,
    email_key     text        not null,
    full_name     text        not null,
    time_zone     text        not null,
    verified      boolean     not null,
    roles         text[]      not null,
    registered_at timestamptz not null,
    version       bigint      not null
);
create index users_email_key on users (email_key);

-- clients
create table clients (
    id         uuid        primary key,
    owner_id   uuid        not null,
    revision   integer     not null,
    email      text        not null,
    full_name  text        not null,
    comment    text        not null,
    created_at timestamptz not null,
    deleted_at timestamptz,
    version    bigint      not null
);
create index clients_owner on clients (owner_id, created_at, id) where deleted_at is null;

-- Superseded revisions only: the current one is in `clients`, so an import writes each client once.
create table client_revisions (
    client_id uuid    not null,
    revision  integer not null,
    email     text    not null,
    full_name text    not null,
    comment   text    not null,
    primary key (client_id, revision)
);

create table group_members (
    group_id  uuid not null,
    client_id uuid not null,
    primary key (group_id, client_id)
);
create index group_members_client on group_members (client_id);

-- groups
create table groups (
    id         uuid        primary key,
    owner_id   uuid        not null,
    name       text        not null,
    created_at timestamptz not null,
    deleted_at timestamptz,
    version    bigint      not null
);
create index groups_owner on groups (owner_id, created_at, id) where deleted_at is null;

-- messages
create table messages (
    id         uuid        primary key,
    owner_id   uuid        not null,
    revision   integer     not null,
    subject    text        not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    deleted_at timestamptz,
    version    bigint      not null
);
create index messages_owner on messages (owner_id, created_at, id) where deleted_at is null;

create table message_revisions (
    message_id uuid        not null,
    revision   integer     not null,
    subject    text        not null,
    text       text        not null,
    html       text,
    at         timestamptz not null,
    primary key (message_id, revision)
);

-- mailings
create table mailings (
    id              uuid        primary key,
    owner_id        uuid        not null,
    name            text        not null,
    message_id      uuid        not null,
    starts_at       timestamptz not null,
    ends_at         timestamptz not null,
    periodicity     jsonb       not null,
    time_zone       text        not null,
    -- active, paused, disabled, disabled_paused (was paused before), completed, completed_paused,
    -- completed_disabled, completed_disabled_paused, cancelled
    status          text        not null,
    reason          text,
    last_occurrence timestamptz,
    next_run_at     timestamptz,
    sent            boolean     not null,
    created_at      timestamptz not null,
    deleted_at      timestamptz,
    version         bigint      not null
);
create index mailings_owner on mailings (owner_id, created_at, id) where deleted_at is null;
create index mailings_due on mailings (next_run_at) where status = 'active' and deleted_at is null;
create index mailings_ending on mailings (ends_at) where status in ('active', 'paused', 'disabled', 'disabled_paused') and deleted_at is null;

create table mailing_clients (
    mailing_id uuid not null,
    client_id  uuid not null,
    primary key (mailing_id, client_id)
);

create table mailing_groups (
    mailing_id uuid not null,
    group_id   uuid not null,
    primary key (mailing_id, group_id)
);

-- runs
create table runs (
    id                uuid        primary key,
    mailing_id        uuid        not null,
    owner_id          uuid        not null,
    -- planning, sending, finished, missed
    status            text        not null,
    -- occurrence, send_now
    trigger           text        not null,
    occurrence        timestamptz,
    message_id        uuid,
    message_revision  integer,
    message_id_domain text,
    started_at        timestamptz not null,
    finished_at       timestamptz,
    batches           integer,
    planned           bigint      not null default 0,
    accepted          bigint      not null default 0,
    rejected          bigint      not null default 0,
    deferred          bigint      not null default 0,
    unknown           bigint      not null default 0,
    suppressed        bigint      not null default 0,
    expired           bigint      not null default 0,
    pending           bigint      not null default 0,
    last_attempt_at   timestamptz,
    last_reply        text,
    version           bigint      not null
);
create index runs_mailing on runs (mailing_id, started_at, id);
create index runs_open on runs (started_at) where status in ('planning', 'sending');

create table batches (
    id           uuid        primary key,
    run_id       uuid        not null,
    mailing_id   uuid        not null,
    owner_id     uuid        not null,
    number       integer     not null,
    recipients   integer     not null,
    completed_at timestamptz
);
create index batches_run on batches (run_id, number);
create index batches_open on batches (run_id, number) where completed_at is null;

-- `ordinal` is 500 times the batch's number plus the recipient's place in it.
create table deliveries (
    run_id          uuid        not null,
    ordinal         integer     not null,
    client_id       uuid        not null,
    client_revision integer     not null,
    outcome         text        not null,
    attempts        integer     not null,
    primary key (run_id, ordinal)
);
create index deliveries_notable on deliveries (run_id, outcome, ordinal) where outcome not in ('pending', 'accepted');

create table attempts (
    run_id   uuid        not null,
    ordinal  integer     not null,
    number   integer     not null,
    at       timestamptz not null,
    outcome  text        not null,
    code     smallint,
    enhanced text,
    reply    text,
    primary key (run_id, ordinal, number)
);

-- reports
create table reports (
    run_id      uuid        primary key,
    mailing_id  uuid        not null,
    owner_id    uuid        not null,
    started_at  timestamptz not null,
    finished_at timestamptz,
    totals      jsonb
);
create index reports_owner on reports (owner_id, finished_at);

-- history: which events belong to which mailing
create table history (
    mailing_id uuid   not null,
    position   bigint not null,
    primary key (mailing_id, position)
);

create table history_streams (
    aggregate_id uuid primary key,
    mailing_id   uuid not null
);
