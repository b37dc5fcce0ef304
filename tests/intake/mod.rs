//! What comes back: bounces, complaints, wishes to leave by mail, and what nobody understands.

mod cli;
mod hostile;
mod kept;
mod leaving;
mod taking;

use crate::support::all_read;
use crate::support::service::Service;
use crate::support::smtp_server::{Offers, SmtpServer};
use acts::Services;
use acts::intake::{self, Message, Taken};
use acts::who::Operator;
use acts::who::rights::Administrator;
use domain::feedback::Via;
use domain::letter::message_id::Letter;
use domain::letter::{Letterhead, LinkKey, Purpose, ReturnPaths, Separator};
use domain::sender_domain::DomainName;
use domain::{GroupId, MailingId, RunId};
use projections::{Access, LinkKeys, deliveries};
use serde_json::Value;
use std::collections::BTreeMap;

/// The domain to which letters come back.
pub(crate) const DOMAIN: &str = "bounce.example.org";

pub(crate) fn paths() -> ReturnPaths {
    ReturnPaths { domain: DomainName::parse(DOMAIN).expect("a domain"), separator: Separator::Plus }
}

/// A run to Ann, Bob and Carl that was sent, and all that letters of it have by which they are known again.
pub(crate) struct Sent {
    pub(crate) service: Service,
    pub(crate) server: SmtpServer,
    /// The group that they are in.
    pub(crate) group: GroupId,
    pub(crate) mailing: MailingId,
    pub(crate) run: RunId,
    ordinals: BTreeMap<String, u32>,
    key: LinkKey,
}

impl Sent {
    /// Letters come back to addresses of their own.
    pub(crate) async fn with_paths() -> Self {
        Self::new(Some(paths())).await
    }

    /// Letters come back to the address that they are from.
    pub(crate) async fn without_paths() -> Self {
        Self::new(None).await
    }

    async fn new(returns: Option<ReturnPaths>) -> Self {
        let mut service = Service::start().await;
        service.node.services.returns = returns;
        let server = SmtpServer::start(Offers::default()).await;
        let group = service.group("Friends").await;
        for name in ["ann", "bob", "carl"] {
            service.client(&format!("{name}@example.org"), name, &[group]).await;
        }
        let engine = service.work(&server);
        let mailing = service.mailing(group).await;
        assert_eq!(service.finished(mailing).await.accepted, 3);
        engine.stop().await;
        let run = RunId(service.runs(mailing).await.remove(0).id);
        let (pool, all) = (&service.database.pool, deliveries::Filter::default());
        let page = all_read(deliveries::page(pool, Access::All, run, &all, None, 10).await);
        let ordinals = page.into_iter().map(|one| (one.email, one.ordinal.unsigned_abs())).collect();
        let keys = LinkKeys::default();
        let key = keys.newest(pool).await.expect("there is a key").clone();
        Self { service, server, group, mailing, run, ordinals, key }
    }

    pub(crate) fn services(&self) -> &Services {
        &self.service.node.services
    }

    /// The letter to `name@example.org`.
    pub(crate) fn letter(&self, name: &str) -> Letterhead {
        Letterhead { run: self.run, ordinal: self.ordinals[&format!("{name}@example.org")] }
    }

    /// The address of a letter for this purpose.
    pub(crate) fn address(&self, purpose: Purpose, letter: Letterhead) -> String {
        paths().address(&self.key, purpose, letter)
    }

    /// The address to which the letter to `name@example.org` comes back.
    pub(crate) fn path(&self, name: &str) -> String {
        self.address(Purpose::Bounce, self.letter(name))
    }

    /// The field of the letter to `name@example.org` that says how to leave.
    pub(crate) fn list_unsubscribe(&self, name: &str) -> String {
        let token = self.key.token(Purpose::Unsubscribe, self.letter(name));
        format!("List-Unsubscribe: <https://mail.example.com/u/{token}>")
    }

    /// The field of the letter to `name@example.org` that names it.
    pub(crate) fn message_id(&self, name: &str) -> String {
        let Letterhead { run, ordinal } = self.letter(name);
        let letter = Letter::Delivery { run, ordinal: ordinal.cast_signed() };
        format!("Message-ID: {}", letter.message_id("example.com"))
    }

    /// A message from the null sender comes in on this way, to this address.
    pub(crate) async fn comes(&self, via: Via, to: Option<&str>, text: &str) -> Taken {
        let message = Message { via, envelope_to: to, envelope_from: Some(""), ..written(text.as_bytes()) };
        self.takes(&message).await
    }

    pub(crate) async fn takes(&self, message: &Message<'_>) -> Taken {
        intake::take(self.services(), message).await.expect("it is taken")
    }

    /// What is recorded of letters that came back or were complained of, in order.
    pub(crate) async fn facts(&self) -> Vec<Value> {
        sqlx::query_scalar("select payload from events where aggregate_type = 'feedback' order by position")
            .fetch_all(&self.service.database.pool)
            .await
            .expect("the log can be read")
    }

    /// How many messages came in, by what they were taken for.
    pub(crate) async fn counted(&self) -> BTreeMap<&'static str, i64> {
        let day = self.service.clock.now().date_naive();
        let counts = intake::counts(&self.service.database.pool, day).await.expect("counts");
        let mut counted = BTreeMap::new();
        for count in counts {
            *counted.entry(count.taken.name()).or_default() += count.messages;
        }
        counted
    }

    /// How many messages are kept.
    pub(crate) async fn kept(&self) -> i64 {
        intake::kept::count(&self.service.database.pool).await.expect("they can be counted")
    }
}

/// A message of which nobody says whence it came, and whither.
pub(crate) fn written(bytes: &[u8]) -> Message<'_> {
    Message { bytes, size: bytes.len() as u64, via: Via::Smtp, envelope_from: None, envelope_to: None }
}

pub(crate) fn administrator() -> Administrator {
    Operator::of_this_host().administrator().right()
}

/// A bounce as mail servers write it (RFC 3464): the report is called `name`, says that there is no mailbox of `recipient`, and has these
/// lines of the letter's header.
pub(crate) fn dsn(name: &str, to: &str, recipient: &str, original: &str) -> String {
    format!(
        "Received: from mx.example.net by mail.example.org; Mon, 4 May 2026 09:05:00 +0000\r\n\
         From: Mail Delivery System <MAILER-DAEMON@mx.example.net>\r\n\
         To: <{to}>\r\n\
         Subject: Undelivered Mail Returned to Sender\r\n\
         Date: Mon, 4 May 2026 09:05:00 +0000\r\n\
         Message-ID: <{name}@mx.example.net>\r\n\
         Auto-Submitted: auto-replied\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"parts\"\r\n\
         \r\n\
         --parts\r\n\
         Content-Type: text/plain; charset=us-ascii\r\n\
         \r\n\
         Your message could not be delivered: 550 5.1.1 no such user\r\n\
         \r\n\
         --parts\r\n\
         Content-Type: message/delivery-status\r\n\
         \r\n\
         Reporting-MTA: dns; mx.example.net\r\n\
         \r\n\
         Final-Recipient: rfc822; {recipient}\r\n\
         Action: failed\r\n\
         Status: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\
         \r\n\
         --parts\r\n\
         Content-Type: text/rfc822-headers\r\n\
         \r\n\
         From: Sky Mailing <sky@example.com>\r\n\
         Subject: Hello\r\n\
         {original}\r\n\
         \r\n\
         --parts--\r\n"
    )
}

/// A complaint as mailbox providers report it (RFC 5965), with these lines of the letter's header.
pub(crate) fn arf(name: &str, to: &str, original: &str) -> String {
    format!(
        "From: <staff@provider.example>\r\n\
         To: <{to}>\r\n\
         Subject: FW: Hello\r\n\
         Date: Mon, 4 May 2026 09:06:00 +0000\r\n\
         Message-ID: <{name}@provider.example>\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=feedback-report; boundary=\"parts\"\r\n\
         \r\n\
         --parts\r\n\
         Content-Type: text/plain; charset=us-ascii\r\n\
         \r\n\
         This is an email abuse report.\r\n\
         \r\n\
         --parts\r\n\
         Content-Type: message/feedback-report\r\n\
         \r\n\
         Feedback-Type: abuse\r\n\
         User-Agent: Provider/1.0\r\n\
         Version: 1\r\n\
         \r\n\
         --parts\r\n\
         Content-Type: message/rfc822\r\n\
         \r\n\
         From: Sky Mailing <sky@example.com>\r\n\
         To: <redacted@provider.example>\r\n\
         Subject: Hello\r\n\
         {original}\r\n\
         \r\n\
         Dear reader\r\n\
         \r\n\
         --parts--\r\n"
    )
}

/// A letter as people write it.
pub(crate) fn letter(from: &str, to: &str, subject: &str, more: &str) -> String {
    format!(
        "From: <{from}>\r\n\
         To: <{to}>\r\n\
         Subject: {subject}\r\n\
         Date: Mon, 4 May 2026 09:07:00 +0000\r\n\
         Message-ID: <letter-of-{from}>\r\n\
         {more}\r\n\
         Thank you, and no, I have another question.\r\n"
    )
}
