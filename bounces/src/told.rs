//! What a message that came in tells: what it says, and how the letter that it is about can be found.

use domain::feedback::Bounce;

/// How many characters of a name, of a sender and of a subject are kept.
const LONGEST: usize = 998;

/// What a message that came in says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Says {
    /// A letter came back, or is late.
    Bounce(Bounce),
    /// A recipient complained of a letter.
    Complaint {
        /// The kind of complaint as the provider calls it, such as `abuse`.
        kind: Option<String>,
    },
    /// A letter arrived, and a program says so, or answers in somebody's place: they are on holiday, or a mail server reports that it has
    /// delivered the letter, or a mail program that somebody has opened it. Also that a letter is not unwanted.
    AutoReply,
    /// Somebody's program wants a proof that a person has written, before it lets a letter through.
    Challenge,
    /// A person or a mail program wrote it: it is no report.
    Letter,
    /// It is a report, or looks like one, and was not understood.
    #[default]
    Unclear,
}

/// How the letter that a report is about can be found again: all that is found of each kind, in the order of how much it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The addresses to which the report was sent, or from which the letter was: one of them may be the letter's own.
    pub addresses: Vec<String>,
    /// The links of the letter's `List-Unsubscribe`, of which one has a token of ours.
    pub links: Vec<String>,
    /// The `Message-ID`s of the letter.
    pub message_ids: Vec<String>,
    /// The same from a message that its recipient has sent back, which a provider hands on with its report: the provider has not looked at
    /// what stands there.
    pub quoted_ids: Vec<String>,
    /// The addresses of the recipients whom the report names, itself or in the header of the letter that came back with it.
    pub recipients: Vec<String>,
    /// Those of them of whom the report itself says that it is about them; none if it says so of nobody.
    pub failed: Vec<String>,
}

/// What one form of report tells.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) says: Says,
    pub(crate) by: Option<String>,
    pub(crate) recipients: Vec<String>,
    /// Whether the recipients stand where they are named, rather than anywhere in a text.
    pub(crate) names: bool,
    pub(crate) senders: Vec<String>,
    pub(crate) message_ids: Vec<String>,
}

impl Told {
    /// The same without what cannot be shown or stored.
    pub(crate) fn cleaned(self) -> Self {
        let says = match self.says {
            Says::Complaint { kind } => Says::Complaint { kind: kind.as_deref().map(cut) },
            says @ (Says::Bounce(_) | Says::AutoReply | Says::Challenge | Says::Letter | Says::Unclear) => says,
        };
        Self { says, by: self.by.as_deref().map(cut).filter(|by| !by.is_empty()), ..self }
    }
}

/// The first so many characters as are kept, in one line.
pub(crate) fn cut(text: &str) -> String {
    let line: String = text.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.trim().to_owned()
}
