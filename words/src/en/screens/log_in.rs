use crate::screens::log_in::LogIn;

/// The words in English.
pub(crate) const WORDS: LogIn = LogIn {
    title: "Log in",
    email: "E-mail address",
    password: "Password",
    button: "Log in",
    forgotten: "Forgot your password?",
    no_account: "No account yet?",
    register: "Register",
    verify_again: "Send the letter that confirms my address again",
};
