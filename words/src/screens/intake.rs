//! What comes in from mail servers and mailbox providers, for administrators.

use super::screen;

screen! {
    /// The words of what is shown of what comes in, and of the messages that were not understood.
    Intake in intake {
        texts {
            title, said, way, status, since, looked_at, open, away, none, what, messages, by_way, to_kept,
            bounce, delay, complaint, unsubscribed, known, auto_reply, challenge, kept,
            list_title, list_empty, received, from, subject, envelope_to, size, no_subject, nobody,
            facts, text, cut, read_again, read_again_said, dismiss, dismiss_said, dismissed, still_kept,
        }
        counted { count, list_lead }
        filled { dismiss_asks, understood }
    }
}
