//! What a rule is: a phrase or a mark, and what it means.

/// A phrase, and who writes it or why it is here.
#[derive(Clone, Copy, Debug)]
pub struct Rule(pub &'static str, pub &'static str);

/// What a phrase means that a mail server writes. Of a text that has phrases of several meanings the first meaning counts, in this order:
/// a mailbox that is taken for gone by mistake is written to no more, and one that is taken for there by mistake is merely written to
/// again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Meaning {
    /// There is no room in the mailbox, or its quota is used up.
    Full,
    /// A text that explains everything that may be the reason, and so says nothing.
    Guess,
    /// The letter, its sender or their server is not wanted, whoever the recipient is.
    Unwanted,
    /// There is no such domain, or no host that takes its mail.
    NoDomain,
    /// There is no such mailbox, or nobody reads it any more.
    NoMailbox,
    /// The server goes on trying.
    StillTrying,
    /// The server has given up.
    GivenUp,
}

/// What a message is that has a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A recipient's program answers.
    AutoReply,
    /// A recipient's program wants a proof.
    Challenge,
    /// A provider hands on a complaint without the form for it.
    Complaint,
    /// A person has wanted it written, whatever else its header says.
    Person,
}

/// A mark in the header of a message.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    /// What the message is.
    pub kind: Kind,
    /// The field of the header, in small letters.
    pub field: &'static str,
    /// The phrase that the field has, empty if it is enough that there is such a field; and who writes it or why it is here.
    pub rule: Rule,
}
