-- Occurrences that passed unused are one event, and one line, however many there were; and a mailing knows since when it is
-- planned as it is: what had passed by then was never to run.
--
-- Nothing is to be filled in: no event of before has either. A process of before goes on beside this one.

-- runs: of one that stands for several occurrences
alter table runs
    -- the last of them; `occurrence` is the first
    add missed_until timestamptz,
    -- how many there were
    add missed bigint;

-- mailings: null where the event does not tell: since it was created
alter table mailings add planned_at timestamptz;
