-- Accounts: the language of a user, and the links in the letters of the service.

alter table users add language text not null default 'en';

-- A link's token is known to the letter only; here is its SHA-256. It is made anew for every attempt to send the letter, and
-- the last one counts.
create table links (
    token_hash bytea       primary key,
    -- the letter that it is in
    notice_id  uuid        not null unique,
    user_id    uuid        not null,
    -- verify_email, recover_password, confirm_email_change
    kind       text        not null,
    -- where the letter went, which is what the link proves
    email      text        not null,
    expires_at timestamptz not null,
    used_at    timestamptz
);
create index links_user on links (user_id);
