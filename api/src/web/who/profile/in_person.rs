//! The visitor who has logged in themselves.

use crate::web::frame::{Trouble, Visit};
use acts::who::rights::{InPerson, SignedIn};

/// The visitor, who has logged in themselves.
pub(super) fn in_person(visit: &Visit) -> Result<InPerson<SignedIn<'_>>, Trouble> {
    visit.in_person(visit.viewer()?.signed_in())
}
