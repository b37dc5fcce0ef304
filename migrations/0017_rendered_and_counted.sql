-- The HTML of articles is kept beside them, and how many clients everybody has.

-- articles
alter table articles
    -- the body as HTML; null where nobody has rendered it yet, as for what was written before this migration
    add html    text,
    -- the revision that it shows, by the moment of it: a process from before this migration revises the body alone
    add html_at timestamptz;

-- clients: how many clients are in an owner's address book. Counting a million of them takes long.
create table client_counts (
    owner_id uuid   primary key,
    clients  bigint not null
);
do $$
begin
    -- Nobody adds a client between the count and the end of this migration.
    lock table clients in share mode;
    insert into client_counts (owner_id, clients)
    select owner_id, count(*) from clients where deleted_at is null group by 1;
end
$$;

-- A rebuild that was stopped lacks these; it begins anew.
drop schema if exists rebuild_articles cascade;
drop schema if exists rebuild_clients cascade;
delete from projections where name in ('rebuild:articles', 'rebuild:clients');
