//! Addresses that are taken for one another's neighbours.

use std::net::IpAddr;

/// What counts as one address: an IPv6 host has at least 2^64 of its own.
#[must_use]
pub fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        address @ IpAddr::V4(_) => address,
    }
}
