//! Reports of the providers through whom mail is sent: what they tell over HTTP, and what proves that it is they who tell it.
//!
//! Each provider has a file with the two halves of it: `verify`, which needs what the provider and the installation agreed on, and
//! `read`, which says what a body reports. Whoever is asked to take a report verifies it first. Bodies are some other program's: what is
//! there and cannot be understood is passed over, and only a body that is none of the provider's at all is [`Malformed`].

mod about;
pub mod brevo;
mod events;
pub mod mailgun;
pub mod postmark;
pub mod sendgrid;
pub mod ses;
#[cfg(test)]
mod tests;
mod wording;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use ring::hmac::{self, HMAC_SHA256, Key};
use std::fmt;

/// Why a report is not believed. Nothing of the report is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forged {
    /// There is no signature, or no password.
    #[error("it has no signature or password")]
    Unsigned,
    /// The signature or the password is another one than it has to be.
    #[error("its signature or password is wrong")]
    Wrong,
    /// It was signed longer ago than the provider tries to deliver a report.
    #[error("it was signed too long ago")]
    Old,
    /// It is about a topic of SNS that is not the one of the settings.
    #[error("it is of another topic")]
    OtherTopic,
    /// The certificate, or what confirms a subscription, is somewhere else than where SNS has the topic.
    #[error("it names an address that is not the topic's at Amazon")]
    Elsewhere,
    /// It is signed in a way that is not known.
    #[error("its signature is of a kind that is not known")]
    UnknownSignature,
}

/// A body that is not what the provider sends: it is cut off, for example, or comes from somewhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body is not what the provider sends")]
pub struct Malformed;

/// What a provider and the installation have agreed on, so that the one knows the other.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// What is no secret: too short to be one, or written with something else than letters, digits and signs of ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it has to be {} letters, digits or signs of ASCII without blanks, or more", Secret::SHORTEST)]
pub struct Guessable;

impl Secret {
    /// The fewest characters that a secret has. Those that providers make have 32 and more.
    pub const SHORTEST: usize = 16;

    /// Takes a text for a secret if nobody guesses it, and it survives a header of HTTP as it is.
    pub fn parse(text: &str) -> Result<Self, Guessable> {
        let good = text.len() >= Self::SHORTEST && text.bytes().all(|byte| byte.is_ascii_graphic());
        if good { Ok(Self(text.to_owned())) } else { Err(Guessable) }
    }

    /// Whether somebody shows the same. How long that takes says nothing of how much of it is right.
    fn is(&self, shown: &[u8]) -> bool {
        let same = Key::new(HMAC_SHA256, b"the same secret");
        hmac::verify(&same, shown, hmac::sign(&same, self.0.as_bytes()).as_ref()).is_ok()
    }

    /// Whether a code is the one that this secret makes of a text (HMAC-SHA-256, RFC 2104).
    fn has_signed(&self, text: &[u8], code: &[u8]) -> bool {
        hmac::verify(&Key::new(HMAC_SHA256, self.0.as_bytes()), text, code).is_ok()
    }

    /// Checks the header `Authorization` of a request: the password of whatever user (RFC 7617), or a token (RFC 6750).
    fn shown_in(&self, authorization: Option<&str>) -> Result<(), Forged> {
        let (scheme, shown) = authorization.and_then(|text| text.trim().split_once(' ')).ok_or(Forged::Unsigned)?;
        let right = if scheme.eq_ignore_ascii_case("basic") {
            let plain = STANDARD.decode(shown.trim()).map_err(|_| Forged::Wrong)?;
            let colon = plain.iter().position(|byte| *byte == b':').ok_or(Forged::Wrong)?;
            self.is(&plain[colon + 1..])
        } else if scheme.eq_ignore_ascii_case("bearer") {
            self.is(shown.trim().as_bytes())
        } else {
            return Err(Forged::Unsigned);
        };
        if right { Ok(()) } else { Err(Forged::Wrong) }
    }
}

impl fmt::Debug for Secret {
    /// Without what is secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Whether something that was signed at this moment is still delivered by a provider who tries for as long as `oldest`. The same report
/// counts once, so one that is sent again by somebody who has seen it does no harm; what was signed long ago is refused all the same.
fn not_older(signed: DateTime<Utc>, now: DateTime<Utc>, oldest: TimeDelta) -> Result<(), Forged> {
    if now.signed_duration_since(signed) > oldest { Err(Forged::Old) } else { Ok(()) }
}

/// The moment that stands in a text as seconds since 1970.
fn seconds(text: &str) -> Result<DateTime<Utc>, Forged> {
    text.trim().parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0)).ok_or(Forged::Wrong)
}
