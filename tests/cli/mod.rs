//! The program as its users start it: real processes with real settings, a PostgreSQL, and a mail server.

mod administrators;
mod asking;
mod causes;
mod commands;
mod consent;
mod crashes;
mod demonstration;
mod doctor;
mod exporting;
mod fields;
mod first_mailing;
mod importing;
mod main_job;
mod outages;
mod reports;
mod retrying;
mod scene;
mod segments;
mod senders;
mod sending;
mod serving;
mod settings;
mod statistics;
mod stopped;
mod suppressions;
mod users;
