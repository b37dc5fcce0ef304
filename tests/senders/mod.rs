//! Who letters are from: whether other mail servers believe them, as a name server of ours says.

mod faces;
mod looking_up;
mod returning;
mod starting;

use crate::support::dns_server::DnsServer;
use domain::alignment::{Domain, Finding, Selector, Sender, What};

/// A key of RSA with 2,048 bits, which no text of one part can hold.
const KEY: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtcYbhwN8+0lQevj//YXikukmbdfKz17rjSc51YGSCNJ0Qn1TkcfiiiShPMmD//6aeORbsaWQ\
                   1Lk4ATVqpskS2/wQtaLY1uVzdmyk2e2Zx+AN7CeABd41reWqFpEairtkWH/cxyiTwNoiGvV11tq3bYrHC8fJZt+JOoD21qjOXabwhnwSnBP3qKhJPK8I\
                   ZjZ13n9HSXHUe9M2RpJMWjhra9aIJxi6XqzyrDDnlDwbz48pviUyoWm5hp7bXwka0BClwLSGSS/cnALZFd6uXugrEhP+RzNS/yqZIAP3te/cNMsFrVlM\
                   omdvGWdSkTux2lJhuQD7ipjU0BkkY4Gq/h/U3wIDAQAB";

/// A server with all records of example.org as they should be.
async fn in_order() -> DnsServer {
    let server = DnsServer::start().await;
    server.text("example.org", "site-verification=abc");
    server.text("example.org", "v=spf1 mx include:_spf.example.net -all");
    server.text("_spf.example.net", "v=spf1 ip4:192.0.2.0/24 ~all");
    server.text("mail._domainkey.example.org", &format!("v=DKIM1; k=rsa; p={KEY}"));
    server.text("_dmarc.example.org", "v=DMARC1; p=quarantine");
    server.mail("example.org", "mx.example.org");
    server.address("mx.example.org");
    server
}

/// Looks at example.org with this server.
async fn check(server: &DnsServer, selectors: &[&str]) -> Vec<Finding> {
    let selectors = Selector::parse_all(selectors).expect("selectors");
    let sender = Sender::new(Domain::parse("example.org").expect("a domain"), selectors);
    acts::senders::Dns::new(Some(server.at())).check(&sender).await
}

async fn found(server: &DnsServer, selectors: &[&str]) -> Vec<What> {
    check(server, selectors).await.into_iter().map(|finding| finding.what).collect()
}
