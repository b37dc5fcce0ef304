//! Letting an address get letters again.

use crate::Services;
use crate::refusal::{Problem, Refused, input};
use crate::who::rights::{Administrator, Owner};
use domain::SuppressionId;
use domain::suppression::{Command, Entry, Error, Lifter, Reason, Scope, Suppression};
use eventstore::{Metadata, Receipt};

/// By which of their rights somebody lifts a suppression; either may be lacking.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lifting {
    /// As the one whose list it is.
    pub owner: Option<Owner>,
    /// As one who looks after the service.
    pub administrator: Option<Administrator>,
}

impl Lifting {
    /// As whom they lift this one; none if it is not theirs to see to. What is the installation's, and what a recipient has
    /// complained of, is the administrators', whosever list it is in.
    fn lifter(self, entry: &Entry) -> Option<Lifter> {
        let own = self.owner.is_some_and(|owner| entry.scope.owner() == Some(owner.id()));
        let theirs = entry.scope == Scope::Installation || entry.reason == Reason::Complained;
        if theirs && self.administrator.is_some() { Some(Lifter::Administrator) } else { own.then_some(Lifter::Owner) }
    }
}

/// Lets an address get letters again, for a reason that is kept. Doing it again changes nothing.
pub async fn lift(
    services: &Services,
    by: Lifting,
    id: &str,
    why: String,
    metadata: &Metadata,
) -> Result<(SuppressionId, Receipt), Refused> {
    let id: SuppressionId = input::id(id, &["id"], &Error::NotFound)?;
    let why = input::text(why, &["reason"])?;
    // The scope and the reason of a stream never change, so what is read here holds when it is written.
    let lifter = match services.store.load::<Suppression>(id.0).await?.state {
        Suppression::Active(entry) | Suppression::Lifted(entry) => by.lifter(&entry),
        Suppression::Absent => None,
    };
    let by = lifter.ok_or_else(|| Problem::of(&Error::NotFound))?;
    let command = Command::Lift { by, why: Some(why), at: services.now() };
    let receipt = services.store.execute::<Suppression>(id.0, command, metadata).await?;
    Ok((id, receipt))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::who::Operator;
    use chrono::DateTime;
    use domain::{EmailAddress, GroupId, UserId};
    use uuid::Uuid;

    fn entry(scope: Scope, reason: Reason) -> Entry {
        let email = EmailAddress::parse("ann@example.org").expect("an address");
        Entry { scope, reason, email, since: DateTime::UNIX_EPOCH, until: None }
    }

    #[test]
    fn everybody_lifts_what_is_theirs_to_see_to() {
        let (me, other) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let operator = Operator::of_this_host();
        let owner = Lifting { owner: Some(operator.owner(me)), administrator: None };
        let both = Lifting { administrator: Some(operator.administrator().right()), ..owner };
        let nobody = Lifting::default();
        let (own, others) = (Scope::Owner { owner: me }, Scope::Owner { owner: other });
        let topic = Scope::Topic { owner: me, group: GroupId(Uuid::from_u128(3)) };
        for (scope, reason, by_owner, by_both) in [
            (own, Reason::Dead, Some(Lifter::Owner), Some(Lifter::Owner)),
            // The rule says that it stays.
            (own, Reason::Complained, Some(Lifter::Owner), Some(Lifter::Administrator)),
            (topic, Reason::Unsubscribed, Some(Lifter::Owner), Some(Lifter::Owner)),
            (others, Reason::Dead, None, None),
            (others, Reason::Complained, None, Some(Lifter::Administrator)),
            (Scope::Installation, Reason::ByHand, None, Some(Lifter::Administrator)),
        ] {
            let entry = entry(scope, reason);
            assert_eq!(owner.lifter(&entry), by_owner, "{entry:?}");
            assert_eq!(both.lifter(&entry), by_both, "{entry:?}");
            assert_eq!(nobody.lifter(&entry), None, "{entry:?}");
        }
    }
}
