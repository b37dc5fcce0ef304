//! Access tokens in place of passwords: XOAUTH2, which Google and Microsoft ask for, and OAUTHBEARER (RFC 7628).
//!
//! A token lasts for an hour or so and is made elsewhere: by a command, or by a program that keeps a file up to date. It is
//! fetched when it is needed first, shared by all connections to the relay, and kept until the relay refuses it; then it is fetched
//! once more. Nothing here shows a token, nor the command, which may hold secrets itself.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustix::process::{Pid, Signal, kill_process_group};
use secrecy::{ExposeSecret, SecretString};
use std::{process::Stdio, time::Duration};
use tokio::{
    io::AsyncReadExt,
    process::{Child, Command},
    sync::Mutex,
    time::timeout,
};

use super::{
    Relay,
    bearer::{Bearer, Mechanism, TokenSource},
    judge::Happening,
};

/// The longest token. Microsoft's have about 2,500 characters; a line of AUTH holds 12,288 (RFC 4954, section 4).
const LONGEST: usize = 8 * 1024;

/// The token of a relay, as long as the relay takes it.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    // Held while it is fetched: connections that open at the same time wait for the same token.
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    token: Option<SecretString>,
    /// How many have been fetched.
    number: u64,
}

/// A token, and whether it was fetched for whoever has it.
pub(super) struct Token {
    text: SecretString,
    number: u64,
    pub(super) is_fresh: bool,
}

/// Why there is no token. Never shows one.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoToken {
    #[error("the command of token_command= cannot be started: {0}")]
    NotStarted(std::io::Error),
    #[error("the command of token_command= printed no token within {} s", .0.as_secs_f32())]
    TooSlow(Duration),
    #[error("the command of token_command= failed ({0}); what it says is not kept, run it by hand to see it")]
    Failed(std::process::ExitStatus),
    #[error("the token cannot be read from {path}: {why}")]
    Unreadable { path: String, why: std::io::Error },
    #[error(
        "what {0} is no token: it has to be one line of letters, digits and - . _ ~ + / =, and nothing else, such as what \
         stands in access_token of an OAuth answer"
    )]
    Malformed(&'static str),
}

impl Bearer {
    /// The AUTH command with everything that there is to say.
    pub(super) fn command(&self, relay: &Relay, token: &Token) -> String {
        let token = token.text.expose_secret();
        let said = match self.mechanism {
            Mechanism::Xoauth2 => format!("user={}\u{1}auth=Bearer {token}\u{1}\u{1}", self.user),
            Mechanism::OauthBearer => {
                // Commas and equals signs mean something there (RFC 5801, section 4).
                let user = self.user.replace('=', "=3D").replace(',', "=2C");
                let (host, port) = (relay.host(), relay.port());
                format!("n,a={user},\u{1}host={host}\u{1}port={port}\u{1}auth=Bearer {token}\u{1}\u{1}")
            }
        };
        format!("AUTH {} {}\r\n", self.mechanism.name(), STANDARD.encode(said))
    }
}

impl Tokens {
    /// The token that is kept, or one that is fetched now.
    pub(super) async fn token(&self, source: &TokenSource, patience: Duration) -> Result<Token, NoToken> {
        let mut kept = self.kept.lock().await;
        if let Some(text) = kept.token.clone() {
            return Ok(Token { text, number: kept.number, is_fresh: false });
        }
        let text = source.fetch(patience).await?;
        kept.token = Some(text.clone());
        kept.number += 1;
        Ok(Token { text, number: kept.number, is_fresh: true })
    }

    /// The relay does not take it any more.
    pub(super) async fn refused(&self, token: &Token) {
        let mut kept = self.kept.lock().await;
        // Another connection may have fetched the next one by now.
        if kept.number == token.number {
            kept.token = None;
        }
    }
}

impl TokenSource {
    async fn fetch(&self, patience: Duration) -> Result<SecretString, NoToken> {
        match self {
            Self::Command(command) => parsed("token_command= prints", &run(command, patience).await?),
            Self::File(path) => {
                let unreadable = |why| NoToken::Unreadable { path: path.display().to_string(), why };
                let reading = timeout(patience, async {
                    let mut bytes = Vec::new();
                    let file = tokio::fs::File::open(path).await?;
                    file.take(LONGEST as u64 + 16).read_to_end(&mut bytes).await?;
                    Ok(bytes)
                });
                let bytes = reading.await.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()));
                parsed("is in token_file=", &bytes.map_err(unreadable)?)
            }
        }
    }
}

/// What the command prints. It is ended with all that it has started when it takes too long, or when nobody waits for it.
async fn run(command: &str, patience: Duration) -> Result<Vec<u8>, NoToken> {
    let mut child = Command::new("/bin/sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        // It may tell more than a log should know.
        .stderr(Stdio::null())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(NoToken::NotStarted)?;
    let mut group = Group::of(&child);
    let output = child.stdout.take();
    let printing = timeout(patience, async {
        let mut bytes = Vec::new();
        if let Some(output) = output {
            output.take(LONGEST as u64 + 16).read_to_end(&mut bytes).await?;
        }
        Ok((bytes, child.wait().await?))
    });
    let printed = printing.await;
    if printed.is_ok() {
        // Its number may be another's soon.
        group.0 = None;
    }
    match printed {
        // Who prints too much may end because nobody reads on.
        Ok(Ok((bytes, status))) if status.success() || bytes.len() > LONGEST => Ok(bytes),
        Ok(Ok((_, status))) => Err(NoToken::Failed(status)),
        Ok(Err(error)) => Err(NoToken::NotStarted(error)),
        Err(_) => Err(NoToken::TooSlow(patience)),
    }
}

/// The processes of a command that has not ended. Ended when dropped.
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // There is none any more when all of them have ended.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

fn parsed(source: &'static str, bytes: &[u8]) -> Result<SecretString, NoToken> {
    let text = std::str::from_utf8(bytes).unwrap_or_default().trim();
    let right = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    if text.is_empty() || text.len() > LONGEST || !text.bytes().all(right) {
        return Err(NoToken::Malformed(source));
    }
    Ok(text.into())
}

impl From<NoToken> for Happening {
    fn from(error: NoToken) -> Self {
        Self::Refused(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    const PATIENCE: Duration = Duration::from_secs(20);

    fn command(text: &str) -> TokenSource {
        TokenSource::Command(text.to_owned())
    }

    async fn fetched(source: &TokenSource) -> Result<String, String> {
        let token = source.fetch(PATIENCE).await;
        token.map(|token| token.expose_secret().to_owned()).map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_token_is_what_a_command_prints_or_a_file_holds() {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        writeln!(file, "ya29.a0_B-c~d+e/f==").expect("a token in it");
        for source in [command("printf 'ya29.a0_B-c~d+e/f==\\n'"), TokenSource::File(file.path().to_owned())] {
            assert_eq!(fetched(&source).await.as_deref(), Ok("ya29.a0_B-c~d+e/f=="), "{source:?}");
        }
    }

    #[tokio::test]
    async fn what_is_no_token_is_a_sentence_that_shows_neither_it_nor_the_command() {
        for (text, words) in [
            ("echo 's3cret token'", "no token"),
            ("printf 's3cret\\ntoken'", "no token"),
            ("echo '{\"access_token\":\"s3cret\"}'", "no token"),
            (": s3cret", "no token"),
            ("head -c 20000 /dev/zero | tr '\\0' s", "no token"),
            ("echo s3cret; exit 3", "failed (exit status: 3)"),
            ("echo s3cret >&2; kill -9 $$", "failed (signal: 9"),
            ("no-such-command-s3cret", "failed (exit status: 127)"),
        ] {
            let source = command(text);
            let told = fetched(&source).await.expect_err(text);
            assert!(told.contains(words) && !format!("{told} {source:?}").contains("s3cret"), "{told}");
        }
        let told = fetched(&TokenSource::File("/does/not/exist".into())).await.expect_err("no file");
        assert!(told.contains("/does/not/exist"), "{told}");
    }

    #[tokio::test]
    async fn a_command_that_hangs_is_ended_with_all_that_it_has_started() {
        let folder = tempfile::tempdir().expect("a folder");
        let pid = folder.path().join("pid");
        let source = command(&format!("sleep 1000 & echo $! > {}; wait", pid.display()));
        let told = source.fetch(Duration::from_millis(500)).await.expect_err("it hangs").to_string();
        assert!(told.contains("printed no token within 0.5 s"), "{told}");
        let pid = std::fs::read_to_string(&pid).expect("it has begun");
        let process = format!("/proc/{}/stat", pid.trim());
        // A process that nobody has waited for yet is a zombie.
        let lives = || std::fs::read_to_string(&process).is_ok_and(|stat| !stat.contains(") Z "));
        for _ in 0..1_000 {
            if !lives() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{process} is still there");
    }

    #[tokio::test]
    async fn a_token_is_kept_until_it_is_refused_and_fetched_once_for_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let count = folder.path().join("count");
        let source = command(&format!("echo x >> {0}; wc -l < {0} | tr -d ' '", count.display()));
        let tokens = Tokens::default();
        let (first, second) = tokio::join!(tokens.token(&source, PATIENCE), tokens.token(&source, PATIENCE));
        let (first, second) = (first.expect("a token"), second.expect("a token"));
        assert_eq!((first.text.expose_secret(), second.text.expose_secret()), ("1", "1"));
        assert!(first.is_fresh && !second.is_fresh);

        tokens.refused(&first).await;
        let third = tokens.token(&source, PATIENCE).await.expect("a token");
        assert_eq!((third.text.expose_secret(), third.is_fresh), ("2", true));
        // The other connection is late with what it knows.
        tokens.refused(&second).await;
        assert_eq!(tokens.token(&source, PATIENCE).await.expect("a token").text.expose_secret(), "2");
    }

    #[test]
    fn a_token_is_said_as_each_mechanism_wants_it() {
        // The example of Google's documentation, and that of RFC 7628, section 4.1, with the address and host given here.
        let token = Token { text: "vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg==".into(), number: 1, is_fresh: true };
        let relay = Relay::parse("smtps://server.example.com:587").expect("a relay");
        let said = |user: &str, mechanism| {
            let bearer = Bearer { user: user.to_owned(), mechanism, source: command("") };
            let command = bearer.command(&relay, &token);
            let (verb, said) = command.trim_end().rsplit_once(' ').expect("two words");
            (verb.to_owned(), String::from_utf8(STANDARD.decode(said).expect("base64")).expect("UTF-8"))
        };
        assert_eq!(
            said("someuser@example.com", Mechanism::Xoauth2),
            (
                "AUTH XOAUTH2".to_owned(),
                "user=someuser@example.com\u{1}auth=Bearer vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg==\u{1}\u{1}"
                    .to_owned()
            )
        );
        assert_eq!(
            said("user@example.com", Mechanism::OauthBearer),
            (
                "AUTH OAUTHBEARER".to_owned(),
                "n,a=user@example.com,\u{1}host=server.example.com\u{1}port=587\u{1}\
                 auth=Bearer vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg==\u{1}\u{1}"
                    .to_owned()
            )
        );
        assert!(said("a,b=c@example.com", Mechanism::OauthBearer).1.starts_with("n,a=a=2Cb=3Dc@example.com,"));
    }
}
