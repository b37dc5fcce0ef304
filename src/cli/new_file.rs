//! A file that a command writes, which must not be there yet.

use anyhow::Context as _;
use api::Table;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use tokio_util::sync::CancellationToken;

/// In the place of a file's name: standard output.
const STANDARD_OUTPUT: &str = "-";

/// Whether the name stands for standard output.
pub(super) fn is_standard_output(path: &Path) -> bool {
    path == Path::new(STANDARD_OUTPUT)
}

/// Writes all lines that come until there are none.
pub(super) async fn write(
    path: &Path,
    lines: impl AsyncFnMut() -> anyhow::Result<Option<String>>,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    if is_standard_output(path) {
        return write_to(std::io::stdout().lock(), lines, stop).await;
    }
    let file = new(path)?;
    whole(path, write_to(file, lines, stop).await)
}

/// Writes a table as a workbook, once it is there.
pub(super) async fn write_table(
    path: &Path,
    table: impl AsyncFnOnce() -> anyhow::Result<Table>,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    if is_standard_output(path) {
        return write_table_to(std::io::stdout(), table, stop).await;
    }
    let file = new(path)?;
    whole(path, write_table_to(file, table, stop).await)
}

fn cannot(path: &Path) -> String {
    format!("{} cannot be written", path.display())
}

fn new(path: &Path) -> anyhow::Result<File> {
    // Addresses are nobody else's.
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.with_context(|| cannot(path))
}

/// Half of a file must not look like a whole one.
fn whole(path: &Path, written: anyhow::Result<()>) -> anyhow::Result<()> {
    if written.is_err() {
        std::fs::remove_file(path).with_context(|| cannot(path))?;
    }
    written
}

/// Nothing else waits in this process while it is written.
async fn write_table_to(
    mut to: impl Write + Send,
    table: impl AsyncFnOnce() -> anyhow::Result<Table>,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    tokio::select! {
        table = table() => table?.write_to(&mut to)?,
        () = stop.cancelled() => anyhow::bail!("stopped before all was written"),
    }
    Ok(to.flush()?)
}

/// Nothing else waits in this process while a piece is written.
async fn write_to(
    mut to: impl Write,
    mut lines: impl AsyncFnMut() -> anyhow::Result<Option<String>>,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let all = async {
        while let Some(lines) = lines().await? {
            to.write_all(lines.as_bytes())?;
        }
        to.flush()?;
        Ok(())
    };
    tokio::select! {
        done = all => done,
        () = stop.cancelled() => anyhow::bail!("stopped before all was written"),
    }
}
