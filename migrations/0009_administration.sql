-- Administration: why a user is blocked, and that an administrator is always left.

alter table users add blocked_reason text;

update users u set blocked_reason =
    (select e.payload -> 'Blocked' ->> 'reason' from events e
      where e.aggregate_type = 'user' and e.aggregate_id = u.id::text and e.event_type = 'Blocked'
      order by e.sequence desc limit 1)
 where u.blocked_at is not null;

-- Every administrator who is not blocked holds a claim; those of the time before are told by their events.
insert into claims (kind, scope, value, aggregate_type, aggregate_id)
select 'administrator', '', c.value, c.aggregate_type, c.aggregate_id
  from claims c
 where c.kind = 'user-email'
   and (select e.event_type from events e
         where e.aggregate_type = 'user' and e.aggregate_id = c.aggregate_id
           and e.event_type in ('RoleGranted', 'RoleRevoked')
           and e.payload -> e.event_type ->> 'role' = 'administrator'
         order by e.sequence desc limit 1) = 'RoleGranted'
   and coalesce((select e.event_type from events e
                  where e.aggregate_type = 'user' and e.aggregate_id = c.aggregate_id
                    and e.event_type in ('Blocked', 'Unblocked')
                  order by e.sequence desc limit 1), 'Unblocked') = 'Unblocked';
