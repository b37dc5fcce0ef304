-- One mailbox, however its domain is spelled: what is compared has the domain in A-labels. PostgreSQL does not know how to make
-- them, so the program does it when it starts, after the migrations; see `work_done`.

-- clients
alter table clients
    -- the address as it is compared, where that is not merely the address in lower case; null for nearly all
    add mailbox text;

-- What is to be spelled anew, and what could not be, because another holds it.
create index claims_beyond_ascii on claims (kind, scope, value)
    where kind in ('client-email', 'user-email', 'administrator') and octet_length(value) <> char_length(value);

-- What the program has to do once after a migration and has done. Processes of the time before do not keep the read models any
-- more by then, so it need not be done again.
create table work_done (
    name    text        primary key,
    done_at timestamptz not null default now()
);

-- A rebuild that was stopped lacks the column; it begins anew.
drop schema if exists rebuild_clients cascade;
delete from projections where name = 'rebuild:clients';
