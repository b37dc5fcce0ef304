//! From records to clients: what a row says, or what is wrong with it.

use super::absent::{self, Found};
use super::csv::{Reader, Record};
use super::error::ImportError;
use super::header::{self, Columns};
use super::how::FileConsent;
use super::row_problem::RowProblem;
use super::{moments, row_error};
use crate::sheets;
use chrono::{DateTime, Utc};
use domain::client::{self, Client, Consent, Details, Fields, Source};
use domain::custom_field::Value;
use domain::{Decide, EmailAddress, EmailError, FullName, ImportId, Language, Refusal as _, UserId, group};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use tokio::io::AsyncRead;
use words::Told;
use words::import::RowError;

/// How many rows make a chunk: enough to be appended as a set, few enough to be read from memory.
const CHUNK_ROWS: usize = 2_000;

/// A chunk also ends when its rows have this many bytes.
const CHUNK_BYTES: u64 = 2 * 1024 * 1024;

/// How many addresses are remembered with their lines, at 20 to 40 bytes each. A file with more is imported all the same;
/// a repeated address is then reported as being in the address book already if the first one is further back.
pub(super) const REMEMBERED: usize = 4_000_000;

/// How much of what is no moment is told, in characters.
const MOMENT_SHOWN: usize = 40;

/// A row that can be imported.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) line: u64,
    /// The address as it is compared.
    pub(super) key: String,
    /// What adding the client means, but for its groups: those get their ids when the chunk is written, and no group
    /// is made for a row that is refused.
    pub(super) events: Vec<client::Event>,
    pub(super) groups: Vec<group::Name>,
    /// Whether the file does not tell the full name, and it was put together.
    pub(super) composed: bool,
    /// What the client has agreed to, if the file says so.
    pub(super) agreed: Option<Agreed>,
}

/// What somebody has agreed to.
#[derive(Clone, Debug)]
pub(super) struct Agreed {
    pub(super) consent: Consent,
    /// Whether it is told when. Else the moment is that of the import, and nobody knows whether it was before or after anything else.
    pub(super) dated: bool,
}

/// What rows become, beside what they say.
#[derive(Debug)]
pub(super) struct Of {
    pub(super) owner: UserId,
    pub(super) import: ImportId,
    /// The name of the file, as it is kept with each client.
    pub(super) file: String,
    /// What the people of the file have agreed to, if they have.
    pub(super) consent: Option<FileConsent>,
    pub(super) now: DateTime<Utc>,
}

/// Rows that are written together.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) rows: Vec<Row>,
    pub(super) problems: Vec<RowProblem>,
    /// Cells whose words mean that there is no value.
    pub(super) absent: Found,
    /// Cells with several addresses.
    pub(super) several: Several,
    /// Where in the file it ends.
    pub(super) bytes: u64,
}

/// The rows of a file.
#[derive(Debug)]
pub(super) struct Rows<R> {
    reader: Reader<R>,
    columns: Columns,
    of: Of,
    language: Language,
    seen: Seen,
    /// The last row that was read, counted from 1 with the header; of a workbook, the row of the sheet.
    row: u64,
}

impl<R: AsyncRead + Unpin> Rows<R> {
    /// The rows that the reader, behind the header, is about to read.
    pub(super) fn new(reader: Reader<R>, columns: Columns, of: Of, language: Language) -> Self {
        let row = reader.sheet().map_or(1, |sheet| sheet.row);
        Self { reader, columns, of, language, seen: Seen::default(), row }
    }

    /// How much of the file is behind.
    pub(super) fn bytes(&self) -> u64 {
        self.reader.bytes()
    }

    /// The next rows; `None` at the end.
    pub(super) async fn chunk(&mut self) -> Result<Option<Chunk>, ImportError> {
        let mut chunk = Chunk::default();
        let (start, language) = (self.reader.bytes(), self.language);
        self.seen.make_room();
        // All are read before the first one is judged, since how names are written is seen in many of them.
        let mut read = Vec::new();
        while read.len() < CHUNK_ROWS && self.reader.bytes() - start < CHUNK_BYTES {
            let line = self.reader.line();
            match self.reader.next().await? {
                None if read.is_empty() => return Ok(None),
                None => break,
                Some(Ok(record)) if record.is_blank() => self.row += 1,
                Some(record) => {
                    self.row += 1;
                    read.push((line, self.row, record.cloned()));
                }
            }
        }
        let capitals = self.columns.names().filter(|(_, index)| {
            let records = read.iter().filter_map(|(_, _, record)| record.as_ref().ok());
            are_in_capitals(records.map(|record| record.field(*index)))
        });
        let capitals: Vec<&str> = capitals.map(|(name, _)| name).collect();
        for (line, row, record) in read {
            let judged = match &record {
                Ok(record) => {
                    let refused =
                        |field, error: &dyn Told| RowProblem { field, ..RowProblem::of(line, error, language) };
                    let place = (line, row);
                    let row = judge(record, &self.columns, &capitals, &self.of, place, &mut chunk.absent, refused);
                    let row = row.and_then(|(row, others)| {
                        let row = self.seen.first(row).map_err(|error| RowProblem::of(line, &error, language))?;
                        chunk.several.add(line, others);
                        Ok(row)
                    });
                    row.map_err(|problem| self.with_value(problem, record))
                }
                Err(malformed) => Err(RowProblem::of(line, &row_error::of(*malformed), language)),
            };
            match judged {
                Ok(row) => chunk.rows.push(row),
                Err(problem) => chunk.problems.push(problem),
            }
        }
        chunk.bytes = self.reader.bytes();
        Ok(Some(chunk))
    }
}

impl<R> Rows<R> {
    /// The same with what stands in the column that is to blame.
    fn with_value(&self, problem: RowProblem, record: &Record) -> RowProblem {
        let column = problem.field.as_deref().and_then(|field| self.columns.place(field));
        RowProblem { value: column.map(|index| header::shortened(sheets::unshielded(record.field(index)))), ..problem }
    }
}

/// Which line had an address first. Addresses are kept as hashes: among a million of them, the odds that two share one
/// are 1 to 37 million.
#[derive(Debug, Default)]
struct Seen {
    hasher: RandomState,
    lines: HashMap<u64, u64>,
}

impl Seen {
    /// Forgets before a chunk and not in it: two rows of one chunk with the same address could never be appended.
    fn make_room(&mut self) {
        if self.lines.len() >= REMEMBERED {
            self.lines.clear();
        }
    }

    fn first(&mut self, row: Row) -> Result<Row, RowError> {
        let first = *self.lines.entry(self.hasher.hash_one(&row.key)).or_insert(row.line);
        if first == row.line {
            return Ok(row);
        }
        Err(RowError::DuplicateInFile { first, email: row.key })
    }
}

/// Whether the names of a column are written in capitals, as far as it matters: where one of them may be a word of programs.
fn are_in_capitals<'a>(cells: impl Iterator<Item = &'a str> + Clone) -> bool {
    if !cells.clone().any(|cell| cell == absent::NAME) {
        return false;
    }
    let (mut capitals, mut others) = (0_usize, 0_usize);
    for cell in cells.filter(|cell| absent::word("", false, cell).is_none()) {
        if cell.contains(char::is_lowercase) {
            others += 1;
        } else if cell.contains(char::is_uppercase) {
            capitals += 1;
        }
    }
    capitals > others
}

/// Cells with several addresses, of which one is imported.
#[derive(Debug, Default)]
pub(super) struct Several {
    pub(super) cells: u64,
    /// The addresses that are not, with their lines: the first ones.
    pub(super) left_out: Vec<(u64, String)>,
    /// How many more there are.
    pub(super) unnamed: u64,
}

impl Several {
    /// How many addresses are named.
    const NAMED: usize = 50;

    fn add(&mut self, line: u64, others: Others) {
        self.cells += u64::from(!others.named.is_empty() || others.unread > 0);
        self.unnamed += others.unread;
        self.name(others.named.into_iter().map(|address| (line, address)).collect());
    }

    fn name(&mut self, mut left_out: Vec<(u64, String)>) {
        let room = Self::NAMED.saturating_sub(self.left_out.len());
        self.unnamed += left_out.len().saturating_sub(room) as u64;
        left_out.truncate(room);
        self.left_out.append(&mut left_out);
    }

    /// Adds what was found in a later part of the file.
    pub(super) fn and(&mut self, later: Self) {
        self.cells += later.cells;
        self.unnamed += later.unnamed;
        self.name(later.left_out);
    }
}

/// What Google Contacts puts between several values of one column.
const JOINED: &str = ":::";

/// How many addresses of one cell are read: nobody has more, and a row takes no longer than others.
const MOST_JOINED: usize = 50;

/// The addresses of a cell beside the one that is imported.
#[derive(Debug, Default, PartialEq, Eq)]
struct Others {
    named: Vec<String>,
    /// How many more there may be, which were not read.
    unread: u64,
}

/// The address of a cell, and others that stand beside it there.
fn addresses(cell: &str) -> (Result<EmailAddress, EmailError>, Others) {
    let whole = EmailAddress::parse(cell);
    if whole.is_ok() || !cell.contains(JOINED) {
        return (whole, Others::default());
    }
    let (mut good, mut keys, mut first) = (Vec::new(), HashSet::new(), None);
    let mut pieces = cell.split(JOINED).map(str::trim).filter(|piece| !piece.is_empty());
    for piece in pieces.by_ref().take(MOST_JOINED) {
        match EmailAddress::parse(piece) {
            Ok(address) => {
                if keys.insert(address.key()) {
                    good.push(address);
                }
            }
            Err(error) => first = first.or(Some(error)),
        }
    }
    let mut good = good.into_iter();
    let address = good.next().ok_or(first.unwrap_or(EmailError::Missing));
    let others = good.map(|address| address.to_string()).collect();
    (address, Others { named: others, unread: pieces.count() as u64 })
}

fn judge(
    record: &Record,
    columns: &Columns,
    capitals: &[&str],
    of: &Of,
    (line, row): (u64, u64),
    absent: &mut Found,
    refused: impl Fn(Option<Cow<'static, str>>, &dyn Told) -> RowProblem,
) -> Result<(Row, Others), RowProblem> {
    let at = |column: &'static str| Some(Cow::Borrowed(column));
    if (columns.count..record.len()).any(|index| !record.field(index).is_empty()) {
        let (has, columns) = (record.len(), columns.count);
        return Err(refused(None, &RowError::TooManyFields { has, columns }));
    }
    let mut field = |name: Cow<'static, str>, column: Option<usize>| {
        let cell = column.map_or("", |index| sheets::unshielded(record.field(index)));
        let Some(word) = absent::word(&name, capitals.contains(&name.as_ref()), cell) else { return cell };
        absent.entry((name, word)).or_insert((0, line)).0 += 1;
        ""
    };
    let (email, others) = addresses(sheets::unshielded(record.field(columns.email)));
    let email = email.map_err(|error| refused(at("email"), &error))?;
    let full_name = field("full_name".into(), columns.full_name);
    let names = [
        field("first_name".into(), columns.first_name),
        field("middle_name".into(), columns.middle_name),
        field("last_name".into(), columns.last_name),
    ];
    let composed = full_name.is_empty();
    let full_name = if composed { &joined(names) } else { full_name };
    let name = |column, text: &str| FullName::parse(text).map_err(|error| refused(at(column), &error));
    let full_name = name("full_name", full_name)?;
    let (first_name, last_name) = (name("first_name", names[0])?, name("last_name", names[2])?);
    let groups = group_names(field("groups".into(), columns.groups)).map_err(|error| refused(at("groups"), &error))?;
    let key = email.key();
    let comment = field("comment".into(), columns.comment).to_owned();
    let mut fields = Fields::new();
    for column in &columns.own {
        let cell = field(column.name(), Some(column.index));
        let value = Value::parse(&column.key, column.kind, cell);
        if let Some(value) = value.map_err(|error| refused(Some(column.name()), &error))? {
            fields.insert(column.key.clone(), value);
        }
    }
    let source = Source::File { import: of.import, file: of.file.clone(), row };
    let agreed = match &of.consent {
        Some(consent) => {
            let cell = field("consent_at".into(), columns.consent_at);
            Some(agreed(consent, cell, of.now, &source).map_err(|error| refused(at("consent_at"), &error))?)
        }
        None => None,
    };
    let details = Details { email, full_name, first_name, last_name, comment, fields };
    let events = Client::default()
        .decide(client::Command::Add { owner: of.owner, details, groups: [].into(), source })
        .map_err(|error| refused(error.field().map(Cow::Borrowed), &error))?;
    Ok((Row { line, key, events, groups, composed, agreed }, others))
}

/// What the client of a row has agreed to, at the moment that the row tells, or else at that of all.
fn agreed(consent: &FileConsent, cell: &str, now: DateTime<Utc>, source: &Source) -> Result<Agreed, RowError> {
    let invalid = || RowError::MomentInvalid { value: cell.chars().take(MOMENT_SHOWN).collect() };
    let told = match cell.trim() {
        "" => consent.at,
        cell => Some(moments::past(cell, now).ok_or_else(invalid)?),
    };
    let consent = Consent {
        topic: consent.topic,
        wording: consent.wording.clone(),
        at: told.unwrap_or(now),
        source: source.clone(),
        address: None,
    };
    Ok(Agreed { consent, dated: told.is_some() })
}

/// A full name of its parts.
fn joined(names: [&str; 3]) -> String {
    let [first, middle, last] = names;
    if middle.is_empty() && last.is_empty() {
        return first.to_owned();
    }
    [first, middle, last].into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Names separated by `:::`, else by `|`, else by `;`, else by `,`: the stronger one leaves the weaker to the names.
fn group_names(text: &str) -> Result<Vec<group::Name>, RowError> {
    let separator = [JOINED, "|", ";", ","].into_iter().find(|separator| text.contains(*separator)).unwrap_or(JOINED);
    text.split(separator)
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(|name| {
            group::Name::parse(name).map_err(|error| RowError::Group { name: name.chars().take(40).collect(), error })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address_book::import::Mapping;
    use uuid::Uuid;

    #[tokio::test]
    async fn a_row_of_a_sheet_is_told_by_the_number_that_it_has_there() {
        let sheet = "\u{1e}3\u{1f}0\u{1f}People\n\"email\"\r\n\"a@example.org\"\r\n\n\"b@example.org\"\r\n";
        for (file, expected) in [(sheet, [4, 6]), ("email\na@example.org\n\nb@example.org\n", [2, 4])] {
            let mut reader = Reader::new(file.as_bytes()).await.expect("read");
            let line = header::first_line(&mut reader, &Mapping::default(), &[]).await.expect("a first line");
            let columns = header::columns(&line, &Mapping::default(), &[]).expect("columns");
            let (owner, import) = (UserId(Uuid::nil()), ImportId(Uuid::nil()));
            let of = Of { owner, import, file: String::new(), consent: None, now: DateTime::UNIX_EPOCH };
            let chunk = Rows::new(reader, columns, of, Language::En).chunk().await.expect("read").expect("rows");
            let told = chunk.rows.iter().map(|row| match row.events.first() {
                Some(client::Event::Added { source: Some(Source::File { row, .. }), .. }) => *row,
                other => panic!("{other:?}"),
            });
            assert_eq!(told.collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn of_a_cell_with_thousands_of_addresses_the_first_few_are_read_and_the_others_counted() {
        let joined: Vec<String> = (0..25_000).map(|number| format!("a{number}@example.org")).collect();
        let (address, others) = addresses(&joined.join(JOINED));
        assert_eq!(address.map(|address| address.to_string()), Ok("a0@example.org".to_owned()));
        assert_eq!((others.named.len(), others.unread), (MOST_JOINED - 1, 25_000 - MOST_JOINED as u64));

        let (address, others) = addresses("b@example.org ::: B@EXAMPLE.org ::: ::: c@example.org");
        assert_eq!(address.map(|address| address.to_string()), Ok("b@example.org".to_owned()));
        assert_eq!(others, Others { named: vec!["c@example.org".to_owned()], unread: 0 });
    }

    #[test]
    fn what_is_not_named_is_counted() {
        let mut several = Several::default();
        for line in 2..40 {
            several
                .add(line, Others { named: vec!["a@example.org".to_owned(), "b@example.org".to_owned()], unread: 1 });
        }
        let later = Several { cells: 1, left_out: vec![(90, "c@example.org".to_owned())], unnamed: 3 };
        several.and(later);
        // 38 cells with two and one more each, and one with one and three more.
        assert_eq!((several.cells, several.left_out.len() as u64 + several.unnamed), (39, 38 * 3 + 4));
        assert_eq!(several.left_out.len(), Several::NAMED);
    }
}
