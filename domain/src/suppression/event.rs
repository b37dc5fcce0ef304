use crate::{EmailAddress, GroupId, MailingId, ReportId, RunId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where an address is not written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Scope {
    /// In nobody's mailings.
    Installation,
    /// In none of one owner's mailings.
    Owner {
        /// The owner of the mailings.
        owner: UserId,
    },
    /// Not in one mailing.
    Mailing {
        /// The owner of the mailing.
        owner: UserId,
        /// The mailing.
        mailing: MailingId,
    },
    /// In no mailing whose audience names one group, also not as a member of another one. Recipients know such groups as topics.
    Topic {
        /// The owner of the group.
        owner: UserId,
        /// The group.
        group: GroupId,
    },
}

impl Scope {
    /// What the scope is known by where addresses are looked up: the id of the mailing, of the group or of the owner, or the nil
    /// UUID for the installation.
    #[must_use]
    pub fn id(self) -> Uuid {
        match self {
            Self::Installation => Uuid::nil(),
            Self::Owner { owner } => owner.0,
            Self::Mailing { mailing, .. } => mailing.0,
            Self::Topic { group, .. } => group.0,
        }
    }

    /// The name under which its kind is stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Installation => "installation",
            Self::Owner { .. } => "owner",
            Self::Mailing { .. } => "mailing",
            Self::Topic { .. } => "topic",
        }
    }

    /// Whose mailings it is about, if it is about those of one owner.
    #[must_use]
    pub fn owner(self) -> Option<UserId> {
        match self {
            Self::Installation => None,
            Self::Owner { owner } | Self::Mailing { owner, .. } | Self::Topic { owner, .. } => Some(owner),
        }
    }

    /// The scopes in which an address must be free for any run of this mailing to write to it, whomever the mailing goes to, by their
    /// [ids](Self::id).
    #[must_use]
    pub fn ids_of(owner: UserId, mailing: MailingId) -> [Uuid; 3] {
        [Self::Installation, Self::Owner { owner }, Self::Mailing { owner, mailing }].map(Self::id)
    }

    /// All scopes in which an address must be free for a run of this mailing to write to it, by their [ids](Self::id): those are also
    /// the groups that the mailing's audience names, by itself or by [a segment](crate::segment::Filter::topics), whether or not the
    /// recipient is in them, and whether or not they are there.
    #[must_use]
    pub fn ids_of_run(owner: UserId, mailing: MailingId, groups: impl IntoIterator<Item = GroupId>) -> Vec<Uuid> {
        let topics = groups.into_iter().map(|group| Self::Topic { owner, group }.id());
        Self::ids_of(owner, mailing).into_iter().chain(topics).collect()
    }
}

/// Why an address is not written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The recipient has left. Letters that belong to something they did, such as a receipt, still go to them.
    Unsubscribed,
    /// A mail server said that there is no such mailbox.
    Dead,
    /// Letters came back.
    Bounced,
    /// The recipient told their mail provider that letters are unwanted.
    Complained,
    /// Somebody who is signed in put the address there.
    ByHand,
    /// It was in a file, such as a list from elsewhere.
    Imported,
}

impl Reason {
    /// All reasons that there are.
    pub const ALL: [Self; 6] =
        [Self::Unsubscribed, Self::Dead, Self::Bounced, Self::Complained, Self::ByHand, Self::Imported];

    /// The name under which the reason is stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unsubscribed => "unsubscribed",
            Self::Dead => "dead",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
            Self::ByHand => "by_hand",
            Self::Imported => "imported",
        }
    }

    /// The reason that is stored under this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// Whether it stops transactional letters, too. Who leaves a newsletter still wants their receipts.
    #[must_use]
    pub fn stops_transactional(self) -> bool {
        self != Self::Unsubscribed
    }

    /// Whether it may pass by itself, so that such a suppression may have an end.
    #[must_use]
    pub fn may_end(self) -> bool {
        matches!(self, Self::Dead | Self::Bounced)
    }
}

/// Whence it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Source {
    /// The recipient said so, by the link of a letter.
    Recipient {
        /// The run that the letter was of.
        run: RunId,
        /// The delivery's number in the run, counted from 0 over all batches.
        ordinal: u32,
        /// How they said it.
        way: Way,
    },
    /// A mail server's final answer to a letter.
    MailServer {
        /// The run that the letter was of.
        run: RunId,
        /// The delivery's number in the run, counted from 0 over all batches.
        ordinal: u32,
    },
    /// A report that came back: of a bounce, or of a complaint.
    Report {
        /// The run that the letter was of.
        run: RunId,
        /// The delivery's number in the run, counted from 0 over all batches.
        ordinal: u32,
        /// The report.
        report: ReportId,
    },
    /// Somebody who is signed in. The event's metadata say who.
    Person,
    /// A row of a file.
    File {
        /// The name of the file.
        file: String,
        /// The row, counted from 1 with the header.
        row: u32,
    },
}

impl Source {
    /// The names of all kinds of sources.
    pub const NAMES: [&'static str; 5] = ["recipient", "mail_server", "report", "person", "file"];

    /// The name under which its kind is stored.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Recipient { .. } => "recipient",
            Self::MailServer { .. } => "mail_server",
            Self::Report { .. } => "report",
            Self::Person => "person",
            Self::File { .. } => "file",
        }
    }
}

/// How a recipient leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// By a button of their mail program, which sends the request itself (RFC 8058).
    OneClick,
    /// By the page that the letter's link leads to.
    Page,
    /// By a letter to the address that `List-Unsubscribe` names.
    Mail,
}

/// As what somebody lifts a suppression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifter {
    /// As the one whose address it is.
    Recipient,
    /// As the one in whose mailings the address is not written to.
    Owner,
    /// As one who looks after the installation.
    Administrator,
}

impl Lifter {
    /// All that there are.
    pub const ALL: [Self; 3] = [Self::Recipient, Self::Owner, Self::Administrator];

    /// The name under which it is stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Recipient => "recipient",
            Self::Owner => "owner",
            Self::Administrator => "administrator",
        }
    }
}

/// What happened to a suppression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The address is not written to from now on.
    Suppressed {
        /// Where it is not written to.
        scope: Scope,
        /// Why not.
        reason: Reason,
        /// The address, as it was written.
        email: EmailAddress,
        /// The form of it in which addresses are compared ([`EmailAddress::key`]).
        mailbox: String,
        /// Whence it is known.
        source: Source,
        /// What somebody has to say about it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// The moment when it became known.
        at: DateTime<Utc>,
        /// The moment from which the address may be written to again; none if only lifting ends it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<DateTime<Utc>>,
    },
    /// The address may be written to again, as far as this reason goes.
    Lifted {
        /// As what somebody lifted it.
        by: Lifter,
        /// Why. A recipient is asked for no reason.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
        /// The moment when it was lifted.
        at: DateTime<Utc>,
    },
}
