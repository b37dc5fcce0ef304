//! The first line: which delimiter, and which column means what.

use super::csv::{Malformed, Reader, Record};
use super::error::ImportError;
use super::mapping::Mapping;
use super::names::{self, Field, Known, Meaning};
use super::own_field::OwnField;
use domain::custom_field::{Key, Kind};
use serde::Serialize;
use std::borrow::Cow;
use tokio::io::AsyncRead;
use words::import::{Broken, FileError, Found};

/// Those that spreadsheets use, by preference where the header does not tell.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// How many ignored or unknown columns are named, and with how many characters, so that no file fills the memory.
const NAMED: usize = 100;
const NAME_LENGTH: usize = 100;

/// A column with one of the owner's own fields.
#[derive(Debug)]
pub(super) struct OwnColumn {
    pub(super) key: Key,
    pub(super) kind: Kind,
    pub(super) index: usize,
}

impl OwnColumn {
    /// The name of its meaning.
    pub(super) fn name(&self) -> Cow<'static, str> {
        Meaning::Custom(self.key.clone()).name()
    }
}

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
    pub(super) consent_at: Option<usize>,
    /// Those with the owner's own fields, in the order of the file.
    pub(super) own: Vec<OwnColumn>,
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
            "consent_at" => self.consent_at,
            _ => {
                let own = || self.own.iter().find(|column| column.name() == name).map(|column| column.index);
                self.names().find(|(one, _)| *one == name).map(|(_, index)| index).or_else(own)
            }
        }
    }

    /// What the column at a place was taken for.
    pub(super) fn meaning(&self, index: usize) -> Option<Meaning> {
        let usual = Field::ALL.into_iter().find(|field| self.place(field.name()) == Some(index));
        let own = || self.own.iter().find(|column| column.index == index);
        usual.map(Meaning::Usual).or_else(|| own().map(|column| Meaning::Custom(column.key.clone())))
    }
}

/// Reads the first line and leaves the reader at the first row, with the right delimiter.
pub(super) async fn first_line<R: AsyncRead + Unpin>(
    reader: &mut Reader<R>,
    mapping: &Mapping,
    own: &[OwnField],
) -> Result<Record, ImportError> {
    judge_bytes(reader.ahead())?;
    if reader.ahead().starts_with(b"\xef\xbb\xbf") {
        reader.skip(3, 0);
    }
    if !reader.take_preamble() {
        skip_empty_lines(reader);
        let delimiter = match declared_delimiter(reader) {
            Some(delimiter) => delimiter,
            None => likely_delimiter(reader, mapping, own).await?,
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
async fn likely_delimiter<R: AsyncRead + Unpin>(
    reader: &mut Reader<R>,
    mapping: &Mapping,
    own: &[OwnField],
) -> Result<u8, ImportError> {
    let mapped = |name: &str| mapping.entries().any(|(_, column)| column == name);
    // One unknown name tells nothing.
    let mut best = (DELIMITERS[0], (0, 1));
    for delimiter in DELIMITERS {
        if let Some(Ok(header)) = reader.try_delimiter(delimiter).await? {
            let known = header
                .fields()
                .filter(|name| Known::of(name).is_some() || mapped(name) || called(own, name).is_some())
                .count();
            let score = (known, header.len());
            if score > best.1 {
                best = (delimiter, score);
            }
        }
    }
    Ok(best.0)
}

/// The one of the owner's own fields whose key or label this is.
fn called<'a>(own: &'a [OwnField], name: &str) -> Option<&'a OwnField> {
    let name = name.trim();
    if own.is_empty() || name.is_empty() || name.len() > 4 * NAME_LENGTH {
        return None;
    }
    let key = Key::parse(name).ok();
    let by_key = own.iter().find(|field| Some(&field.key) == key.as_ref());
    by_key.or_else(|| own.iter().find(|field| small(field.label.as_str()).eq(small(name))))
}

/// The text in small letters, sign by sign: a first line may have a hundred thousand names, and each is compared with fifty labels.
fn small(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

/// The one of the owner's own fields that a column is by its name. What this service itself calls its columns stays that, unless the
/// column is called exactly by the key of a field, as exports call it.
fn own_by_name<'a>(own: &'a [OwnField], name: &str) -> Option<&'a OwnField> {
    let exactly = own.iter().find(|field| field.key.as_str() == name);
    exactly
        .or_else(|| called(own, name).filter(|_| !matches!(Known::of(name), Some(Known::Own(_) | Known::WholeOrLast))))
}

/// What the columns of a first line mean.
pub(super) fn columns(header: &Record, mapping: &Mapping, own: &[OwnField]) -> Result<Columns, FileError> {
    let mut places = Places::default();
    let mut own_columns: Vec<OwnColumn> = Vec::new();
    // A mapping has a meaning once, so it is the column that comes again.
    let mut said: Vec<(usize, &Meaning)> = Vec::new();
    for (meaning, column) in mapping.entries() {
        let exactly = header.fields().position(|name| name == column);
        let plain = names::plain(column);
        let alike = || header.fields().position(|name| names::plain(name) == plain);
        let index = exactly
            .or_else(alike)
            .ok_or_else(|| FileError::ColumnUnknown { name: shortened(column), found: named(header) })?;
        if let Some((_, other)) = said.iter().find(|(taken, _)| *taken == index) {
            let (first, second) = (other.name().into_owned(), meaning.name().into_owned());
            return Err(FileError::ColumnMappedTwice { column: shortened(header.field(index)), first, second });
        }
        said.push((index, meaning));
        match meaning {
            Meaning::Usual(field) => {
                places.take(*field, index, true);
            }
            Meaning::Custom(key) => {
                let unknown = || FileError::FieldUnknown { key: key.to_string(), found: keys(own) };
                let field = own.iter().find(|field| field.key == *key).ok_or_else(unknown)?;
                own_columns.push(field.at(index));
                places.used.push(index);
            }
        }
    }
    let is_mapped = |field| mapping.entries().any(|(other, _)| *other == Meaning::Usual(field));
    let unsaid = |(index, _): &(usize, &str)| mapping.may_guess() && !said.iter().any(|(taken, _)| taken == index);
    for (index, name) in header.fields().enumerate().filter(unsaid) {
        let Some(field) = own_by_name(own, name) else { continue };
        if said.iter().any(|(_, meaning)| **meaning == Meaning::Custom(field.key.clone())) {
            continue;
        }
        if let Some(first) = own_columns.iter().find(|column| column.key == field.key) {
            return Err(FileError::ColumnTwice {
                first: shortened(header.field(first.index)),
                second: shortened(name),
                meaning: first.name().into_owned(),
            });
        }
        own_columns.push(field.at(index));
        places.used.push(index);
    }
    own_columns.sort_by_key(|column| column.index);
    let is_own = |index: usize| own_columns.iter().any(|column| column.index == index);
    let known: Vec<(usize, Known)> = header
        .fields()
        .enumerate()
        .filter(|column| unsaid(column) && !is_own(column.0))
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
        consent_at: places.get(Field::ConsentAt),
        own: own_columns,
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

/// What a column of a file was taken for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportedColumn {
    /// The name of the column, as the first line has it.
    pub name: String,
    /// What it was taken for; none if it was not read.
    pub field: Option<Meaning>,
}

/// What each column was taken for, as reports have it.
pub(super) fn meanings(header: &Record, columns: &Columns) -> Vec<ImportedColumn> {
    let named = header.fields().enumerate().take(NAMED);
    named.map(|(index, name)| ImportedColumn { name: shortened(name), field: columns.meaning(index) }).collect()
}

/// What a name may mean by itself, for people who are to choose.
pub(super) fn likely(name: &str, own: &[OwnField]) -> Option<Meaning> {
    if let Some(field) = own_by_name(own, name) {
        return Some(Meaning::Custom(field.key.clone()));
    }
    Some(Meaning::Usual(match Known::of(name)? {
        Known::Own(field) | Known::Other(field) => field,
        Known::WholeOrLast => Field::FullName,
        Known::FirstOrWhole => Field::FirstName,
    }))
}

impl OwnField {
    fn at(&self, index: usize) -> OwnColumn {
        OwnColumn { key: self.key.clone(), kind: self.kind, index }
    }
}

/// The keys of the owner's own fields, as they are told to people.
fn keys(own: &[OwnField]) -> String {
    own.iter().map(|field| field.key.as_str()).collect::<Vec<_>>().join(", ")
}

fn twice(header: &Record, first: usize, second: usize, field: Field) -> FileError {
    FileError::ColumnTwice {
        first: shortened(header.field(first.min(second))),
        second: shortened(header.field(first.max(second))),
        meaning: field.name().to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address_book::export;

    #[tokio::test]
    async fn what_was_exported_is_read_again_whatever_the_keys_of_fields_are() {
        let own = ["email_address", "comments", "fullname", "nom", "vorname", "город"].map(|key| OwnField {
            key: Key::parse(key).expect("a key"),
            label: "Label".to_owned(),
            kind: Kind::Text,
        });
        let keys = own.iter().map(|field| field.key.to_string());
        let names: Vec<String> = export::columns(&[]).into_iter().chain(keys).collect();
        let file = names.join(",");
        let mut reader = Reader::new(file.as_bytes()).await.expect("read");
        let line = first_line(&mut reader, &Mapping::default(), &own).await.expect("a first line");
        let found = columns(&line, &Mapping::default(), &own).expect("columns");
        let places: Vec<usize> = found.own.iter().map(|column| column.index).collect();
        assert_eq!((found.email, found.full_name, found.comment), (0, Some(1), Some(4)));
        assert_eq!((places, found.ignored), ((6..12).collect(), Vec::new()));
        let taken = Field::ALL.map(|field| Key::parse(field.name()).is_err());
        assert!(taken.into_iter().all(|taken| taken), "no field is called exactly as a usual column");
    }
}
