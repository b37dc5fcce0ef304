//! English. Each sentence goes on after the actor's name: "Ann" "paused the mailing".

use super::screens::counted;
use crate::screens::feedback::Feedback;
use crate::screens::shown;
use crate::shown::{capitalised, line};
use crate::what::What;
use crate::who::Who;
use domain::batch::{Attempt, AttemptOutcome, GiveUpReason, LeaveOutReason};
use domain::custom_field::Key;
use domain::mailing::Audience;
use domain::suppression::{Lifter, Reason, Scope};
use domain::{
    Actor, Fact, Language, Missed, Role, TimeZone, article, batch, client, custom_field, feedback, group, import,
    mailing, message, notice, rebuild, run, segment, sender, sender_domain, session, subscription, suppression, token,
    user,
};

/// An actor of whom no name is known.
pub(crate) fn part(actor: &Actor) -> String {
    match actor {
        Actor::System(part) => part.clone(),
        Actor::CommandLine(_) => "the operator".to_owned(),
        Actor::User(_) => "a user".to_owned(),
    }
}

/// Whoever did something, at the beginning of a sentence.
pub(crate) fn doer(actor: &Actor, who: &Who) -> String {
    match (who, actor) {
        (Who::You, _) => "You".to_owned(),
        (Who::Called(name), Actor::CommandLine(_)) => format!("{name} on the command line"),
        (Who::Called(name), Actor::User(_) | Actor::System(_)) => name.clone(),
        (Who::Unnamed, Actor::System(part)) => match part.as_str() {
            "visitor" => "A visitor",
            "guard" => "The guard",
            "intake" => "The intake",
            _ => "The service",
        }
        .to_owned(),
        (Who::Unnamed, Actor::CommandLine(_) | Actor::User(_)) => capitalised(&part(actor)),
    }
}

/// What happened, after whoever did it.
pub(crate) fn what(zone: TimeZone, what: What<'_>, event_type: &str) -> String {
    let recorded = || format!("recorded {event_type}");
    match what {
        What::Whole(fact) => of(fact, zone),
        What::WithoutWords(fact) => without_words(fact).map_or_else(recorded, str::to_owned),
        What::Unknown => recorded(),
    }
}

/// What happened, without what was written in a letter or an article; none if such an event has nothing to do with writing.
fn without_words(fact: &Fact) -> Option<&'static str> {
    match fact {
        Fact::Message(_, message::Event::Created { .. }) => Some("wrote a letter"),
        Fact::Message(_, message::Event::Revised { .. }) => Some("revised a letter"),
        Fact::Article(_, article::Event::Drafted { .. }) => Some("wrote an article"),
        Fact::Article(_, article::Event::Revised { .. }) => Some("revised an article"),
        _ => None,
    }
}

/// What happened.
#[expect(clippy::too_many_lines, reason = "a line or two for each thing that can happen")]
fn of(fact: &Fact, zone: TimeZone) -> String {
    match fact {
        Fact::Mailing(_, event) => of_mailing(event, zone),
        Fact::Run(_, event) => of_run(event, zone),
        Fact::Batch(_, event) => of_batch(event),
        Fact::Client(_, event) => match event {
            client::Event::Added { email, .. } => format!("added the client {email}"),
            client::Event::Changed { .. } => "changed the client".to_owned(),
            client::Event::FieldsChanged { fields } => {
                format!("changed what the client has in {}", listed(fields.keys().map(Key::as_str)))
            }
            client::Event::JoinedGroup { .. } => "put the client into a group".to_owned(),
            client::Event::LeftGroup { .. } => "took the client out of a group".to_owned(),
            client::Event::ConsentGiven(consent) => {
                let at = shown::minute(Language::En, consent.at, zone);
                format!("wrote down that the client agreed on {at}: “{}”", line(&consent.wording))
            }
            client::Event::ConsentConfirmed { at, .. } => {
                format!("confirmed the client’s consent by a letter on {}", shown::minute(Language::En, *at, zone))
            }
            client::Event::ConsentWithdrawn { source: client::Source::File { .. }, .. } => {
                "took the client’s consent back with the import that it had come with".to_owned()
            }
            client::Event::ConsentWithdrawn { at, .. } => {
                format!("withdrew the client’s consent on {}", shown::minute(Language::En, *at, zone))
            }
            client::Event::Deleted => "removed the client".to_owned(),
        },
        Fact::Group(_, event) => match event {
            group::Event::Created { name, .. } => format!("created the group “{}”", name.as_str()),
            group::Event::Renamed { name } => format!("renamed the group to “{}”", name.as_str()),
            group::Event::Published(topic) => {
                format!("made the group public as “{}”", topic.title.as_str())
            }
            group::Event::Unpublished => "made the group public no longer".to_owned(),
            group::Event::Deleted => "deleted the group".to_owned(),
        },
        Fact::Segment(_, event) => match event {
            segment::Event::Created { name, .. } => format!("created the segment “{}”", name.as_str()),
            segment::Event::Changed { name: Some(name), filter: None } => {
                format!("renamed the segment to “{}”", name.as_str())
            }
            segment::Event::Changed { .. } => "changed the segment".to_owned(),
            segment::Event::Deleted => "deleted the segment".to_owned(),
        },
        Fact::Message(_, event) => match event {
            message::Event::Created { content, .. } => format!("wrote the letter “{}”", content.subject()),
            message::Event::Revised { content } => format!("revised the letter “{}”", content.subject()),
            message::Event::Shared => "shared the letter with everybody".to_owned(),
            message::Event::Unshared => "shared the letter no longer".to_owned(),
            message::Event::Deleted => "deleted the letter".to_owned(),
        },
        Fact::User(_, event) => match event {
            user::Event::Registered { email, .. } => format!("opened an account for {email}"),
            user::Event::EmailVerified => "verified the address".to_owned(),
            user::Event::ProfileChanged { .. } => "changed the profile".to_owned(),
            user::Event::PostalAddressChanged { .. } => "changed the postal address".to_owned(),
            user::Event::EmailChanged { email } => format!("changed the address to log in with to {email}"),
            user::Event::PasswordChanged => "changed the password".to_owned(),
            user::Event::Blocked { reason } => format!("blocked the account: {reason}"),
            user::Event::Unblocked { reason } => format!("unblocked the account: {reason}"),
            user::Event::RoleGranted { role } => format!("granted the role “{}”", name(*role)),
            user::Event::RoleRevoked { role } => format!("revoked the role “{}”", name(*role)),
        },
        Fact::Notice(_, event) => of_notice(event),
        Fact::Session(_, session::Event::Begun { .. }) => "logged in".to_owned(),
        Fact::Session(_, session::Event::Ended { how, .. }) => match how {
            session::End::LoggedOut => "logged out",
            session::End::EndedByUser => "ended the session",
            session::End::PasswordChanged => "ended the session by changing the password",
            session::End::Surplus => "logged in once more, so the session used longest ago ended",
        }
        .to_owned(),
        Fact::Token(_, token::Event::Created { name, .. }) => format!("created the API token “{name}”"),
        Fact::Token(_, token::Event::Revoked { why, .. }) => match why {
            token::Revocation::ByOwner => "revoked the API token",
            token::Revocation::PasswordChanged => "revoked the API token by changing the password",
        }
        .to_owned(),
        Fact::Rebuild(_, rebuild::Event::Begun { projection }) => {
            format!("began to rebuild the read model {projection}")
        }
        Fact::Rebuild(_, rebuild::Event::Finished { events }) => {
            format!("rebuilt the read model from {}", counted(*events, "event", "events"))
        }
        Fact::Rebuild(_, rebuild::Event::Failed { reason }) => format!("could not rebuild the read model: {reason}"),
        Fact::Subscription(_, event) => match event {
            subscription::Event::Requested(wish) => {
                format!(
                    "asked for letters to {} about {}",
                    wish.email,
                    counted(wish.topics.len() as u64, "topic", "topics")
                )
            }
            subscription::Event::Confirmed { .. } => "confirmed that these letters are wanted".to_owned(),
        },
        Fact::Suppression(_, event) => of_suppression(event, zone),
        Fact::Feedback(_, event) => of_feedback(event),
        Fact::Sender(_, event) => of_sender(event),
        Fact::SenderDomain(_, event) => of_sender_domain(event),
        Fact::CustomField(_, event) => match event {
            custom_field::Event::Defined { key, label, .. } => {
                format!("created the field “{}”, which letters call {{{{{key}}}}}", label.as_str())
            }
            custom_field::Event::Renamed { label } => format!("renamed the field to “{}”", label.as_str()),
            custom_field::Event::Removed => "removed the field".to_owned(),
        },
        Fact::Import(_, event) => of_import(event),
        Fact::Article(_, event) => match event {
            article::Event::Drafted { content, .. } => format!("wrote the article “{}”", content.title()),
            article::Event::Revised { content, .. } => format!("revised the article “{}”", content.title()),
            article::Event::Published => "published the article".to_owned(),
            article::Event::Unpublished => "took the article back".to_owned(),
            article::Event::Deleted => "deleted the article".to_owned(),
        },
    }
}

fn of_mailing(event: &mailing::Event, zone: TimeZone) -> String {
    let moment = |at| shown::minute(Language::En, at, zone);
    match event {
        mailing::Event::Created { plan, .. } => format!(
            "planned the mailing “{}” from {} to {}{}",
            plan.name.as_str(),
            moment(plan.window.start()),
            moment(plan.window.end()),
            of_audience(&plan.audience).map(|whom| format!(", {whom}")).unwrap_or_default(),
        ),
        mailing::Event::Changed { plan, .. } => format!(
            "changed the mailing’s plan{}",
            of_audience(&plan.audience).map(|whom| format!(": {whom}")).unwrap_or_default(),
        ),
        mailing::Event::Paused => "paused the mailing".to_owned(),
        mailing::Event::Suspended { reason } => format!("paused the mailing: {reason}"),
        mailing::Event::Resumed => "resumed the mailing".to_owned(),
        mailing::Event::Disabled { reason } => format!("disabled the mailing: {reason}"),
        mailing::Event::Enabled { reason } => format!("enabled the mailing: {reason}"),
        mailing::Event::Cancelled => "cancelled the mailing".to_owned(),
        mailing::Event::Completed => "ended the mailing, as its time is over".to_owned(),
        mailing::Event::Deleted => "deleted the mailing".to_owned(),
    }
}

/// Whom a mailing goes to and whom it leaves out; nothing of clients and groups alone.
fn of_audience(audience: &Audience) -> Option<String> {
    let Audience { clients, groups, segments, less } = audience;
    let named = [
        (clients.len(), "client", "clients"),
        (groups.len(), "group", "groups"),
        (segments.len(), "segment", "segments"),
    ];
    let left = [
        (less.groups.len(), "group", "groups"),
        (less.segments.len(), "segment", "segments"),
        (less.mailings.len(), "other mailing", "other mailings"),
    ];
    let listed = |parts: [(usize, &str, &str); 3]| {
        let there = parts.into_iter().filter(|(number, ..)| *number > 0);
        there.map(|(number, one, many)| counted(number as u64, one, many)).collect::<Vec<_>>().join(", ")
    };
    let (named, left) = (listed(named), listed(left));
    (!audience.is_of_groups()).then(|| match left.as_str() {
        "" => format!("to {named}"),
        left => format!("to {named}, but not to the recipients of {left}"),
    })
}

fn of_run(event: &run::Event, zone: TimeZone) -> String {
    let moment = |at| shown::minute(Language::En, at, zone);
    match event {
        run::Event::Started { trigger: run::Trigger::Occurrence(at), .. } => {
            format!("started the run planned for {}", moment(*at))
        }
        run::Event::Started { trigger: run::Trigger::SendNow(_), .. } => "started a run at once".to_owned(),
        run::Event::Started { trigger: run::Trigger::ResendFailed(_), .. } => {
            "started a run for those whose letters failed".to_owned()
        }
        run::Event::ResendOrdered { deliveries, .. } => {
            format!("took the run up again for {} in doubt", counted(*deliveries, "letter", "letters"))
        }
        run::Event::OccurrencesMissed { missed: Missed { first, count: 1, .. }, .. } => {
            format!("missed the run planned for {}", moment(*first))
        }
        run::Event::OccurrencesMissed { missed, .. } => format!(
            "missed {} planned from {} to {}",
            counted(missed.count, "run", "runs"),
            moment(missed.first),
            moment(missed.last)
        ),
        run::Event::AudienceFrozen { planned, .. } => {
            format!("gathered the recipients of the run: {}", counted(*planned, "person", "people"))
        }
        run::Event::Finished { totals, .. } => {
            let accepted = shown::number(Language::En, totals.accepted);
            format!("finished the run: {accepted} of {} accepted", counted(totals.planned, "letter", "letters"))
        }
    }
}

fn of_batch(event: &batch::Event) -> String {
    match event {
        batch::Event::Planned { number, recipients, .. } => {
            let people = counted(recipients.len() as u64, "person", "people");
            format!("got part {} of the run ready, for {people}", number + 1)
        }
        batch::Event::LeftOut { recipients, reason: LeaveOutReason::SameMailbox } => {
            let mailbox = "mailbox is that of another recipient";
            format!("left out {}, whose {mailbox}", counted(recipients.len() as u64, "recipient", "recipients"))
        }
        batch::Event::LeftOut { recipients, reason: LeaveOutReason::Suppressed(reason) } => {
            let recipients = counted(recipients.len() as u64, "recipient", "recipients");
            format!("left out {recipients} to whom nobody writes any more: {}", because(*reason))
        }
        batch::Event::SendingStarted { recipients, .. } => {
            format!("began to send {}", counted(recipients.len() as u64, "letter", "letters"))
        }
        batch::Event::AttemptRecorded { attempts } => recorded(attempts),
        batch::Event::ResendOrdered { recipients } => {
            format!("had {} in doubt sent again", counted(recipients.len() as u64, "letter", "letters"))
        }
        batch::Event::DoubtAccepted { recipients } => {
            let as_is = if recipients.len() == 1 { "as it is" } else { "as they are" };
            format!("left {} in doubt {as_is}", counted(recipients.len() as u64, "letter", "letters"))
        }
        batch::Event::GaveUp { reason: GiveUpReason::WindowEnded, .. } => {
            "gave up the letters that were left, as the time of the mailing is over".to_owned()
        }
        batch::Event::GaveUp { reason: GiveUpReason::Cancelled, .. } => {
            "gave up the letters that were left, as the mailing was cancelled".to_owned()
        }
        batch::Event::Completed => "finished a part of the run".to_owned(),
    }
}

fn of_suppression(event: &suppression::Event, zone: TimeZone) -> String {
    match event {
        suppression::Event::Suppressed { scope, reason, email, note, until, .. } => {
            let letters = match scope {
                Scope::Installation => "all letters of this installation",
                Scope::Owner { .. } => "all letters of the owner",
                Scope::Mailing { .. } => "the letters of one mailing",
                Scope::Topic { .. } => "the letters of one topic",
            };
            let until =
                until.map_or_else(String::new, |until| format!(" until {}", shown::minute(Language::En, until, zone)));
            let note = note.as_ref().map_or_else(String::new, |note| format!(" ({note})"));
            match reason {
                Reason::Unsubscribed => format!("unsubscribed {email} from {letters}{note}"),
                reason => format!("stopped {letters} to {email}{until}: {}{note}", because(*reason)),
            }
        }
        suppression::Event::Lifted { by: Lifter::Recipient, .. } => "took the unsubscription back".to_owned(),
        suppression::Event::Lifted { by: Lifter::Owner | Lifter::Administrator, why, .. } => {
            let why = why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
            format!("allowed letters to the address again{why}")
        }
    }
}

fn of_feedback(event: &feedback::Event) -> String {
    let by = event.report().by.as_ref().map_or_else(String::new, |by| format!(" from {}", line(by)));
    match event {
        feedback::Event::BounceReported { bounce, .. } => {
            let came_back = match bounce.severity {
                feedback::Severity::Permanent => "came back for good",
                feedback::Severity::Temporary => "came back for the moment",
                feedback::Severity::Delayed => "is late, and goes on being tried",
            };
            let code = bounce.code.as_ref().map_or_else(String::new, |code| format!(" ({})", line(code)));
            let words = bounce.words.as_ref().map_or_else(String::new, |words| format!(": “{}”", line(words)));
            format!("heard{by} that a letter {came_back}{code}{words}")
        }
        feedback::Event::Complained { kind, .. } => {
            let kind = kind.as_ref().map_or_else(String::new, |kind| {
                let known = Feedback::of(Language::En).of_complaint(kind);
                format!(" ({})", known.map_or_else(|| line(kind), str::to_owned))
            });
            format!("heard{by} that the recipient of a letter complained{kind}")
        }
    }
}

fn of_sender(event: &sender::Event) -> String {
    match event {
        sender::Event::Created { address, .. } => format!("created the sender {address}"),
        sender::Event::Changed { .. } => "changed the sender".to_owned(),
        sender::Event::Verified { .. } => "confirmed the sender’s address".to_owned(),
        sender::Event::Revoked { reason, .. } => format!("revoked the sender: {reason}"),
        sender::Event::Allowed { .. } => "allowed the sender again".to_owned(),
        sender::Event::Deleted => "deleted the sender".to_owned(),
    }
}

fn of_sender_domain(event: &sender_domain::Event) -> String {
    match event {
        sender_domain::Event::Added { domain } => format!("added the sender domain {domain}"),
        sender_domain::Event::KeyMade { selector, imported: false, .. } => format!("made the key {selector}"),
        sender_domain::Event::KeyMade { selector, imported: true, .. } => format!("brought the key {selector} along"),
        sender_domain::Event::KeyActivated { selector, .. } => format!("had letters signed with the key {selector}"),
        sender_domain::Event::KeyRetired { selector, .. } => {
            format!("had letters signed with the key {selector} no longer")
        }
        sender_domain::Event::KeyRemoved { selector } => format!("removed the key {selector}"),
        sender_domain::Event::Granted { .. } => "granted the domain to an owner".to_owned(),
        sender_domain::Event::GrantWithdrawn { .. } => "withdrew the domain from an owner".to_owned(),
        sender_domain::Event::Removed => "removed the sender domain".to_owned(),
    }
}

/// Names in quotation marks.
fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("“{name}”")).collect::<Vec<_>>().join(", ")
}

fn of_import(event: &import::Event) -> String {
    match event {
        import::Event::Begun { file, .. } if file.is_empty() => "began to import clients".to_owned(),
        import::Event::Begun { file, .. } => format!("began to import clients from “{file}”"),
        import::Event::Finished(done) => {
            let added = counted(done.added, "client", "clients");
            format!("ended the import: {added} added, {} changed", shown::number(Language::En, done.updated))
        }
        import::Event::UndoBegun => "began to take the import back".to_owned(),
        import::Event::Undone(done) => {
            let removed = counted(done.removed, "client", "clients");
            let [restored, left] = [done.restored, done.left].map(|number| shown::number(Language::En, number));
            format!(
                "took the import back: {removed} removed, {restored} restored, {left} left as others have changed them"
            )
        }
    }
}

/// Why nobody writes to an address any more.
fn because(reason: Reason) -> &'static str {
    match reason {
        Reason::Unsubscribed => "unsubscribed",
        Reason::Dead => "there is no such mailbox",
        Reason::Bounced => "letters came back",
        Reason::Complained => "complained about letters",
        Reason::ByHand => "put on the list by hand",
        Reason::Imported => "in an imported list",
    }
}

fn of_notice(event: &notice::Event) -> String {
    match event {
        notice::Event::Requested(notice::Request { kind, .. }) => requested(kind),
        notice::Event::SendingStarted { .. } => "began to send the letter",
        notice::Event::AttemptRecorded(attempt) => match &attempt.outcome {
            AttemptOutcome::Accepted => "recorded that the mail server took the letter",
            AttemptOutcome::Rejected { .. } => "recorded that the mail server refused the letter",
            AttemptOutcome::Deferred { .. } => "recorded that the mail server put the letter off",
            AttemptOutcome::Unknown { .. } => "recorded that nobody knows whether the mail server took the letter",
            AttemptOutcome::NotTried => "recorded that the letter was not sent",
        },
        notice::Event::Expired { .. } => "gave up the letter, as the mail server put it off for too long",
    }
    .to_owned()
}

/// Which letter of the service was asked for.
fn requested(kind: &notice::Kind) -> &'static str {
    match kind {
        notice::Kind::VerifyEmail => "asked for the letter that confirms an account’s address",
        notice::Kind::AlreadyRegistered => "asked for the letter that tells of an account that is there already",
        notice::Kind::RecoverPassword => "asked for the letter with which a forgotten password is replaced",
        notice::Kind::PasswordChanged => "asked for the letter that tells of a changed password",
        notice::Kind::ConfirmEmailChange => "asked for the letter that confirms an account’s new address",
        notice::Kind::EmailChanged { .. } => "asked for the letter that tells of an account’s new address",
        notice::Kind::VerifySender { .. } => "asked for the letter that confirms a sender’s address",
        notice::Kind::ConfirmSubscription { .. } => "asked for the letter that confirms a subscription",
        notice::Kind::MailingStopped(_) => "asked for the letter that tells of a stopped mailing",
        notice::Kind::Trouble(_) => "asked for the letter that tells of trouble with the service",
        notice::Kind::TestLetter(_) => "asked for a test letter",
    }
}

fn recorded(attempts: &[Attempt]) -> String {
    let of = |wanted: fn(&AttemptOutcome) -> bool| attempts.iter().filter(|attempt| wanted(&attempt.outcome)).count();
    let outcomes = [
        (of(|outcome| matches!(outcome, AttemptOutcome::Accepted)), "accepted"),
        (of(|outcome| matches!(outcome, AttemptOutcome::Rejected { .. })), "refused for good"),
        (of(|outcome| matches!(outcome, AttemptOutcome::Deferred { .. })), "put off"),
        (of(|outcome| matches!(outcome, AttemptOutcome::Unknown { .. })), "in doubt"),
        (of(|outcome| matches!(outcome, AttemptOutcome::NotTried)), "not sent"),
    ];
    let outcomes: Vec<String> = outcomes
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, outcome)| format!("{number} {outcome}"))
        .collect();
    format!("tried to send {}: {}", counted(attempts.len() as u64, "letter", "letters"), outcomes.join(", "))
}

fn name(role: Role) -> &'static str {
    match role {
        Role::Manager => "manager",
        Role::ContentManager => "content manager",
        Role::Administrator => "administrator",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use domain::BatchId;
    use uuid::Uuid;

    #[test]
    fn attempts_are_told_by_outcome() {
        let attempt = |outcome| Attempt {
            recipient: 0,
            at: DateTime::UNIX_EPOCH,
            outcome,
            code: None,
            enhanced: None,
            reply: None,
        };
        let mut attempts = vec![attempt(AttemptOutcome::Accepted); 98];
        attempts.extend(vec![attempt(AttemptOutcome::Rejected { dead: true }); 2]);
        let fact = Fact::Batch(BatchId(Uuid::nil()), batch::Event::AttemptRecorded { attempts });
        assert_eq!(of(&fact, TimeZone::UTC), "tried to send 100 letters: 98 accepted, 2 refused for good");
    }

    #[test]
    fn one_is_not_many() {
        let fact = Fact::Batch(BatchId(Uuid::nil()), batch::Event::SendingStarted { recipients: vec![0], hold: None });
        assert_eq!(of(&fact, TimeZone::UTC), "began to send 1 letter");
    }
}
