//! Letters are from their mailing's sender and are signed with the keys of its domain. Whoever gets one finds that its signature is
//! right, whatever the letter looks like; and where it cannot be signed, it does not go out.

mod footers;
mod keys;
mod looks;
mod senders;
mod verifier;

use crate::support::service::{Service, Working, found, metadata};
use crate::support::smtp_server::{Offers, Received, SmtpServer};
use dkim::{Algorithm, Kind, MasterKey, PrivateKey};
use domain::mailing::Plan;
use domain::message::{self, Content, Message};
use domain::sender::{self, Sender};
use domain::sender_domain::{self, DomainName, Selector, SenderDomain};
use domain::{EmailAddress, FullName, GroupId, MailingId, MessageId, SenderDomainId, SenderId};
use projections::{Access, mailings, sealed_keys};
use scheduler::Settings;
use uuid::Uuid;
use verifier::Published;

/// A key of RSA with 2,048 bits that OpenSSL made: to make one takes time.
const RSA: &str = include_str!("../../dkim/src/keys/examples/rsa_pkcs8.pem");

/// The domain of the service's own letters in stories.
const OWN: &str = "example.com";

/// A service, a mail server, and the records that domains have published.
struct Stage {
    service: Service,
    server: SmtpServer,
    published: Published,
}

fn rsa() -> PrivateKey {
    PrivateKey::from_pem(RSA).expect("a key")
}

fn ed25519() -> PrivateKey {
    PrivateKey::generate(Kind::Ed25519).expect("a key")
}

/// A master key; another one for each number.
fn master_key(number: u8) -> MasterKey {
    MasterKey::parse(&format!("{number:02x}").repeat(32)).expect("a key")
}

/// Settings with the right master key.
fn settings() -> Settings {
    Settings { master_key: Some(master_key(1)), ..Service::settings() }
}

fn email(address: &str) -> EmailAddress {
    EmailAddress::parse(address).expect("an address")
}

impl Stage {
    async fn start() -> Self {
        let (service, server) = (Service::start().await, SmtpServer::start(Offers::default()).await);
        Self { service, server, published: Published::default() }
    }

    /// An engine that can sign.
    fn work(&self) -> Working {
        self.work_with(settings())
    }

    fn work_with(&self, settings: Settings) -> Working {
        Service::work_with(&self.service.node, Service::relay(&self.server), settings)
    }

    async fn tell_domain(&self, domain: &str, command: sender_domain::Command) {
        let id = SenderDomainId::derive(&DomainName::parse(domain).expect("a domain"));
        let services = &self.service.node.services;
        let told = services.store.execute::<SenderDomain>(id.0, command, &metadata()).await.expect("it may be done");
        assert!(services.shown(told.position).await, "the read models follow");
    }

    async fn add_domain(&self, domain: &str) {
        let domain_name = DomainName::parse(domain).expect("a domain");
        self.tell_domain(domain, sender_domain::Command::Add { domain: domain_name }).await;
    }

    /// A key from which on letters of the domain are signed, with its record, sealed under the master key of that number.
    async fn key_sealed(&mut self, domain: &str, selector: &str, private: &PrivateKey, master: u8) {
        self.key_named(domain, selector, private, (master, master)).await;
    }

    /// The same for one that opens nowhere: it is named as one that is sealed under the right master key, and is not.
    async fn broken_key(&mut self, domain: &str, selector: &str) {
        self.key_named(domain, selector, &ed25519(), (2, 1)).await;
    }

    /// The same for one that is sealed under one master key, and named as one that is sealed under another.
    async fn key_named(&mut self, domain: &str, selector: &str, private: &PrivateKey, (under, named): (u8, u8)) {
        let (name, selector) =
            (DomainName::parse(domain).expect("a domain"), Selector::parse(selector).expect("a name"));
        let id = SenderDomainId::derive(&name);
        let purpose = sealed_keys::purpose(id, selector.as_str());
        let sealed = master_key(under).seal(&purpose, private.der()).expect("randomness");
        let pool = &self.service.database.pool;
        sealed_keys::keep(pool, id, &selector, &sealed, &master_key(named).fingerprint()).await.expect("it is kept");
        let record = private.public_record();
        let (_, public) = record.split_once("; p=").expect("the record has a key");
        let algorithm = match private.algorithm() {
            Algorithm::RsaSha256 => sender_domain::Algorithm::Rsa,
            Algorithm::Ed25519Sha256 => sender_domain::Algorithm::Ed25519,
        };
        let at = self.service.clock.now();
        let made = sender_domain::Command::MakeKey {
            selector: selector.clone(),
            algorithm,
            public: public.to_owned(),
            imported: true,
            at,
        };
        self.tell_domain(domain, made).await;
        self.tell_domain(domain, sender_domain::Command::Activate { selector: selector.clone(), at }).await;
        self.published.add(&selector.record_name(&name), &record);
    }

    async fn key(&mut self, domain: &str, selector: &str, private: &PrivateKey) {
        self.key_sealed(domain, selector, private, 1).await;
    }

    async fn tell_sender(&self, id: SenderId, command: sender::Command) {
        let services = &self.service.node.services;
        let told = services.store.execute::<Sender>(id.0, command, &metadata()).await.expect("it may be done");
        assert!(services.shown(told.position).await, "the read models follow");
    }

    /// A sender whose address nobody has shown to be the owner's.
    async fn sender(&self, name: &str, address: &str, reply_to: Option<&str>) -> SenderId {
        let id = SenderId(Uuid::now_v7());
        let command = sender::Command::Create {
            owner: self.service.owner,
            name: FullName::parse(name).expect("a name"),
            address: email(address),
            reply_to: reply_to.map(email),
        };
        self.tell_sender(id, command).await;
        id
    }

    async fn verified_sender(&self, name: &str, address: &str, reply_to: Option<&str>) -> SenderId {
        let id = self.sender(name, address, reply_to).await;
        self.tell_sender(id, sender::Command::Verify { at: self.service.clock.now() }).await;
        id
    }

    async fn message(&self, subject: &str, text: &str, html: Option<&str>) -> MessageId {
        let (id, services) = (MessageId(Uuid::now_v7()), &self.service.node.services);
        let content = Content::parse(subject, text, html).expect("a letter");
        let command = message::Command::Create { owner: self.service.owner, content };
        let told = services.store.execute::<Message>(id.0, command, &metadata()).await.expect("written");
        assert!(services.shown(told.position).await, "the read models follow");
        id
    }

    /// A mailing from this sender to everybody in the group that starts at once.
    async fn mailing_from(&self, sender: SenderId, group: GroupId) -> MailingId {
        let plan = self.service.plan(group).await;
        self.service.create(Plan { sender: Some(sender), ..plan }).await
    }

    /// Why the mailing was stopped, once it is.
    async fn suspended(&self, mailing: MailingId) -> String {
        found("the mailing is stopped", async || {
            let row = mailings::get(&self.service.database.pool, Access::All, mailing).await.expect("a row");
            row.and_then(|row| row.reason)
        })
        .await
    }

    /// The selectors of the signatures of a letter, all of which are right and of this domain.
    async fn selectors(&self, received: &Received, domain: &str) -> Vec<String> {
        let signatures = self.published.verify(&received.letter).await;
        let of = |signature: Option<(String, String)>| {
            let shown = String::from_utf8_lossy(&received.letter);
            let (signed_by, selector) = signature.unwrap_or_else(|| panic!("a signature is not right: {shown}"));
            assert_eq!(signed_by, domain);
            selector
        };
        signatures.into_iter().map(of).collect()
    }
}
