-- Who got what: the newest runs of an owner, of whatever mailing. A run is one row however many letters it has, so this is small.
create index runs_owner on runs (owner_id, started_at, id);
