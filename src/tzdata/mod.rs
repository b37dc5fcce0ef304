//! Which rules of time zones are in use: those of the system, of a directory that the settings name, or those that this
//! program was compiled with.
//!
//! Without a setting the newest of the first and the last are taken: a system that nobody updates knows less than the program,
//! and a program that runs for years less than its system. Whoever keeps rules of their own names them.

use anyhow::Context as _;
use domain::Tzdata;
use projections::mailings;
use sqlx::PgPool;
use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// Where systems keep their zones.
const PLACES: [&str; 4] = ["/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo"];

/// How often to look whether there are newer ones.
const LOOK: Duration = Duration::from_mins(10);

/// The same zones once more, with other names or other seconds.
const COPIES: [&str; 2] = ["posix", "right"];

/// What every file of a zone begins with (RFC 9636 section 3.1).
const MAGIC: &[u8] = b"TZif";

/// The largest is some kilobytes long.
const LARGEST: u64 = 1024 * 1024;

/// How deep names of zones are: `America/Argentina/Buenos_Aires`.
const DEEPEST: usize = 4;

/// Which rules are in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Of the IANA database, such as 2026a; "unknown" if their directory does not tell.
    pub version: String,
    /// Where they are. None: they were compiled in.
    pub directory: Option<PathBuf>,
    /// The system's directory and its version, if it has one that is not used.
    pub passed_over: Option<(PathBuf, Option<String>)>,
    /// Zones whose files do not read; they go by what was compiled in.
    pub unreadable: Vec<String>,
}

/// Chooses, without using them yet. An error if the directory that was named has no zones.
pub fn choose(named: Option<&Path>) -> anyhow::Result<(Chosen, Option<Tzdata>)> {
    choose_among(named, PLACES.iter().map(Path::new))
}

fn choose_among<'a>(
    named: Option<&Path>,
    places: impl IntoIterator<Item = &'a Path>,
) -> anyhow::Result<(Chosen, Option<Tzdata>)> {
    if let Some(directory) = named {
        let version = version(directory).unwrap_or_else(|| "unknown".to_owned());
        let (tzdata, unreadable) = read(directory, &version);
        anyhow::ensure!(
            !tzdata.is_empty(),
            "TZDATA_DIR is {}, where no time zones are; name a directory as /usr/share/zoneinfo is",
            directory.display()
        );
        let chosen = Chosen { version, directory: Some(directory.to_owned()), passed_over: None, unreadable };
        return Ok((chosen, Some(tzdata)));
    }
    let compiled = Tzdata::compiled_version();
    let system = places.into_iter().find(|place| place.is_dir());
    let passed_over = system.map(|directory| (directory.to_owned(), version(directory)));
    if let Some((directory, Some(version))) = &passed_over
        && version.as_str() > compiled
    {
        let (tzdata, unreadable) = read(directory, version);
        if !tzdata.is_empty() {
            let (version, directory) = (version.clone(), Some(directory.clone()));
            return Ok((Chosen { version, directory, passed_over: None, unreadable }, Some(tzdata)));
        }
    }
    let version = compiled.to_owned();
    Ok((Chosen { version, directory: None, passed_over, unreadable: Vec::new() }, None))
}

/// Chooses, and uses them from now on.
pub fn put_in_use(named: Option<&Path>) -> anyhow::Result<Chosen> {
    let (chosen, tzdata) = choose(named).context("the rules of time zones cannot be read")?;
    match tzdata {
        Some(tzdata) => tzdata.put_in_use(),
        None => Tzdata::forget(),
    }
    if !chosen.unreadable.is_empty() {
        let zones = chosen.unreadable.join(", ");
        tracing::warn!(zones, "the files of these time zones do not read, so they go by what was compiled in");
    }
    Ok(chosen)
}

/// Goes on with newer rules when there are some. Who has a database for it moves what is planned to when it happens by them; a
/// process with other rules may have planned it, so that is done at the start, too.
pub async fn keep_current(named: Option<PathBuf>, planned: Option<PgPool>, stop: CancellationToken) {
    let mut ticks = interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut first = true;
    let mut seen = traces(named.as_deref());
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stop.cancelled() => return,
        }
        let (directory, before) = (named.clone(), seen.clone());
        let looked = tokio::task::spawn_blocking(move || {
            let now = traces(directory.as_deref());
            let changed = if now == before { Ok(false) } else { refresh(directory.as_deref()) };
            (now, changed)
        });
        let Ok((now, changed)) = looked.await else { continue };
        seen = now;
        let changed = match changed {
            Ok(changed) => changed,
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "it goes on with the rules of time zones that it has");
                false
            }
        };
        if let Some(planned) = &planned
            && (changed || first)
        {
            match mailings::reckon_next_runs(planned).await {
                Ok(0) => {}
                Ok(moved) => tracing::info!(moved, "mailings run at other moments by the rules of time zones in use"),
                Err(error) => {
                    tracing::warn!(%error, "when mailings run next could not be reckoned anew");
                    first = true;
                    continue;
                }
            }
            first = false;
        }
    }
}

/// What changes when somebody changes the zones in a directory: when it and what tells of it were written.
fn traces(named: Option<&Path>) -> Vec<Option<SystemTime>> {
    let place = named.map(Path::to_owned).or_else(|| PLACES.iter().map(PathBuf::from).find(|place| place.is_dir()));
    let Some(place) = place else { return Vec::new() };
    let written = |path: &Path| fs::metadata(path).and_then(|it| it.modified()).ok();
    ["", "tzdata.zi", "+VERSION", "UTC", "Europe", "America", "Asia", "Africa", "Europe/London"]
        .map(|name| written(&place.join(name)))
        .to_vec()
}

/// Chooses anew. Whether mailings may run at other moments by what is in use now.
fn refresh(named: Option<&Path>) -> anyhow::Result<bool> {
    let before = Tzdata::version_in_use();
    let chosen = put_in_use(named)?;
    tracing::info!(version = chosen.version, before, "the rules of time zones were looked at again");
    Ok(chosen.directory.is_some() || chosen.version != before)
}

/// The version of the zones in a directory: the first line of `tzdata.zi` is "# version 2026a"; BSD and macOS have `+VERSION`.
fn version(directory: &Path) -> Option<String> {
    let first_line = |name: &str| {
        let mut text = String::new();
        fs::File::open(directory.join(name)).ok()?.take(64).read_to_string(&mut text).ok()?;
        text.lines().next().map(str::to_owned)
    };
    let told = first_line("tzdata.zi").and_then(|line| line.strip_prefix("# version ").map(str::to_owned));
    let told = told.or_else(|| first_line("+VERSION"))?;
    let told = told.trim();
    let is_version = told.len() >= 5 && told.len() < 16 && told.as_bytes()[..4].iter().all(u8::is_ascii_digit);
    is_version.then(|| told.to_owned())
}

fn read(directory: &Path, version: &str) -> (Tzdata, Vec<String>) {
    let mut files = Vec::new();
    collect(directory, "", DEEPEST, &mut files);
    Tzdata::read(version, &listed(directory), files)
}

/// The zones that the tables in a directory list: `Z NAME ...` and `L TARGET NAME` of `tzdata.zi`, and the third column of
/// `zone1970.tab` and `zone.tab`.
fn listed(directory: &Path) -> BTreeSet<String> {
    let lines = |name: &str| fs::read_to_string(directory.join(name)).unwrap_or_default();
    let mut names = BTreeSet::new();
    for line in lines("tzdata.zi").lines() {
        let mut words = line.split_ascii_whitespace();
        names.extend(match words.next() {
            Some("Z") => words.next().map(str::to_owned),
            Some("L") => words.nth(1).map(str::to_owned),
            _ => None,
        });
    }
    for table in ["zone1970.tab", "zone.tab"] {
        let rows = lines(table);
        let rows = rows.lines().filter(|line| !line.starts_with('#'));
        names.extend(rows.filter_map(|line| line.split('\t').nth(2)).map(str::to_owned));
    }
    names
}

/// All files of zones below a directory. What does not open is not there.
fn collect(directory: &Path, above: &str, deepest: usize, files: &mut Vec<(String, Vec<u8>)>) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        // A link leads to a file as if it were one, but not to a directory: it may lead round in a circle.
        let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let full = if above.is_empty() { name.clone() } else { format!("{above}/{name}") };
        if is_directory {
            if deepest > 1 && !(above.is_empty() && COPIES.contains(&name.as_str())) {
                collect(&entry.path(), &full, deepest - 1, files);
            }
        } else if let Some(bytes) = zone(&entry.path()) {
            files.push((full, bytes));
        }
    }
}

fn zone(path: &Path) -> Option<Vec<u8>> {
    // Not a pipe that nobody writes to.
    fs::metadata(path).ok().filter(|it| it.is_file() && it.len() <= LARGEST)?;
    let (mut file, mut bytes) = (fs::File::open(path).ok()?, vec![0; MAGIC.len()]);
    file.read_exact(&mut bytes).ok().filter(|()| bytes == MAGIC)?;
    file.take(LARGEST).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests;
