//! The settings of what comes back: bounces, complaints and wishes to leave.

use super::limit::Limit;
use super::parse::{self, Optional, checked};
use crate::fetch;
use api::{PublicKey, Secret, Topic, Webhooks};
use clap::Args;
use domain::feedback::guard::Limits;
use domain::letter::{ReturnPaths, Separator};
use domain::sender_domain::DomainName;
use intake::imap;
use std::net::SocketAddr;
use std::time::Duration;

/// What comes back, as a group of arguments.
#[derive(Debug, Clone, Args)]
pub struct Returns {
    /// Domain whose mail comes in here: letters come back to it, each to an address of its own; without it they come back to their sender
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "DOMAIN",
        default_value = "",
        hide_default_value = true
    )]
    #[arg(value_parser = checked("bounce.example.org", parse::optional(parse::domain)))]
    bounce_domain: Optional<DomainName>,

    /// Sign in these addresses before what tells letters apart: + or -
    #[arg(long, env, global = true, hide_env_values = true, value_name = "+|-", default_value = "+")]
    #[arg(value_parser = checked("-", parse::separator))]
    bounce_separator: Separator,

    /// Address and port where `serve` and `worker` take mail for `BOUNCE_DOMAIN` (SMTP and LMTP); without it they take none
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "ADDRESS:PORT",
        default_value = "",
        hide_default_value = true
    )]
    #[arg(value_parser = checked("0.0.0.0:2525", parse::optional(parse::socket_address)))]
    pub intake_addr: Optional<SocketAddr>,

    #[arg(
        help = "Mailbox that bounces and complaints are fetched from: imaps://user:password@host/INBOX, imap://user:password@host (STARTTLS), if wanted with ?processed=Processed (where messages go that were read) and &every=60s; without it there is none"
    )]
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "URL",
        default_value = "",
        hide_default_value = true
    )]
    #[arg(value_parser = checked("imaps://user:password@imap.example.org/INBOX", parse::optional(parse::imap_mailbox)))]
    intake_imap_url: Optional<imap::Mailbox>,

    /// Letters that may come back from an address without saying that there is no such mailbox, before it is not written to
    #[arg(long, env, global = true, hide_env_values = true, value_name = "NUMBER", default_value = "5")]
    #[arg(value_parser = checked("5", parse::number::<1, 1_000>))]
    pub soft_bounces: u32,

    /// The time within which that must be so many
    #[arg(long, env, global = true, hide_env_values = true, value_name = "TIME", default_value = "30d")]
    #[arg(value_parser = checked("30d", parse::time::<3_600, 31_622_400>))]
    pub soft_bounces_within: Duration,

    /// Letters of a mailing that mail servers must have taken before it can be paused because too many came back
    #[arg(long, env, global = true, hide_env_values = true, value_name = "NUMBER", default_value = "200")]
    #[arg(value_parser = checked("200", parse::number::<1, 10_000_000>))]
    guard_minimum: u32,

    /// Percent of a mailing's letters that came back for good above which it is paused; off for never
    #[arg(long, env, global = true, hide_env_values = true, value_name = "PERCENT", default_value = "5")]
    #[arg(value_parser = checked("5", parse::share))]
    guard_bounces: Limit,

    /// Percent of a mailing's letters that recipients complained of above which it is paused; off for never
    #[arg(long, env, global = true, hide_env_values = true, value_name = "PERCENT", default_value = "0.3")]
    #[arg(value_parser = checked("0.3", parse::share))]
    guard_complaints: Limit,

    /// Topic of Amazon SNS to which Amazon SES tells bounces and complaints, which are taken at `/webhooks/ses`; without it, none are
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "ARN",
        default_value = "",
        hide_default_value = true
    )]
    #[arg(value_parser = checked("arn:aws:sns:eu-west-1:123456789012:bounces", parse::optional(parse::topic)))]
    ses_topic: Optional<Topic>,

    /// Verification key of SendGrid's signed event webhook, whose events are taken at `/webhooks/sendgrid`
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "KEY",
        default_value = "",
        hide_default_value = true
    )]
    #[arg(value_parser = checked("the verification key of the event webhook", parse::optional(parse::public_key)))]
    sendgrid_webhook_key: Optional<PublicKey>,

    /// Signing key of Mailgun's webhooks, whose events are taken at `/webhooks/mailgun`
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "KEY",
        default_value = "",
        hide_default_value = true
    )]
    #[arg(value_parser = checked("the HTTP webhook signing key of the account", parse::optional(parse::secret)))]
    mailgun_webhook_key: Optional<Secret>,

    /// Password that Postmark's webhooks show, whose events are taken at `/webhooks/postmark`
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "PASSWORD",
        default_value = "",
        hide_default_value = true
    )]
    #[arg(value_parser = checked("what openssl rand -hex 24 prints", parse::optional(parse::secret)))]
    postmark_webhook_password: Optional<Secret>,

    /// Token that Brevo's webhooks show, whose events are taken at `/webhooks/brevo`
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "TOKEN",
        default_value = "",
        hide_default_value = true
    )]
    #[arg(value_parser = checked("what openssl rand -hex 24 prints", parse::optional(parse::secret)))]
    brevo_webhook_token: Optional<Secret>,
}

/// Mail is to be taken, and nobody has said for which domain.
#[derive(Debug, thiserror::Error)]
#[error("INTAKE_ADDR takes mail for BOUNCE_DOMAIN, and that is not set; example: BOUNCE_DOMAIN=bounce.example.org")]
pub struct NoBounceDomain;

impl Returns {
    /// The addresses to which letters come back; none if they come back to their senders.
    #[must_use]
    pub fn paths(&self) -> Option<ReturnPaths> {
        let domain = self.bounce_domain.get().cloned()?;
        Some(ReturnPaths { domain, separator: self.bounce_separator })
    }

    /// Where mail is taken, and for which domain; none if it is not taken.
    pub fn intake(&self) -> Result<Option<(SocketAddr, DomainName)>, NoBounceDomain> {
        match (self.intake_addr.get(), self.bounce_domain.get()) {
            (None, _) => Ok(None),
            (Some(address), Some(domain)) => Ok(Some((*address, domain.clone()))),
            (Some(_), None) => Err(NoBounceDomain),
        }
    }

    /// The providers whose reports are taken.
    #[must_use]
    pub fn webhooks(&self) -> Webhooks {
        Webhooks {
            ses: self.ses_topic.get().cloned(),
            sendgrid: self.sendgrid_webhook_key.get().cloned(),
            mailgun: self.mailgun_webhook_key.get().cloned(),
            postmark: self.postmark_webhook_password.get().cloned(),
            brevo: self.brevo_webhook_token.get().cloned(),
            fetch: fetch::over_https(),
        }
    }

    /// The mailbox that bounces and complaints are fetched from, if there is one.
    #[must_use]
    pub fn mailbox(&self) -> Option<&imap::Mailbox> {
        self.intake_imap_url.get()
    }

    /// When mailings are paused.
    #[must_use]
    pub fn guard(&self) -> Limits {
        Limits {
            minimum: self.guard_minimum.into(),
            bounces: self.guard_bounces.0,
            complaints: self.guard_complaints.0,
        }
    }
}
