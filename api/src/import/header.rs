//! The first line: which delimiter, and which column means what.

use super::csv::{Malformed, Reader, Record};
use super::{FileError, ImportError};
use domain::Said;
use tokio::io::AsyncRead;

/// Those that spreadsheets use, by preference where the header does not tell.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// How many ignored or unknown columns are named, and with how many characters, so that no file fills the memory.
const NAMED: usize = 100;
const NAME_LENGTH: usize = 100;

/// Where the fields of a client are.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) email: usize,
    pub(super) full_name: Option<usize>,
    pub(super) comment: Option<usize>,
    pub(super) groups: Option<usize>,
    /// How many columns there are.
    pub(super) count: usize,
    /// The names of those that mean nothing here.
    pub(super) ignored: Vec<String>,
}

/// What a column means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Email,
    FullName,
    Comment,
    Groups,
}

impl Meaning {
    const ALL: [Self; 4] = [Self::Email, Self::FullName, Self::Comment, Self::Groups];

    /// `E-Mail`, `e mail` and `EMAIL` are one name.
    fn of(name: &str) -> Option<Self> {
        let name: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        match name.as_str() {
            "email" | "emailaddress" => Some(Self::Email),
            "fullname" | "name" => Some(Self::FullName),
            "comment" | "comments" => Some(Self::Comment),
            "groups" | "group" => Some(Self::Groups),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::FullName => "full_name",
            Self::Comment => "comment",
            Self::Groups => "groups",
        }
    }
}

/// Reads the header and leaves the reader at the first row, with the right delimiter.
pub(super) async fn read<R: AsyncRead + Unpin>(reader: &mut Reader<R>) -> Result<Columns, ImportError> {
    judge_bytes(reader.ahead())?;
    if reader.ahead().starts_with(b"\xef\xbb\xbf") {
        reader.skip(3, 0);
    }
    skip_empty_lines(reader);
    let declared = declared_delimiter(reader);
    let delimiter = match declared {
        Some(delimiter) => delimiter,
        None => likely_delimiter(reader).await?,
    };
    reader.set_delimiter(delimiter);
    match reader.next().await? {
        None => Err(FileError::Empty.into()),
        Some(Ok(header)) => Ok(columns(header)?),
        Some(Err(malformed)) => Err(broken(malformed).into()),
    }
}

/// Tells what is no UTF-8 text from its first bytes.
fn judge_bytes(bytes: &[u8]) -> Result<(), FileError> {
    let found = if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        Said::new("in UTF-16", "в UTF-16")
    } else if bytes.starts_with(b"PK\x03\x04") {
        Said::new("a workbook or an archive, no text", "— книга или архив, а не текст")
    } else if bytes.iter().take_while(|byte| !matches!(byte, b'\r' | b'\n')).any(|byte| *byte == 0) {
        Said::new("in UTF-16, or no text at all", "в UTF-16 или вообще не текст")
    } else {
        return Ok(());
    };
    Err(FileError::NotUtf8 { found })
}

fn broken(malformed: Malformed) -> FileError {
    let not_utf8 = |found| FileError::NotUtf8 { found };
    let reason = match malformed {
        Malformed::NotUtf8 => return not_utf8(Said::new("in another encoding", "в другой кодировке")),
        Malformed::Nul => return not_utf8(Said::new("no text", "— не текст")),
        Malformed::Quotes => Said::new(
            "a quotation mark opens a name, and none closes it",
            "название начинается с кавычки и не кончается ею",
        ),
        Malformed::TooLong => Said::new("it does not end", "она не кончается"),
    };
    FileError::HeaderBroken { reason }
}

fn skip_empty_lines<R: AsyncRead + Unpin>(reader: &mut Reader<R>) {
    let ahead = reader.ahead();
    let blank = ahead.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let blank = &ahead[..blank];
    let lone = |&(index, byte): &(usize, &u8)| *byte == b'\n' || blank.get(index + 1) != Some(&b'\n');
    let (bytes, lines) = (blank.len(), blank.iter().enumerate().filter(lone).count());
    reader.skip(bytes, lines as u64);
}

/// Excel's own way of saying: a line `sep=;` before the header.
fn declared_delimiter<R: AsyncRead + Unpin>(reader: &mut Reader<R>) -> Option<u8> {
    let ahead = reader.ahead();
    let line = ahead.split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
    let &[b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] = line else { return None };
    let crlf = ahead.get(5..7) == Some(b"\r\n");
    let bytes = (line.len() + if crlf { 2 } else { 1 }).min(ahead.len());
    reader.skip(bytes, 1);
    DELIMITERS.contains(&delimiter).then_some(delimiter)
}

/// The delimiter under which the header has the most names that mean something, or else the most names.
async fn likely_delimiter<R: AsyncRead + Unpin>(reader: &mut Reader<R>) -> Result<u8, ImportError> {
    // One unknown name tells nothing.
    let mut best = (DELIMITERS[0], (0, 1));
    for delimiter in DELIMITERS {
        if let Some(Ok(header)) = reader.try_delimiter(delimiter).await? {
            let known = header.fields().filter(|name| Meaning::of(name).is_some()).count();
            let score = (known, header.len());
            if score > best.1 {
                best = (delimiter, score);
            }
        }
    }
    Ok(best.0)
}

fn columns(header: &Record) -> Result<Columns, FileError> {
    let mut places = [None; Meaning::ALL.len()];
    let mut ignored = Vec::new();
    for (index, name) in header.fields().enumerate() {
        match Meaning::of(name) {
            Some(meaning) => {
                if let Some(first) = places[meaning as usize].replace(index) {
                    return Err(FileError::ColumnTwice {
                        first: shortened(header.field(first)),
                        second: shortened(name),
                        meaning: meaning.name(),
                    });
                }
            }
            None if name.is_empty() || ignored.len() == NAMED => {}
            None => ignored.push(shortened(name)),
        }
    }
    let [email, full_name, comment, groups] = places;
    let email = email.ok_or_else(|| {
        let found: Vec<String> = header.fields().filter(|name| !name.is_empty()).take(NAMED).map(shortened).collect();
        FileError::EmailColumnMissing { found: found.join(", ") }
    })?;
    Ok(Columns { email, full_name, comment, groups, count: header.len(), ignored })
}

fn shortened(name: &str) -> String {
    name.chars().take(NAME_LENGTH).collect()
}
