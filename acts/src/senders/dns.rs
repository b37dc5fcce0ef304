//! Asking the name service (DNS): a few questions, in a short time, and with an answer for each, be it that there is none.
//!
//! Whoever checks a domain waits for nothing else, and nothing else waits for it: questions hold neither a connection to the
//! database nor a lock.

use super::known::Known;
use domain::alignment::spf::Network;
use domain::alignment::{self, Answer, Answers, Finding, Kind, Question, Sender, Step};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How long one question may take.
const EACH: Duration = Duration::from_secs(2);

/// How long a server has for its answer before it is asked once more: packets get lost.
const TRY: Duration = Duration::from_millis(900);

/// How long all questions about one domain may take together: a request has ten seconds, and whoever asked is to get what was found.
const IN_ALL: Duration = Duration::from_secs(8);

/// How long an answer is kept, whatever its record says: somebody who has just corrected a record asks again soon.
const KEPT: Duration = Duration::from_mins(1);

/// So many answers are kept: a stranger's may have 64 KiB each, and somebody who corrects their records asks about a few names only.
const MOST_KEPT: u64 = 256;

/// The way to the name service.
#[derive(Clone, Default)]
pub struct Dns {
    server: Server,
    /// The addresses that letters leave from; none if nobody said.
    from: Arc<[Network]>,
    /// Made with the first question, as the system's settings are a file that need not be there.
    resolver: Arc<OnceLock<Option<TokioResolver>>>,
    /// What was found at last.
    known: Known,
}

/// Who is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Server {
    /// Nobody: there is no answer to anything.
    #[default]
    Nobody,
    /// Whoever the system's settings name.
    System,
    /// This one.
    At(SocketAddr),
}

impl fmt::Debug for Dns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Dns").field(&self.server).finish()
    }
}

impl Dns {
    /// The name service of this server; without one, of whoever the system's settings name.
    #[must_use]
    pub fn new(server: Option<SocketAddr>) -> Self {
        let server = server.map_or(Server::System, Server::At);
        Self { server, from: Arc::default(), resolver: Arc::default(), known: Known::default() }
    }

    /// The same, which knows that letters leave from these addresses.
    #[must_use]
    pub fn sending_from(self, from: Arc<[Network]>) -> Self {
        Self { from, ..self }
    }

    /// Looks at a sender's domain. What is not answered in time is told as that.
    pub async fn check(&self, sender: &Sender) -> Vec<Finding> {
        let findings = self.look(sender).await;
        self.known.learn(sender, &findings);
        findings
    }

    /// What was found lately at a sender's domain. If nobody looked, it is looked now, and waited for as long as `patience` is;
    /// `None` if that was not enough.
    pub async fn found(&self, sender: &Sender, patience: Duration) -> Option<Arc<[Finding]>> {
        let mut looking = self.looking(sender);
        match timeout(patience, looking.wait_for(Option::is_some)).await {
            Ok(Ok(found)) => found.clone(),
            Ok(Err(_)) | Err(_) => None,
        }
    }

    /// What was found lately at a sender's domain, as far as it is known at this moment. `None`: somebody is just looking, and will have
    /// looked within seconds. Whoever cannot wait asks again then; nothing that was found is an answer, too.
    #[must_use]
    pub fn known(&self, sender: &Sender) -> Option<Arc<[Finding]>> {
        let looking = self.looking(sender);
        // In this order: whoever has looked says so before they go.
        let gone = looking.has_changed().is_err();
        let found = looking.borrow().clone();
        found.or_else(|| gone.then(|| Arc::<[Finding]>::from([])))
    }

    /// What somebody finds who looks at this moment, or has looked lately.
    fn looking(&self, sender: &Sender) -> watch::Receiver<Option<Arc<[Finding]>>> {
        self.known.or_begin(sender, |tell| {
            let (dns, sender) = (self.clone(), sender.clone());
            tokio::spawn(async move {
                let findings = dns.look(&sender).await;
                tell.send_replace(Some(findings.into()));
            });
        })
    }

    async fn look(&self, sender: &Sender) -> Vec<Finding> {
        let mut answers = Answers::default();
        if let Ok(findings) = timeout(IN_ALL, self.ask_on(sender, &mut answers)).await {
            return findings;
        }
        answers.give_up();
        match alignment::check(sender, &self.from, &answers) {
            Step::Done(findings) => findings,
            // Nothing is open any more.
            Step::Ask(_) => Vec::new(),
        }
    }

    async fn ask_on(&self, sender: &Sender, answers: &mut Answers) -> Vec<Finding> {
        loop {
            match alignment::check(sender, &self.from, answers) {
                Step::Done(findings) => return findings,
                Step::Ask(questions) => self.ask_all(questions, answers).await,
            }
        }
    }

    /// Asks all of them at the same time.
    async fn ask_all(&self, questions: BTreeSet<Question>, answers: &mut Answers) {
        let mut asked = JoinSet::new();
        for question in questions {
            // What becomes of no task has no answer.
            answers.insert(question.clone(), Answer::Failed);
            let dns = self.clone();
            asked.spawn(async move {
                let answer = timeout(EACH, dns.ask(&question)).await.unwrap_or(Answer::Failed);
                (question, answer)
            });
        }
        while let Some(answered) = asked.join_next().await {
            if let Ok((question, answer)) = answered {
                answers.insert(question, answer);
            }
        }
    }

    async fn ask(&self, question: &Question) -> Answer {
        let Some(resolver) = self.resolver.get_or_init(|| resolver(self.server)) else { return Answer::Failed };
        // With the dot at its end no search list of the system's is tried.
        let Ok(name) = Name::from_ascii(format!("{}.", question.name)) else { return Answer::NoSuchDomain };
        match question.kind {
            Kind::Text => look_up(resolver, name, RecordType::TXT).await,
            Kind::Mail => look_up(resolver, name, RecordType::MX).await,
            Kind::Address => match look_up(resolver, name.clone(), RecordType::A).await {
                Answer::None => look_up(resolver, name, RecordType::AAAA).await,
                answer => answer,
            },
            Kind::Four => look_up(resolver, name, RecordType::A).await,
            Kind::Six => look_up(resolver, name, RecordType::AAAA).await,
        }
    }
}

/// Nobody to ask, if the system's settings name nobody.
fn resolver(server: Server) -> Option<TokioResolver> {
    let mut builder = match server {
        Server::Nobody => return None,
        Server::System => TokioResolver::builder_tokio()
            .inspect_err(|error| tracing::warn!(%error, "the system names no server for names; set DNS_SERVER"))
            .ok()?,
        Server::At(address) => {
            let mut server = NameServerConfig::udp_and_tcp(address.ip());
            for connection in &mut server.connections {
                connection.port = address.port();
            }
            let config = ResolverConfig::from_name_servers(vec![server]);
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        }
    };
    keep_short(builder.options_mut());
    let built = builder.build();
    built.inspect_err(|error| tracing::warn!(%error, "names cannot be looked up")).ok()
}

fn keep_short(options: &mut ResolverOpts) {
    options.timeout = TRY;
    options.attempts = 1;
    // What other mail servers see is asked for, and not what this machine has in a file.
    options.use_hosts_file = ResolveHosts::Never;
    options.cache_size = MOST_KEPT;
    options.positive_min_ttl = Some(KEPT);
    options.positive_max_ttl = Some(KEPT);
    options.negative_min_ttl = Some(KEPT);
    options.negative_max_ttl = Some(KEPT);
}

async fn look_up(resolver: &TokioResolver, name: Name, kind: RecordType) -> Answer {
    match resolver.lookup(name, kind).await {
        Ok(found) => {
            let records: Vec<String> =
                found.answers().iter().filter_map(|record| written(&record.data, kind)).collect();
            if records.is_empty() { Answer::None } else { Answer::Records(records) }
        }
        Err(error) if error.is_nx_domain() => Answer::NoSuchDomain,
        Err(error) if error.is_no_records_found() => Answer::None,
        Err(error) => failed(&error),
    }
}

fn failed(error: &NetError) -> Answer {
    tracing::debug!(%error, "a name was not looked up");
    Answer::Failed
}

/// What stands in a record, if it is of the kind that was asked for. Others are on the way to it (CNAME).
fn written(data: &RData, kind: RecordType) -> Option<String> {
    match (data, kind) {
        (RData::TXT(text), RecordType::TXT) => {
            let parts: Vec<u8> = text.txt_data.iter().flat_map(|part| part.iter().copied()).collect();
            Some(String::from_utf8_lossy(&parts).into_owned())
        }
        (RData::MX(mail), RecordType::MX) => {
            let host = mail.exchange.to_ascii().to_ascii_lowercase();
            Some(host.strip_suffix('.').map_or_else(|| host.clone(), str::to_owned))
        }
        (RData::A(address), RecordType::A) => Some(address.to_string()),
        (RData::AAAA(address), RecordType::AAAA) => Some(address.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::alignment::{Domain, Verdict};

    #[tokio::test]
    async fn without_anybody_to_ask_nothing_is_known() {
        let sender = Sender::new(Domain::parse("example.org").expect("a domain"), Vec::new());
        let findings = Dns::default().check(&sender).await;
        let unknown = findings.iter().filter(|finding| finding.verdict == Verdict::Unknown).count();
        assert_eq!(unknown, 3, "{findings:?}");
    }

    #[tokio::test]
    async fn whoever_cannot_wait_is_told_what_is_known_and_somebody_looks_meanwhile() {
        let (dns, sender) = (Dns::default(), Sender::new(Domain::parse("example.org").expect("a domain"), Vec::new()));
        assert_eq!(dns.known(&sender), None, "somebody has only begun");
        let found = dns.found(&sender, Duration::from_secs(10)).await.expect("nobody is asked, which takes no time");
        assert_eq!(dns.known(&sender), Some(found));
    }
}
