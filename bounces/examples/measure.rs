//! Reads every file in directories as a message, and tells how many were understood as what, by kind of file: a kind is the file's name
//! without its last number.
//!
//! ```sh
//! cargo run --release --example measure -p bounces -- DIRECTORY...
//! cargo run --release --example measure -p bounces -- --each DIRECTORY...   # a line for each file, too
//! ```

use bounces::{Reading, Says};
use domain::feedback::Severity;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, fs};

/// What was understood of the messages of one kind.
#[derive(Clone, Copy, Default)]
struct Counts {
    files: u32,
    permanent: u32,
    dead: u32,
    temporary: u32,
    delayed: u32,
    complaints: u32,
    answers: u32,
    letters: u32,
    unclear: u32,
    /// Reports that name a recipient.
    with_recipient: u32,
    /// Reports by which the letter can be found again, if it has our addresses, links or ids.
    with_letter: u32,
}

fn main() -> io::Result<()> {
    let (options, directories): (Vec<String>, Vec<String>) =
        env::args().skip(1).partition(|word| word.starts_with("--"));
    let each = options.iter().any(|option| option == "--each");
    let mut out = io::stdout().lock();
    let mut kinds: BTreeMap<String, Counts> = BTreeMap::new();
    let mut slowest = (Duration::ZERO, PathBuf::new());
    let mut took = Duration::ZERO;
    for directory in directories {
        let mut files: Vec<PathBuf> =
            fs::read_dir(directory)?.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
        files.sort();
        for file in files.into_iter().filter(|file| file.is_file()) {
            let bytes = fs::read(&file)?;
            let start = Instant::now();
            let reading = bounces::read(&bytes);
            let time = start.elapsed();
            took += time;
            if time > slowest.0 {
                slowest = (time, file.clone());
            }
            kinds.entry(kind(&file)).or_default().add(&reading);
            if each {
                writeln!(out, "{}", line(&file, &reading))?;
            }
        }
    }
    writeln!(out, "{:<28} {}", "kind", HEADINGS)?;
    let mut all = Counts::default();
    for (kind, counts) in &kinds {
        writeln!(out, "{kind:<28} {}", counts.row())?;
        all.sum(*counts);
    }
    writeln!(out, "{:<28} {}", "all", all.row())?;
    writeln!(out, "{took:?} in all, at most {:?} for {}", slowest.0, slowest.1.display())
}

const HEADINGS: &str = "files permanent (dead) temporary delayed complaint answer letter unclear | recipient letter";

impl Counts {
    fn add(&mut self, reading: &Reading) {
        self.files += 1;
        let report = match &reading.says {
            Says::Bounce(bounce) => {
                match bounce.severity {
                    Severity::Permanent => self.permanent += 1,
                    Severity::Temporary => self.temporary += 1,
                    Severity::Delayed => self.delayed += 1,
                }
                self.dead += u32::from(bounce.dead);
                true
            }
            Says::Complaint { .. } => {
                self.complaints += 1;
                true
            }
            Says::AutoReply | Says::Challenge => {
                self.answers += 1;
                false
            }
            Says::Letter => {
                self.letters += 1;
                false
            }
            Says::Unclear => {
                self.unclear += 1;
                false
            }
        };
        self.with_recipient += u32::from(report && !reading.about.recipients.is_empty());
        self.with_letter += u32::from(report && points_to_the_letter(reading));
    }

    fn sum(&mut self, other: Self) {
        self.files += other.files;
        self.permanent += other.permanent;
        self.dead += other.dead;
        self.temporary += other.temporary;
        self.delayed += other.delayed;
        self.complaints += other.complaints;
        self.answers += other.answers;
        self.letters += other.letters;
        self.unclear += other.unclear;
        self.with_recipient += other.with_recipient;
        self.with_letter += other.with_letter;
    }

    fn row(&self) -> String {
        format!(
            "{:>5} {:>9} {:>6} {:>9} {:>7} {:>9} {:>6} {:>6} {:>7} | {:>9} {:>6}",
            self.files,
            self.permanent,
            self.dead,
            self.temporary,
            self.delayed,
            self.complaints,
            self.answers,
            self.letters,
            self.unclear,
            self.with_recipient,
            self.with_letter
        )
    }
}

/// The address that the report came to is not counted: in a collection it is nobody's.
fn points_to_the_letter(reading: &Reading) -> bool {
    !reading.about.message_ids.is_empty() || !reading.about.links.is_empty()
}

/// The name of the file without its last number.
fn kind(file: &Path) -> String {
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches(['-', '_']).to_owned()
}

/// What was understood of one file.
fn line(file: &Path, reading: &Reading) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let said = match &reading.says {
        Says::Bounce(bounce) => format!(
            "{}{} {} {}",
            bounce.severity.name(),
            if bounce.dead { " dead" } else { "" },
            bounce.code.as_deref().unwrap_or("-"),
            bounce.words.as_deref().unwrap_or("-")
        ),
        Says::Complaint { kind } => format!("complaint {}", kind.as_deref().unwrap_or("-")),
        Says::AutoReply => "auto-reply".to_owned(),
        Says::Challenge => "challenge".to_owned(),
        Says::Letter => "letter".to_owned(),
        Says::Unclear => "unclear".to_owned(),
    };
    let about = &reading.about;
    let counts = (about.recipients.len(), about.message_ids.len(), about.links.len(), about.addresses.len());
    format!("{name}\t{said}\t{counts:?}\t{}", reading.by.as_deref().unwrap_or("-"))
}
