-- The blog, the numbers of the home page, and statistics.

insert into projections (name) values ('articles');

-- articles
create table articles (
    id           uuid        primary key,
    author_id    uuid        not null,
    slug         text        not null,
    title        text        not null,
    body         text        not null,
    image_url    text,
    published    boolean     not null,
    -- when it was published for the first time
    published_at timestamptz,
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    deleted_at   timestamptz,
    version      bigint      not null
);
create index articles_published on articles (published_at, id) where published and deleted_at is null;
create index articles_created on articles (created_at, id) where deleted_at is null;
create index articles_slug on articles (slug) where deleted_at is null;

-- How often articles were read. No projection: a view is no event, and is counted only here. The row of the nil UUID
-- counts the list of articles.
create table article_views (
    article_id uuid   primary key,
    views      bigint not null
);

-- clients: how many clients have an address, over all owners, and how many addresses there are
create table client_addresses (
    email_key text   primary key,
    clients   bigint not null
);
create table client_numbers (
    -- there is one row
    id        boolean primary key check (id),
    addresses bigint  not null
);
insert into client_addresses (email_key, clients)
select lower(email), count(*) from clients where deleted_at is null group by 1;
insert into client_numbers (id, addresses)
select true, (select count(*) from client_addresses) where exists (select from clients);

-- runs: attempts by quarters of an hour, which are parts of the days of every time zone in use
create table attempt_counts (
    owner_id   uuid        not null,
    at         timestamptz not null,
    mailing_id uuid        not null,
    outcome    text        not null,
    count      bigint      not null,
    primary key (owner_id, at, mailing_id, outcome)
);
insert into attempt_counts (owner_id, at, mailing_id, outcome, count)
select r.owner_id, date_bin('15 minutes', a.at, timestamptz '2000-01-01 00:00:00+00'), r.mailing_id, a.outcome, count(*)
  from (select run_id, at, outcome from attempts
        union all
        select run_id, at, coalesce(attempt, outcome) from deliveries where attempts > 0) a
  join runs r on r.id = a.run_id
 where a.outcome <> 'not_tried'
 group by 1, 2, 3, 4;

-- A rebuild that was stopped lacks these tables; it begins anew.
drop schema if exists rebuild_clients cascade;
drop schema if exists rebuild_runs cascade;
delete from projections where name in ('rebuild:clients', 'rebuild:runs');
