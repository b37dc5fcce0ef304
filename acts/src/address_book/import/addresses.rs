//! Files of which only the addresses matter, such as lists of those who want no letters any more.
//!
//! They come from other services, which write a column among others, and from people, who write one address in each line and no first
//! line. A file whose first line is a row has no header: the column is then the one that has an address there.

use super::csv::{Reader, Record};
use super::header;
use super::names::{Field, Known};
use super::{ImportError, Mapping, RowProblem, row_error};
use crate::sheets;
use domain::{EmailAddress, EmailError, Language};
use tokio::io::AsyncRead;
use words::import::FileError;

/// How many ignored columns are named.
const NAMED: usize = 100;

/// An address in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) email: EmailAddress,
    /// The line on which its row begins, counted from 1.
    pub(crate) line: u64,
    /// Its row, counted from 1 with the header.
    pub(crate) row: u32,
}

/// Some rows of a file.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) addresses: Vec<Address>,
    pub(crate) problems: Vec<RowProblem>,
    /// Where in the file it ends.
    pub(crate) bytes: u64,
}

/// The addresses of a file.
#[derive(Debug)]
pub(crate) struct Addresses<R> {
    reader: Reader<R>,
    column: usize,
    /// The first line, if it is a row, and the line on which it begins.
    first: Option<(u64, Record)>,
    row: u32,
    ignored: Vec<String>,
    language: Language,
}

impl<R: AsyncRead + Unpin> Addresses<R> {
    /// The addresses of a file, of which the first line has been read. Sentences about its rows are in `language`.
    pub(crate) async fn open(input: R, language: Language) -> Result<Self, ImportError> {
        let mut reader = Reader::new(input).await?;
        let line = reader.line();
        let record = header::first_line(&mut reader, &Mapping::default()).await?;
        let named = named(&record)?;
        let unnamed = record.fields().position(|field| EmailAddress::parse(sheets::unshielded(field)).is_ok());
        match (named, unnamed) {
            (Some(column), _) => {
                let others = record.fields().enumerate().filter(|(index, name)| *index != column && !name.is_empty());
                let ignored = others.take(NAMED).map(|(_, name)| header::shortened(name)).collect();
                Ok(Self { reader, column, first: None, row: 1, ignored, language })
            }
            (None, Some(column)) => {
                Ok(Self { reader, column, first: Some((line, record)), row: 0, ignored: Vec::new(), language })
            }
            (None, None) => {
                let found: Vec<String> =
                    record.fields().filter(|name| !name.is_empty()).take(NAMED).map(header::shortened).collect();
                Err(FileError::EmailColumnMissing { found: found.join(", ") }.into())
            }
        }
    }

    /// The names of the columns that are not read.
    pub(crate) fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// The next rows, at most so many; `None` at the end. Empty rows are none.
    pub(crate) async fn page(&mut self, most: usize) -> Result<Option<Page>, ImportError> {
        let mut page = Page::default();
        if let Some((line, record)) = self.first.take() {
            self.row += 1;
            self.judge(&record, line, &mut page);
        }
        let mut over = true;
        while page.addresses.len() + page.problems.len() < most {
            let line = self.reader.line();
            let Some(read) = self.reader.next().await? else { break };
            over = false;
            self.row = self.row.saturating_add(1);
            match read {
                Ok(record) if record.is_blank() => {}
                Ok(record) => {
                    let record = record.clone();
                    self.judge(&record, line, &mut page);
                }
                Err(malformed) => {
                    page.problems.push(RowProblem::of(line, &row_error::of(malformed), self.language));
                }
            }
        }
        page.bytes = self.reader.bytes();
        let nothing = page.addresses.is_empty() && page.problems.is_empty();
        Ok(if over && nothing { None } else { Some(page) })
    }

    fn judge(&self, record: &Record, line: u64, page: &mut Page) {
        let cell = sheets::unshielded(record.field(self.column));
        match EmailAddress::parse(cell) {
            Ok(email) => page.addresses.push(Address { email, line, row: self.row }),
            Err(error) => page.problems.push(self.problem(line, &error, cell)),
        }
    }

    fn problem(&self, line: u64, error: &EmailError, cell: &str) -> RowProblem {
        let problem = RowProblem::of(line, error, self.language);
        RowProblem { field: Some(Field::Email.name()), value: Some(header::shortened(cell)), ..problem }
    }
}

/// The column that is called like one of addresses: by our own name for it, or else by what others call it.
fn named(header: &Record) -> Result<Option<usize>, FileError> {
    let known: Vec<(usize, Known)> =
        header.fields().enumerate().filter_map(|(index, name)| Some((index, Known::of(name)?))).collect();
    for meaning in [Known::Own(Field::Email), Known::Other(Field::Email)] {
        let mut columns = known.iter().filter(|(_, known)| *known == meaning).map(|(index, _)| *index);
        match (columns.next(), columns.next()) {
            (None, _) => {}
            (Some(column), None) => return Ok(Some(column)),
            (Some(first), Some(second)) => {
                return Err(FileError::ColumnTwice {
                    first: header::shortened(header.field(first)),
                    second: header::shortened(header.field(second)),
                    meaning: Field::Email.name(),
                });
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Code;

    /// Addresses with their lines and rows, and what is wrong with which line.
    type Found = (Vec<(String, u64, u32)>, Vec<(u64, Code)>);

    async fn read(file: &[u8]) -> Result<Found, ImportError> {
        let mut addresses = Addresses::open(file, Language::En).await?;
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        while let Some(page) = addresses.page(2).await? {
            good.extend(page.addresses.into_iter().map(|one| (one.email.to_string(), one.line, one.row)));
            bad.extend(page.problems.into_iter().map(|problem| (problem.line, problem.code)));
        }
        Ok((good, bad))
    }

    fn address(email: &str, line: u64, row: u32) -> (String, u64, u32) {
        (email.to_owned(), line, row)
    }

    #[tokio::test]
    async fn addresses_are_found_with_a_first_line_and_without() {
        for (file, good) in [
            ("email\nann@example.org\n", vec![address("ann@example.org", 2, 2)]),
            ("Name;E-Mail\r\nAnn;ann@example.org\r\n", vec![address("ann@example.org", 2, 2)]),
            (
                "ann@example.org\nbob@example.org",
                vec![address("ann@example.org", 1, 1), address("bob@example.org", 2, 2)],
            ),
            (
                "Ann,ann@example.org\nBob,bob@example.org\n",
                vec![address("ann@example.org", 1, 1), address("bob@example.org", 2, 2)],
            ),
            ("\u{feff}\"email\"\n\n\n\"'+ann@example.org\"\n", vec![address("+ann@example.org", 4, 4)]),
            (
                "email,note\n\"ann@example.org\",\"two\nlines\"\nbob@example.org,\n",
                vec![address("ann@example.org", 2, 2), address("bob@example.org", 4, 3)],
            ),
            ("email\n", vec![]),
        ] {
            let (read, bad) = read(file.as_bytes()).await.expect("a file");
            assert_eq!((read, bad), (good, vec![]), "{file:?}");
        }
    }

    #[tokio::test]
    async fn a_bad_row_costs_that_row() {
        let file = b"email\nnobody\n\xff\xfe\n\"broken\nann@example.org\n,\n  \nbob@example.org\n";
        let (good, bad) = read(file).await.expect("a file");
        assert_eq!(good, [address("ann@example.org", 5, 5), address("bob@example.org", 8, 8)]);
        let codes: Vec<u64> = bad.iter().map(|(line, _)| *line).collect();
        assert_eq!(codes, [2, 3, 4]);
    }

    #[tokio::test]
    async fn what_has_no_column_of_addresses_is_no_such_file() {
        for (file, code) in [
            (&b""[..], Code::FileEmpty),
            (b"name,phone\nAnn,1\n", Code::FileEmailColumnMissing),
            (b"email,E-mail Address\na,b\n", Code::FileColumnTwice),
            (b"PK\x03\x04", Code::FileNotUtf8),
        ] {
            match read(file).await {
                Err(ImportError::File(error)) => assert_eq!(domain::Refusal::code(&error), code),
                other => panic!("{file:?}: {other:?}"),
            }
        }
    }
}
