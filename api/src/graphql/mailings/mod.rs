//! Mailings, their runs and deliveries, what came back of them, and the relays that take them.

pub(crate) mod came_back;
pub(crate) mod delivery;
pub(crate) mod feedback;
pub(crate) mod mailing;
pub(crate) mod outcome;
pub(crate) mod relay;
pub(crate) mod run;
