-- Clients whose mailbox is another client's of the same run get no letter of it, and the run says so.

-- runs
alter table batches
    -- the places of those who are left out, counted from 0; null for nearly all batches
    add left_out smallint[];
alter table runs
    -- how many of the suppressed ones they are
    add left_out bigint not null default 0;

-- Scratch paper: whether another client of the run with the same mailbox comes first.
alter table run_audience
    add is_double boolean not null default false;

-- A rebuild that was stopped lacks the columns; it begins anew.
drop schema if exists rebuild_runs cascade;
delete from projections where name = 'rebuild:runs';
