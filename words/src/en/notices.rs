use crate::shapes::{Lifetime, Words};
use domain::EmailAddress;
use domain::notice::Kind;

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
        Kind::TestLetter(_) => return None,
    })
}
