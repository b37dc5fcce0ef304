use crate::shapes::{Page, Purpose};

/// The label of the field for a new password.
pub(crate) const NEW_PASSWORD: &str = "New password";

/// What a page says.
pub(crate) fn page(purpose: Purpose) -> Page {
    match purpose {
        Purpose::Verify => Page {
            title: "Confirm your address",
            question: "Press the button to confirm that this e-mail address is yours.",
            button: "Confirm",
            done: "Thank you: the address is confirmed. You can log in now.",
        },
        Purpose::Recover => Page {
            title: "A new password",
            question: "Choose a new password. Whoever is logged in to your account now will be logged out.",
            button: "Change the password",
            done: "The password is changed. You can log in with it now.",
        },
        Purpose::Email => Page {
            title: "Your new address",
            question: "Press the button to log in with this e-mail address from now on.",
            button: "Confirm",
            done: "Your account has this address now.",
        },
        Purpose::Sender => Page {
            title: "Confirm a sender",
            question: "Press the button if mailings may be from this e-mail address. If you have not asked for that, close this page.",
            button: "Confirm",
            done: "The address is confirmed. Mailings can be from it now.",
        },
    }
}
