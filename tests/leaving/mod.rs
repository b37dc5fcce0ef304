//! How recipients leave: what letters tell them and their mail programs, and what comes of it.

mod headers;
