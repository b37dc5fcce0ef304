-- Who letters are from: senders of owners, domains whose letters are signed with their keys, and who may write from all of their
-- addresses.

-- senders: who an owner's letters can be from
create table senders (
    id          uuid        primary key,
    owner_id    uuid        not null,
    -- as recipients see it; may be empty
    name        text        not null,
    address     text        not null,
    -- that of the address, as the name service knows it; empty if it has no such form
    domain      text        not null,
    reply_to    text,
    verified_at timestamptz,
    created_at  timestamptz not null,
    -- a deleted one stays, as runs are from it
    deleted_at  timestamptz,
    revision    integer     not null,
    version     bigint      not null
);
create index senders_owner on senders (owner_id, created_at, id);
create index senders_domain on senders (domain);

-- All forms that a sender had: runs keep the one that they started with.
create table sender_revisions (
    sender_id uuid        not null,
    revision  integer     not null,
    name      text        not null,
    reply_to  text,
    at        timestamptz not null,
    primary key (sender_id, revision)
);

-- Domains whose letters are signed.
create table sender_domains (
    id         uuid        primary key,
    domain     text        not null unique,
    added_at   timestamptz not null,
    removed_at timestamptz,
    version    bigint      not null
);

-- The public halves of their keys.
create table sender_domain_keys (
    domain_id    uuid        not null,
    selector     text        not null,
    -- rsa, ed25519
    algorithm    text        not null,
    -- base64, as the record has it
    public       text        not null,
    imported     boolean     not null,
    made_at      timestamptz not null,
    activated_at timestamptz,
    -- null while it signs
    retired_at   timestamptz,
    removed_at   timestamptz,
    primary key (domain_id, selector)
);

-- The owners who may write from all addresses of a domain.
create table sender_domain_grants (
    domain_id  uuid        not null,
    owner_id   uuid        not null,
    granted_at timestamptz not null,
    primary key (domain_id, owner_id)
);

insert into projections (name) values ('senders');
-- It begins where the hindmost of the others is, as there is no event for it before: all the others would wait for it else (0015).
update projections n
   set position = o.position, folded = o.folded
  from (select position, folded from projections
         where name <> 'senders' and name not like 'rebuild:%'
         order by position limit 1) o
 where n.name = 'senders';

-- The private halves, sealed under the master key, which is not in the database. They are secrets, and in no event.
create table sealed_keys (
    domain_id uuid  not null,
    selector  text  not null,
    sealed    bytea not null,
    primary key (domain_id, selector)
);

-- mailings, runs: who their letters are from; null for the service itself
alter table mailings
    add sender_id uuid;
alter table runs
    add sender_id uuid,
    add sender_revision integer;

-- users: where somebody can be reached by post, as their letters to many say
alter table users
    add postal_address text;

-- A rebuild that was stopped lacks the columns; it begins anew.
drop schema if exists rebuild_mailings cascade;
drop schema if exists rebuild_runs cascade;
drop schema if exists rebuild_users cascade;
delete from projections where name in ('rebuild:mailings', 'rebuild:runs', 'rebuild:users');
