//! The first line: which delimiter, and which column means what.

use super::csv::{Malformed, Reader, Record};
use super::mapping::Mapping;
use super::names::{self, Field, Known};
use super::{ImportError, ImportedColumn};
use tokio::io::AsyncRead;
use words::import::{Broken, FileError, Found};

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
    pub(super) first_name: Option<usize>,
    pub(super) middle_name: Option<usize>,
    pub(super) last_name: Option<usize>,
    pub(super) comment: Option<usize>,
    pub(super) groups: Option<usize>,
    /// How many columns there are.
    pub(super) count: usize,
    /// The names of those that mean nothing here.
    pub(super) ignored: Vec<String>,
}

impl Columns {
    /// Those that hold names, by their usual names.
    pub(super) fn names(&self) -> impl Iterator<Item = (&'static str, usize)> {
        let names = [
            ("full_name", self.full_name),
            ("first_name", self.first_name),
            ("middle_name", self.middle_name),
            ("last_name", self.last_name),
        ];
        names.into_iter().filter_map(|(name, index)| Some((name, index?)))
    }

    /// Where the column with this usual name is.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        match name {
            "email" => Some(self.email),
            "comment" => self.comment,
            "groups" => self.groups,
            _ => self.names().find(|(one, _)| *one == name).map(|(_, index)| index),
        }
    }

    /// What the column at a place was taken for.
    pub(super) fn meaning(&self, index: usize) -> Option<Field> {
        Field::ALL.into_iter().find(|field| self.place(field.name()) == Some(index))
    }
}

/// Reads the first line and leaves the reader at the first row, with the right delimiter.
pub(super) async fn first_line<R: AsyncRead + Unpin>(
    reader: &mut Reader<R>,
    mapping: &Mapping,
) -> Result<Record, ImportError> {
    judge_bytes(reader.ahead())?;
    if reader.ahead().starts_with(b"\xef\xbb\xbf") {
        reader.skip(3, 0);
    }
    if !reader.take_preamble() {
        skip_empty_lines(reader);
        let delimiter = match declared_delimiter(reader) {
            Some(delimiter) => delimiter,
            None => likely_delimiter(reader, mapping).await?,
        };
        reader.set_delimiter(delimiter);
    }
    match reader.next().await? {
        None => Err(FileError::Empty.into()),
        Some(Ok(header)) => Ok(header.clone()),
        Some(Err(malformed)) => Err(broken(malformed).into()),
    }
}

/// Tells what is no UTF-8 text from its first bytes.
fn judge_bytes(bytes: &[u8]) -> Result<(), FileError> {
    let found = if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        Found::Utf16
    } else if bytes.iter().take_while(|byte| !matches!(byte, b'\r' | b'\n')).any(|byte| *byte == 0) {
        Found::Utf16OrNoText
    } else {
        return Ok(());
    };
    Err(FileError::NotUtf8 { found })
}

fn broken(malformed: Malformed) -> FileError {
    let not_utf8 = |found| FileError::NotUtf8 { found };
    let reason = match malformed {
        Malformed::NotUtf8 => return not_utf8(Found::OtherEncoding),
        Malformed::Nul => return not_utf8(Found::NoText),
        Malformed::Quotes => Broken::Quotes,
        Malformed::TooLong => Broken::Endless,
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
async fn likely_delimiter<R: AsyncRead + Unpin>(reader: &mut Reader<R>, mapping: &Mapping) -> Result<u8, ImportError> {
    let mapped = |name: &str| mapping.entries().any(|(_, column)| column == name);
    // One unknown name tells nothing.
    let mut best = (DELIMITERS[0], (0, 1));
    for delimiter in DELIMITERS {
        if let Some(Ok(header)) = reader.try_delimiter(delimiter).await? {
            let known = header.fields().filter(|name| Known::of(name).is_some() || mapped(name)).count();
            let score = (known, header.len());
            if score > best.1 {
                best = (delimiter, score);
            }
        }
    }
    Ok(best.0)
}

/// What the columns of a first line mean.
pub(super) fn columns(header: &Record, mapping: &Mapping) -> Result<Columns, FileError> {
    let mut places = Places::default();
    for (field, column) in mapping.entries() {
        let exactly = header.fields().position(|name| name == column);
        let plain = names::plain(column);
        let alike = || header.fields().position(|name| names::plain(name) == plain);
        let index = exactly
            .or_else(alike)
            .ok_or_else(|| FileError::ColumnUnknown { name: shortened(column), found: named(header) })?;
        // A mapping has a field once, so it is the column that comes again.
        let other = mapped_to(&places, index);
        places.take(field, index, true);
        if let Some(other) = other {
            let column = shortened(header.field(index));
            return Err(FileError::ColumnMappedTwice { column, first: other.name(), second: field.name() });
        }
    }
    let mapped = places.used.clone();
    let is_mapped = |field| mapping.entries().any(|(other, _)| other == field);
    let known: Vec<(usize, Known)> = header
        .fields()
        .enumerate()
        .filter(|(index, _)| mapping.may_guess() && !mapped.contains(index))
        .filter_map(|(index, name)| Known::of(name).map(|known| (index, known)))
        .collect();
    // Our own names first, then what others call it, then what depends on what else there is.
    for own in [true, false] {
        for (index, known) in &known {
            let (Known::Own(field) | Known::Other(field)) = *known else { continue };
            if matches!(known, Known::Own(_)) != own || is_mapped(field) || (!own && places.is_own(field)) {
                continue;
            }
            if let Some(first) = places.take(field, *index, own) {
                return Err(twice(header, first, *index, field));
            }
        }
    }
    for (index, known) in &known {
        let (first, last) = (places.get(Field::FirstName).is_some(), places.get(Field::LastName).is_some());
        let field = match known {
            Known::WholeOrLast if first && !last => Field::LastName,
            Known::FirstOrWhole if last && !first => Field::FirstName,
            Known::WholeOrLast | Known::FirstOrWhole => Field::FullName,
            Known::Own(_) | Known::Other(_) => continue,
        };
        let own = *known == Known::WholeOrLast;
        if is_mapped(field) || (!own && places.get(field).is_some()) {
            continue;
        }
        // "Name" is our own, too, for the whole name.
        let won = own && !places.is_own(field);
        match places.take(field, *index, own) {
            Some(other) if won => places.used.retain(|used| *used != other),
            Some(other) => return Err(twice(header, other, *index, field)),
            None => {}
        }
    }
    let ignored = header.fields().enumerate().filter(|(index, name)| !name.is_empty() && !places.used.contains(index));
    let ignored = ignored.take(NAMED).map(|(_, name)| shortened(name)).collect();
    let email = places.get(Field::Email).ok_or_else(|| FileError::EmailColumnMissing { found: named(header) })?;
    Ok(Columns {
        email,
        full_name: places.get(Field::FullName),
        first_name: places.get(Field::FirstName),
        middle_name: places.get(Field::MiddleName),
        last_name: places.get(Field::LastName),
        comment: places.get(Field::Comment),
        groups: places.get(Field::Groups),
        count: header.len(),
        ignored,
    })
}

/// Which column is what, as far as it is known.
#[derive(Debug, Default)]
struct Places {
    /// Whether by a name that wins over others, and where.
    of: [Option<(bool, usize)>; Field::ALL.len()],
    used: Vec<usize>,
}

impl Places {
    fn get(&self, field: Field) -> Option<usize> {
        self.of[field as usize].map(|(_, index)| index)
    }

    fn is_own(&self, field: Field) -> bool {
        self.of[field as usize].is_some_and(|(own, _)| own)
    }

    /// The column that has it already, if one does.
    fn take(&mut self, field: Field, index: usize, own: bool) -> Option<usize> {
        self.used.push(index);
        self.of[field as usize].replace((own, index)).map(|(_, first)| first)
    }
}

/// What each column was taken for, as reports have it.
pub(super) fn meanings(header: &Record, columns: &Columns) -> Vec<ImportedColumn> {
    let named = header.fields().enumerate().take(NAMED);
    named.map(|(index, name)| ImportedColumn { name: shortened(name), field: columns.meaning(index) }).collect()
}

/// What a name may mean by itself, for people who are to choose.
pub(super) fn likely(name: &str) -> Option<Field> {
    Some(match Known::of(name)? {
        Known::Own(field) | Known::Other(field) => field,
        Known::WholeOrLast => Field::FullName,
        Known::FirstOrWhole => Field::FirstName,
    })
}

/// What a column was said to be.
fn mapped_to(places: &Places, index: usize) -> Option<Field> {
    Field::ALL.into_iter().find(|field| places.get(*field) == Some(index))
}

fn twice(header: &Record, first: usize, second: usize, field: Field) -> FileError {
    FileError::ColumnTwice {
        first: shortened(header.field(first.min(second))),
        second: shortened(header.field(first.max(second))),
        meaning: field.name(),
    }
}

/// The names of the columns, as they are told to people.
fn named(header: &Record) -> String {
    let found: Vec<String> = header.fields().filter(|name| !name.is_empty()).take(NAMED).map(shortened).collect();
    found.join(", ")
}

pub(super) fn shortened(name: &str) -> String {
    name.chars().take(NAME_LENGTH).collect()
}
