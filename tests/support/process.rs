//! The real program in processes of its own, as its users start it.
//!
//! No process outlives its story: it is killed when its value is dropped, and if the tests themselves are killed, by a
//! little shell script that waits for their end.

use super::database::{eventually, signal};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use tempfile::TempDir;

/// How the program is to be started. It knows of this machine only what a story tells it.
#[derive(Clone)]
pub(crate) struct Program {
    /// What stands before the program on the command line, such as `prlimit` with its options.
    launcher: Vec<String>,
    arguments: Vec<String>,
    environment: BTreeMap<String, String>,
    dir: Option<PathBuf>,
    input: String,
}

/// The program with these arguments, and with settings that suit a story: any free port, and a short lease.
pub(crate) fn skymailing(arguments: &[&str]) -> Program {
    let program = bare(arguments);
    program.set("HTTP_ADDR", "127.0.0.1:0").set("LEASE", "1s").set("SMTP_CONNECTIONS", "4")
}

/// The program with these arguments and no settings.
pub(crate) fn bare(arguments: &[&str]) -> Program {
    let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
    let program =
        Program { launcher: Vec::new(), arguments, environment: BTreeMap::new(), dir: None, input: String::new() };
    // PATH, because PostgreSQL's programs are searched for; COLUMNS, because help is wrapped.
    let path = std::env::var("PATH").unwrap_or_default();
    program.set("PATH", path).set("USER", "tester").set("COLUMNS", "120").set("RUST_BACKTRACE", "0")
}

impl Program {
    /// With this environment variable.
    pub(crate) fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    /// In this working directory instead of an empty one.
    pub(crate) fn within(mut self, dir: &Path) -> Self {
        self.dir = Some(dir.to_owned());
        self
    }

    /// Started by another program that becomes this one (by `exec`), such as `prlimit --nofile=64`.
    pub(crate) fn through(mut self, launcher: &[&str]) -> Self {
        self.launcher.extend(launcher.iter().map(|&word| word.to_owned()));
        self
    }

    /// With this on its standard input.
    pub(crate) fn input(mut self, text: &str) -> Self {
        text.clone_into(&mut self.input);
        self
    }

    pub(crate) fn start(&self) -> Process {
        let own = tempfile::tempdir().expect("there is a place for temporary files");
        // An empty one, so that none is searched for in the directories above.
        std::fs::write(own.path().join(".env"), "").expect("a file");
        let words: Vec<&str> =
            self.launcher.iter().map(String::as_str).chain([env!("CARGO_BIN_EXE_skymailing")]).collect();
        let mut child = Command::new(words[0])
            .args(&words[1..])
            .args(&self.arguments)
            .env_clear()
            .envs(&self.environment)
            .current_dir(self.dir.as_deref().unwrap_or(own.path()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be started");
        let undertaker = undertaker(child.id());
        let mut stdin = child.stdin.take().expect("its input is ours");
        // A program that has no use for it may be gone already.
        let _ = stdin.write_all(self.input.as_bytes());
        drop(stdin);
        let (out, err) = (Text::default(), Text::default());
        let readers = vec![
            read(child.stdout.take().expect("its output is ours"), out.clone()),
            read(child.stderr.take().expect("its output is ours"), err.clone()),
        ];
        Process { child, undertaker, out, err, readers, ended: None, _dir: own }
    }

    /// Runs it to its end.
    pub(crate) async fn run(&self) -> Ended {
        self.start().ends().await
    }

    /// Runs it to its end, which has to be a good one, and returns what it printed on standard output.
    pub(crate) async fn succeeds(&self) -> String {
        let ended = self.run().await;
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.out
    }
}

/// Kills the process `$1` when our end of its input is closed before a word was written to it.
const UNDERTAKER: &str = r#"read -r word || kill -9 "$1""#;

fn undertaker(pid: u32) -> Child {
    Command::new("sh")
        .args(["-c", UNDERTAKER, "undertaker", &pid.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // So that Ctrl+C ends the tests and leaves the undertaker to its work.
        .process_group(0)
        .spawn()
        .expect("there is a shell")
}

/// What was printed so far.
#[derive(Clone, Default)]
struct Text(Arc<Mutex<String>>);

impl Text {
    fn get(&self) -> String {
        self.0.lock().expect("the reader works").clone()
    }
}

fn read(stream: impl Read + Send + 'static, text: Text) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while stream.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            text.0.lock().expect("the story works").push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    })
}

/// A process of the program.
pub(crate) struct Process {
    child: Child,
    undertaker: Child,
    out: Text,
    err: Text,
    readers: Vec<JoinHandle<()>>,
    ended: Option<ExitStatus>,
    // Its working directory.
    _dir: TempDir,
}

/// How a process ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// None if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Process {
    /// Waits until it has printed a line that contains `words`, and returns the line.
    pub(crate) async fn says(&mut self, words: &str) -> String {
        let mut said = None;
        eventually(&format!("it says {words:?}"), || {
            let running = self.is_running();
            let printed = [self.out.get(), self.err.get()];
            said = printed.iter().flat_map(|text| text.lines()).find(|line| line.contains(words)).map(str::to_owned);
            assert!(running || said.is_some(), "it ended without saying {words:?}");
            said.is_some()
        })
        .await;
        said.unwrap_or_default()
    }

    /// Waits until it serves HTTP, and returns the address, which ends with a slash.
    pub(crate) async fn serves(&mut self) -> String {
        let line = self.says("SkyMailing is at ").await;
        let (_, rest) = line.split_once(" at ").expect("an address");
        rest.split(',').next().unwrap_or_default().to_owned()
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().expect("it is our child");
        }
        self.ended.is_none()
    }

    /// Sends a signal, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        signal(name, self.child.id());
    }

    /// Kill -9. It had to be alive until then.
    pub(crate) async fn killed(mut self) {
        assert!(self.is_running(), "it is still alive");
        self.signal("KILL");
        assert_eq!(self.ends().await.signal, Some(9));
    }

    /// Waits until it has ended by itself.
    pub(crate) async fn ends(mut self) -> Ended {
        eventually("it ends", || !self.is_running()).await;
        // All that it printed.
        self.readers.drain(..).for_each(|reader| reader.join().expect("its output is text"));
        let status = self.ended.expect("it has ended");
        Ended { code: status.code(), signal: status.signal(), out: self.out.get(), err: self.err.get() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.is_running() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        let _ = self.undertaker.stdin.take().map(|mut stdin| stdin.write_all(b"rest\n"));
        let _ = self.undertaker.wait();
        if std::thread::panicking() {
            let _ = writeln!(std::io::stderr(), "--- it printed:\n{}{}---", self.out.get(), self.err.get());
        }
    }
}
