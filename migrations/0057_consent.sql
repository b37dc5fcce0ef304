-- What clients have agreed to, how they came into address books, and groups that people can subscribe to by themselves.

-- clients: the consent that was given last for each topic, and what became of it. It stays when the client is deleted: that somebody had
-- agreed when a letter went out is asked afterwards.
create table client_consents (
    client_id         uuid        not null,
    -- the group; the nil UUID stands for all that the owner sends
    topic_id          uuid        not null,
    wording           text        not null,
    -- when the client agreed, which may be long before it was written down
    given_at          timestamptz not null,
    source            jsonb       not null,
    -- the network address that they agreed from
    address           text,
    confirmed_at      timestamptz,
    confirmed_address text,
    withdrawn_at      timestamptz,
    withdrawn_source  jsonb,
    -- when it was written down that they agreed
    recorded_at       timestamptz not null,
    primary key (client_id, topic_id)
);
-- Who has agreed to a topic.
create index client_consents_topic on client_consents (topic_id);
alter table clients
    -- how the client came; null for those who came before this migration
    add source jsonb;

-- groups: what they are in public; null for those that are their owners' alone
alter table groups
    add topic_title       text,
    add topic_description text;
create index groups_topics on groups (owner_id, created_at, id) where topic_title is not null and deleted_at is null;

-- A rebuild that was stopped lacks the columns; it begins anew.
drop schema if exists rebuild_clients cascade;
drop schema if exists rebuild_groups cascade;
delete from projections where name in ('rebuild:clients', 'rebuild:groups');
