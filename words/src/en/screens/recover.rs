use crate::screens::Filled;
use crate::screens::recover::Recover;

/// The words in English.
pub(crate) const WORDS: Recover = Recover {
    title: "A forgotten password",
    about: "Type in the address of your account. A letter comes with a link, and there you choose a new password.",
    email: "E-mail address",
    button: "Send the letter",
    remembered: "You remember it after all?",
    log_in: "Log in",
    sent_title: "Look into your mailbox",
    sent_works: "The link in the letter works once, for one hour. Until you have used it, your old password stays as it is.",
    sent_unnamed: "If the address that you gave has an account, a letter is on its way there.",
    nothing_title: "Nothing there?",
    nothing: "Look among the unwanted letters, too, and whether your account has another address. After a few minutes, have the letter sent once more.",
    again: "Send the letter again",
    sent: Filled(|address| format!("If {address} has an account, a letter is on its way there.")),
};
