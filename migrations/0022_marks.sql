-- Which of the letters that a worker has promised have begun. A worker marks a letter here before its text leaves; an intent in
-- the log names more letters than that. Whoever takes a batch over takes the row away first, so that its worker can mark nothing
-- more, and what was promised without a mark has certainly never been sent.
--
-- Unlogged: a transaction that writes nothing else does not wait for the disk. The table outlives a restart, and is empty after
-- a crash of PostgreSQL and on a server that was a replica; without a row all that was promised is in doubt.
create unlogged table batch_marks (
    batch_id uuid  primary key,
    -- the worker's hold of the batch, as its intents name it
    hold     uuid  not null,
    -- bit (n mod 8) of byte (n div 8), counted from 0, is set for the recipient at place n
    begun    bytea not null
)
-- A row is written hundreds of times a second and lives for seconds: its versions stay on their page, and are swept often.
with (fillfactor = 20, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);
