//! Importing clients.
