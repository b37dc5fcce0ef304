//! Where a request comes from, when proxies stand between.

use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// Each proxy puts after what it was told the address from which it was told.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The proxies that are believed when they say for whom a request is. Anybody can send such a header, and a list is as
/// true as the last of those who wrote it (RFC 7239, section 8.1), so without any of them nobody is believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// From where a request comes: the nearest address that is no trusted proxy's. Each was written by whoever is nearer,
    /// so the search ends with the first who is not trusted, or who wrote something else.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let nearest_first = headers.get_all(FORWARDED_FOR).iter().rev();
        let entries = nearest_first.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        for entry in entries {
            if !self.trusts(client) {
                break;
            }
            let Some(address) = std::str::from_utf8(entry).ok().and_then(address) else { break };
            client = address.to_canonical();
        }
        client
    }

    /// Whether the address is one of theirs.
    #[must_use]
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// Addresses and networks, with commas or spaces between.
impl FromStr for TrustedProxies {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|part| !part.is_empty());
        parts.map(network).collect::<Result<_, _>>().map(Self)
    }
}

fn network(text: &str) -> Result<IpNet, String> {
    let one = text.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()));
    let network = one.or_else(|_| text.parse::<IpNet>());
    let network = network.map_err(|_| format!("{text:?} is neither an IP address nor a network such as 10.0.0.0/8"))?;
    if network.prefix_len() == 0 {
        return Err(format!("{text} is everybody, and then anybody can say to be somebody else"));
    }
    Ok(network)
}

/// Some proxies write the port, too.
fn address(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim();
    let bare = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(entry);
    bare.parse().ok().or_else(|| Some(entry.parse::<SocketAddr>().ok()?.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn seen(trusted: &str, peer: &str, lines: &[&'static str]) -> String {
        let trusted: TrustedProxies = trusted.parse().expect("proxies");
        let headers = lines.iter().map(|line| (FORWARDED_FOR, HeaderValue::from_static(line))).collect();
        trusted.client(peer.parse().expect("an address"), &headers).to_string()
    }

    #[test]
    fn whoever_is_no_trusted_proxy_is_not_believed() {
        for trusted in ["", "10.0.0.0/8", "2001:db8::1"] {
            assert_eq!(seen(trusted, "198.51.100.7", &["192.0.2.1"]), "198.51.100.7", "{trusted}");
        }
    }

    #[test]
    fn a_request_comes_from_the_nearest_address_that_is_no_trusted_proxys() {
        let trusted = "10.0.0.0/8, 203.0.113.5 2001:db8::/32";
        for (peer, lines, expected) in [
            ("10.0.0.1", vec!["192.0.2.1"], "192.0.2.1"),
            // A chain; what stands before the client was written by the client.
            ("10.0.0.1", vec!["192.0.2.99, 192.0.2.1, 203.0.113.5,10.1.2.3"], "192.0.2.1"),
            ("10.0.0.1", vec!["127.0.0.1", "10.9.9.9, 192.0.2.1", "203.0.113.5"], "192.0.2.1"),
            // Nobody but proxies: the farthest.
            ("10.0.0.1", vec!["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("10.0.0.1", vec![], "10.0.0.1"),
            // What is no address is nobody's.
            ("10.0.0.1", vec!["192.0.2.1, unknown, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", vec!["192.0.2.1, "], "10.0.0.1"),
            // As different proxies write them, and as sockets for both families do.
            ("::ffff:10.0.0.1", vec!["192.0.2.1:4711"], "192.0.2.1"),
            ("2001:db8::1", vec!["[2001:db9::7]:4711"], "2001:db9::7"),
            ("2001:db8::1", vec!["[2001:db9::7]"], "2001:db9::7"),
            ("2001:db8::1", vec!["::ffff:192.0.2.1"], "192.0.2.1"),
        ] {
            assert_eq!(seen(trusted, peer, &lines), expected, "{peer} {lines:?}");
        }
    }

    #[test]
    fn proxies_are_addresses_and_networks_but_not_everybody() {
        for wrong in ["localhost", "10.0.0.0/33", "10.0.0.1:80", "0.0.0.0/0", "10.0.0.1, ::/0"] {
            assert!(wrong.parse::<TrustedProxies>().is_err(), "{wrong}");
        }
        assert_eq!("".parse(), Ok(TrustedProxies::default()));
        assert_eq!("::ffff:10.0.0.1".parse::<TrustedProxies>(), "10.0.0.1/32".parse());
    }
}
