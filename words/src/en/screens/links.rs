use crate::screens::links::Links;

/// The words in English.
pub(crate) const WORDS: Links = Links {
    password_help: "At least 10 characters that are hard to guess. A few words that have nothing to do with each other are good.",
    log_in: "Log in",
    go_on: "Go on",
    letter_again: "Have the letter sent again",
    new_letter: "Ask for a new letter",
    to_profile: "Ask for a new letter in your profile",
    to_senders: "Ask for a new letter among your senders",
    senders: "To your senders",
    sender_address: "Address that mailings will be from",
    sender_account: "Account whose mailings these are",
};
