-- Files of clients between the look at them and their import. Somebody sees what would become of a file before anything is
-- written, so it has to be kept for a while, and where every node finds it: the next request may reach another one. A hidden
-- field of a page would carry a hundred megabytes to and fro, and the disk of a node is nobody else's. Files are scratch paper:
-- they are taken away with their import, with their owner's next files, or after a day.
create table uploads (
    id          uuid        primary key,
    owner_id    uuid        not null,
    -- what the file was called, for its owner to know it again
    name        text        not null,
    -- how many bytes it has, once all of them have come
    size        bigint,
    created_at  timestamptz not null,
    expires_at  timestamptz not null,
    -- how its owner wants it to be imported
    wishes      jsonb       not null default '{}',
    -- whether the work that was begun last is the import, and not a look
    is_import   boolean     not null default false,
    -- who works at it, and when they were last seen doing so; whoever finds another id here stops
    job         uuid,
    beat_at     timestamptz,
    progress    jsonb       not null default '{}',
    -- what the last look has found
    look        jsonb,
    -- what the import has done
    report      jsonb,
    -- why the work ended before the end of the file
    said        text
);
create index uploads_owner on uploads (owner_id, created_at);
create index uploads_expires_at on uploads (expires_at);

-- A file in pieces, so that nobody has to hold all of it in memory.
create table upload_pieces (
    upload_id uuid    not null references uploads on delete cascade,
    -- counted from 0
    place     integer not null,
    bytes     bytea   not null,
    primary key (upload_id, place)
);
