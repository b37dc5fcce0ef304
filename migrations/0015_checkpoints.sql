-- A projection that came with a migration began at the start of the log, and all the others waited until it had caught up.
-- Its events cannot be older than the migration, so where there are none yet, it is as far as the hindmost of the others.
update projections n
   set position = o.position, folded = o.folded
  from (select position, folded from projections
         where name not in ('notices', 'articles') and name not like 'rebuild:%'
         order by position limit 1) o
 where n.name in ('notices', 'articles') and n.position = 0
   and not exists (select from events where aggregate_type in ('notice', 'article'));

-- Nobody lists a user's notices.
drop index notices_user;
