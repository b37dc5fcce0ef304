-- A report may say from now on that a letter is late, and that whoever has it goes on trying: `feedback.what` is permanent, temporary, delayed or
-- complaint. Such a letter has not come back, and is in none of the numbers of its run. What stands as temporary in the log from before may have
-- been that, too, which nobody can tell any more, so no row changes. `feedback_counts.delayed` keeps its name, and counts what it did: letters
-- of which a report says temporary, and none permanent.

-- intake_ways: how it is with the ways on which others deliver (the mail server, the webhooks of providers), as each process that is there for
-- them sees it. Each says so again every half a minute; what is older than a few minutes counts no more. Scratch paper, like `intake_turns`.
create table intake_ways (
    via       text        not null,
    -- the process that says it
    holder    uuid        not null,
    -- why nothing comes in, and since when; null as long as nothing is in the way
    error     text,
    since     timestamptz,
    looked_at timestamptz not null,
    primary key (via, holder)
);
