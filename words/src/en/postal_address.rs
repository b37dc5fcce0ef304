use super::English;
use domain::{PostalAddress, PostalAddressTooLong};
use std::fmt;

impl English for PostalAddressTooLong {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = PostalAddress::MAX_CHARS;
        write!(f, "the postal address has {} characters; at most {most} fit", self.length)
    }
}
