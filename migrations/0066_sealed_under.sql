-- sealed_keys: the master key under which the private half is sealed, by its fingerprint, which gives nothing of it away. A process that
-- has another one knows by that that it is wrong itself, and leaves the letters to others. Null for what programs of before have sealed,
-- until a process comes across that can open it.
alter table sealed_keys
    add sealed_under text;
