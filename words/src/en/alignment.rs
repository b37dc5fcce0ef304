use super::English;
use domain::alignment::dmarc::Action;
use domain::alignment::spf::MOST_LOOKUPS;
use domain::alignment::{Error, MAX_SELECTORS, NotAligned, What};
use std::fmt;

impl English for Error {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DomainInvalid { domain } => {
                write!(
                    f,
                    "\"{}\" is not a domain; write it as it stands after the @ of an address",
                    domain.escape_debug()
                )
            }
            Self::DomainNotPublic { domain } => write!(
                f,
                "\"{}\" is not a domain that everybody may know: its records cannot be looked up for mail",
                domain.escape_debug()
            ),
            Self::SelectorInvalid { selector } => write!(
                f,
                "\"{}\" cannot be the name of a DKIM key; it has letters, digits, - and _ in it, with dots between",
                selector.escape_debug()
            ),
            Self::SelectorsTooMany { named } => {
                write!(f, "{named} DKIM selectors are too many for one check; name at most {MAX_SELECTORS}")
            }
        }
    }
}

impl English for NotAligned {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "many mail servers would refuse letters from {}, or take them for spam", self.domain)?;
        for (place, what) in self.found.iter().enumerate() {
            write!(f, "{} {}", if place == 0 { ":" } else { ";" }, what.subject().name())?;
            if let Some(domain) = self.asked_of(what) {
                write!(f, " ({domain})")?;
            }
            f.write_str(": ")?;
            what.english(f)?;
        }
        Ok(())
    }
}

impl English for What {
    #[expect(clippy::too_many_lines, reason = "a sentence for each thing that may be found")]
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer { name, .. } => {
                write!(f, "the name service did not answer what was asked about {name}; try again later")
            }

            Self::SpfElsewhere { domain } => write!(
                f,
                "bounces go to {domain}, so mail servers ask for the record of that domain, and not of the one that letters are from"
            ),
            Self::SpfGood { lookups } => {
                write!(f, "the record says which servers may send; look-ups: {lookups} of {MOST_LOOKUPS}")
            }
            Self::SpfMissing => write!(
                f,
                "no record says which servers may send for the domain; enter one that names those that letters leave from"
            ),
            Self::SpfSeveral { count } => {
                write!(f, "the SPF records are {count}, and only one may be there; make one of them")
            }
            Self::SpfSyntax { domain, term } => write!(
                f,
                "\"{}\" in the record of {domain} makes no sense, so the whole record counts for nothing; correct it",
                term.escape_debug()
            ),
            Self::SpfLookups { lookups } => write!(
                f,
                "the record makes too many look-ups, {lookups} or more, and {MOST_LOOKUPS} are allowed, so it counts for nothing; \
                 name addresses (ip4, ip6) instead of include, a and mx"
            ),
            Self::SpfLoop { domain } => {
                write!(f, "the record leads back to {domain}, so it counts for nothing; leave that include out")
            }
            Self::SpfIncludeMissing { domain } => write!(
                f,
                "the record includes that of {domain}, where there is none, so it counts for nothing; leave it out or correct it"
            ),
            Self::SpfOpen => {
                write!(f, "the record lets every server in the world send for the domain; let it end in ~all or -all")
            }
            Self::SpfNeutral => write!(
                f,
                "the record does not say what is to become of letters from other servers; let it end in ~all or -all"
            ),
            Self::SpfNobody => {
                write!(
                    f,
                    "the record says that no server at all sends for the domain; name those that letters leave from"
                )
            }
            Self::SpfPtr => write!(
                f,
                "the record uses ptr, which is slow and which some mail servers pass over; name the servers in another way"
            ),
            Self::SpfPasses { address } => write!(f, "letters leave from {address}, and the record lets them"),
            Self::SpfFails { address } => write!(
                f,
                "letters leave from {address}, and the record says that they are forged; name that address in it (ip4, ip6, a, mx or include)"
            ),
            Self::SpfSoftFails { address } => write!(
                f,
                "letters leave from {address}, and the record says that they may be forged; name that address in it (ip4, ip6, a, mx or include)"
            ),
            Self::SpfSaysNothing { address } => write!(
                f,
                "letters leave from {address}, of which the record says nothing; name that address in it (ip4, ip6, a, mx or include)"
            ),
            Self::SpfBroken { address } => write!(
                f,
                "for letters from {address} the record counts as an error, as it names too much that is not there, or too many mail \
                 servers; name addresses (ip4, ip6) instead"
            ),
            Self::SpfUntold { address } => write!(
                f,
                "whether the record lets letters leave from {address}, only a letter shows, as it goes by macros or names"
            ),

            Self::DkimNotNamed => write!(
                f,
                "nobody said under which name (selector) a DKIM key is published, so it was not looked for; name the selector"
            ),
            Self::DkimGood { selector, algorithm, bits } => {
                write!(f, "the key {selector} is there: {algorithm}, bits: {bits}")
            }
            Self::DkimMissing { selector } => {
                write!(f, "there is no key {selector}; enter the record of whoever signs the letters")
            }
            Self::DkimSeveral { selector, count } => {
                write!(f, "for the key {selector} there are too many records: {count}; leave one of them")
            }
            Self::DkimSyntax { selector, tag } => write!(
                f,
                "the record of the key {selector} makes no sense at \"{}\"; enter it as whoever signs the letters gave it",
                tag.escape_debug()
            ),
            Self::DkimRevoked { selector } => {
                write!(f, "the key {selector} was withdrawn: its record has no key in it; sign with another one")
            }
            Self::DkimShort { selector, bits } => write!(
                f,
                "the key {selector} is so short that signatures count for nothing, bits: {bits}; make one of 2048 bits"
            ),
            Self::DkimWeak { selector, bits } => {
                write!(f, "the key {selector} is shorter than it should be, bits: {bits}; make one of 2048 bits")
            }
            Self::DkimTesting { selector } => write!(
                f,
                "the record of the key {selector} says that DKIM is only tried out (t=y); take that out when it works"
            ),
            Self::DkimHash { selector } => {
                write!(f, "the record of the key {selector} does not allow sha256 (h=), which letters are signed with")
            }
            Self::DkimNotMail { selector } => {
                write!(f, "the record of the key {selector} says that it is not for mail (s=); enter one that is")
            }
            Self::DkimAlgorithm { selector, algorithm } => write!(
                f,
                "the key {selector} is of the kind \"{}\", which mail servers do not know; use rsa",
                algorithm.escape_debug()
            ),

            Self::DmarcGood { action: Action::None, domain } => write!(
                f,
                "the record of {domain} asks others to do nothing with letters that fail the check (p=none), which is enough for now"
            ),
            Self::DmarcGood { action: Action::Quarantine, domain } => {
                write!(
                    f,
                    "the record of {domain} asks others to put letters that fail the check into the spam (quarantine)"
                )
            }
            Self::DmarcGood { action: Action::Reject, domain } => {
                write!(f, "the record of {domain} asks others to refuse letters that fail the check (reject)")
            }
            Self::DmarcMissing => write!(
                f,
                "no record says what others are to do with letters that fail the check; large providers ask for one from bulk senders"
            ),
            Self::DmarcSeveral { count } => {
                write!(f, "the DMARC records are {count}, so none of them counts; leave one")
            }
            Self::DmarcSyntax { tag } => {
                write!(f, "the record has no \"{tag}\" that makes sense, so it does not count; correct it")
            }

            Self::MxGood { hosts } => write!(f, "mail arrives; mail servers with an address: {hosts}"),
            Self::DomainUnknown => write!(f, "there is no such domain; see whether it is spelt right, and registered"),
            Self::MxMissing => write!(
                f,
                "there is no MX record, so mail goes to the domain's own address; enter one if a mail server is elsewhere"
            ),
            Self::MxNothing => write!(
                f,
                "neither an MX record nor an address is there, so no answer can arrive, and many refuse letters from such a domain"
            ),
            Self::MxNull => write!(
                f,
                "the domain says that it takes no mail (an empty MX record), so many refuse letters from it; enter a mail server"
            ),
            Self::MxHostUnknown { host } => {
                write!(f, "the mail server {host} has no address that can be found; correct its name or leave it out")
            }
            Self::MxHostsUnknown { hosts } => {
                write!(
                    f,
                    "none of the mail servers has an address that can be found, mail servers: {hosts}; correct them"
                )
            }

            Self::ReturnPathFits { domain } => {
                write!(f, "bounces go to {domain}, which fits the domain that letters are from")
            }
            Self::ReturnPathElsewhere { domain } => write!(
                f,
                "bounces go to {domain}, which does not fit the domain that letters are from, so SPF does not count for DMARC; \
                 sign with DKIM, or let bounces go to the same domain"
            ),
            Self::ReturnPathArrives { domain, host } if domain == host => write!(
                f,
                "mail for {domain} goes to the address of that domain itself; see that it comes from there to this service"
            ),
            Self::ReturnPathArrives { domain, host } => write!(
                f,
                "mail for {domain} goes to the mail server {host}; see that it comes from there to this service"
            ),
            Self::ReturnPathDeaf { domain } => {
                write!(f, "bounces go to {domain}, where no mail is taken; enter an MX record there")
            }
        }
    }
}
