//! Whether other mail servers will believe letters of a domain.

use crate::failure::Failure;
use crate::graphql::kit::context::Ask;
use crate::graphql::kit::user_error::{UserError, done_or_told};
use acts::senders::{self, Checked, Wanted};
use async_graphql::{Context, Enum, Object, SimpleObject};
use domain::{Language, alignment};
use words::Sentence;

/// What of a domain is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "alignment::Subject")]
enum SenderSubject {
    /// The finding is about which servers may send for the domain (SPF, RFC 7208).
    Spf,
    /// The finding is about the keys that the domain's letters are signed with (DKIM, RFC 6376).
    Dkim,
    /// The finding is about what others are to do with letters that do not fit (DMARC, RFC 7489 and RFC 9989).
    Dmarc,
    /// The finding is about where the domain's mail arrives (MX).
    Mx,
    /// The finding is about where bounces go (Return-Path).
    ReturnPath,
}

/// How a finding about a domain is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "alignment::Verdict")]
enum SenderVerdict {
    /// It is as it should be.
    Good,
    /// Letters arrive, and some of them may not.
    Warning,
    /// Many mail servers will refuse letters, or take them for spam.
    Bad,
    /// The name service did not answer, so nobody knows.
    Unknown,
}

/// A record of the name service (DNS), ready to be entered.
#[derive(SimpleObject)]
pub(crate) struct DnsRecord {
    /// The whole name of the record, such as `_dmarc.example.org`.
    pub(crate) name: String,
    /// The type of the record, such as `TXT`.
    #[graphql(name = "type")]
    pub(crate) kind: &'static str,
    /// What stands in the record.
    pub(crate) value: String,
}

/// One thing that was found about a domain.
#[derive(SimpleObject)]
struct SenderFinding {
    /// What the finding is about.
    subject: SenderSubject,
    /// How it is.
    verdict: SenderVerdict,
    /// A sentence that says what was found, and what to do about it, in the viewer's language.
    message: String,
    /// A record that mends it; null if nothing has to be mended, or if only whoever looks after the domain knows how.
    record: Option<DnsRecord>,
}

/// What the name service (DNS) says of a domain, or why it was not asked.
#[derive(Default, SimpleObject)]
struct SenderCheck {
    /// The domain that was looked at, as the name service knows it; null if there are user errors.
    domain: Option<String>,
    /// What was found: SPF, DKIM, DMARC, MX and return path, each with one finding or more; empty if there are user errors.
    findings: Vec<SenderFinding>,
    /// Why the name service was not asked; empty if it was. The description of the query names the codes.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct SenderQuery;

#[Object]
impl SenderQuery {
    /// What the name service (DNS) says of a domain that letters are to be from. Nothing is written. Answers of the name service
    /// are kept for a minute, and one that does not come within 2 seconds, or 8 seconds for all together, is `UNKNOWN`.
    ///
    /// The user errors are `DOMAIN_INVALID`, `DOMAIN_NOT_PUBLIC`, `SELECTOR_INVALID`, `SELECTORS_TOO_MANY` and `RATE_LIMITED`; their
    /// `field` is null.
    async fn sender_check(
        &self,
        context: &Context<'_>,
        #[graphql(
            desc = "The domain, such as `example.org`; null or left out for the one that letters of this service are from."
        )]
        domain: Option<String>,
        #[graphql(
            desc = "The names (selectors) of at most 10 DKIM keys of the domain; null, left out or empty for those that sign letters from \
                    the domain here."
        )]
        selectors: Option<Vec<String>>,
    ) -> Result<Option<SenderCheck>, Failure> {
        let (owner, language) = (context.owner()?, context.language());
        let wanted = Wanted { domain, selectors: selectors.unwrap_or_default() };
        let checked = senders::check(context.services(), context.caller(), owner, &wanted).await;
        let (check, user_errors) = done_or_told(checked.map(|checked| SenderCheck::of(checked, language)))?;
        Ok(Some(SenderCheck { user_errors, ..check }))
    }
}

impl SenderCheck {
    fn of(Checked { domain, findings }: Checked, language: Language) -> Self {
        let findings = findings.into_iter().map(|finding| SenderFinding::of(finding, language)).collect();
        Self { domain: Some(domain.to_string()), findings, user_errors: Vec::new() }
    }
}

impl SenderFinding {
    fn of(finding: alignment::Finding, language: Language) -> Self {
        let alignment::Finding { subject, verdict, what, record } = finding;
        let record = record.map(|alignment::Record { name, kind, value }| DnsRecord { name, kind, value });
        Self { subject: subject.into(), verdict: verdict.into(), message: what.told(language), record }
    }
}
