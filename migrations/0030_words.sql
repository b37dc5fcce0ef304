-- Rows in which a word stands that they cannot have. Nobody goes by such a row, neither to send nor to give up, until its
-- read model is rebuilt.

-- Whether nothing of a mailing will ever be sent again. What does not read is not given up: nobody knows what it is.
create or replace function sends_no_more(status text, deleted_at timestamptz, ends_at timestamptz, at timestamptz)
    returns boolean language sql immutable parallel safe as $$
    select (status = 'cancelled' or deleted_at is not null or ends_at <= at)
       and status in ('active', 'paused', 'disabled', 'disabled_paused', 'completed', 'completed_paused',
                      'completed_disabled', 'completed_disabled_paused', 'cancelled')
$$;

-- Whether the words of a delivery are such as it can have.
create function delivery_reads(outcome text, attempt text, doubt text)
    returns boolean language sql immutable parallel safe as $$
    select outcome in ('pending', 'accepted', 'rejected', 'deferred', 'unknown', 'suppressed', 'expired')
       and (attempt is null or attempt in ('accepted', 'rejected', 'deferred', 'unknown', 'not_tried'))
       and (doubt is null or doubt in ('open', 'again', 'accepted'))
$$;
