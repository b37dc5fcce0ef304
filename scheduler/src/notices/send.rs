//! One notice: intend, make the link, send, record. The order is that of a batch (`crate::send::dispatch`).

use super::lease::Lease;
use super::link::purpose;
use super::{letter, quietest, test_letter};
use crate::context::Context;
use crate::error::EngineError;
use crate::relays::{Relays, Route};
use crate::send::desk::Space;
use crate::send::dispatch::unbuildable;
use crate::send::judge;
use crate::signing::NoSigner;
use crate::smtp::{Judgement, Letter, LetterError, Permission, Reply, Scope};
use crate::stream::{End, Stream};
use domain::letter::message_id;
use domain::mailing::InDoubt;
use domain::notice::{Attempt, Command, Kind, Notice, Sending};
use domain::reply::Whom;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

impl Context {
    /// Brings a notice one step further: to an outcome, to a retry pause, or, if nothing can be done, nowhere.
    pub(super) async fn send_notice(
        self: &Arc<Self>,
        lease: Lease,
        relays: &Relays,
        stop: &CancellationToken,
    ) -> Result<(), EngineError> {
        let mut stream = Stream::<Notice>::open(self, lease.notice.0, stop).await?;
        // Whoever had it before is gone, or is fenced by this very append.
        let mut end = stream.commit(Command::Recover { at: self.clock.now() }).await?;
        if end == End::Done {
            end = self.try_to_send(&mut stream, &lease, relays, stop).await?;
        }
        if end == End::Fenced {
            tracing::warn!(notice = %lease.notice, "another worker has taken over the notice");
            return Ok(());
        }
        // Until the read models show how far it is, the lease keeps others from looking at it again.
        let position = self.store.last_position::<Notice>(lease.notice.0).await?;
        self.shown(position).await;
        self.release_notice(lease.notice).await
    }

    async fn try_to_send(
        &self,
        stream: &mut Stream<'_, Notice>,
        lease: &Lease,
        relays: &Relays,
        stop: &CancellationToken,
    ) -> Result<End, EngineError> {
        let now = self.clock.now();
        let permission = Permission::until(stop.child_token(), Arc::clone(&lease.until));
        let Notice::Waiting(Sending { not_before, .. }) = &stream.state else { return Ok(End::Done) };
        if not_before.is_some_and(|moment| moment > now) || permission.has_ended() {
            return Ok(End::Done);
        }
        // An intent is a promise to send: not while every relay is known to be away, and not by whoever cannot sign the letter.
        let Some(route) = quietest(relays) else { return Ok(End::Done) };
        if !self.signs_notices().await {
            return Ok(End::Done);
        }
        let message_id = message_id::Letter::Notice(lease.notice).message_id(&self.settings.message_id_domain());
        if stream.commit(Command::StartSending { at: now, message_id }).await? == End::Fenced {
            return Ok(End::Fenced);
        }
        // Otherwise it has expired.
        let Notice::InFlight(sending) = &stream.state else { return Ok(End::Done) };
        let judgement = blame(self.deliver_notice(lease, sending, &route, permission).await);
        let whom = Whom::new(sending.request.to.as_str(), sending.request.full_name.as_str());
        let attempt = self.attempt_of(judge::without(judgement, &whom), sending.attempts);
        stream.commit(Command::Record(attempt)).await
    }

    async fn deliver_notice(
        &self,
        lease: &Lease,
        sending: &Sending,
        route: &Route,
        permission: Permission,
    ) -> Judgement {
        let not_tried = |why: String| Judgement::NotTried { scope: Scope::Withdrawn, why, reply: None };
        let not_yet = |why: &dyn std::fmt::Display| not_tried(format!("the letter could not be written: {why}"));
        let signer = match self.letters.own_signer().await {
            Ok(signer) => signer,
            Err(error @ NoSigner::Unusable { .. }) => return put_off(&error.to_string()),
            // The keys were sealed anew since the letter was promised.
            Err(error @ NoSigner::Elsewhere { .. }) => return not_tried(error.to_string()),
            Err(error @ NoSigner::Unread(_)) => return not_yet(&error),
        };
        let (letter, _space) = match self.letter_of(lease, sending).await {
            Ok(Ok(written)) => written,
            Ok(Err(error)) => return unbuildable(&error.to_string()),
            Err(error) => return not_yet(&error),
        };
        match self.letters.signing().sign(letter, signer, lease.requested_at).await {
            Ok(letter) => route.outbox.deliver_first(letter, permission).await,
            Err(error) => unbuildable(&error.to_string()),
        }
    }

    /// The notice's letter; or why there is none and never will be, inside of why there is none yet.
    async fn letter_of(
        &self,
        lease: &Lease,
        sending: &Sending,
    ) -> Result<Result<(Letter, Space), LetterError>, EngineError> {
        let desk = self.letters.desk();
        let request = &sending.request;
        if let Kind::TestLetter(test) = &request.kind {
            let Some(revision) = self.revision_of(test).await? else {
                return Ok(Err(LetterError::Build { why: "the message is not there".to_owned() }));
            };
            let footing = self.footing_of(request).await?;
            let bytes = test_letter::bytes(test, &revision, &footing, &self.settings);
            let requested_at = lease.requested_at;
            let (sending, test, settings) = (sending.clone(), test.clone(), self.settings.clone());
            let write = move || test_letter::build(&sending, &test, &revision, &footing, requested_at, &settings);
            return Ok(desk.write(bytes, write).await);
        }
        let token = match purpose(&request.kind) {
            None => None,
            Some(purpose) => match self.make_token(lease, request, purpose).await? {
                Some(token) => Some(token),
                None => return Ok(Err(LetterError::Build { why: "its link was void before it was sent".to_owned() })),
            },
        };
        let letter = letter::build(sending, token.as_ref(), lease.requested_at, &self.settings);
        Ok(desk.write(0, move || letter).await)
    }

    /// Whether letters of the service itself are this process's to send, as far as their signatures go. Those of a domain whose keys are
    /// sealed under another master key than it has are left to the processes that have that one.
    pub(super) async fn signs_notices(&self) -> bool {
        !matches!(self.letters.own_signer().await, Err(NoSigner::Elsewhere { .. }))
    }

    /// The attempt as it is recorded. A notice in doubt is not sent again: its addressee can ask for another one.
    fn attempt_of(&self, judgement: Judgement, attempts: u32) -> Attempt {
        let (now, pauses) = (self.clock.now(), &self.settings.retry_pauses);
        judge::attempt(0, now, judgement, attempts, InDoubt::Hold, pauses).into()
    }
}

/// Nobody was asked: the letter waits until somebody has put our keys right, and is not sent without a signature meanwhile.
fn put_off(why: &str) -> Judgement {
    Judgement::Deferred { reply: Reply { code: 451, enhanced: None, text: format!("not sent: {why}") } }
}

/// A server's answer puts a notice off, also when it speaks of the relay, the sender or our rate: whatever it is about,
/// the same letter would meet it again at once. A server that does not let us in has not looked at the letter.
fn blame(judgement: Judgement) -> Judgement {
    match judgement {
        Judgement::NotTried { scope: Scope::Relay | Scope::Rate | Scope::Sender, reply: Some(reply), .. } => {
            Judgement::Deferred { reply }
        }
        judgement => judgement,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::Reply;

    #[test]
    fn a_servers_answer_puts_a_notice_off_whatever_it_is_about() {
        let not_tried = |scope, reply: Option<Reply>| Judgement::NotTried { scope, why: "because".to_owned(), reply };
        let reply = || Some(Reply::new(451, "4.3.0 not now"));
        for scope in [Scope::Relay, Scope::Rate, Scope::Sender] {
            assert!(matches!(blame(not_tried(scope, reply())), Judgement::Deferred { .. }), "{scope:?}");
        }
        for (scope, reply) in [(Scope::Relay, None), (Scope::Withdrawn, None), (Scope::Credentials, reply())] {
            assert!(matches!(blame(not_tried(scope, reply)), Judgement::NotTried { .. }), "{scope:?}");
        }
    }
}
