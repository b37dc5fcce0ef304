-- What needs somebody: runs with letters in doubt, of an owner.
create index runs_in_doubt on runs (owner_id, started_at) where unknown > 0;
