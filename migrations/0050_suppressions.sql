-- Addresses that are not written to any more: the guard that everybody asks before a letter goes out, the list that people look at,
-- and, of runs, who was left out for which reason.

-- Which mailboxes are not written to at this moment, and where: in a mailing, in all of an owner's, or, under the nil id, in the
-- whole installation. The read model tells it, too, but later: whoever was told that they have left must get no letter that is
-- promised after that. So it is written with the events, by a trigger, as doors are (0018), and is a pure function of them.
create table suppressed (
    scope_id       uuid             not null,
    -- as addresses are compared, see EmailAddress::key
    mailbox        text collate "C" not null,
    reason         text             not null,
    -- from then on it may be written to again; null if only lifting ends it
    until          timestamptz,
    suppression_id uuid             not null,
    primary key (scope_id, mailbox, reason)
);
create index suppressed_by on suppressed (suppression_id);

-- Where a suppression counts; nowhere if it is in a form that is not known here.
create function suppressed_where(scope jsonb) returns uuid language sql immutable as $$
    select case scope ->> 'kind'
           when 'installation' then uuid '00000000-0000-0000-0000-000000000000'
           when 'owner' then door_of(scope ->> 'owner')
           when 'mailing' then door_of(scope ->> 'mailing') end
$$;

-- When a suppression ends; never by itself if it has an end that is no moment.
create function suppressed_until(until text) returns timestamptz language plpgsql stable strict as $$
begin
    return until::timestamptz;
exception when data_exception then
    return null;
end
$$;

-- What is not known here changes nothing, so that nothing that may be appended is refused because of it: nor is a mailbox that is
-- longer than any, and than a key may be. Folding all events of a stream once more makes its row well again.
create function suppressed_after(event events) returns void language plpgsql as $$
declare
    of_suppression constant uuid  := door_of(event.aggregate_id);
    told           constant jsonb := event.payload -> 'Suppressed';
    scope          constant uuid  := suppressed_where(told -> 'scope');
begin
    if of_suppression is null or event.event_type not in ('Suppressed', 'Lifted') then
        return;
    end if;
    delete from suppressed where suppression_id = of_suppression;
    if event.event_type = 'Suppressed' and scope is not null
       and octet_length(told ->> 'mailbox') + octet_length(told ->> 'reason') <= 1024 then
        insert into suppressed (scope_id, mailbox, reason, until, suppression_id)
        values (scope, told ->> 'mailbox', told ->> 'reason', suppressed_until(told ->> 'until'), of_suppression)
            on conflict (scope_id, mailbox, reason) do update
           set until = excluded.until, suppression_id = excluded.suppression_id;
    end if;
end
$$;

create function events_suppress() returns trigger language plpgsql as $$
begin
    perform suppressed_after(new);
    return null;
end
$$;

-- There are no such events yet, and no program of before appends any.
create trigger events_suppress
    after insert on events
    for each row when (new.aggregate_type = 'suppression')
    execute function events_suppress();

-- suppressions: the list that people look at, with what was lifted
create table suppressions (
    id             uuid             primary key,
    -- installation, owner, mailing
    scope          text             not null,
    scope_id       uuid             not null,
    -- null for the whole installation
    owner_id       uuid,
    mailing_id     uuid,
    -- as it was written, and as addresses are compared
    email          text             not null,
    mailbox        text collate "C" not null,
    reason         text             not null,
    source         jsonb            not null,
    -- recipient, mail_server, person, file
    source_kind    text             not null,
    note           text,
    suppressed_at  timestamptz      not null,
    until          timestamptz,
    lifted_at      timestamptz,
    lifted_by      text,
    lifted_why     text,
    version        bigint           not null
);
create index suppressions_owner on suppressions (owner_id, suppressed_at, id);
create index suppressions_time on suppressions (suppressed_at, id);
create index suppressions_mailbox on suppressions (mailbox);
create index suppressions_active on suppressions (owner_id, suppressed_at, id) where lifted_at is null;

insert into projections (name) values ('suppressions');
-- It begins where the hindmost of the others is, as there is no event for it before: all the others would wait for it else (0015).
update projections n
   set position = o.position, folded = o.folded
  from (select position, folded from projections
         where name <> 'suppressions' and name not like 'rebuild:%'
         order by position limit 1) o
 where n.name = 'suppressions';

-- mailings, runs: whether somebody writes to many, who can leave, or about something that each of them did
alter table mailings
    add kind text not null default 'bulk';
alter table runs
    add kind text not null default 'bulk';
-- runs
alter table deliveries
    -- why it was suppressed; null for others, and for what was suppressed before this migration, of which the batch tells
    add suppression text;
-- How many of a run's deliveries were suppressed for which reason.
create table suppression_counts (
    run_id     uuid   not null,
    reason     text   not null,
    deliveries bigint not null,
    primary key (run_id, reason)
);
insert into suppression_counts (run_id, reason, deliveries)
select id, 'same_mailbox', left_out from runs where left_out > 0
 union all
select id, 'cancelled', suppressed - left_out from runs where suppressed > left_out;

-- Why a delivery was suppressed. Of those from before this column there were two reasons.
create function why_suppressed(suppression text, outcome text, ordinal integer, left_out smallint[])
    returns text language sql immutable parallel safe as $$
    select coalesce(suppression, case when outcome = 'suppressed' then
        case when (ordinal % 500)::smallint = any(left_out) then 'same_mailbox' else 'cancelled' end end)
$$;

-- The keys of the links in letters, by their version. They are secrets, and in no event.
create table link_keys (
    version smallint    primary key,
    key     bytea       not null check (octet_length(key) = 32),
    made_at timestamptz not null default clock_timestamp()
);

-- Up to where of the log each of those has come who follow it and append what comes of it, in the transaction that moves them on.
create table followers (
    name     text   primary key,
    position bigint not null
);
insert into followers (name, position) values ('dead_addresses', 0);

-- A rebuild that was stopped lacks the columns; it begins anew.
drop schema if exists rebuild_mailings cascade;
drop schema if exists rebuild_runs cascade;
delete from projections where name in ('rebuild:mailings', 'rebuild:runs');
