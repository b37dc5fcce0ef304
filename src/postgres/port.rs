//! Choosing a port for the server.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
};

use rand::{TryRngCore, rngs::OsRng};

use super::home::Home;

/// Below the ports that Linux, macOS and the BSDs give to outgoing connections, so that the port is still free when
/// the server is started again.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// The port of the last time if it is free, else any.
pub(super) fn free(home: &Home) -> u16 {
    let last = fs::read_to_string(home.port()).ok().and_then(|text| text.trim().parse().ok());
    last.filter(|port| is_free(*port)).unwrap_or_else(random)
}

pub(super) fn random() -> u16 {
    let span = u32::from(PORTS.end - PORTS.start);
    let any = || {
        let number = OsRng.try_next_u32().expect("the operating system has random numbers") % span;
        PORTS.start + u16::try_from(number).expect("the span is smaller than 2^16")
    };
    std::iter::repeat_with(any).take(1000).find(|port| is_free(*port)).unwrap_or(PORTS.start)
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}
