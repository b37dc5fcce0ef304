//! What proves that somebody has got a letter: a link with a token that works once, for a while.
//!
//! The token is known to the letter only; the database has its hash. Every attempt makes a new one, and the last one counts.

use super::lease::Lease;
use crate::context::Context;
use crate::error::EngineError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use domain::StreamKind;
use domain::notice::{Kind, Request};
use domain::sender::address_claim;
use eventstore::EventStore;
use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};
use std::fmt;
use url::Url;
use uuid::Uuid;
use words::notices::Lifetime;

/// How long a link works.
fn length(lifetime: Lifetime) -> TimeDelta {
    match lifetime {
        Lifetime::Hour => TimeDelta::hours(1),
        Lifetime::Day => TimeDelta::days(1),
        Lifetime::ThreeDays => TimeDelta::days(3),
        Lifetime::Week => TimeDelta::days(7),
    }
}

/// The page where a link leads, up to the token, and how long it works.
pub(super) type Purpose = (&'static str, Lifetime);

/// The page where a notice's link leads and how long it works, if the notice has one that proves something.
pub(super) fn purpose(kind: &Kind) -> Option<Purpose> {
    match kind {
        Kind::VerifyEmail => Some(("account/verify?token=", Lifetime::ThreeDays)),
        Kind::RecoverPassword => Some(("account/recover?token=", Lifetime::Hour)),
        Kind::ConfirmEmailChange => Some(("account/email?token=", Lifetime::Day)),
        Kind::VerifySender { .. } => Some(("senders/verify?token=", Lifetime::ThreeDays)),
        Kind::ConfirmSubscription { .. } => Some(("subscribe/confirm/", Lifetime::Week)),
        Kind::AlreadyRegistered
        | Kind::PasswordChanged
        | Kind::EmailChanged { .. }
        | Kind::MailingStopped(_)
        | Kind::Trouble(_)
        | Kind::TestLetter(_) => None,
    }
}

/// The page where the link of a notice leads that proves nothing: whoever follows it is somebody who is signed in.
pub(super) fn page(kind: &Kind) -> Option<String> {
    match kind {
        Kind::MailingStopped(stopped) => Some(format!("mailings/{}", stopped.mailing)),
        Kind::Trouble(_) => Some("system".to_owned()),
        Kind::VerifyEmail
        | Kind::AlreadyRegistered
        | Kind::RecoverPassword
        | Kind::PasswordChanged
        | Kind::ConfirmEmailChange
        | Kind::EmailChanged { .. }
        | Kind::VerifySender { .. }
        | Kind::ConfirmSubscription { .. }
        | Kind::TestLetter(_) => None,
    }
}

/// What opens an account's door. It never shows itself in a log.
pub(super) struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

impl Token {
    fn random() -> Result<Self, EngineError> {
        let mut secret = [0_u8; 32];
        // The operating system's randomness does not fail once it works; if it does, no link may be made.
        let filled = OsRng.try_fill_bytes(&mut secret);
        filled.map_err(|error| EngineError::Inconsistent(format!("there is no randomness: {error}")))?;
        Ok(Self(URL_SAFE_NO_PAD.encode(secret)))
    }

    #[cfg(test)]
    pub(super) fn fixed(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The SHA-256 of the token as it stands in the link.
    fn hash(&self) -> Vec<u8> {
        Sha256::digest(&self.0).to_vec()
    }

    /// The link to a page of the service.
    pub(super) fn link(&self, public_url: &Url, page: &str) -> String {
        format!("{public_url}{page}{}", self.0)
    }
}

impl Context {
    /// A new token in the place of the notice's last one. Written before the letter leaves: a link that arrives works.
    ///
    /// `None`: a password or address was changed after the notice was asked for, or the sender of whose address it is to be the proof was
    /// revoked, which makes all links useless that were asked for before. That is looked at after the link is written, as whoever changes
    /// something makes links useless after it is in the log: one of the two sees the other.
    pub(super) async fn make_token(
        &self,
        lease: &Lease,
        request: &Request,
        (_, lifetime): Purpose,
    ) -> Result<Option<Token>, EngineError> {
        let token = Token::random()?;
        sqlx::query!(
            "insert into links (token_hash, notice_id, user_id, kind, email, expires_at) values ($1, $2, $3, $4, $5, $6)
             on conflict (notice_id) do update
                set token_hash = excluded.token_hash, expires_at = excluded.expires_at, used_at = null,
                    voided_at = null",
            &token.hash(),
            lease.notice.0,
            request.user.0,
            request.kind.name(),
            request.to.as_str(),
            self.clock.now() + length(lifetime),
        )
        .execute(self.pool())
        .await?;
        // It opens nothing of the account's, whose owner may change their password while people subscribe.
        if matches!(request.kind, Kind::ConfirmSubscription { .. }) {
            return Ok(Some(token));
        }
        if self.is_overtaken(lease, StreamKind::User, &[request.user.0], &["PasswordChanged", "EmailChanged"]).await? {
            return Ok(None);
        }
        if let Kind::VerifySender { sender, address, .. } = &request.kind {
            // Another one of the same owner may have the address by now, which the link would show for that one.
            let claim = address_claim(request.user, address);
            let holders = EventStore::holders(self.pool(), claim.kind, &claim.scope, &[claim.value]).await?;
            let senders: Vec<Uuid> = std::iter::once(sender.0).chain(holders.into_iter().map(|(_, id)| id)).collect();
            if self.is_overtaken(lease, StreamKind::Sender, &senders, &["Revoked"]).await? {
                return Ok(None);
            }
        }
        Ok(Some(token))
    }

    /// Whether one of these things happened to one of these streams after the notice was asked for. Then its link is useless from now on.
    async fn is_overtaken(
        &self,
        lease: &Lease,
        kind: StreamKind,
        ids: &[Uuid],
        happened: &[&str],
    ) -> Result<bool, EngineError> {
        let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
        let happened: Vec<String> = happened.iter().map(|event| (*event).to_owned()).collect();
        let overtaken = sqlx::query!(
            "update links set used_at = $2, voided_at = $2
              where notice_id = $1
                and exists (select from events asked join events changed on changed.position > asked.position
                             where asked.aggregate_type = 'notice' and asked.aggregate_id = $1::uuid::text
                               and asked.sequence = 1
                               and changed.aggregate_type = $3 and changed.aggregate_id = any($4)
                               and changed.event_type = any($5))",
            lease.notice.0,
            self.clock.now(),
            kind.name(),
            &ids,
            &happened,
        )
        .execute(self.pool())
        .await?;
        Ok(overtaken.rows_affected() > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_differs_from_every_other_and_hides_itself() {
        let [one, other] = [(); 2].map(|()| Token::random().expect("randomness"));
        assert_eq!(one.0.len(), 43, "32 bytes");
        assert_ne!(one.0, other.0);
        assert_eq!(one.hash().len(), 32);
        assert_eq!(format!("{one:?}"), "Token(..)");
    }

    #[test]
    fn a_link_leads_to_a_page_below_the_services_address() {
        let home = Url::parse("https://example.org/mail/").expect("a URL");
        let link = |page| Token::fixed("T").link(&home, page);
        assert_eq!(link("account/verify?token="), "https://example.org/mail/account/verify?token=T");
        assert_eq!(link("subscribe/confirm/"), "https://example.org/mail/subscribe/confirm/T");
    }
}
