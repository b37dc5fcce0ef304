use super::{Bounce, Letter, Report};

/// What can be asked of the feedback on a batch. Whoever asks has found the letter, and checked that the report may speak of it.
#[derive(Clone, Debug)]
pub enum Command {
    /// Record that a letter came back, or is late. The same report counts once.
    ReportBounce {
        /// The letter that the report is about.
        letter: Letter,
        /// The report.
        report: Report,
        /// What it says.
        bounce: Bounce,
    },
    /// Record that the recipient complained of a letter. Only the first complaint of a letter counts.
    Complain {
        /// The letter that the report is about.
        letter: Letter,
        /// The report.
        report: Report,
        /// The kind of complaint as the provider calls it; none if it does not say.
        kind: Option<String>,
    },
}
