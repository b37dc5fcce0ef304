-- Imports of files of clients: what each of them did, and whether it was taken back.
create table imports (
    id             uuid        primary key,
    owner_id       uuid        not null,
    -- the name of the file; may be empty
    file           text        not null,
    -- add, update, add_and_update
    mode           text        not null,
    begun_at       timestamptz not null,
    -- null if it goes on, or broke off
    finished_at    timestamptz,
    -- null as long as it has not come to its end
    rows           bigint,
    added          bigint,
    updated        bigint,
    unchanged      bigint,
    bad            bigint,
    -- when somebody began to take it back, and when that was done
    undo_begun_at  timestamptz,
    undone_at      timestamptz,
    -- what that did; null as long as it is not done
    removed        bigint,
    restored       bigint,
    left_alone     bigint,
    -- where in the log its first event is: what it did comes behind
    begun_position bigint      not null,
    version        bigint      not null
);
create index imports_owner on imports (owner_id, begun_at, id);

-- How far taking an import back is, and the first of what it leaves. No read model: whoever does it leaves word.
create table import_undos (
    import_id  uuid   primary key,
    owner_id   uuid   not null,
    -- how many clients have been looked at
    clients    bigint not null,
    left_alone jsonb  not null
);

insert into projections (name) values ('imports');
-- It begins where the hindmost of the others is, as there is no event for it before: all the others would wait for it else (0015).
update projections n
   set position = o.position, folded = o.folded
  from (select position, folded from projections
         where name <> 'imports' and name not like 'rebuild:%'
         order by position limit 1) o
 where n.name = 'imports';
