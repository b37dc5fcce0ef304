-- Fields of an owner's own, which their clients have beside name and address, and what clients have in them.

create table custom_fields (
    id         uuid        primary key,
    owner_id   uuid        not null,
    -- what letters and files call it
    key        text        not null,
    label      text        not null,
    -- text, number, date, yes_no
    kind       text        not null,
    -- since when it is there: one that was removed may be defined once more
    defined_at timestamptz not null,
    -- a removed one stays, as clients keep their values
    removed_at timestamptz,
    version    bigint      not null
);
create index custom_fields_owner on custom_fields (owner_id, defined_at, id);

insert into projections (name) values ('custom_fields');
-- It begins where the hindmost of the others is, as there is no event for it before: all the others would wait for it else (0015).
update projections n
   set position = o.position, folded = o.folded
  from (select position, folded from projections
         where name <> 'custom_fields' and name not like 'rebuild:%'
         order by position limit 1) o
 where n.name = 'custom_fields';

-- clients: what they have, by the fields' keys, each value with its kind: {"city": {"text": "Oslo"}}. Nobody had any before.
alter table clients
    add fields jsonb not null default '{}';
alter table client_revisions
    add fields jsonb not null default '{}';

-- A rebuild that was stopped lacks the columns; it begins anew.
drop schema if exists rebuild_clients cascade;
delete from projections where name = 'rebuild:clients';
