use crate::screens::Filled;
use crate::screens::register::Register;

/// The words in English.
pub(crate) const WORDS: Register = Register {
    title: "Register",
    about: "An account lets you bring in your clients, write to them, and see what became of every letter.",
    full_name: "Your name",
    full_name_help: "Optional. We use it to greet you in letters.",
    email: "E-mail address",
    email_help: "You log in with it. A letter goes there that shows that it is yours.",
    password: "Password",
    password_help: "At least 10 characters that are hard to guess. A few words that have nothing to do with each other are good.",
    time_zone: "Time zone",
    time_zone_help: "Your mailings are planned in it, and times are shown in it. You can change it later.",
    other_zones: "Other",
    language: "Language",
    language_help: "Pages and letters of the service are in this language.",
    button: "Create an account",
    have_account: "Already have an account?",
    log_in: "Log in",
    sent_title: "Look into your mailbox",
    sent_works: "Follow the link in the letter, and your account works. The link works for three days. If the address had an account already, the letter says so.",
    sent_unnamed: "A letter is on its way to the address that you gave.",
    nothing_title: "Nothing there?",
    nothing: "Look among the unwanted letters, too. After a few minutes, have the letter sent once more.",
    again: "Send the letter again",
    again_title: "The letter once more",
    again_about: "Type in the address with which you have registered. If its account still waits to be confirmed, the letter goes there once more.",
    again_sent_unnamed: "If the account of the address that you gave still waits to be confirmed, the letter is on its way there once more.",
    again_works: "Follow the link in the letter, and your account works. The link works for three days.",
    again_sent: Filled(|address| {
        format!("If the account of {address} still waits to be confirmed, the letter is on its way there once more.")
    }),
    sent: Filled(|address| format!("A letter is on its way to {address}.")),
};
