//! What a message was taken for, as a sentence.

use acts::intake::Taken;

/// What a message was taken for, as a sentence.
pub(super) fn told(taken: Taken) -> &'static str {
    match taken {
        Taken::Bounce => "A letter came back: that is recorded.",
        Taken::Delay => "A letter is late: that is recorded, if the letter is found.",
        Taken::Complaint => "A recipient complained of a letter: that is recorded.",
        Taken::Unsubscribed => "A recipient wished to leave, and has left.",
        Taken::Known => "That is known already.",
        Taken::AutoReply => "It is an automatic reply: nothing is done.",
        Taken::Challenge => "A program asks whether a person has written: nothing is done.",
        Taken::Kept => {
            "It was not understood, or its letter is not found: it is kept, and `skymailing intake list` shows it."
        }
    }
}
