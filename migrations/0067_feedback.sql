-- What came back: bounces and complaints, as they were reported of letters after mail servers had taken them.

-- feedback: a row for each report of a letter
create table feedback (
    run_id      uuid        not null,
    -- the place in the run: 500 times the batch's number plus the place in the batch
    ordinal     integer     not null,
    -- the place of the event in its stream, of which each batch has one
    version     bigint      not null,
    -- the place of the event in the log
    position    bigint      not null,
    report_id   uuid        not null,
    mailing_id  uuid        not null,
    owner_id    uuid        not null,
    client_id   uuid        not null,
    -- permanent, temporary, complaint
    what        text        not null,
    -- whether there is no such mailbox
    dead        boolean     not null,
    -- an enhanced code, or three digits; null if there is none, and for complaints
    code        text,
    -- what the report says of a bounce, or the kind of complaint; null if it says nothing
    words       text,
    -- the way on which it came, such as smtp or imap
    via         text        not null,
    -- who reports it; null if they do not say
    reported_by text,
    reported_at timestamptz not null,
    primary key (run_id, ordinal, version)
);
create index feedback_owner on feedback (owner_id, reported_at, run_id, ordinal, version);
create index feedback_mailing on feedback (mailing_id, reported_at, run_id, ordinal, version);
create index feedback_time on feedback (reported_at, run_id, ordinal, version);
create index feedback_client on feedback (client_id, reported_at);

-- feedback_counts: how many letters of a run came back or were complained of, whatever number of reports there is of each
create table feedback_counts (
    run_id     uuid   primary key,
    mailing_id uuid   not null,
    owner_id   uuid   not null,
    -- letters that came back for good
    bounced    bigint not null,
    -- letters that were put off, of which nobody has said that they came back for good
    delayed    bigint not null,
    -- letters of which recipients complained
    complained bigint not null
);
create index feedback_counts_mailing on feedback_counts (mailing_id);

insert into projections (name) values ('feedback');
-- It begins where the hindmost of the others is, as there is no event for it before: all the others would wait for it else (0015).
update projections n
   set position = o.position, folded = o.folded
  from (select position, folded from projections
         where name <> 'feedback' and name not like 'rebuild:%'
         order by position limit 1) o
 where n.name = 'feedback';

-- Those who follow the log: from now on, whoever's letters came back is not written to, mailings of which too many did are paused, and
-- people are told of mailings that were stopped. What was stopped before this migration is told to nobody.
insert into followers (name, position)
select name, (select coalesce(max(position), 0) from events) from unnest(array['feedback', 'guard', 'alerts']) as t (name);

-- guard_marks: what was known of a run when the guard paused its mailing. Only what came after that counts the next time: whoever resumes
-- a mailing has seen what was.
create table guard_marks (
    run_id     uuid   primary key,
    mailing_id uuid   not null,
    accepted   bigint not null,
    bounced    bigint not null,
    complained bigint not null
);

-- troubles: parts of the service that do not do their work, as engines see it, so that administrators are told once, and again after a day
-- if it goes on, or comes back
create table troubles (
    -- relay, read_model, follower, intake
    part    text        not null,
    -- what it is called among its like
    name    text        not null,
    -- what is wrong, as the part says it
    words   text        not null,
    -- since when; null if it does its work again
    since   timestamptz,
    -- when administrators were told of it last; null if they were not
    told_at timestamptz,
    primary key (part, name)
);

-- audit: why an account was blocked, and by whom, is told to those who look after the service and not to its holder, whose events these
-- were so far.
with hidden as (
    select e.aggregate_id::uuid as key, (e.position / 256)::integer as block,
           array_agg((e.position % 256)::smallint) as places
      from events e
     where e.aggregate_type = 'user' and e.event_type in ('Blocked', 'Unblocked')
     group by 1, 2)
update audit a
   set places = array(select u.place from unnest(a.places) with ordinality as u (place, n)
                       where u.place <> all(h.places) order by u.n)
  from hidden h
 where a.facet = 1 and a.key = h.key and a.block = h.block;
