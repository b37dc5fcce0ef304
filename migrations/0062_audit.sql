-- The audit log: which events are whose, who caused them, of what kind and type they are, and what they belong to, so that the log can be
-- asked newest first however long it is.
--
-- It is no row for each event: with what it would need to be found by, that had 250 bytes, a third of the log. Nor is it indexes on the
-- events, for which every append would pay. The log is cut into blocks of 256 positions, and a row says which places of a block have one
-- answer to one question. An import of a million clients by one owner has the same answers from its first to its last event: 5 rows with 256
-- numbers of 2 bytes each for a block, some 12 bytes for an event. Where everybody does something else, an event has 5 rows of its own at
-- the most, and with the neighbours that share its answers about two: some 200 bytes for what a person did by hand, which is what there is
-- least of. It is written by the projector, so appends take as long as before.
create table audit (
    -- 1 whose the event is, 2 who caused it, 3 the kind of its stream, 4 its type, 5 its correlation: see projections/src/audit/facet.rs
    facet   smallint   not null,
    -- the answer
    key     uuid       not null,
    -- the position divided by 256
    block   integer    not null,
    -- what is left of the positions, ascending
    places  smallint[] not null,
    primary key (facet, key, block)
);

-- It is filled from the beginning of the log: the program does it beside all that goes on, and nobody waits for it.
insert into projections (name) values ('audit');
