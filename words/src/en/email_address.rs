use super::{En, English};
use domain::{AddressFault, EmailAddress, EmailError};
use std::fmt;

impl English for EmailError {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => write!(f, "the e-mail address is missing; write one such as anna@example.com"),
            Self::TooLong { octets } => write!(
                f,
                "the e-mail address has {octets} bytes, more than the {} that mail servers accept; shorten it",
                EmailAddress::MAX_OCTETS,
            ),
            Self::Invalid { address, fault } => write!(f, "{address:?} is not an e-mail address: {}", En(fault)),
        }
    }
}

impl English for AddressFault {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoAt => "it has no @; write it like anna@example.com",
            Self::LocalEmpty => "nothing stands before the @; write it like anna@example.com",
            Self::LocalTooLong => "the part before the @ is longer than 64 bytes",
            Self::Quoted => {
                "in the quotation marks is something that may not be there; write it like \"ann b\"@example.com"
            }
            Self::DomainEmpty => "nothing stands after the @; write it like anna@example.com",
            Self::DomainTooLong => "the part after the @ is longer than 254 bytes",
            Self::DotAlone => "a dot after the @ has nothing beside it",
            Self::LabelTooLong => "between two dots after the @ are more than 63 bytes",
            Self::DomainUnknowable => "the part after the @ has characters that no domain name has",
            Self::DomainCharacter => "the part after the @ may only have letters, digits, dots and hyphens",
            Self::DomainNumber => "the part after the @ ends in a number; write a domain name such as example.com",
            Self::Brackets => "an address in brackets after the @ is not supported; write a domain name",
            Self::NotBare => "write the bare address, without a name and without < and >",
            Self::Character => "it has a character or a dot where none may be; write it like anna@example.com",
        })
    }
}
