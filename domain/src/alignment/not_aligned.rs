//! Why letters of a domain had better not go out.

use super::{Finding, Sender, Subject, Verdict, What};
use crate::refusal::told_by_code;
use crate::{Code, Refusal};

/// Why letters of a domain had better not go out: other mail servers would refuse many of them, or take them for spam.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAligned {
    /// The domain that they are from.
    pub domain: String,
    /// The domain that bounces go to, of which SPF is asked; none if it is the same.
    pub return_path: Option<String>,
    /// What is bad of it, in the order in which it is read.
    pub found: Vec<What>,
}

impl NotAligned {
    /// What is bad of what was found. `None` if nothing is: what was not answered may be as good as anything.
    #[must_use]
    pub fn of(sender: &Sender, findings: &[Finding]) -> Option<Self> {
        let bad = findings.iter().filter(|finding| finding.verdict == Verdict::Bad);
        let found: Vec<What> = bad.map(|finding| finding.what.clone()).collect();
        (!found.is_empty()).then(|| Self {
            domain: sender.domain.to_string(),
            return_path: sender.returns_elsewhere().then(|| sender.return_path.to_string()),
            found,
        })
    }

    /// The domain whose records say what was found, where it is not the one that letters are from.
    #[must_use]
    pub fn asked_of(&self, what: &What) -> Option<&str> {
        self.return_path.as_deref().filter(|_| what.subject() == Subject::Spf)
    }
}

impl Refusal for NotAligned {
    fn code(&self) -> Code {
        Code::SenderNotAligned
    }

    fn field(&self) -> Option<&'static str> {
        Some("sender")
    }
}

told_by_code!(NotAligned);
