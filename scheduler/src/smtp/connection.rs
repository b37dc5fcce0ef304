//! One SMTP connection, command by command, so that it is always known in which phase something happened.

use std::{
    mem,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use lettre::transport::smtp::{
    Error as SmtpError,
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::AsyncSmtpConnection,
    commands::{Auth, Data, Mail, Quit, Rcpt, Rset},
    extension::{Extension, MailBodyParameter, MailParameter},
};
use secrecy::ExposeSecret;
use tokio::time::timeout;

use super::{
    bearer::Bearer,
    dialogue::{expected, kept, out_of_step, within},
    gate::Gate,
    judge::{Happening, Phase, Verdict, judge},
    letter::{Letter, is_ascii},
    relay::Relay,
    reply::Reply,
    token::Token,
};

/// QUIT is a courtesy; nobody waits for it longer than this.
const QUIT_WITHIN: Duration = Duration::from_secs(2);

/// AUTH LOGIN has two challenges, and no mechanism that is known here has more.
const MOST_CHALLENGES: usize = 2;

/// An open connection that has greeted and, where the relay wants it, logged in.
pub struct Connection {
    smtp: AsyncSmtpConnection,
    timeouts: super::Timeouts,
    phase: Phase,
    /// Whether the last bytes given to the wire may have reached the relay.
    all_left: Arc<AtomicBool>,
    /// No reply is outstanding and nothing was in doubt. `false` while a dialogue is on its way, so also when it was
    /// abandoned: the reply that it did not wait for would else be taken for the answer to the next letter.
    in_step: bool,
    /// Whether the relay takes two commands in one turn.
    pipelining: bool,
    /// The lines of its answer to EHLO. lettre keeps only what it knows.
    offers: Vec<String>,
    /// MAIL was refused, and the answer to the RCPT that went with it was not read yet.
    owes_reply: bool,
    letters: u32,
}

impl Connection {
    /// A connection that has greeted.
    pub(super) fn greeted(
        smtp: AsyncSmtpConnection,
        timeouts: super::Timeouts,
        all_left: Arc<AtomicBool>,
        offers: Vec<String>,
    ) -> Self {
        let pipelining = offers.iter().any(|line| line.trim().eq_ignore_ascii_case("PIPELINING"));
        Self {
            smtp,
            timeouts,
            phase: Phase::Auth,
            all_left,
            in_step: true,
            pipelining,
            offers,
            owes_reply: false,
            letters: 0,
        }
    }

    /// How many letters went over it.
    #[must_use]
    pub fn letters(&self) -> u32 {
        self.letters
    }

    /// Where the dialogue is: what cutting it off now would mean for the letter.
    #[must_use]
    pub fn phase(&self) -> Phase {
        match self.phase {
            Phase::Body if !self.all_left.load(Ordering::Acquire) => Phase::Data,
            phase => phase,
        }
    }

    /// One transaction, see [`Connection::send_through`].
    pub async fn send(&mut self, letter: &Letter) -> Verdict {
        self.send_through(letter, None).await
    }

    /// One transaction, in which the text waits for the gate. When the verdict says so, [`Connection::reset`] makes the connection ready for the next one;
    /// otherwise it must be dropped, and also when this future is dropped before it ends. Whoever uses it nevertheless
    /// is told that the letter was not tried.
    pub async fn send_through(&mut self, letter: &Letter, gate: Option<&Arc<dyn Gate>>) -> Verdict {
        if !mem::replace(&mut self.in_step, false) || self.owes_reply {
            self.phase = Phase::MailFrom;
            return judge(Phase::MailFrom, out_of_step());
        }
        let verdict = match self.transaction(letter, gate).await {
            Ok(reply) => {
                self.letters += 1;
                judge(Phase::Body, Happening::Reply(reply))
            }
            Err(happening) => judge(self.phase(), happening),
        };
        self.in_step = verdict.keep_connection;
        verdict
    }

    /// RSET after a transaction that did not end with a letter taken over.
    pub async fn reset(&mut self) -> Result<(), Happening> {
        if !mem::replace(&mut self.in_step, false) {
            return Err(out_of_step());
        }
        self.phase = Phase::MailFrom;
        if mem::replace(&mut self.owes_reply, false) {
            // Whatever it says: without a sender there is no letter.
            match within(self.timeouts.command, self.smtp.read_response()).await {
                Ok(_) | Err(Happening::Reply(_)) => {}
                Err(happening) => return Err(happening),
            }
        }
        let reply = within(self.timeouts.command, self.smtp.command(Rset)).await?;
        if !reply.has_code(250) {
            return Err(Happening::Reply(kept(&reply)));
        }
        self.in_step = true;
        Ok(())
    }

    /// Says QUIT and closes; waits briefly for the answer.
    pub async fn quit(mut self) {
        // Whether the relay answers makes no difference to anybody. (lettre's own `quit` insists, and says it twice.)
        let _ = timeout(QUIT_WITHIN, self.smtp.command(Quit)).await;
    }

    /// AUTH. Not lettre's, because lettre says QUIT after a refused password and waits for the answer to that too: in a
    /// relay that then keeps silent wrong credentials would become a timeout.
    pub(super) async fn log_in(&mut self, credentials: &super::Credentials) -> Result<(), Happening> {
        let Some(mechanism) = self.smtp.server_info().get_auth_mechanism(DEFAULT_MECHANISMS) else {
            return Err(Happening::Refused(
                "the relay offers neither AUTH PLAIN nor AUTH LOGIN, but a user is set".to_owned(),
            ));
        };
        let credentials = Credentials::new(credentials.user.clone(), credentials.password.expose_secret().to_owned());
        let smtp = &mut self.smtp;
        let reply = within(self.timeouts.command, async {
            let mut reply = smtp.command(Auth::new(mechanism, credentials.clone(), None)?).await?;
            // Who has said everything with the command has no answer to a challenge.
            let challenges = if mechanism.supports_initial_response() { 0 } else { MOST_CHALLENGES };
            for _ in 0..challenges {
                if !reply.has_code(334) {
                    break;
                }
                let answer = Auth::new_from_response(mechanism, credentials.clone(), &reply)?;
                reply = smtp.command(answer).await?;
            }
            Ok::<_, SmtpError>(reply)
        });
        let reply = reply.await?;
        if Phase::Auth.expects(reply.code().into()) { Ok(()) } else { Err(Happening::Reply(kept(&reply))) }
    }

    /// AUTH with a token.
    pub(super) async fn log_in_with(&mut self, bearer: &Bearer, relay: &Relay, token: &Token) -> Result<(), Happening> {
        let mechanism = bearer.mechanism.name();
        let offers = |line: &str| {
            let mut words = line.split([' ', '=']);
            words.next().is_some_and(|word| word.eq_ignore_ascii_case("AUTH"))
                && words.any(|word| word.eq_ignore_ascii_case(mechanism))
        };
        if !self.offers.iter().any(|line| offers(line)) {
            let why = format!("the relay does not offer AUTH {mechanism}, which auth= asks for");
            return Err(Happening::Refused(why));
        }
        let smtp = &mut self.smtp;
        let reply = within(self.timeouts.command, async {
            let reply = smtp.command(bearer.command(relay, token)).await?;
            // It tells in JSON what is wrong with the token, and says so with a code after we have read it.
            if reply.has_code(334) { smtp.command(bearer.mechanism.after_refusal()).await } else { Ok(reply) }
        });
        let reply = match reply.await {
            Ok(reply) => kept(&reply),
            Err(Happening::Reply(reply)) => reply,
            Err(happening) => return Err(happening),
        };
        if Phase::Auth.expects(reply.code) { Ok(()) } else { Err(Happening::Reply(reply)) }
    }

    async fn transaction(&mut self, letter: &Letter, gate: Option<&Arc<dyn Gate>>) -> Result<Reply, Happening> {
        let gate = || gate.map(Arc::clone);
        let parameters = self.mail_parameters(letter)?;
        let mail = Mail::new(Some(letter.from.clone()), parameters);
        let rcpt = Rcpt::new(letter.recipient.clone(), Vec::new());
        if let Some(gate) = gate() {
            gate.begins();
        }
        if self.pipelining {
            // Both in one turn (RFC 2920), which is a quarter of a letter's turns. DATA has one of its own: what follows it
            // depends on the answer to RCPT.
            self.owes_reply = true;
            self.say(Phase::MailFrom, format!("{mail}{rcpt}")).await?;
            self.owes_reply = false;
            self.phase = Phase::RcptTo;
            expected(Phase::RcptTo, &within(self.timeouts.command, self.smtp.read_response()).await?)?;
        } else {
            self.say(Phase::MailFrom, mail).await?;
            self.say(Phase::RcptTo, rcpt).await?;
        }
        if let Some(gate) = gate() {
            gate.nears();
        }
        self.say(Phase::Data, Data).await?;
        if let Some(gate) = gate()
            && !gate.opens().await
        {
            // There is no way out of DATA but to hang up: then the relay has no letter.
            return Err(Happening::Withdrawn("the letter's text may not leave".to_owned()));
        }
        self.phase = Phase::Body;
        self.all_left.store(false, Ordering::Release);
        // lettre ends every body with CRLF, dot, CRLF; a letter that ends its last line itself would get an empty one.
        let body = letter.bytes().strip_suffix(b"\r\n").unwrap_or(letter.bytes());
        let reply = within(self.timeouts.data, self.smtp.message(body)).await?;
        Ok(kept(&reply))
    }

    /// 8BITMIME (RFC 6152) and SMTPUTF8 (RFC 6531), for the few letters that need them.
    fn mail_parameters(&mut self, letter: &Letter) -> Result<Vec<MailParameter>, Happening> {
        let mut parameters = Vec::new();
        let info = self.smtp.server_info();
        let needed = [
            // Also where it comes back to an address in ASCII, its header names the sender (RFC 6531, section 3.4).
            (Phase::MailFrom, letter.names_beyond_ascii || !is_ascii(&letter.from)),
            (Phase::RcptTo, !is_ascii(&letter.recipient)),
        ];
        for (phase, needed) in needed {
            if needed {
                if !info.supports_feature(Extension::SmtpUtfEight) {
                    self.phase = phase;
                    let why = "this relay takes no address outside ASCII (it offers no SMTPUTF8)";
                    return Err(Happening::Refused(why.to_owned()));
                }
                if parameters.is_empty() {
                    parameters.push(MailParameter::SmtpUtfEight);
                }
            }
        }
        if !letter.is_ascii {
            if !info.supports_feature(Extension::EightBitMime) {
                self.phase = Phase::Data;
                return Err(Happening::Refused(
                    "this relay takes no letter outside ASCII (it offers no 8BITMIME)".to_owned(),
                ));
            }
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        Ok(parameters)
    }

    async fn say(&mut self, phase: Phase, command: impl std::fmt::Display) -> Result<(), Happening> {
        self.phase = phase;
        expected(phase, &within(self.timeouts.command, self.smtp.command(command)).await?)
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("phase", &self.phase())
            .field("letters", &self.letters)
            .finish_non_exhaustive()
    }
}
