//! What the benchmarks of sending stand on: a database with an address book, a worker that is a process of its own, a server
//! that receives, and rows that say whether a goal was met.

pub(crate) mod rows;
pub(crate) mod sink;
pub(crate) mod worker;
pub(crate) mod world;

use std::path::PathBuf;
use std::time::Duration;

/// The place of a program. Debian keeps those of servers where only root looks.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    places.map(|place| place.join(name)).find(|program| program.is_file())
}

/// Numbers from the environment, with commas between them.
pub(crate) fn setting(name: &str) -> Option<Vec<usize>> {
    let text = std::env::var(name).ok()?;
    Some(text.split(',').filter_map(|number| number.trim().parse().ok()).collect())
}

/// The value below which so many percent of the sorted ones lie.
pub(crate) fn at(sorted: &[f64], percent: usize) -> f64 {
    let index = (sorted.len() * percent).div_ceil(100).clamp(1, sorted.len().max(1)) - 1;
    sorted.get(index).copied().unwrap_or(f64::NAN)
}

#[expect(clippy::cast_precision_loss, reason = "numbers for people")]
pub(crate) fn as_f64(count: usize) -> f64 {
    count as f64
}

/// How many in a second.
pub(crate) fn rate(count: usize, took: Duration) -> f64 {
    as_f64(count) / took.as_secs_f64()
}
