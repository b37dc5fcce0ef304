use crate::shapes::Footer;

/// The words of the footer.
pub(crate) const WORDS: Footer = Footer {
    text: "Если вы больше не хотите получать такие письма, от них можно отписаться здесь:",
    link: "Отписаться от таких писем",
};
