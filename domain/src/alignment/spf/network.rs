//! Addresses that letters leave from, and those that records name.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address, or all addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    address: IpAddr,
    /// How many bits they begin with alike.
    length: u8,
}

impl Network {
    /// Reads an address, such as `192.0.2.7`, or a network, such as `192.0.2.0/24`. `None` if it is neither.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let network = Self::one(address.parse().ok()?);
        match length {
            None => Some(network),
            Some(length) if length.bytes().all(|byte| byte.is_ascii_digit()) => {
                let length = length.parse().ok().filter(|length| *length <= network.length)?;
                Some(Self { length, ..network })
            }
            Some(_) => None,
        }
    }

    /// The network that is this address alone.
    pub(super) fn one(address: IpAddr) -> Self {
        Self { address, length: if address.is_ipv4() { 32 } else { 128 } }
    }

    /// The network of this address whose addresses begin with so many bits alike; with all of them if it has fewer.
    pub(super) fn around(address: IpAddr, length: u8) -> Self {
        let one = Self::one(address);
        Self { length: length.min(one.length), ..one }
    }

    /// The address, if it is no more than one.
    pub(super) fn address(self) -> Option<IpAddr> {
        (self == Self::one(self.address)).then_some(self.address)
    }

    pub(super) fn is_ipv4(self) -> bool {
        self.address.is_ipv4()
    }

    /// Whether all of the other one's addresses are among its own.
    pub(super) fn contains(self, other: Self) -> bool {
        if self.length > other.length {
            return false;
        }
        // What is shifted by as many bits as there are leaves nothing.
        match (self.address, other.address) {
            (IpAddr::V4(one), IpAddr::V4(other)) => {
                let differ = u32::from(one) ^ u32::from(other);
                differ.checked_shr(32 - u32::from(self.length)).unwrap_or(0) == 0
            }
            (IpAddr::V6(one), IpAddr::V6(other)) => {
                let differ = u128::from(one) ^ u128::from(other);
                differ.checked_shr(128 - u32::from(self.length)).unwrap_or(0) == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }

    /// The term of a record that names it.
    pub(super) fn term(self) -> String {
        let kind = if self.is_ipv4() { "ip4" } else { "ip6" };
        format!("{kind}:{self}")
    }

    /// The address as macros write it (RFC 7208, 7.3): its numbers, or its digits in hex, with dots between.
    pub(super) fn dotted(self) -> Option<String> {
        Some(match self.address()? {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let digits = format!("{:032x}", u128::from(address));
                digits.chars().map(String::from).collect::<Vec<_>>().join(".")
            }
        })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address() {
            Some(address) => write!(f, "{address}"),
            None => write!(f, "{}/{}", self.address, self.length),
        }
    }
}

/// The network that a record writes behind `ip4:`.
pub(super) fn of_ip4(text: &str) -> Option<Network> {
    let (address, _) = text.split_once('/').unwrap_or((text, ""));
    address.parse::<Ipv4Addr>().ok().and_then(|_| Network::parse(text))
}

/// The network that a record writes behind `ip6:`.
pub(super) fn of_ip6(text: &str) -> Option<Network> {
    let (address, _) = text.split_once('/').unwrap_or((text, ""));
    address.parse::<Ipv6Addr>().ok().and_then(|_| Network::parse(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        Network::parse(text).expect(text)
    }

    #[test]
    fn addresses_and_networks_are_read_and_written_as_they_are() {
        for text in ["192.0.2.7", "192.0.2.0/24", "0.0.0.0/0", "2001:db8::1", "2001:db8::/32", "::/0"] {
            assert_eq!(network(text).to_string(), text);
        }
        assert_eq!(network("192.0.2.7/32").to_string(), "192.0.2.7");
        for bad in ["", "192.0.2", "192.0.2.0/33", "2001:db8::/129", "192.0.2.0/", "192.0.2.0/+8", "mail.example.org"] {
            assert_eq!(Network::parse(bad), None, "{bad}");
        }
        assert_eq!((of_ip4("2001:db8::1"), of_ip6("192.0.2.1")), (None, None));
    }

    #[test]
    fn a_network_has_all_that_begins_as_it_does_and_nothing_else() {
        for (one, other, contains) in [
            ("192.0.2.0/24", "192.0.2.7", true),
            ("192.0.2.0/24", "192.0.2.128/25", true),
            ("192.0.2.128/25", "192.0.2.0/24", false),
            ("192.0.2.0/24", "192.0.3.7", false),
            ("0.0.0.0/0", "203.0.113.1", true),
            ("192.0.2.7", "192.0.2.7", true),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("::/0", "192.0.2.7", false),
        ] {
            assert_eq!(network(one).contains(network(other)), contains, "{one} {other}");
        }
    }

    #[test]
    fn an_address_is_written_in_macros_with_dots() {
        assert_eq!(network("192.0.2.7").dotted().as_deref(), Some("192.0.2.7"));
        let six = network("2001:db8::cb01").dotted().expect("one address");
        assert_eq!(six, "2.0.0.1.0.d.b.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.b.0.1", "as in RFC 7208, 7.4");
        assert_eq!(network("192.0.2.0/24").dotted(), None);
    }
}
