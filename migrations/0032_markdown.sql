-- Letters can be written in Markdown, of which their text and their HTML are made. What was written is kept with the revision, so that it
-- can be edited again.

-- messages: null for letters that were written as text and HTML, which all of before this migration are
alter table message_revisions
    add markdown text;

-- A rebuild that was stopped lacks the column; it begins anew.
drop schema if exists rebuild_messages cascade;
delete from projections where name = 'rebuild:messages';
