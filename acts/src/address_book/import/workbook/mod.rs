//! Workbooks (XLSX, ECMA-376), of which a sheet becomes the CSV that everything else here reads.
//!
//! ```text
//! bytes ── temporary file ── unpack ──> the parts that are needed ── table ──> CSV in a temporary file
//! ```
//!
//! Of a workbook the first visible sheet is read that has something in it. Nothing but the texts that its cells share is ever in
//! memory as a whole, and everything has a bound ([`unpack`], [`table`]): a small archive can hold a lot.

mod cell;
mod failed;
mod metered;
mod table;
mod unpack;

use super::error::ImportError;
use crate::Services;
use domain::UserId;
use failed::{Failed, MIB, unsupported};
use std::fs::File;
use std::io::{self, Cursor, Seek};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, Chain, ReadBuf};
use words::import::{Bound, FileError, Kind};

/// What archives begin with: of some files, and of none.
const ARCHIVES: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

/// What documents of the time before archives begin with, and those that are protected by a password.
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0";

/// How many bytes tell what a file is.
const TELLING: usize = 4;

/// Whether a file that begins with these bytes is a workbook, or something else that is no text.
pub(crate) fn is_likely(beginning: &[u8]) -> bool {
    ARCHIVES.iter().any(|archive| beginning.starts_with(archive)) || beginning.starts_with(COMPOUND)
}

/// A file as text: as it came, or a table that was a sheet.
#[derive(Debug)]
pub(crate) enum Opened<R> {
    /// It was text, of which the beginning has been read.
    Text(Chain<Cursor<Vec<u8>>, R>),
    /// It was a workbook.
    Table(tokio::fs::File),
}

impl<R: AsyncRead + Unpin> AsyncRead for Opened<R> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Text(text) => Pin::new(text).poll_read(context, buffer),
            Self::Table(table) => Pin::new(table).poll_read(context, buffer),
        }
    }
}

/// The file as text. A workbook is read as a whole before, one at a time.
pub(crate) async fn opened<R: AsyncRead + Unpin>(
    services: &Services,
    whose: UserId,
    mut input: R,
) -> Result<Opened<R>, ImportError> {
    let mut beginning = Vec::new();
    (&mut input).take(TELLING as u64).read_to_end(&mut beginning).await?;
    if !is_likely(&beginning) {
        return Ok(Opened::Text(Cursor::new(beginning).chain(input)));
    }
    let file = kept(services, &beginning, input).await?;
    let turn = services.quotas.workbooks().take(whose).await.map_err(ImportError::Busy)?;
    // Whoever waits for it may go away; the next one begins when this one is over.
    let reading = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        read(file)
    });
    match reading.await {
        Ok(Ok(table)) => Ok(Opened::Table(tokio::fs::File::from_std(table))),
        Ok(Err(Failed::File(error))) => Err(error.into()),
        Ok(Err(Failed::Machine(error))) => Err(error.into()),
        Err(error) => {
            tracing::warn!(%error, "a workbook cannot be read");
            Err(FileError::WorkbookBroken.into())
        }
    }
}

/// All of the input in a file that nobody else sees, and that goes when it is closed.
async fn kept<R: AsyncRead + Unpin>(services: &Services, beginning: &[u8], input: R) -> Result<File, ImportError> {
    let most = services.quotas.bounds().file as u64;
    let mut file = tokio::fs::File::from_std(tempfile::tempfile()?);
    file.write_all(beginning).await?;
    // One byte more tells that there are more.
    let mut input = input.take(most.saturating_add(1));
    let length = beginning.len() as u64 + tokio::io::copy(&mut input, &mut file).await?;
    if length > most {
        return Err(FileError::WorkbookTooLarge { bound: Bound::File { most: most / MIB } }.into());
    }
    file.flush().await?;
    let mut file = file.into_std().await;
    file.rewind()?;
    Ok(file)
}

/// The table of a workbook, at its beginning.
fn read(mut file: File) -> Result<File, Failed> {
    let mut beginning = [0; TELLING];
    let is_compound = io::Read::read_exact(&mut file, &mut beginning).is_ok() && beginning == COMPOUND;
    file.rewind()?;
    if is_compound {
        let is_protected = unpack::has_encrypted_package(&mut file)?;
        return Err(if is_protected { FileError::Protected } else { unsupported(Kind::OldExcel) }.into());
    }
    table::of(unpack::parts(file)?)
}

#[cfg(test)]
mod tests;
