-- How a mailing's letters are sent, letters in doubt, people who are shut out; and deliveries that take less room.

alter table mailings
    -- hold, resend
    add in_doubt text not null default 'hold',
    -- the relay that its letters go through; any that works if none is named
    add relay text;

alter table users add blocked_at timestamptz;

-- of a run that tries again those whose letters failed in another one
alter table runs add resend_of uuid;

-- A delivery has a row only once something has happened to it, and the row holds its last attempt, so that the letter
-- that goes well, which is nearly every one, is written once. Who waits is told by the batch.
--
-- The tables are filled again from the log; the projector does it by itself.
drop table deliveries;
truncate runs, batches, attempts;
update projections set position = 0, folded = 0, error = null where name = 'runs';

alter table batches
    -- in the order of their places
    add clients uuid[] not null,
    add revisions integer[] not null;

create table deliveries (
    run_id   uuid        not null,
    -- when the last attempt ended
    at       timestamptz,
    -- 500 times the batch's number plus the recipient's place in it
    ordinal  integer     not null,
    -- how many attempts there were; the earlier ones are in `attempts`
    attempts smallint    not null,
    -- the last attempt's reply
    code     smallint,
    outcome  text        not null,
    enhanced text,
    reply    text,
    -- the last attempt's own outcome, where it is another one
    attempt  text,
    -- open, again (about to be sent again), accepted (left as it is); null when there is no doubt
    doubt    text,
    primary key (run_id, ordinal)
);
create index deliveries_notable on deliveries (run_id, outcome, ordinal) where outcome not in ('pending', 'accepted');
