-- From where somebody has logged in. Guesses by others, however many, do not keep them from doing so again from there. It is
-- kept as the SHA-256 of the account and the address, whose only use is to be recognised.
create table known_addresses (
    user_id      uuid        not null,
    address_hash bytea       not null,
    -- the last log-in, to about a day
    seen_at      timestamptz not null,
    primary key (user_id, address_hash)
);
create index known_addresses_seen_at on known_addresses (seen_at);

-- Whoever is logged in is known from where they are. An IPv6 host has a network of 2^64 addresses of its own.
insert into known_addresses (user_id, address_hash, seen_at)
select user_id, sha256(convert_to('known ' || user_id || ' ' || neighbourhood, 'UTF8')), max(seen_at)
  from (select user_id, coalesce(last_seen_at, created_at) as seen_at,
               case family(address::inet)
                   when 4 then host(address::inet)
                   else host(network(set_masklen(address::inet, 64)))
               end as neighbourhood
          from sessions where address is not null) s
 group by user_id, neighbourhood;

-- Every session was used when it began.
update sessions set last_seen_at = created_at where last_seen_at is null;
-- Those that have ended are swept out by the next ones that begin.
create index sessions_expires_at on sessions (expires_at);

-- A link that has been taken may be put back, if what it was taken for did not happen, but not when it was made useless
-- meanwhile.
alter table links add voided_at timestamptz;
