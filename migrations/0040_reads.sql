-- Reading stays fast however large address books are: how many clients belong to a group is kept, and what is searched for
-- becomes a pattern that an index understands. The indexes for search and for orders by text are made by the program, once an
-- address book is large enough to need them (projections/src/clients/indexes.rs): making them here would hold everybody up.

-- clients: how many of them belong to a group; no row where nobody does
create table group_counts (
    group_id uuid   primary key,
    clients  bigint not null
);
do $$
begin
    -- Nobody joins or leaves between the count and the end of this migration.
    lock table group_members in share mode;
    insert into group_counts (group_id, clients)
    select group_id, count(*) from group_members group by 1;
end
$$;

-- Those whose mailbox is spelled otherwise than their address are few.
create index clients_mailbox on clients (mailbox) where mailbox is not null and deleted_at is null;

-- The `like` pattern of the texts, folded, that contain this one. As its result follows from the text alone, PostgreSQL reckons it
-- before it decides by which index it looks.
create function containing(text) returns text language sql immutable parallel safe as $$
    select '%' || replace(replace(replace(folded($1), '\', '\\'), '%', '\%'), '_', '\_') || '%'
$$;

-- A rebuild that was stopped lacks the table; it begins anew.
drop schema if exists rebuild_clients cascade;
delete from projections where name = 'rebuild:clients';
