-- The audiences of the runs $1 of the mailings $2 and the owners $3, one row for each run that has at most $4 recipients before
-- they are looked at: those that its mailing names and those of its groups, each client once. A run that a planner has begun with
-- in pages is left out, also where its scratch paper is gone, and so is one that has more, and one whose mailing has, or once had,
-- segments or somebody to leave out (see `filtered.rs`).
--
-- All parts of a run are look-ups by key with a bound, one after the other, so that neither the size of the address book nor
-- what the planner believes about groups changes what a run of ten costs. Of several clients with one mailbox all but the first
-- are doubles; before one mailbox could have several spellings, that was nobody (see `freeze.rs`). Who of them is not written to any
-- more is asked by their addresses, and in all groups that the mailing names, also deleted ones.
select q.run_id as "run!", f.clients as "clients!", f.revisions as "revisions!", f.doubles as "doubles!",
       f.emails as "emails!", t.topics as "topics!"
  from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as q (run_id, mailing_id, owner_id)
 cross join lateral (
    select array_agg(client_id) as clients, count(*) as size
      from (
        (select client_id from mailing_clients where mailing_id = q.mailing_id limit $4 + 1)
        union all
        (select m.client_id
           from mailing_groups a
          cross join lateral (select id from groups where id = a.group_id and deleted_at is null offset 0) g
          cross join lateral (
             select client_id from group_members where group_id = g.id order by client_id limit $4 + 1) m
          where a.mailing_id = q.mailing_id
          limit $4 + 1)
      ) named
 ) w
 cross join lateral (
    select coalesce(array_agg(group_id), '{}') as topics from mailing_groups where mailing_id = q.mailing_id
 ) t
 cross join lateral (
    select coalesce(array_agg(id order by id), '{}') as clients,
           coalesce(array_agg(revision order by id), '{}') as revisions,
           coalesce(array_agg(respelled and nth > 1 order by id), '{}') as doubles,
           coalesce(array_agg(email order by id), '{}') as emails
      from (
        select c.id, c.revision, c.email, row_number() over (partition by c.key order by c.id) as nth,
               bool_or(c.mailbox is not null) over (partition by c.key) as respelled
          from (select distinct client_id from unnest(w.clients) as t (client_id)) d
         cross join lateral (
            select id, revision, owner_id, deleted_at, email, mailbox, coalesce(mailbox, lower(email)) as key
              from clients where id = d.client_id offset 0) c
         where c.owner_id = q.owner_id and c.deleted_at is null
      ) found
 ) f
 where w.size <= $4
   and not exists (select from run_audience a where a.run_id = q.run_id)
   and not exists (select from runs_in_pages p where p.run_id = q.run_id)
   and not exists (select from batches b where b.run_id = q.run_id)
   and not exists (select from mailings_by_filter f where f.mailing_id = q.mailing_id)
