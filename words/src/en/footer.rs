use crate::shapes::Footer;

/// The words of the footer.
pub(crate) const WORDS: Footer = Footer {
    text: "If you want no more letters like this one, you can unsubscribe here:",
    link: "Unsubscribe from letters like this one",
};
