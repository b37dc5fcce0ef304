-- Messages that everybody may read and use.

alter table messages add shared boolean not null default false;
create index messages_shared on messages (created_at, id) where shared and deleted_at is null;
