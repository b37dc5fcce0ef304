//! What the server answers (RFC 5321, section 4.2; RFC 2034 and RFC 3463 for the second code). Nothing that a client said is in it, and
//! nothing of what is known here: an address is one of ours or not, and what a message was taken for is told to nobody.

use super::Limits;
use domain::sender_domain::DomainName;

pub(super) const FORGOTTEN: &str = "250 2.0.0 Forgotten";
pub(super) const STILL_HERE: &str = "250 2.0.0 Still here";
pub(super) const SENDER: &str = "250 2.1.0 Go on";
pub(super) const RECIPIENT: &str = "250 2.1.5 Go on";
pub(super) const MAYBE: &str = "252 2.1.5 Send it and see";
pub(super) const TEXT: &str = "354 Go ahead, and end with a dot on a line of its own";
pub(super) const TAKEN: &str = "250 2.0.0 Taken";
pub(super) const GOOD_BYE: &str = "221 2.0.0 Good bye";

pub(super) const NO_SUCH_ADDRESS: &str = "550 5.1.1 There is no such address here";
pub(super) const PUT_OFF: &str = "451 4.3.0 It cannot be taken now; come again later";
pub(super) const TOO_LARGE: &str = "552 5.3.4 The message is too large";
pub(super) const TOO_MANY_RECIPIENTS: &str = "452 4.5.3 Too many recipients for one message";
pub(super) const TOO_FAST: &str = "450 4.7.1 Too many messages in so short a time; come again later";

pub(super) const UNKNOWN: &str = "500 5.5.2 There is no such command";
pub(super) const LINE_TOO_LONG: &str = "500 5.5.2 The line is too long";
pub(super) const BARE_NEWLINE: &str = "500 5.5.2 A line ends with CR and LF";
pub(super) const CHARACTERS: &str = "500 5.5.2 No command has such characters";
pub(super) const ARGUMENT: &str = "501 5.5.4 The command is not written like this";
pub(super) const ADDRESS: &str = "501 5.1.7 That is no address";
pub(super) const NOT_HERE: &str = "502 5.5.1 This server does not do that";
pub(super) const HELLO_FIRST: &str = "503 5.5.1 EHLO or LHLO comes first";
pub(super) const SENDER_FIRST: &str = "503 5.5.1 MAIL comes first";
pub(super) const SENDER_TWICE: &str = "503 5.5.1 There is a sender already";
pub(super) const RECIPIENT_FIRST: &str = "503 5.5.1 There is no recipient";
pub(super) const NOT_ASCII: &str = "553 5.6.7 Such an address needs SMTPUTF8";
pub(super) const PARAMETER: &str = "555 5.5.4 There is no such parameter";

pub(super) const STOPPING: &str = "421 4.3.2 The service ends; come again later";
pub(super) const NO_ROOM: &str = "421 4.7.0 Too many connections; come again later";
pub(super) const NO_ROOM_FOR_ADDRESS: &str = "421 4.7.0 Too many connections from one address; come again later";
pub(super) const TOO_LATE: &str = "421 4.4.2 Nothing came for too long";
pub(super) const TOO_SLOW: &str = "421 4.4.2 The message comes too slowly";
pub(super) const TOO_MANY_COMMANDS: &str = "421 4.7.0 Too many commands without a message";
pub(super) const TOO_MUCH_WRONG: &str = "421 4.7.0 Too many wrong commands";
pub(super) const TOO_MANY_MESSAGES: &str = "421 4.7.0 Too many messages over one connection; come again";

/// How a client is greeted.
pub(super) fn greeting(name: &DomainName) -> String {
    format!("220 {name} ESMTP, LMTP")
}

/// The answer to HELO.
pub(super) fn hello(name: &DomainName) -> String {
    format!("250 {name}")
}

/// The answer to EHLO and LHLO: what the server can do.
pub(super) fn offers(name: &DomainName, limits: &Limits) -> String {
    let size = limits.size;
    format!(
        "250-{name}\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE {size}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_codes_of_an_answer_say_the_same() {
        for reply in [
            FORGOTTEN,
            STILL_HERE,
            SENDER,
            RECIPIENT,
            MAYBE,
            TAKEN,
            GOOD_BYE,
            NO_SUCH_ADDRESS,
            PUT_OFF,
            TOO_LARGE,
            TOO_MANY_RECIPIENTS,
            TOO_FAST,
            UNKNOWN,
            LINE_TOO_LONG,
            BARE_NEWLINE,
            CHARACTERS,
            ARGUMENT,
            ADDRESS,
            NOT_HERE,
            HELLO_FIRST,
            SENDER_FIRST,
            SENDER_TWICE,
            RECIPIENT_FIRST,
            NOT_ASCII,
            PARAMETER,
            STOPPING,
            NO_ROOM,
            NO_ROOM_FOR_ADDRESS,
            TOO_LATE,
            TOO_SLOW,
            TOO_MANY_COMMANDS,
            TOO_MUCH_WRONG,
            TOO_MANY_MESSAGES,
        ] {
            let mut words = reply.split(' ');
            let (basic, enhanced) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            assert!(basic.len() == 3 && basic.bytes().all(|sign| sign.is_ascii_digit()), "{reply}");
            assert_eq!(enhanced.split('.').count(), 3, "{reply}");
            assert_eq!(basic.as_bytes()[0], enhanced.as_bytes()[0], "{reply}");
            assert!(reply.is_ascii() && reply.len() <= 510 && words.next().is_some(), "{reply}");
        }
    }

    #[test]
    fn the_last_line_of_what_is_offered_is_marked_as_such() {
        let offers = offers(&DomainName::parse("bounce.example.org").unwrap(), &Limits::default());
        let (last, others) =
            offers.split("\r\n").collect::<Vec<_>>().split_last().map(|(l, o)| (*l, o.to_vec())).unwrap();
        assert_eq!(last, "250 SIZE 67108864");
        assert_eq!(others.len(), 5);
        assert!(others.iter().all(|line| line.starts_with("250-")), "{offers}");
    }
}
