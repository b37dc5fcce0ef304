-- Who may come in, and as what. The read models tell it too, but later: they may be behind, or stopped, and whoever is shut
-- out or loses a role must be out at once. So it is written with the events, by a trigger, which no program that appends can
-- forget, an older version of this one or a stock postgres-es included. Like claims, a door is a pure function of the events.
create table doors (
    user_id  uuid    primary key,
    verified boolean not null,
    blocked  boolean not null,
    roles    text[]  not null
);

-- Whose door a stream of events moves; nobody's if it is not named as an account's stream is.
create function door_of(stream text) returns uuid language sql immutable as $$
    select case when stream ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then stream::uuid end
$$;

-- What is not known here changes no door, so that nothing that may be appended is refused because of it.
create function door_after(event events) returns void language plpgsql as $$
declare
    of_user constant uuid := door_of(event.aggregate_id);
    granted constant text := event.payload -> event.event_type ->> 'role';
begin
    if of_user is null then
        return;
    end if;
    case event.event_type
        when 'Registered' then
            insert into doors (user_id, verified, blocked, roles) values (of_user, false, false, '{}')
            on conflict (user_id) do update set verified = false, blocked = false, roles = '{}';
        when 'EmailVerified', 'EmailChanged' then
            update doors set verified = true where user_id = of_user;
        when 'Blocked' then
            update doors set blocked = true where user_id = of_user;
        when 'Unblocked' then
            update doors set blocked = false where user_id = of_user;
        when 'RoleGranted' then
            update doors set roles = array_append(array_remove(roles, granted), granted)
             where user_id = of_user and granted is not null;
        when 'RoleRevoked' then
            update doors set roles = array_remove(roles, granted) where user_id = of_user;
        else
            null;
    end case;
end
$$;

-- Whoever is blocked keeps nothing that would let them in again. The door comes first: who begins a session or makes a token
-- holds it, so that either they see that it is shut, or what they made is seen here.
create function events_move_doors() returns trigger language plpgsql as $$
begin
    perform door_after(new);
    if new.event_type = 'Blocked' then
        delete from sessions where user_id = door_of(new.aggregate_id);
        delete from api_tokens where user_id = door_of(new.aggregate_id);
    end if;
    return null;
end
$$;

-- It waits for appends that are under way, and further ones wait for this migration: no event falls between it and the loop.
create trigger events_move_doors
    after insert on events
    for each row when (new.aggregate_type = 'user')
    execute function events_move_doors();

do $$
declare
    event events;
begin
    for event in select * from events where aggregate_type = 'user' order by aggregate_id, sequence loop
        perform door_after(event);
    end loop;
end
$$;

-- Blocking and ending were two steps before, with a crash possible in between.
delete from sessions where user_id in (select user_id from doors where blocked);
delete from api_tokens where user_id in (select user_id from doors where blocked);

-- A token may at most what its owner could do when it was made. Tokens that are there already are taken as made now. A
-- program of the time before that still runs beside this one names no roles; its tokens may do what an owner without a role
-- may.
alter table api_tokens add roles text[] not null default '{}';
update api_tokens t set roles = d.roles from doors d where d.user_id = t.user_id;
