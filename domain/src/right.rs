//! Rights.

use crate::Role;
use std::collections::BTreeSet;

/// What somebody may do who is signed in. It follows from their roles alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// The user may have clients, groups, messages and mailings of their own.
    Own,
    /// The user may watch over everybody's mailings, and over users.
    Watch,
    /// The user may write the blog.
    WriteArticles,
    /// The user may look after the service itself: grant roles, rebuild projections.
    Administer,
}

impl Right {
    /// What somebody with these roles may do. Roles do not only add: a manager has no mailings.
    #[must_use]
    pub fn of(roles: &BTreeSet<Role>) -> BTreeSet<Self> {
        if roles.is_empty() {
            return [Self::Own].into();
        }
        let rights = |role: &Role| match role {
            Role::Manager => &[Self::Watch][..],
            Role::ContentManager => &[Self::WriteArticles],
            Role::Administrator => &[Self::Own, Self::Watch, Self::WriteArticles, Self::Administer],
        };
        roles.iter().flat_map(rights).copied().collect()
    }

    /// What somebody may do now with what they were given when they had the roles `then`: what they could do then and can
    /// still do. Neither a role that came nor one that went since adds anything.
    #[must_use]
    pub fn kept(then: &BTreeSet<Role>, now: &BTreeSet<Role>) -> BTreeSet<Self> {
        &Self::of(then) & &Self::of(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Right::{Administer, Own, Watch, WriteArticles};
    use Role::{Administrator, ContentManager, Manager};

    fn every_set_of_roles() -> Vec<BTreeSet<Role>> {
        let with = |sets: Vec<BTreeSet<Role>>, role: Role| {
            let more = sets.iter().map(|set| set.iter().copied().chain([role]).collect());
            more.chain(sets.clone()).collect()
        };
        Role::ALL.into_iter().fold(vec![BTreeSet::new()], with)
    }

    #[test]
    fn rights_follow_from_roles() {
        for (roles, rights) in [
            (&[][..], &[Own][..]),
            (&[Manager], &[Watch]),
            (&[ContentManager], &[WriteArticles]),
            (&[Manager, ContentManager], &[Watch, WriteArticles]),
            (&[Administrator], &[Own, Watch, WriteArticles, Administer]),
            (&[Administrator, Manager], &[Own, Watch, WriteArticles, Administer]),
        ] {
            assert_eq!(Right::of(&roles.iter().copied().collect()), rights.iter().copied().collect(), "{roles:?}");
        }
    }

    #[test]
    fn what_was_given_once_grows_with_no_role_and_with_the_loss_of_none() {
        for (then, now, kept) in [
            (&[][..], &[Administrator][..], &[Own][..]),
            (&[], &[Manager], &[]),
            (&[Manager], &[], &[]),
            (&[Manager], &[Administrator], &[Watch]),
            (&[Administrator], &[], &[Own]),
            (&[Administrator], &[ContentManager], &[WriteArticles]),
            (&[Manager, ContentManager], &[Manager], &[Watch]),
        ] {
            let [then, now] = [then, now].map(|roles| roles.iter().copied().collect());
            assert_eq!(Right::kept(&then, &now), kept.iter().copied().collect(), "{then:?} {now:?}");
        }
        for then in every_set_of_roles() {
            for now in every_set_of_roles() {
                let kept = Right::kept(&then, &now);
                assert!(kept.is_subset(&Right::of(&then)) && kept.is_subset(&Right::of(&now)), "{then:?} {now:?}");
                assert!(then != now || kept == Right::of(&now), "{now:?}");
            }
        }
    }
}
