use super::{Russian, of_characters};
use domain::{PostalAddress, PostalAddressTooLong};
use std::fmt;

impl Russian for PostalAddressTooLong {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = PostalAddress::MAX_CHARS;
        write!(f, "в почтовом адресе {}; помещается не больше {most}", of_characters(self.length))
    }
}
