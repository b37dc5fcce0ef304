-- Whether letters of a mailing may go out at a moment, in one place for every statement that asks. Whoever reads the read
-- models must also know whether the log is ahead of them, and whether the owner's door is shut, see doors.
create function may_send(status text, deleted_at timestamptz, ends_at timestamptz, at timestamptz)
    returns boolean language sql immutable parallel safe as $$
    select status = 'active' and deleted_at is null and ends_at > at
$$;

-- Whether nothing of it will ever be sent again, so that what is left is given up. A mailing that is paused or disabled is
-- neither this nor the other.
create function sends_no_more(status text, deleted_at timestamptz, ends_at timestamptz, at timestamptz)
    returns boolean language sql immutable parallel safe as $$
    select status = 'cancelled' or deleted_at is not null or ends_at <= at
$$;
