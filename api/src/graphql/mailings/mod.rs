//! Mailings, their runs and deliveries, and the relays that take them.

pub(crate) mod delivery;
pub(crate) mod mailing;
pub(crate) mod relay;
pub(crate) mod run;
