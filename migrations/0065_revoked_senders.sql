-- senders: when an administrator has revoked one, and why; null while letters can be from it
alter table senders
    add revoked_at  timestamptz,
    add revoked_why text;

-- A rebuild that was stopped lacks the columns; it begins anew.
drop schema if exists rebuild_senders cascade;
delete from projections where name = 'rebuild:senders';
