//! Settings, as far as each for itself cannot tell.

use super::finding::{Finding, fine, problem, warning};
use crate::config::Config;
use crate::serving::descriptors;
use scheduler::smtp::Relay;

/// What every setting for itself cannot tell. Those that are wrong for themselves are refused before this.
pub(super) fn together(config: &Config, relays: &[Relay]) -> Finding {
    let table = config.table();
    let sender = table.iter().find(|setting| setting.name == "MAIL_FROM").map_or("", |setting| setting.value.as_str());
    let public_url = config.public_url();
    if sender.trim_end_matches('>').ends_with("@localhost") && relays.iter().any(|relay| !is_local(relay.host())) {
        return problem(
            format!("letters are from {sender}, which no other mail server knows"),
            "set MAIL_FROM to an address of yours",
        );
    }
    if public_url.host_str().is_some_and(is_local) && !config.http_addr.ip().is_loopback() {
        return problem(
            format!("the service listens for other machines, but links in letters lead to {public_url}"),
            "set PUBLIC_URL to its address as browsers see it",
        );
    }
    if config.http_connections_per_address > config.http_connections {
        return problem(
            format!(
                "an address may have {} connections over HTTP, and all together {}",
                config.http_connections_per_address, config.http_connections
            ),
            "lower HTTP_CONNECTIONS_PER_ADDRESS, or raise HTTP_CONNECTIONS",
        );
    }
    let (allowed, needed) = (descriptors::raise(), config.descriptors().unwrap_or_default());
    if descriptors::for_http(allowed, needed) < config.http_connections as usize {
        return problem(
            format!(
                "the system allows {allowed} open files, too few for HTTP_CONNECTIONS={} and {needed} connections to \
                 PostgreSQL and mail servers",
                config.http_connections
            ),
            "raise `ulimit -n`, or lower HTTP_CONNECTIONS",
        );
    }
    fine(format!("{} settings, see `skymailing config`", table.len()))
}

/// Whether mail programs can use the links in letters.
pub(super) fn links(config: &Config) -> Finding {
    let public_url = config.public_url();
    if public_url.scheme() == "https" {
        return fine(format!("links in letters lead to {public_url}"));
    }
    if public_url.host_str().is_some_and(is_local) {
        return fine(format!("links in letters lead to {public_url}, which only this machine can open"));
    }
    warning(
        format!("PUBLIC_URL is {public_url}, not https, so mail programs offer no one-click unsubscribe"),
        "have a proxy speak https, and set PUBLIC_URL to its address",
    )
}

/// Whether a host, as it stands in a URL, is this machine.
fn is_local(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1" | "[::1]")
}
