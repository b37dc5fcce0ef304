//! Attacks on the running program: what hostile or careless people send, while others work and letters go out.
//!
//! Each story lays a [`Siege`](siege::Siege): the real program under a memory limit, a run of letters that lasts longer than the story, and
//! another user, the bystander, who reads and writes all the while. The story attacks inside [`Siege::under`](siege::Siege::under), which watches, and
//! ends with [`Siege::withstood`](siege::Siege::withstood), which says what has to be true after any attack:
//!
//! * the process lives, has stayed below its memory limit, and ends well when it is asked to;
//! * every request of the bystander was answered, and rightly;
//! * letters went out during the attack, none of them twice, and none is in doubt.
//!
//! How long the bystander waited, how many letters went out in a second and how much memory was used at most is printed and
//! not judged: `cargo test --test stories hostile:: -- --nocapture --test-threads 1`. Only what hangs fails.

mod connections;
mod documents;
mod frozen;
mod heavy;
mod large;
mod log_ins;
mod rendering;
mod schedules;
mod siege;
mod standing;
