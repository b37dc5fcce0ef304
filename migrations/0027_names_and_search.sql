-- Search finds what people mean, and clients have first and last names of their own.

-- A text as search compares it: lower case, without accents, ё as е, ß as ss, wide characters as plain ones. й, ў, ї, ѓ and ќ are
-- letters of their own and stay apart from и, у, і, г and к: they are put aside while marks are dropped. Dotted and dotless i
-- are one, so that nobody has to know which language a name is from.
create function folded(text) returns text language sql immutable parallel safe as $$
    select case when octet_length($1) = char_length($1) then lower($1)
    else replace(replace(replace(
             regexp_replace(
                 normalize(
                     translate(lower(translate(normalize($1, nfkc), 'İıẞ', 'iiß')),
                               'йўїѓќøđłς', U&'\E000\E001\E002\E003\E004odl\03C3'),
                     nfkd),
                 '[\u0300-\u036f]', '', 'g'),
             'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe')
    end
$$;

-- What a client is found by, if it has characters beyond ASCII; others are folded fast enough when somebody searches.
create function found_by(email text, full_name text, comment text) returns text language sql immutable parallel safe as $$
    select case when octet_length(email) + octet_length(full_name) + octet_length(comment)
                     > char_length(email) + char_length(full_name) + char_length(comment)
           then folded(email || E'\n' || full_name || E'\n' || comment) end
$$;

-- clients
alter table clients
    -- null where nothing is beyond ASCII; the program fills it in for clients of before this migration when it starts
    add found_by   text,
    -- null where nobody has said which of the words it is
    add first_name text,
    add last_name  text;
alter table client_revisions
    add first_name text,
    add last_name  text;

-- messages: what a revision is found by, if it has characters beyond ASCII; null for those of before this migration
alter table message_revisions
    add found_by text;

-- A rebuild that was stopped lacks the columns; it begins anew.
drop schema if exists rebuild_clients cascade;
drop schema if exists rebuild_messages cascade;
delete from projections where name in ('rebuild:clients', 'rebuild:messages');
