//! How the servers of some made-up domains behave: as real ones do on a bad day, so that every outcome can be seen.
//!
//! | domain | what its server does |
//! | --- | --- |
//! | `refuse.example` | refuses for good, with sentences of real servers; which one goes by the first word of the address |
//! | `later.example` | puts a letter off when it comes for the first time, and takes it when it comes again |
//! | `full.example` | puts every letter off, again and again |
//! | `doubt.example` | hangs up after the first letter's last dot without a word, and takes it when it comes again |
//! | `slow.example` | takes its time |
//!
//! Every other server takes everything at once.

use std::time::Duration;

/// How long the slow server takes for a letter.
const SLOW: Duration = Duration::from_secs(3);

/// What a server says to a recipient whom it does not take; `None` if it takes them.
pub(super) fn at_recipient(address: &str) -> Option<&'static str> {
    let (name, domain) = parts(address);
    match domain.as_str() {
        "refuse.example" => refusal(name),
        "full.example" => {
            Some("452 4.2.2 The recipient's inbox is out of storage space. Please direct them to free some")
        }
        _ => None,
    }
}

fn refusal(name: &str) -> Option<&'static str> {
    Some(match first_word(name) {
        // Refused only when its text is known.
        "spam" => return None,
        "full" => "552 5.2.2 Mailbox is full / Blocks limit exceeded / Inode limit exceeded",
        "closed" => "550 5.2.1 The email account that you tried to reach is disabled",
        "moved" => "551 5.1.6 The recipient has moved, and left no other address",
        "blocked" => "550 5.7.1 Service unavailable; client host [192.0.2.25] blocked using list.example",
        "policy" => "554 5.7.1 <DATA>: Relay access denied by policy of the receiving organisation",
        "alias" => "550 5.4.6 Unable to deliver: aliasing loop",
        _ => {
            "550-5.1.1 The email account that you tried to reach does not exist. Please try\r\n\
             550 5.1.1 double-checking the recipient's address for typos or unnecessary spaces"
        }
    })
}

/// What a server does with a letter that it has in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Takes it.
    Take,
    /// Takes it after a while.
    TakeAfter(Duration),
    /// Says this, and does not take it.
    Refuse(&'static str),
    /// Takes it and hangs up without a word: nobody can tell that it arrived.
    TakeSilently,
    /// Hangs up without a word and without the letter: nobody can tell that it did not arrive.
    HangUp,
}

/// What happens to a letter to this address, which may have been offered before.
pub(super) fn at_end(address: &str, again: bool) -> Ending {
    let (name, domain) = parts(address);
    match (domain.as_str(), again) {
        ("refuse.example", _) if first_word(name) == "spam" => Ending::Refuse(
            "554 5.7.1 Message rejected: its content looks like unsolicited bulk mail (score 7.4, required 5.0)",
        ),
        ("later.example", false) => Ending::Refuse("451 4.7.1 Greylisted for you: please try again in five minutes"),
        ("doubt.example", false) if first_word(name) == "arrived" => Ending::TakeSilently,
        ("doubt.example", false) => Ending::HangUp,
        ("slow.example", _) => Ending::TakeAfter(SLOW),
        _ => Ending::Take,
    }
}

/// Whether it matters to this address's server that it has seen a letter before.
pub(super) fn remembers(address: &str) -> bool {
    ["later.example", "doubt.example"].contains(&parts(address).1.as_str())
}

fn parts(address: &str) -> (&str, String) {
    let (name, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    (name, domain.to_ascii_lowercase())
}

fn first_word(name: &str) -> &str {
    name.split(['.', '-', '_', '+']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_behave_as_their_domains_say() {
        for (address, said, first, again) in [
            ("ann@example.org", "", Ending::Take, Ending::Take),
            ("gone.ann@refuse.example", "550-5.1.1", Ending::Take, Ending::Take),
            ("Closed.Ann@REFUSE.example", "550-5.1.1", Ending::Take, Ending::Take),
            ("closed.ann@REFUSE.example", "550 5.2.1", Ending::Take, Ending::Take),
            ("ann@full.example", "452 4.2.2", Ending::Take, Ending::Take),
            ("ann@doubt.example", "", Ending::HangUp, Ending::Take),
            ("arrived.ann@doubt.example", "", Ending::TakeSilently, Ending::Take),
            ("ann@slow.example", "", Ending::TakeAfter(SLOW), Ending::TakeAfter(SLOW)),
        ] {
            assert!(at_recipient(address).unwrap_or_default().starts_with(said), "{address}");
            assert_eq!((at_end(address, false), at_end(address, true)), (first, again), "{address}");
        }
        assert!(matches!(at_end("ann@later.example", false), Ending::Refuse(said) if said.starts_with("451")));
        assert_eq!(at_end("ann@later.example", true), Ending::Take);
        assert!(matches!(at_end("spam.ann@refuse.example", true), Ending::Refuse(said) if said.starts_with("554")));
        assert_eq!(at_recipient("spam.ann@refuse.example"), None);
        assert!(remembers("ann@Later.example") && !remembers("ann@example.org"));
    }
}
