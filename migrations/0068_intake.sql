-- What came in from mail servers and was not understood, for a person to look at, and how much of what came in. The messages are other
-- people's, with their addresses in them: they are no part of the log, and go after a while.
create table intake_messages (
    id           uuid        primary key,
    -- smtp, imap, pipe, or the provider that told it
    via          text        not null,
    received_at  timestamptz not null,
    -- the address that it came to, as the mail server said it; null if it did not
    envelope_to  text,
    -- the address that it is from, as the mail server said it, empty for the null sender; null if it did not
    envelope_from text,
    -- as the message itself has them; empty if it has none
    from_line    text        not null,
    subject      text        not null,
    -- the beginning of the message, and how many bytes all of it had
    message      bytea       not null,
    size         bigint      not null
);
create index intake_messages_time on intake_messages (received_at, id);

-- How many messages came in on a day, by the way they came and what they were.
create table intake_counts (
    day      date   not null,
    via      text   not null,
    -- bounce, complaint, unsubscribe, known, auto_reply, challenge, kept
    taken    text   not null,
    messages bigint not null,
    primary key (day, via, taken)
);

-- Whether the ways are open on which messages are fetched: null as long as nothing is in the way.
create table intake_states (
    via        text        primary key,
    error      text,
    since      timestamptz,
    looked_at  timestamptz not null
);

-- Which process looks for messages, and until when it may. Scratch paper, like `batch_leases`.
create table intake_turns (
    via        text        primary key,
    holder     uuid        not null,
    expires_at timestamptz not null
);
