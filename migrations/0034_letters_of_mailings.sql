-- Managers read the letters that mailings send and have sent: whether one does is looked up by the letter.
create index mailings_by_message on mailings (message_id);
create index runs_by_message on runs (message_id);
