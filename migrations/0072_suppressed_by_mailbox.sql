-- suppressed: whoever asks about a mailbox finds all scopes in which it is suppressed with one look-up, and not with one for each scope.
create index suppressed_by_mailbox on suppressed (mailbox);
