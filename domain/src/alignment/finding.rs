//! What a check found.

use super::action::Action;
use std::fmt;

/// How much of what strangers wrote is told, in characters. A record may have sixty thousand.
const TOLD: usize = 100;

/// The beginning of what a stranger wrote into a record, as much as a sentence takes.
pub(super) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(TOLD) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned() + "…",
        None => text.to_owned(),
    }
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// Which servers may send for the domain.
    Spf,
    /// The keys that its letters are signed with.
    Dkim,
    /// What others are to do with letters that do not fit.
    Dmarc,
    /// Where its mail arrives.
    Mx,
    /// Where bounces go.
    ReturnPath,
}

impl Subject {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 5] = [Self::Spf, Self::Dkim, Self::Dmarc, Self::Mx, Self::ReturnPath];

    /// What it is called everywhere.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spf => "SPF",
            Self::Dkim => "DKIM",
            Self::Dmarc => "DMARC",
            Self::Mx => "MX",
            Self::ReturnPath => "Return-Path",
        }
    }
}

/// How a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It is as it should be.
    Good,
    /// Letters arrive, and some of them may not.
    Warning,
    /// Many mail servers will refuse letters, or take them for spam.
    Bad,
    /// The name service did not answer.
    Unknown,
}

impl Verdict {
    /// The word for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Bad => "bad",
            Self::Unknown => "unknown",
        }
    }
}

/// A record of the name service, ready to be entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The whole name.
    pub name: String,
    /// The type, such as `TXT`.
    pub kind: &'static str,
    /// What stands in it.
    pub value: String,
}

impl Record {
    pub(super) fn text(name: impl fmt::Display, value: impl Into<String>) -> Self {
        Self { name: name.to_string(), kind: "TXT", value: value.into() }
    }

    pub(super) fn mail(name: impl fmt::Display, preference: u16, host: impl fmt::Display) -> Self {
        Self { name: name.to_string(), kind: "MX", value: format!("{preference} {host}.") }
    }
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub subject: Subject,
    /// How it is.
    pub verdict: Verdict,
    /// What was found.
    pub what: What,
    /// A record that mends it, where one can be told.
    pub record: Option<Record>,
}

impl Finding {
    pub(super) fn of(what: What) -> Self {
        Self { subject: what.subject(), verdict: what.verdict(), what, record: None }
    }

    pub(super) fn mended_by(self, record: Record) -> Self {
        Self { record: Some(record), ..self }
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The name service did not answer.
    NoAnswer {
        /// What it was asked for.
        subject: Subject,
        /// The name that it was asked about.
        name: String,
    },

    /// SPF is asked of the domain that bounces go to, and not of the one that letters are from.
    SpfElsewhere {
        /// The domain that bounces go to.
        domain: String,
    },
    /// SPF says who may send.
    SpfGood {
        /// How many further look-ups it makes.
        lookups: u32,
    },
    /// There is no SPF record.
    SpfMissing,
    /// There are several SPF records, which counts as an error (RFC 7208, 4.5).
    SpfSeveral {
        /// How many there are.
        count: u64,
    },
    /// A term of an SPF record makes no sense, which makes all of it count for nothing.
    SpfSyntax {
        /// Whose record it is.
        domain: String,
        /// The term as it is written.
        term: String,
    },
    /// SPF makes more than ten look-ups, which counts as an error (RFC 7208, 4.6.4).
    SpfLookups {
        /// How many it makes, as far as they were counted.
        lookups: u32,
    },
    /// Records include each other without end.
    SpfLoop {
        /// The domain that comes again.
        domain: String,
    },
    /// A record includes one that is not there, which counts as an error (RFC 7208, 5.2).
    SpfIncludeMissing {
        /// The domain that has no SPF record, or more than one.
        domain: String,
    },
    /// SPF lets everybody send.
    SpfOpen,
    /// SPF does not say what is to become of letters from elsewhere.
    SpfNeutral,
    /// SPF says that nobody sends.
    SpfNobody,
    /// SPF goes by names of addresses, which nobody should use (RFC 7208, 5.5).
    SpfPtr,
    /// Letters may leave from an address that they leave from.
    SpfPasses {
        /// The address, or the network.
        address: String,
    },
    /// Letters may not leave from an address that they leave from.
    SpfFails {
        /// The address, or the network.
        address: String,
    },
    /// Letters should not leave from an address that they leave from.
    SpfSoftFails {
        /// The address, or the network.
        address: String,
    },
    /// SPF does not say whether letters may leave from an address that they leave from.
    SpfSaysNothing {
        /// The address, or the network.
        address: String,
    },
    /// For letters from this address SPF counts as an error: too many look-ups find nothing, or too many mail servers are named.
    SpfBroken {
        /// The address, or the network.
        address: String,
    },
    /// Whether letters may leave from an address, only a letter tells, or the names of the address.
    SpfUntold {
        /// The address, or the network.
        address: String,
    },

    /// Nobody said under which names the keys are published.
    DkimNotNamed,
    /// A key is there.
    DkimGood {
        /// The name of the key.
        selector: String,
        /// What signs with it.
        algorithm: &'static str,
        /// How long it is, in bits.
        bits: u64,
    },
    /// There is no such key.
    DkimMissing {
        /// The name of the key.
        selector: String,
    },
    /// There are several records where one key has to be (RFC 6376, 3.6.2.2).
    DkimSeveral {
        /// The name of the key.
        selector: String,
        /// How many there are.
        count: u64,
    },
    /// The record makes no sense.
    DkimSyntax {
        /// The name of the key.
        selector: String,
        /// The tag that is wrong.
        tag: String,
    },
    /// The key was withdrawn: its record has an empty one.
    DkimRevoked {
        /// The name of the key.
        selector: String,
    },
    /// The key is so short that signatures count for nothing (RFC 8301: less than 1,024 bits).
    DkimShort {
        /// The name of the key.
        selector: String,
        /// How long it is, in bits.
        bits: u64,
    },
    /// The key is shorter than it should be (RFC 8301: less than 2,048 bits).
    DkimWeak {
        /// The name of the key.
        selector: String,
        /// How long it is, in bits.
        bits: u64,
    },
    /// The domain only tries DKIM out (`t=y`).
    DkimTesting {
        /// The name of the key.
        selector: String,
    },
    /// The key may not sign with the hash that letters are signed with (`h=`).
    DkimHash {
        /// The name of the key.
        selector: String,
    },
    /// The key is not for mail (`s=`).
    DkimNotMail {
        /// The name of the key.
        selector: String,
    },
    /// The key is of a kind that nobody knows (`k=`).
    DkimAlgorithm {
        /// The name of the key.
        selector: String,
        /// The kind as it is written.
        algorithm: String,
    },

    /// DMARC says what to do with letters that do not fit.
    DmarcGood {
        /// What it says.
        action: Action,
        /// Whose record it is.
        domain: String,
    },
    /// There is no DMARC record, neither of the domain nor of those above it.
    DmarcMissing,
    /// There are several DMARC records, so that none of them counts.
    DmarcSeveral {
        /// How many there are.
        count: u64,
    },
    /// The record makes no sense, so that it does not count.
    DmarcSyntax {
        /// The tag that is wrong.
        tag: &'static str,
    },

    /// Mail servers take the domain's mail.
    MxGood {
        /// How many there are.
        hosts: u64,
    },
    /// There is no such domain.
    DomainUnknown,
    /// There is no MX record; mail goes to the address of the domain itself.
    MxMissing,
    /// There is neither an MX record nor an address.
    MxNothing,
    /// The domain says that it takes no mail (RFC 7505).
    MxNull,
    /// A mail server has no address.
    MxHostUnknown {
        /// Its name.
        host: String,
    },
    /// No mail server of the domain has an address.
    MxHostsUnknown {
        /// How many it names.
        hosts: u64,
    },

    /// Bounces go to a domain that fits the one that letters are from.
    ReturnPathFits {
        /// Where they go.
        domain: String,
    },
    /// Bounces go to another domain, so that SPF does not count for DMARC.
    ReturnPathElsewhere {
        /// Where they go.
        domain: String,
    },
    /// Bounces arrive, at this mail server or another one of their domain.
    ReturnPathArrives {
        /// Where they go.
        domain: String,
        /// The mail server that takes them.
        host: String,
    },
    /// Bounces go where no mail is taken.
    ReturnPathDeaf {
        /// Where they go.
        domain: String,
    },
}

impl What {
    /// What it is about.
    #[must_use]
    pub const fn subject(&self) -> Subject {
        match self {
            Self::NoAnswer { subject, .. } => *subject,
            Self::SpfElsewhere { .. }
            | Self::SpfGood { .. }
            | Self::SpfMissing
            | Self::SpfSeveral { .. }
            | Self::SpfSyntax { .. }
            | Self::SpfLookups { .. }
            | Self::SpfLoop { .. }
            | Self::SpfIncludeMissing { .. }
            | Self::SpfOpen
            | Self::SpfNeutral
            | Self::SpfNobody
            | Self::SpfPtr
            | Self::SpfPasses { .. }
            | Self::SpfFails { .. }
            | Self::SpfSoftFails { .. }
            | Self::SpfSaysNothing { .. }
            | Self::SpfBroken { .. }
            | Self::SpfUntold { .. } => Subject::Spf,
            Self::DkimNotNamed
            | Self::DkimGood { .. }
            | Self::DkimMissing { .. }
            | Self::DkimSeveral { .. }
            | Self::DkimSyntax { .. }
            | Self::DkimRevoked { .. }
            | Self::DkimShort { .. }
            | Self::DkimWeak { .. }
            | Self::DkimTesting { .. }
            | Self::DkimHash { .. }
            | Self::DkimNotMail { .. }
            | Self::DkimAlgorithm { .. } => Subject::Dkim,
            Self::DmarcGood { .. } | Self::DmarcMissing | Self::DmarcSeveral { .. } | Self::DmarcSyntax { .. } => {
                Subject::Dmarc
            }
            Self::MxGood { .. }
            | Self::DomainUnknown
            | Self::MxMissing
            | Self::MxNothing
            | Self::MxNull
            | Self::MxHostUnknown { .. }
            | Self::MxHostsUnknown { .. } => Subject::Mx,
            Self::ReturnPathFits { .. }
            | Self::ReturnPathElsewhere { .. }
            | Self::ReturnPathArrives { .. }
            | Self::ReturnPathDeaf { .. } => Subject::ReturnPath,
        }
    }

    /// How it is.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        match self {
            Self::NoAnswer { .. } | Self::SpfUntold { .. } => Verdict::Unknown,
            Self::SpfElsewhere { .. }
            | Self::SpfGood { .. }
            | Self::SpfPasses { .. }
            | Self::DkimGood { .. }
            | Self::DmarcGood { .. }
            | Self::MxGood { .. }
            | Self::ReturnPathFits { .. }
            | Self::ReturnPathArrives { .. } => Verdict::Good,
            Self::SpfNeutral
            | Self::SpfPtr
            | Self::SpfSoftFails { .. }
            | Self::SpfSaysNothing { .. }
            | Self::DkimNotNamed
            | Self::DkimWeak { .. }
            | Self::DkimTesting { .. }
            | Self::MxMissing
            | Self::MxHostUnknown { .. }
            | Self::ReturnPathElsewhere { .. } => Verdict::Warning,
            Self::SpfMissing
            | Self::SpfSeveral { .. }
            | Self::SpfSyntax { .. }
            | Self::SpfLookups { .. }
            | Self::SpfLoop { .. }
            | Self::SpfIncludeMissing { .. }
            | Self::SpfOpen
            | Self::SpfNobody
            | Self::SpfFails { .. }
            | Self::SpfBroken { .. }
            | Self::DkimMissing { .. }
            | Self::DkimSeveral { .. }
            | Self::DkimSyntax { .. }
            | Self::DkimRevoked { .. }
            | Self::DkimShort { .. }
            | Self::DkimHash { .. }
            | Self::DkimNotMail { .. }
            | Self::DkimAlgorithm { .. }
            | Self::DmarcMissing
            | Self::DmarcSeveral { .. }
            | Self::DmarcSyntax { .. }
            | Self::DomainUnknown
            | Self::MxNothing
            | Self::MxNull
            | Self::MxHostsUnknown { .. }
            | Self::ReturnPathDeaf { .. } => Verdict::Bad,
        }
    }
}
