-- Pictures that articles show, as they were added. No event has them: an article names a picture by its address, which is a
-- digest of its bytes, so that what an address shows never changes. They are kept for good, as old revisions name them, too.
create table pictures (
    hash bytea primary key check (octet_length(hash) = 32),
    bytes bytea not null,
    added_by uuid not null,
    added_at timestamptz not null
);

-- What is compressed already is stored as it is.
alter table pictures alter column bytes set storage external;

-- How many somebody has added.
create index pictures_added_by on pictures (added_by);
