//! Letters of the service itself: asked for, sent with every outcome, given up.

use chrono::TimeDelta;
use domain::{
    Language, MailingId, MessageId, NoticeId, SenderId, SubscriptionId,
    batch::AttemptOutcome,
    notice::{Attempt, Command, Kind, MailingStopped, Notice, Part, Request, Stopper, TestLetter, Trouble},
};
use rand::{Rng, seq::IndexedRandom};
use uuid::Uuid;

use super::{World, email, full_name, mailing_name};

impl World {
    pub(super) async fn notify(&mut self) {
        // Those that were asked for last, so that each comes a good way.
        let recent = self.notices.len().saturating_sub(3);
        let notice = match self.notices[recent..].choose(&mut self.random) {
            Some(notice) if self.random.random_bool(0.85) => *notice,
            _ => return self.request_notice().await,
        };
        let command = match self.random.random_range(0..10) {
            0 => Command::Recover { at: self.now },
            1..=5 => Command::StartSending { at: self.now, message_id: format!("<{notice}@example.org>") },
            _ => Command::Record(self.attempt_at_notice()),
        };
        self.execute::<Notice>(notice.0, command).await;
    }

    async fn request_notice(&mut self) {
        let (owner, word) = (self.owner(), self.word());
        let kinds = [
            Kind::VerifyEmail,
            Kind::AlreadyRegistered,
            Kind::RecoverPassword,
            Kind::PasswordChanged,
            Kind::ConfirmEmailChange,
            Kind::EmailChanged { email: email(&format!("{word}@example.org")) },
            Kind::VerifySender {
                sender: SenderId(Uuid::nil()),
                name: full_name(&word),
                address: email(&format!("{word}@example.org")),
                owner: None,
            },
            Kind::ConfirmSubscription {
                subscription: SubscriptionId(Uuid::nil()),
                owner_name: full_name(&word),
                topics: Vec::new(),
            },
            Kind::MailingStopped(MailingStopped {
                mailing: MailingId(Uuid::nil()),
                name: mailing_name(&word),
                by: Stopper::Guard,
                reason: word.clone(),
                owner: None,
            }),
            Kind::Trouble(Trouble {
                part: Part::Intake,
                name: "imap".to_owned(),
                words: word.clone(),
                since: self.now,
            }),
            Kind::TestLetter(TestLetter {
                // No read model of notices looks at it.
                message: MessageId(Uuid::nil()),
                revision: 1,
                client: None,
                email: email(&format!("{word}@example.org")),
                full_name: full_name(&word),
                first_name: domain::FullName::default(),
                last_name: domain::FullName::default(),
                comment: String::new(),
                fields: domain::client::Fields::new(),
            }),
        ];
        let request = Request {
            user: self.owners[owner].id(),
            kind: kinds.choose(&mut self.random).expect("there are kinds").clone(),
            to: email(&format!("{word}@example.com")),
            full_name: full_name(&word),
            language: *Language::ALL.choose(&mut self.random).expect("there are languages"),
        };
        let notice = NoticeId(self.id());
        if self.execute::<Notice>(notice.0, Command::Request(request)).await {
            self.notices.push(notice);
        }
    }

    fn attempt_at_notice(&mut self) -> Attempt {
        let outcome = match self.random.random_range(0..5) {
            0 => AttemptOutcome::Accepted,
            1 => AttemptOutcome::Rejected { dead: self.random.random_bool(0.5) },
            2 => AttemptOutcome::Unknown { again: None },
            3 => AttemptOutcome::Deferred { until: self.now + TimeDelta::minutes(self.random.random_range(1..90)) },
            _ => AttemptOutcome::NotTried,
        };
        let said = self.random.random_bool(0.5);
        Attempt {
            at: self.now,
            outcome,
            code: said.then_some(451),
            enhanced: said.then(|| "4.2.0".to_owned()),
            reply: said.then(|| self.word()),
        }
    }
}
