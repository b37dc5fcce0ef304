//! What happened to a mailing, event by event, as people read it.

use crate::audit::log;
use crate::who::Viewer;
use domain::{Actor, Language, TimeZone};
use projections::history::AuditEvent;
use projections::users::User;
use words::history::{What, Who};

/// Whoever did something, as the viewer may know them. A user is called by their name. The address of one who has none is told
/// to those who watch over the service only, as an owner may not know a manager's; so are accounts on the machine. `user` is the
/// actor's account, if the actor is a user.
#[must_use]
pub fn who(viewer: &Viewer, actor: &Actor, user: Option<&User>) -> Who {
    let called = match actor {
        Actor::User(id) => match user {
            Some(user) if !user.full_name.is_empty() => Some(user.full_name.clone()),
            _ if *id == viewer.id() => return Who::You,
            user => user.filter(|_| viewer.may_watch()).map(|user| user.email.clone()),
        },
        Actor::CommandLine(account) => viewer.may_watch().then(|| account.clone()),
        Actor::System(_) => None,
    };
    called.map_or(Who::Unnamed, Who::Called)
}

/// Who did what, in a sentence with the times of the viewer's own clocks. What others wrote in letters and articles it does not tell.
#[must_use]
pub fn told(viewer: &Viewer, language: Language, event: &AuditEvent, actor: &Actor, user: Option<&User>) -> String {
    let zone = TimeZone::parse(&viewer.user().time_zone).unwrap_or(TimeZone::UTC);
    let fact = event.fact().ok();
    let what = match &fact {
        Some(fact) if log::hides_words(viewer, event) => What::WithoutWords(fact),
        Some(fact) => What::Whole(fact),
        None => What::Unknown,
    };
    let who = who(viewer, actor, user);
    words::history::sentence(language, zone, (actor, &who), what, &event.event_type)
}
