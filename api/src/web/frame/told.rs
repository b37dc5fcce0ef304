//! What was done, named: the sentence that the page after a form begins with.
//!
//! It travels in a cookie of half a minute, so that the address of the page stays what people keep and send, and loading the page
//! again does not say it twice. A cookie can be made up by others: what is read from it is shown as text and does nothing.

use super::done::Done;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Language;
use words::screens::consent::Consents;
use words::screens::custom_fields::CustomFields;
use words::screens::domains::Domains;
use words::screens::frame::Frame;
use words::screens::groups::Groups;
use words::screens::intake::Intake;
use words::screens::segments::Segments;
use words::screens::senders::Senders;
use words::screens::suppressions::Suppressions;

/// The longest name that is said, in characters.
const LONGEST: usize = 80;

/// What was done to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    done: Done,
    /// Which thing it was, and how it is called; none if nothing more is said than what was done.
    deed: Option<(Deed, String)>,
}

macro_rules! deeds {
    ($($deed:ident, $name:literal, $done:ident, $said:expr;)+) => {
        /// Something that a form did, of which the next page tells by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Deed {
            $(
                #[doc = concat!("What is told as `", $name, "`.")]
                $deed,
            )+
        }

        impl Deed {
            const ALL: &'static [Self] = &[$(Self::$deed,)+];

            /// The name in the cookie.
            fn name(self) -> &'static str {
                match self {
                    $(Self::$deed => $name,)+
                }
            }

            fn done(self) -> Done {
                match self {
                    $(Self::$deed => Done::$done,)+
                }
            }

            fn said(self, language: Language, it: &str) -> String {
                let said: fn(Language, &str) -> String = match self {
                    $(Self::$deed => $said,)+
                };
                said(language, it)
            }
        }
    };
}

deeds! {
    ClientAdded, "client-added", Created, |l, it| Frame::of(l).done_client_added.with(it);
    ClientSaved, "client-saved", Saved, |l, it| Frame::of(l).done_client_saved.with(it);
    ClientDeleted, "client-deleted", Deleted, |l, _| Frame::of(l).done_client_deleted.to_owned();
    ClientsDeleted, "clients-deleted", Deleted, |l, it| Frame::of(l).done_clients_deleted.of(number(it));
    ClientsJoined, "clients-joined", Other, |l, it| Groups::of(l).joined.of(number(it));
    ClientsLeft, "clients-left", Other, |l, it| Groups::of(l).taken_out.of(number(it));
    FieldAdded, "field-added", Created, |l, it| CustomFields::of(l).added.with(it);
    FieldSaved, "field-saved", Saved, |l, it| CustomFields::of(l).saved.with(it);
    FieldRemoved, "field-removed", Deleted, |l, _| CustomFields::of(l).removed.to_owned();
    GroupAdded, "group-added", Created, |l, it| Frame::of(l).done_group_added.with(it);
    GroupRenamed, "group-renamed", Saved, |l, it| Frame::of(l).done_group_renamed.with(it);
    GroupDeleted, "group-deleted", Deleted, |l, _| Frame::of(l).done_group_deleted.to_owned();
    GroupPublished, "group-published", Other, |l, it| Groups::of(l).published.with(it);
    GroupUnpublished, "group-unpublished", Other, |l, _| Groups::of(l).unpublished.to_owned();
    ConsentGiven, "consent-given", Other, |l, it| Consents::of(l).given_done.with(it);
    ConsentWithdrawn, "consent-withdrawn", Other, |l, it| Consents::of(l).withdrawn_done.with(it);
    SegmentAdded, "segment-added", Created, |l, it| Segments::of(l).added.with(it);
    SegmentSaved, "segment-saved", Saved, |l, it| Segments::of(l).saved.with(it);
    SegmentDeleted, "segment-deleted", Deleted, |l, _| Segments::of(l).deleted.to_owned();
    SuppressionsAdded, "suppressions-added", Created, |l, it| Suppressions::of(l).added.of(number(it));
    SuppressionLifted, "suppression-lifted", Other, |l, it| Suppressions::of(l).lifted_done.with(it);
    SenderAdded, "sender-added", Created, |l, it| Senders::of(l).added.with(it);
    SenderWaits, "sender-waits", Created, |l, it| Senders::of(l).added_waits.with(it);
    SenderRevoked, "sender-revoked", Other, |l, it| Senders::of(l).revoked_done.with(it);
    SenderAllowed, "sender-allowed", Other, |l, it| Senders::of(l).allowed_done.with(it);
    SenderSaved, "sender-saved", Saved, |l, it| Senders::of(l).saved.with(it);
    SenderDeleted, "sender-deleted", Deleted, |l, _| Senders::of(l).deleted.to_owned();
    SenderLinkSent, "sender-link-sent", Other, |l, it| Senders::of(l).link_sent.with(it);
    DomainAdded, "domain-added", Created, |l, it| Domains::of(l).added.with(it);
    DomainRemoved, "domain-removed", Deleted, |l, _| Domains::of(l).removed.to_owned();
    DomainGranted, "domain-granted", Other, |l, it| Domains::of(l).granted.with(it);
    DomainWithdrawn, "domain-withdrawn", Other, |l, it| Domains::of(l).withdrawn.with(it);
    KeyActivated, "key-activated", Other, |l, it| Domains::of(l).activated.with(it);
    KeysActivated, "keys-activated", Other, |l, it| Domains::of(l).activated_all.with(it);
    KeyRetired, "key-retired", Other, |l, it| Domains::of(l).retired.with(it);
    KeyRemoved, "key-removed", Deleted, |l, it| Domains::of(l).key_removed.with(it);
    KeysMade, "keys-made", Created, |l, it| Domains::of(l).rotated.with(it);
    LetterAdded, "letter-added", Created, |l, it| Frame::of(l).done_letter_saved.with(it);
    LetterSaved, "letter-saved", Saved, |l, it| Frame::of(l).done_letter_saved.with(it);
    LetterShared, "letter-shared", Other, |l, _| Frame::of(l).done_letter_shared.to_owned();
    LetterUnshared, "letter-unshared", Other, |l, _| Frame::of(l).done_letter_unshared.to_owned();
    LetterDeleted, "letter-deleted", Deleted, |l, _| Frame::of(l).done_letter_deleted.to_owned();
    MailingPaused, "mailing-paused", Other, |l, _| Frame::of(l).done_mailing_paused.to_owned();
    MailingResumed, "mailing-resumed", Other, |l, _| Frame::of(l).done_mailing_resumed.to_owned();
    MailingCancelled, "mailing-cancelled", Other, |l, _| Frame::of(l).done_mailing_cancelled.to_owned();
    MailingDeleted, "mailing-deleted", Deleted, |l, _| Frame::of(l).done_mailing_deleted.to_owned();
    MailingDisabled, "mailing-disabled", Other, |l, _| Frame::of(l).done_mailing_disabled.to_owned();
    MailingEnabled, "mailing-enabled", Other, |l, _| Frame::of(l).done_mailing_enabled.to_owned();
    DoubtResent, "doubt-resent", Other, |l, _| Frame::of(l).done_doubt_resent.to_owned();
    DoubtAccepted, "doubt-accepted", Other, |l, _| Frame::of(l).done_doubt_accepted.to_owned();
    DoubtsResent, "doubts-resent", Other, |l, _| Frame::of(l).done_doubts_resent.to_owned();
    DoubtsAccepted, "doubts-accepted", Other, |l, _| Frame::of(l).done_doubts_accepted.to_owned();
    PlanSaved, "plan-saved", Saved, |l, it| Frame::of(l).done_plan_saved.with(it);
    ArticleDrafted, "article-drafted", Created, |l, it| Frame::of(l).done_article_drafted.with(it);
    ArticleSaved, "article-saved", Saved, |l, it| Frame::of(l).done_article_saved.with(it);
    ArticlePublished, "article-published", Other, |l, _| Frame::of(l).done_article_published.to_owned();
    ArticleWithdrawn, "article-withdrawn", Other, |l, _| Frame::of(l).done_article_withdrawn.to_owned();
    ArticleDeleted, "article-deleted", Deleted, |l, _| Frame::of(l).done_article_deleted.to_owned();
    ProfileSaved, "profile-saved", Saved, |l, _| Frame::of(l).done_profile_saved.to_owned();
    PasswordChanged, "password-changed", Saved, |l, _| Frame::of(l).done_password_changed.to_owned();
    SessionEnded, "session-ended", Other, |l, _| Frame::of(l).done_session_ended.to_owned();
    TokenRevoked, "token-revoked", Deleted, |l, _| Frame::of(l).done_token_revoked.to_owned();
    UserBlocked, "user-blocked", Other, |l, it| Frame::of(l).done_user_blocked.with(it);
    UserUnblocked, "user-unblocked", Other, |l, it| Frame::of(l).done_user_unblocked.with(it);
    RolesChanged, "roles-changed", Saved, |l, it| Frame::of(l).done_roles_changed.with(it);
    IntakeUnderstood, "intake-understood", Other, |l, it| Intake::of(l).understood.with(it);
    IntakeStillKept, "intake-still-kept", Other, |l, _| Intake::of(l).still_kept.to_owned();
    IntakeDismissed, "intake-dismissed", Deleted, |l, _| Intake::of(l).dismissed.to_owned();
    RebuildBegun, "rebuild-begun", Other, |l, _| Frame::of(l).done_rebuild_begun.to_owned();
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or_default()
}

impl Deed {
    /// That it was done to what is called like this.
    pub(crate) fn to(self, name: impl AsRef<str>) -> Told {
        Told { done: self.done(), deed: Some((self, short(name.as_ref()))) }
    }
}

impl From<Done> for Told {
    fn from(done: Done) -> Self {
        Self { done, deed: None }
    }
}

/// What was done to something that needs no name.
impl From<Deed> for Told {
    fn from(deed: Deed) -> Self {
        deed.to("")
    }
}

impl Told {
    /// What was done, for pages that go by it.
    pub(super) fn done(&self) -> Done {
        self.done
    }

    /// As the cookie has it.
    pub(super) fn written(&self) -> String {
        match &self.deed {
            None => self.done.name().to_owned(),
            Some((deed, name)) => format!("{}.{}", deed.name(), URL_SAFE_NO_PAD.encode(name)),
        }
    }

    /// What a cookie says; `None` if it says nothing that this service writes.
    pub(super) fn read(written: &str) -> Option<Self> {
        let Some((deed, name)) = written.split_once('.') else { return Some(Done::from_name(written)?.into()) };
        let deed = Deed::ALL.iter().find(|one| one.name() == deed)?;
        let name = String::from_utf8(URL_SAFE_NO_PAD.decode(name).ok()?).ok()?;
        Some(deed.to(name))
    }

    /// The sentence for people.
    pub(super) fn said(&self, language: Language) -> String {
        match &self.deed {
            None => self.done.said(Frame::of(language)).to_owned(),
            Some((deed, name)) => deed.said(language, name),
        }
    }
}

/// A name in one line that is not long.
fn short(name: &str) -> String {
    let mut line: String = name.trim().chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if name.trim().chars().nth(LONGEST).is_some() {
        line.push('\u{2026}');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_comes_through_the_cookie_with_its_name() {
        for told in [Done::Saved.into(), Deed::ProfileSaved.into(), Deed::GroupAdded.to("Друзья; Path=/ \"x\"")] {
            let written = told.written();
            assert!(written.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)), "{written}");
            assert_eq!(Told::read(&written), Some(told));
        }
        let said = Deed::GroupAdded.to("Friends").said(Language::En);
        assert_eq!(said, "The group “Friends” is added.");
        assert_eq!(Deed::ClientsJoined.to("2").said(Language::En), "2 clients were added to the group.");
    }

    #[test]
    fn every_deed_has_a_name_of_its_own() {
        for deed in Deed::ALL {
            assert_eq!(Told::read(&deed.to("x").written()), Some(deed.to("x")));
        }
    }

    #[test]
    fn a_cookie_that_somebody_made_up_says_nothing_or_a_short_line() {
        for cookie in ["", "hello", "client-added.%%%", "nothing.eA", "client-added./w"] {
            assert_eq!(Told::read(cookie), None, "{cookie}");
        }
        let long = format!("client-added.{}", URL_SAFE_NO_PAD.encode("a\nb".repeat(100)));
        let told = Told::read(&long).expect("it is read");
        let said = told.said(Language::En);
        assert!(said.chars().count() < 120 && !said.contains('\n'), "{said}");
    }
}
