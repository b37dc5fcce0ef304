//! Reading CSV as spreadsheets write it: RFC 4180, any line break, any delimiter, blanks around quoted fields.
//!
//! Not the csv crate, for three reasons: it collects a record of any length in memory, it counts only line feeds as
//! lines, and after one stray quotation mark it takes the rest of the file for a single field. This reader goes on with
//! the line after the one that cannot be read, so a broken row costs a row.

use super::preamble::Preamble;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt};

/// The longest record, in bytes. A comment has at most 8,000; the rest is for columns that mean nothing here.
pub(super) const MAX_RECORD: usize = 256 * 1024;

/// How much is read at least, unless the input ends.
const BLOCK: usize = 64 * 1024;

/// Why a record cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Malformed {
    /// A field begins with a quotation mark and does not end with one.
    Quotes,
    /// It is longer than [`MAX_RECORD`].
    TooLong,
    /// It is not UTF-8.
    NotUtf8,
    /// It has a NUL, which PostgreSQL can keep in no text.
    Nul,
}

/// The fields of a record.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Record {
    /// How many fields it has.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// A field without the blanks around it; a field that is not there is empty. Line breaks inside are line feeds.
    pub(super) fn field(&self, index: usize) -> &str {
        let Some(end) = self.ends.get(index) else { return "" };
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        // Checked when the record was complete.
        std::str::from_utf8(&self.text[start..*end]).unwrap_or_default().trim()
    }

    /// The fields in order.
    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|index| self.field(index))
    }

    /// Whether nothing is written in it: an empty line, or the `;;;` that spreadsheets write for empty rows.
    pub(super) fn is_blank(&self) -> bool {
        self.fields().all(str::is_empty)
    }

    fn check(&self) -> Result<(), Malformed> {
        // Field by field: two halves of a character in neighbouring fields would make a whole one.
        let mut start = 0;
        for end in &self.ends {
            std::str::from_utf8(&self.text[start..*end]).map_err(|_| Malformed::NotUtf8)?;
            start = *end;
        }
        if self.text.contains(&0) { Err(Malformed::Nul) } else { Ok(()) }
    }

    /// Reads the record that `bytes` begins with. `None`: it may go on beyond them.
    fn parse(&mut self, bytes: &[u8], delimiter: u8, at_end: bool) -> Option<Result<Extent, Malformed>> {
        self.text.clear();
        self.ends.clear();
        let mut cursor = Cursor { bytes, at: 0, lines: 0, delimiter, at_end };
        loop {
            cursor.skip_blanks();
            if cursor.peek() == Some(b'"') {
                if let Err(stop) = cursor.quoted(&mut self.text) {
                    return stop.map(Err);
                }
            } else {
                self.text.extend_from_slice(cursor.unquoted());
            }
            self.ends.push(self.text.len());
            match cursor.peek() {
                None if !at_end => return None,
                None => {}
                Some(byte) if byte == delimiter => {
                    cursor.at += 1;
                    continue;
                }
                Some(_) => cursor.line_break()?,
            }
            return Some(Ok(Extent { bytes: cursor.at, lines: cursor.lines }));
        }
    }
}

/// How much of the input a record takes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Extent {
    bytes: usize,
    lines: u64,
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    lines: u64,
    delimiter: u8,
    at_end: bool,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(|byte| matches!(byte, b' ' | b'\t') && byte != self.delimiter) {
            self.at += 1;
        }
    }

    /// Goes to the next byte for which `stop` holds, or to the end.
    fn until(&mut self, stop: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|byte| stop(*byte)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn unquoted(&mut self) -> &'a [u8] {
        let delimiter = self.delimiter;
        self.until(|byte| byte == delimiter || byte == b'\n' || byte == b'\r')
    }

    /// Reads from the opening quotation mark to what follows the closing one. `Err(None)`: it may go on beyond.
    fn quoted(&mut self, text: &mut Vec<u8>) -> Result<(), Option<Malformed>> {
        let beyond = if self.at_end { Some(Malformed::Quotes) } else { None };
        self.at += 1;
        loop {
            text.extend_from_slice(self.until(|byte| matches!(byte, b'"' | b'\n' | b'\r')));
            match self.peek() {
                None => return Err(beyond),
                Some(b'"') => {
                    self.at += 1;
                    match self.peek() {
                        Some(b'"') => {
                            text.push(b'"');
                            self.at += 1;
                        }
                        None if !self.at_end => return Err(None),
                        _ => break,
                    }
                }
                Some(_) => {
                    self.line_break().ok_or(None)?;
                    text.push(b'\n');
                }
            }
        }
        self.skip_blanks();
        match self.peek() {
            None if !self.at_end => Err(None),
            Some(byte) if byte != self.delimiter && byte != b'\n' && byte != b'\r' => Err(Some(Malformed::Quotes)),
            _ => Ok(()),
        }
    }

    /// Steps over CRLF, LF or CR. `None`: a CR is the last byte known, and an LF may follow.
    fn line_break(&mut self) -> Option<()> {
        let carriage_return = self.peek() == Some(b'\r');
        self.at += 1;
        if carriage_return {
            match self.peek() {
                Some(b'\n') => self.at += 1,
                None if !self.at_end => return None,
                _ => {}
            }
        }
        self.lines += 1;
        Some(())
    }
}

/// Reads records one by one.
#[derive(Debug)]
pub(super) struct Reader<R> {
    input: R,
    buffer: Vec<u8>,
    /// Where in the buffer the next record begins.
    start: usize,
    at_end: bool,
    delimiter: u8,
    line: u64,
    bytes: u64,
    record: Record,
    /// What is told of the sheet that the rows come from. Each row is then one line, whatever breaks its cells have.
    sheet: Option<Preamble>,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    /// A reader at the start of its input, of which the first block is known.
    pub(super) async fn new(input: R) -> io::Result<Self> {
        let mut reader = Self {
            input,
            buffer: Vec::new(),
            start: 0,
            at_end: false,
            delimiter: b',',
            line: 1,
            bytes: 0,
            record: Record::default(),
            sheet: None,
        };
        reader.fill().await?;
        Ok(reader)
    }

    /// What has been read and not yet taken; at the start that is at least the first block.
    pub(super) fn ahead(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// The line on which the next record begins, counted from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// How many bytes are behind the reader.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What is told of the sheet that the rows come from; none for a file that was none.
    pub(super) fn sheet(&self) -> Option<&Preamble> {
        self.sheet.as_ref()
    }

    /// Takes what a table that was a sheet begins with, if this is one: its rows are numbered as the sheet's are.
    pub(super) fn take_preamble(&mut self) -> bool {
        let Some((preamble, length)) = Preamble::parse(self.ahead()) else { return false };
        self.start += length;
        self.bytes += length as u64;
        self.line = preamble.row;
        self.delimiter = b',';
        self.sheet = Some(preamble);
        true
    }

    /// Uses another delimiter from here on.
    pub(super) fn set_delimiter(&mut self, delimiter: u8) {
        self.delimiter = delimiter;
    }

    /// Takes some bytes of what is [ahead](Self::ahead), with this many line breaks.
    pub(super) fn skip(&mut self, bytes: usize, lines: u64) {
        self.start += bytes;
        self.bytes += bytes as u64;
        self.line += lines;
    }

    /// The next record, or why it cannot be read; `None` at the end.
    pub(super) async fn next(&mut self) -> io::Result<Option<Result<&Record, Malformed>>> {
        loop {
            if let Some(step) = self.step() {
                return match step {
                    Ok(extent) => {
                        let lines = if self.sheet.is_some() { 1 } else { extent.lines };
                        self.skip(extent.bytes, lines);
                        Ok(Some(self.record.check().map(|()| &self.record)))
                    }
                    Err(malformed) => {
                        self.skip_line().await?;
                        Ok(Some(Err(malformed)))
                    }
                };
            }
            if self.at_end && self.ahead().is_empty() {
                return Ok(None);
            }
            self.fill().await?;
        }
    }

    /// The next record under another delimiter, without taking it.
    pub(super) async fn try_delimiter(&mut self, delimiter: u8) -> io::Result<Option<Result<&Record, Malformed>>> {
        self.delimiter = delimiter;
        loop {
            match self.step() {
                Some(Ok(_)) => return Ok(Some(self.record.check().map(|()| &self.record))),
                Some(Err(malformed)) => return Ok(Some(Err(malformed))),
                None if self.at_end => return Ok(None),
                None => self.fill().await?,
            }
        }
    }

    fn step(&mut self) -> Option<Result<Extent, Malformed>> {
        let ahead = &self.buffer[self.start..];
        if ahead.is_empty() {
            return None;
        }
        // Whatever the sizes of the blocks are, a record ends at the same byte.
        let within = &ahead[..ahead.len().min(MAX_RECORD)];
        let at_end = self.at_end && within.len() == ahead.len();
        let parsed = self.record.parse(within, self.delimiter, at_end);
        if parsed.is_none() && within.len() == MAX_RECORD { Some(Err(Malformed::TooLong)) } else { parsed }
    }

    /// Goes behind the next line break.
    async fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let mut cursor = Cursor {
                bytes: &self.buffer[self.start..],
                at: 0,
                lines: 0,
                delimiter: self.delimiter,
                at_end: self.at_end,
            };
            cursor.until(|byte| matches!(byte, b'\n' | b'\r'));
            let before = cursor.at;
            let found = cursor.peek().is_some() && cursor.line_break().is_some();
            let (after, lines) = (cursor.at, cursor.lines);
            if found || self.at_end {
                self.skip(after, lines);
                return Ok(());
            }
            self.skip(before, 0);
            self.fill().await?;
        }
    }

    /// Reads another block.
    async fn fill(&mut self) -> io::Result<()> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let enough = self.buffer.len() + BLOCK;
        self.buffer.reserve(BLOCK);
        while self.buffer.len() < enough && !self.at_end {
            self.at_end = self.input.read_buf(&mut self.buffer).await? == 0;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
