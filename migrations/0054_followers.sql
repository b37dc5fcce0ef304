-- followers: why one of them stands still where it is; null as long as it goes on
alter table followers
    add error text;
