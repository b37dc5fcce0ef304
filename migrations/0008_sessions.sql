-- Sessions that their holder can tell apart, tokens for programs, and who tries too often.

alter table sessions
    -- not a secret: what a session is called when it is to be ended
    add id           uuid        not null default gen_random_uuid(),
    add last_seen_at timestamptz,
    -- from where, and with what, it was seen last
    add address      text,
    add user_agent   text;
alter table sessions alter id drop default;
create unique index sessions_id on sessions (id);

-- A token's text is known to its holder only; here is its SHA-256.
create table api_tokens (
    id           uuid        primary key,
    token_hash   bytea       not null unique,
    user_id      uuid        not null,
    name         text        not null,
    -- read, write
    scope        text        not null,
    created_at   timestamptz not null,
    expires_at   timestamptz not null,
    last_used_at timestamptz
);
create index api_tokens_user on api_tokens (user_id);

-- How much of their allowance somebody has used up, as the moment when all of it will be there again (GCRA). It may be lost
-- at any moment: then everybody starts anew. The subject is the SHA-256 of what is limited and of whom.
create unlogged table rate_limits (
    subject bytea       primary key,
    full_at timestamptz not null
);
create index rate_limits_full_at on rate_limits (full_at);
