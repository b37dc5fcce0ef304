//! The name that is said in EHLO (RFC 5321, 4.1.1.1 and 4.1.3).

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    str::FromStr,
};

use lettre::transport::smtp::extension::ClientId;

/// The longest name (RFC 1035, 2.3.4) and the longest part of one.
const LONGEST: usize = 253;
const LONGEST_LABEL: usize = 63;

/// Names that a machine may have and that nobody else knows.
const OWN_NAMES: [&str; 3] = ["localdomain", "local", "localhost"];

/// A fully qualified domain name such as `mail.example.org`, or an address literal such as `[192.0.2.1]` or
/// `[IPv6:2001:db8::1]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelloName(ClientId);

/// Why a name cannot be said in EHLO.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{name:?} is neither a full domain name such as mail.example.org nor an address literal such as [192.0.2.1] or [IPv6:2001:db8::1]"
)]
pub struct HelloNameError {
    /// As given.
    pub name: String,
}

impl FromStr for HelloName {
    type Err = HelloNameError;

    fn from_str(text: &str) -> Result<Self, HelloNameError> {
        let wrong = || HelloNameError { name: text.to_owned() };
        let literal = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        if let Some(literal) = literal {
            let ipv6 =
                literal.get(..5).filter(|tag| tag.eq_ignore_ascii_case("IPv6:")).map(|tag| &literal[tag.len()..]);
            return match ipv6 {
                Some(address) => address.parse().map(|address| Self(ClientId::Ipv6(address))).map_err(|_| wrong()),
                None => literal.parse().map(|address| Self(ClientId::Ipv4(address))).map_err(|_| wrong()),
            };
        }
        // Names outside ASCII are said as A-labels (RFC 5891).
        let Ok(url::Host::Domain(name)) = url::Host::parse(text) else { return Err(wrong()) };
        if is_fully_qualified(&name) { Ok(Self(ClientId::Domain(name))) } else { Err(wrong()) }
    }
}

impl HelloName {
    /// What this machine says at the near end of a connection: its name if that is fully qualified, else the address there.
    /// Over a connection within the machine, which may be a tunnel to somewhere else, it is the address that others see.
    pub(super) fn of_this_machine(near_end: IpAddr) -> Self {
        let uname = rustix::system::uname();
        let name = uname.nodename().to_str().ok().and_then(|name| name.parse().ok());
        let known = |name: &Self| match &name.0 {
            ClientId::Domain(name) => !OWN_NAMES.iter().any(|own| name.rsplit('.').next() == Some(own)),
            _ => false,
        };
        name.filter(known).unwrap_or_else(|| Self::of_address(outward(near_end)))
    }

    fn of_address(address: IpAddr) -> Self {
        Self(match address {
            IpAddr::V4(address) => ClientId::Ipv4(address),
            IpAddr::V6(address) => ClientId::Ipv6(address),
        })
    }

    pub(super) fn client_id(&self) -> &ClientId {
        &self.0
    }
}

impl fmt::Display for HelloName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The address with which this machine would go out, if the given one is for talking to itself.
fn outward(address: IpAddr) -> IpAddr {
    // Addresses for documentation (RFC 5737, RFC 3849). Connecting a UDP socket sends nothing, it only asks for the route.
    let (any, there) = match address {
        IpAddr::V4(_) => {
            (SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)), SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), 9)))
        }
        IpAddr::V6(_) => (
            SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
            SocketAddr::from((Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), 9)),
        ),
    };
    let found = || {
        let socket = UdpSocket::bind(any).ok()?;
        socket.connect(there).ok()?;
        socket.local_addr().ok().map(|found| found.ip()).filter(|found| !found.is_loopback() && !found.is_unspecified())
    };
    if address.is_loopback() { found().unwrap_or(address) } else { address }
}

fn is_fully_qualified(name: &str) -> bool {
    let good_label = |label: &str| {
        (1..=LONGEST_LABEL).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= LONGEST && name.contains('.') && name.split('.').all(good_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_for_ehlo_is_a_domain_name_or_an_address_literal() {
        for (given, said) in [
            ("mail.example.org", "mail.example.org"),
            ("MAIL.Example.org", "mail.example.org"),
            ("почта.пример.рф", "xn--80a1acny.xn--e1afmkfd.xn--p1ai"),
            ("[192.0.2.1]", "[192.0.2.1]"),
            ("[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]"),
        ] {
            assert_eq!(given.parse::<HelloName>().expect(given).to_string(), said);
        }
        let long = format!("{}.example.org", "a".repeat(64));
        for wrong in [
            "",
            "localhost",
            "mail",
            "mail.example.org\r\nMAIL FROM:<kim@example.com>",
            "mail example.org",
            "192.0.2.1",
            "[192.0.2]",
            "[2001:db8::1]",
            "[IPv6:192.0.2.1]",
            "[]",
            "-mail.example.org",
            "mail..example.org",
            "mail.example.org.",
            "a_b.example.org",
            long.as_str(),
        ] {
            assert!(wrong.parse::<HelloName>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn without_a_setting_the_machine_says_its_name_or_an_address_of_its_own() {
        let there = HelloName::of_this_machine(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7))).to_string();
        assert!(there == "[192.0.2.7]" || is_fully_qualified(&there), "{there}");
        assert_eq!(outward(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7))), IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)));
    }
}
