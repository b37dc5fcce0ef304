-- Letters of the service itself.

insert into projections (name) values ('notices');

-- notices
create table notices (
    id           uuid        primary key,
    user_id      uuid        not null,
    -- verify_email, already_registered, recover_password, password_changed, confirm_email_change, email_changed
    kind         text        not null,
    email        text        not null,
    language     text        not null,
    -- waiting, in_flight, settled
    status       text        not null default 'waiting',
    -- accepted, rejected, unknown, expired
    outcome      text,
    -- the end of a retry pause
    next_at      timestamptz,
    -- how many have been used up
    attempts     integer     not null default 0,
    -- the last attempt's reply, or what went wrong without one
    code         smallint,
    enhanced     text,
    reply        text,
    message_id   text,
    requested_at timestamptz not null,
    settled_at   timestamptz,
    version      bigint      not null
);
create index notices_open on notices (requested_at, id) where status <> 'settled';
create index notices_user on notices (user_id, requested_at);

-- Who sends a notice. Scratch paper, like `batch_leases`.
create table notice_leases (
    notice_id  uuid        primary key,
    worker     uuid        not null,
    expires_at timestamptz not null
);
