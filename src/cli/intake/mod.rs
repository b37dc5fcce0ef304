//! `skymailing intake`: a message that came back, from a mail server's pipe; and those that were not understood.
//!
//! A mail server goes by the exit code (`sysexits.h`): it has delivered the message if that is 0, gives up if it is 65, and comes again
//! if it is 75. So whatever fails that may be mended ends with 75, also a wrong setting, and nothing is lost meanwhile.

mod kept;

use super::output;
use crate::config::Config;
use crate::passage::Passage;
use acts::intake::{KEPT_MOST, Message, Taken};
use anyhow::Context as _;
use domain::feedback::Via;
use serde_json::json;
use std::io::{self, Read};

/// How much of a message is read at the most, in bytes. Nothing that is this long is a report; what is read beyond the beginning only
/// keeps the mail server from meeting a closed pipe.
const MOST: u64 = 64 * 1024 * 1024;

/// The exit code for what will not be taken however often it comes (`EX_DATAERR`).
const NO_MESSAGE: u8 = 65;

/// The exit code that has a mail server come again (`EX_TEMPFAIL`).
pub(super) const COME_AGAIN: u8 = 75;

/// Take in a message that came back, from standard input, as a mail server hands it to a program; or look at those that were not understood.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(subcommand)]
    act: Option<kept::Act>,
    /// The address that the message came to, as the mail server knows it (Postfix: `${recipient}`).
    #[arg(long, value_name = "ADDRESS", allow_hyphen_values = true)]
    to: Option<String>,
    /// The address that the message is from, as the mail server knows it (Postfix: `${sender}`); empty for the null sender.
    #[arg(long, value_name = "ADDRESS", allow_hyphen_values = true)]
    from: Option<String>,
    /// Print the answer as JSON.
    #[arg(long, global = true)]
    json: bool,
}

/// There is nothing that could be a message.
#[derive(Debug, thiserror::Error)]
#[error("standard input is empty, and no message")]
struct NoMessage;

/// The exit code for a mail server that has handed over a message.
pub(super) fn exit_code(error: &anyhow::Error) -> u8 {
    if error.is::<NoMessage>() { NO_MESSAGE } else { COME_AGAIN }
}

impl Options {
    /// Whether a mail server waits for the exit code.
    pub(super) fn takes_a_message(&self) -> bool {
        self.act.is_none()
    }

    pub(super) async fn run(self, config: &Config) -> anyhow::Result<()> {
        match &self.act {
            Some(act) => act.run(config, self.json).await,
            None => self.take(config).await,
        }
    }

    async fn take(&self, config: &Config) -> anyhow::Result<()> {
        let (bytes, size) = beginning(io::stdin().lock()).context("standard input cannot be read")?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(NoMessage.into());
        }
        let passage = Passage::open(config).await?;
        let message = Message {
            bytes: &bytes,
            size,
            via: Via::Pipe,
            envelope_from: self.from.as_deref(),
            // A mail server that knows none writes nothing.
            envelope_to: self.to.as_deref().map(str::trim).filter(|to| !to.is_empty()),
        };
        let taken = acts::intake::take(&passage.services, &message).await;
        passage.close().await;
        let taken = taken?;
        if self.json {
            output::say_json(&json!({ "taken": taken.name() }));
        } else {
            output::say(told(taken));
        }
        Ok(())
    }
}

/// The beginning of a message, and how many bytes were read of it.
fn beginning(input: impl Read) -> io::Result<(Vec<u8>, u64)> {
    let (mut input, mut bytes) = (input.take(MOST), Vec::new());
    let begun = input.by_ref().take(KEPT_MOST as u64).read_to_end(&mut bytes)?;
    let rest = io::copy(&mut input, &mut io::sink())?;
    Ok((bytes, begun as u64 + rest))
}

/// What a message was taken for, as a sentence.
fn told(taken: Taken) -> &'static str {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_message_only_the_beginning_is_kept() {
        for (length, kept, size) in [
            (0, 0, 0),
            (7, 7, 7),
            (KEPT_MOST as u64, KEPT_MOST, KEPT_MOST as u64),
            (KEPT_MOST as u64 + 1, KEPT_MOST, KEPT_MOST as u64 + 1),
            (MOST + 7, KEPT_MOST, MOST),
        ] {
            let (bytes, read) = beginning(io::repeat(b'x').take(length)).expect("it can be read");
            assert_eq!((bytes.len(), read), (kept, size), "{length}");
        }
    }

    #[test]
    fn a_mail_server_comes_again_unless_there_is_no_message() {
        assert_eq!(exit_code(&NoMessage.into()), 65);
        assert_eq!(exit_code(&anyhow::anyhow!("PostgreSQL is away")), 75);
        assert_eq!(exit_code(&anyhow::Error::from(NoMessage).context("in vain")), 65);
    }
}
