//! Mail servers that letters are sent through.

use super::finding::{Finding, fine, problem};
use scheduler::smtp::{Connector, Relay};

/// Greets a mail server, with TLS and password as the settings want, and sends nothing.
pub(super) async fn answers(relay: Relay) -> Finding {
    let address = format!("{}:{}", relay.host(), relay.port());
    match Connector::new(relay).open().await {
        Ok(connection) => {
            connection.quit().await;
            fine(format!("{address} answers"))
        }
        Err((phase, happening)) => problem(
            format!("{address}: {phase}, {happening}"),
            "see SMTP_URL; letters wait meanwhile, and go on by themselves",
        ),
    }
}
