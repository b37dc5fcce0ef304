use crate::mailings::Halt;
use crate::screens::shown;
use crate::shapes::{Lifetime, Words};
use domain::notice::{Kind, MailingStopped, Part, Stopper, Trouble};
use domain::{EmailAddress, FullName, Language, TimeZone};

/// What stands before the subject of a test letter.
pub(crate) const TEST_MARK: &str = "[Test] ";

/// What stands before the name of whoever is greeted.
pub(crate) const HELLO: &str = "Hello";

/// How long a link works.
pub(crate) fn lifetime(lifetime: Lifetime) -> &'static str {
    match lifetime {
        Lifetime::Hour => "The link works once, for one hour.",
        Lifetime::Day => "The link works once, for 24 hours.",
        Lifetime::ThreeDays => "The link works once, for three days.",
        Lifetime::Week => "The link works once, for a week.",
    }
}

/// The words of a letter.
pub(crate) fn of(kind: &Kind) -> Option<Words> {
    Some(match kind {
        Kind::VerifyEmail => Words {
            subject: "Confirm your e-mail address",
            about:
                "You have registered with SkyMailing with this address. To confirm that it is yours, open this link:"
                    .to_owned(),
            otherwise: "If it was not you, just leave this letter alone: without the link nobody can use the account.",
        },
        Kind::AlreadyRegistered => Words {
            subject: "You have an account already",
            about:
                "Somebody, most likely you, wanted to register with SkyMailing with this address. It has an account \
                    already: log in with it. If you have forgotten the password, ask for a new one where you log in."
                    .to_owned(),
            otherwise: "If it was not you, there is nothing to do: nothing has changed in your account.",
        },
        Kind::RecoverPassword => Words {
            subject: "Choose a new password",
            about: "You have asked for a new password for SkyMailing. To choose one, open this link:".to_owned(),
            otherwise: "If it was not you, just leave this letter alone: your password stays as it is.",
        },
        Kind::PasswordChanged => Words {
            subject: "Your password was changed",
            about: "The password of your account with SkyMailing was changed.".to_owned(),
            otherwise: "If it was not you, somebody else has got into your account. Ask for a new password where you log in, at \
                        once: the link comes to this address.",
        },
        Kind::ConfirmEmailChange => Words {
            subject: "Confirm your new e-mail address",
            about:
                "You want to use this address for your account with SkyMailing. To confirm that it is yours, open this \
                    link:"
                    .to_owned(),
            otherwise: "If it was not you, just leave this letter alone: without the link nothing changes.",
        },
        Kind::EmailChanged { email } => Words {
            subject: "Your e-mail address was changed",
            about: format!(
                "Your account with SkyMailing has another e-mail address now: {email}. You log in with it, and further \
                 letters go there."
            ),
            otherwise: "If it was not you, somebody else has got into your account. Tell those who run this service, at once.",
        },
        Kind::VerifySender { address, owner, .. } => Words {
            subject: "Confirm a sender's address",
            about: format!(
                "{} wants letters that they send with SkyMailing to be from this address: {address}. To allow it, open this link:",
                owner.as_ref().map_or("Somebody", EmailAddress::as_str),
            ),
            otherwise: "If you do not want that, just leave this letter alone: without the link no letter is from this address.",
        },
        Kind::ConfirmSubscription { owner_name, topics, .. } => Words {
            subject: "Confirm your subscription",
            about: format!(
                "Somebody, most likely you, wants to get letters{} at this address, about {}. To get them, open this link:",
                owner_name.if_any().map(|name| format!(" from {name}")).unwrap_or_default(),
                topics.iter().map(|title| format!("\"{}\"", title.as_str())).collect::<Vec<_>>().join(", "),
            ),
            otherwise: "If it was not you, just leave this letter alone: without the link no letter comes.",
        },
        Kind::MailingStopped(stopped) => mailing_stopped(stopped),
        Kind::Trouble(trouble) => self::trouble(trouble),
        Kind::TestLetter(_) => return None,
    })
}

fn mailing_stopped(MailingStopped { name, by, reason, owner, .. }: &MailingStopped) -> Words {
    let is_own = owner.is_none();
    let whose = match owner.as_ref().map(FullName::if_any) {
        None => format!("your mailing \"{}\"", name.as_str()),
        Some(None) => format!("the mailing \"{}\"", name.as_str()),
        Some(Some(owner)) => format!("the mailing \"{}\" of {owner}", name.as_str()),
    };
    let reason = Halt::shown(reason, Language::En);
    let about = match (by, is_own) {
        (Stopper::Guard, true) => format!(
            "The guard of SkyMailing has paused {whose}. So many of its letters came back, or so many recipients complained, that \
             mail servers would soon take no letters from you at all:\n\n\"{reason}\"\n\nNothing more of it is sent until you \
             resume it. Before that, look at its report, and clean the list: take out addresses that are old or bought, and whoever \
             has not asked for these letters. What has come back so far does not count again. This is its page:"
        ),
        (Stopper::Guard, false) => format!(
            "The guard of SkyMailing has paused {whose}. So many of its letters came back, or so many recipients complained, that \
             mail servers would soon take no letters from its sender at all:\n\n\"{reason}\"\n\nNothing more of it is sent until \
             its owner, who has got a letter, too, resumes it. This is its page:"
        ),
        (Stopper::Engine, _) => format!(
            "SkyMailing has paused {whose}, because all of its letters would meet the same:\n\n\"{reason}\"\n\nNothing more of it \
             is sent until that is put right and the mailing is resumed. This is its page:"
        ),
        (Stopper::Manager, _) => format!(
            "A manager of this service has disabled {whose}, and wrote:\n\n\"{reason}\"\n\nNothing more of it is sent until a \
             manager enables it again. This is its page:"
        ),
    };
    Words {
        subject: match (by, is_own) {
            (Stopper::Engine | Stopper::Guard, true) => "Your mailing was paused",
            (Stopper::Engine | Stopper::Guard, false) => "A mailing was paused",
            (Stopper::Manager, true) => "Your mailing was disabled",
            (Stopper::Manager, false) => "A mailing was disabled",
        },
        about,
        otherwise: match (by, is_own) {
            (_, false) => "You get this letter because you look after the mailings of this service.",
            (Stopper::Engine | Stopper::Guard, true) => {
                "Letters that mail servers have taken already stay sent; all others wait until the mailing is resumed."
            }
            (Stopper::Manager, true) => "If you think that this is a mistake, ask those who run this service.",
        },
    }
}

fn trouble(Trouble { part, name, words, since }: &Trouble) -> Words {
    let since = format!("{} (UTC)", shown::minute(Language::En, *since, TimeZone::UTC));
    let (subject, what, then) = match part {
        Part::Relay => (
            "A mail server refuses the password",
            format!(
                "The mail server {name} has refused the password of this service since {since}, so no letter goes out through it."
            ),
            "Put its user and password in SMTP_URL right, and start the service again.",
        ),
        Part::ReadModel => (
            "A read model stands still",
            format!("The read model {name} has stood still since {since}: what is shown of it is as old as that."),
            "Use the newest version of the program, or rebuild the read model.",
        ),
        Part::Follower => (
            "A part of the service stands still",
            format!(
                "The part of the service that is called {name} has stood still since {since}: what it is there for is not done."
            ),
            "Use the newest version of the program, which goes on by itself.",
        ),
        Part::Intake => (
            "Bounces do not come in",
            format!(
                "Bounces and complaints have not come in by {name} since {since}, so whoever's letters came back is still written to."
            ),
            "Put right what is said there. What is waiting outside comes in after that.",
        ),
    };
    Words {
        subject,
        about: format!("{what} The reason:\n\n\"{words}\"\n\n{then} This page shows how everything is:"),
        otherwise: "You get this letter because you are an administrator of this service. It comes once a day as long as that lasts.",
    }
}
