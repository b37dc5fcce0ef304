//! The `Message-ID` of a letter (RFC 5322, section 3.6.4): by it a letter is known again, in a bounce for instance.
//!
//! It says which letter it is, and is the same for every attempt, so that a server or a mail program that gets a letter twice
//! can tell.

use crate::{NoticeId, RunId};
use uuid::Uuid;

/// Which letter a `Message-ID` is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letter {
    /// The letter of a run to one recipient.
    Delivery {
        /// The run.
        run: RunId,
        /// The delivery's number in the run, counted from 0 over all batches.
        ordinal: i32,
    },
    /// A letter of the service itself.
    Notice(NoticeId),
}

impl Letter {
    /// The `Message-ID`, with its angle brackets. The right side is a domain of the sender's.
    #[must_use]
    pub fn message_id(self, domain: &str) -> String {
        match self {
            Self::Delivery { run, ordinal } => format!("<{}.{ordinal}@{domain}>", run.0.simple()),
            Self::Notice(notice) => format!("<{}@{domain}>", notice.0.simple()),
        }
    }

    /// The letter that a `Message-ID` of ours is of, with or without angle brackets, whatever its domain; none if it is nobody's
    /// that we know. Anybody can write such an id: it proves nothing.
    #[must_use]
    pub fn of(message_id: &str) -> Option<Self> {
        let bare = message_id.trim();
        let bare = bare.strip_prefix('<').and_then(|bare| bare.strip_suffix('>')).unwrap_or(bare);
        let (left, domain) = bare.split_once('@')?;
        if domain.is_empty() {
            return None;
        }
        // As they are written, and no other form: a UUID has several.
        let uuid = |text: &str| Uuid::parse_str(text).ok().filter(|id| id.simple().to_string() == text);
        match left.split_once('.') {
            Some((run, ordinal)) => {
                let number: i32 = ordinal.parse().ok().filter(|number| *number >= 0)?;
                let run = RunId(uuid(run)?);
                (number.to_string() == ordinal).then_some(Self::Delivery { run, ordinal: number })
            }
            None => Some(Self::Notice(NoticeId(uuid(left)?))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_letter_is_known_again_by_its_id(id: u128, ordinal in 0..i32::MAX, notice: bool, domain in "[a-z]{1,9}(\\.[a-z]{2,5}){0,2}") {
            let id = Uuid::from_u128(id);
            let letter = if notice { Letter::Notice(NoticeId(id)) } else { Letter::Delivery { run: RunId(id), ordinal } };
            let written = letter.message_id(&domain);
            prop_assert_eq!(Letter::of(&written), Some(letter));
            prop_assert_eq!(Letter::of(written.trim_matches(|c| c == '<' || c == '>')), Some(letter));
        }

        #[test]
        fn whatever_somebody_writes_is_read_without_fault(text in ".{0,80}") {
            let _ = Letter::of(&text);
        }
    }

    #[test]
    fn what_is_written_otherwise_is_nobodys() {
        let run = "0190c5a4000070008000000000000001";
        assert_eq!(
            Letter::of(&format!("<{run}.12@example.org>")),
            Some(Letter::Delivery { run: RunId(Uuid::parse_str(run).expect("an id")), ordinal: 12 })
        );
        for other in [
            String::new(),
            "@".to_owned(),
            run.to_owned(),
            format!("{run}@"),
            format!("{run}.@example.org"),
            format!("{run}.-1@example.org"),
            format!("{run}.+1@example.org"),
            format!("{run}.01@example.org"),
            format!("{run}.99999999999@example.org"),
            format!("{run}.1.2@example.org"),
            format!("{}@example.org", run.to_uppercase().replace('1', "A")),
            "0190c5a4-0000-7000-8000-000000000001@example.org".to_owned(),
            "CAF+abc@mail.example.org".to_owned(),
        ] {
            assert_eq!(Letter::of(&other), None, "{other}");
        }
    }
}
