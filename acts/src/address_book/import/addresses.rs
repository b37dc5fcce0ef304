//! Files of which only the addresses matter, such as lists of those who want no letters any more.
//!
//! They come from other services, which write a column among others, and from people, who write one address in each line and no first
//! line. A file whose first line is a row has no header: the column is then the one that has an address there.
//!
//! Of a list that this service has written itself (`suppressions::Export`), what it says of each address is read, too: who is written to
//! again must not be kept from it by such a file.

use super::csv::{Reader, Record};
use super::error::ImportError;
use super::header;
use super::mapping::Mapping;
use super::names::{Field, Known};
use super::row_error;
use super::row_problem::RowProblem;
use crate::sheets;
use chrono::{DateTime, Utc};
use domain::suppression::Reason;
use domain::{EmailAddress, EmailError, Language};
use projections::columns::Word as _;
use projections::suppressions::ScopeKind;
use tokio::io::AsyncRead;
use words::import::FileError;
use words::screens::suppressions::Suppressions as Labels;

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
    /// What the file says of it.
    pub(crate) said: Said,
}

/// What a list of ours says of an address; nothing in a list of others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    lifted: bool,
    until: Option<DateTime<Utc>>,
    /// Whether it is about a part of the mailings only.
    is_narrow: bool,
    /// Why it is not written to.
    pub(crate) reason: Option<Reason>,
}

impl Said {
    /// Whether the row keeps nobody from writing to the address: it was lifted, has come to its end, or is about one mailing or one topic
    /// only.
    pub(crate) fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.lifted || self.is_narrow || self.until.is_some_and(|until| until <= now)
    }
}

/// The columns of a list of ours.
#[derive(Clone, Copy, Debug, Default)]
struct Own {
    lifted: Option<usize>,
    until: Option<usize>,
    scope: Option<usize>,
    reason: Option<usize>,
}

impl Own {
    fn of(header: &Record) -> Self {
        let place = |wanted: &str| header.fields().position(|name| name.trim() == wanted);
        let Some(lifted) = place("lifted_at") else {
            // Workbooks have words of people, and the zone of their moments behind that.
            let label = |name: &str| {
                let is = |language| name.trim().starts_with(&format!("{} (", Labels::of(language).lifted));
                Language::ALL.into_iter().any(is)
            };
            return Self { lifted: header.fields().position(label), ..Self::default() };
        };
        Self { lifted: Some(lifted), until: place("until"), scope: place("scope"), reason: place("reason") }
    }

    fn has(&self, column: usize) -> bool {
        [self.lifted, self.until, self.scope, self.reason].contains(&Some(column))
    }

    fn said(&self, record: &Record) -> Said {
        let cell = |column: Option<usize>| column.map_or("", |column| sheets::unshielded(record.field(column)).trim());
        Said {
            lifted: !cell(self.lifted).is_empty(),
            until: cell(self.until).parse().ok(),
            is_narrow: matches!(ScopeKind::from_word(cell(self.scope)), Some(ScopeKind::Mailing | ScopeKind::Topic)),
            reason: Reason::from_name(cell(self.reason)),
        }
    }
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
    own: Own,
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
        let record = header::first_line(&mut reader, &Mapping::default(), &[]).await?;
        // Rows are counted as those of the sheet, if it was one.
        let line = reader.sheet().map_or(line, |sheet| sheet.row);
        let row = reader.sheet().map_or(1, |sheet| u32::try_from(sheet.row).unwrap_or(1));
        let named = named(&record)?;
        let unnamed = record.fields().position(|field| EmailAddress::parse(sheets::unshielded(field)).is_ok());
        match (named, unnamed) {
            (Some(column), _) => {
                let own = Own::of(&record);
                let is_other = |(index, name): &(usize, &str)| *index != column && !own.has(*index) && !name.is_empty();
                let others = record.fields().enumerate().filter(is_other);
                let ignored = others.take(NAMED).map(|(_, name)| header::shortened(name)).collect();
                Ok(Self { reader, column, own, first: None, row, ignored, language })
            }
            (None, Some(column)) => {
                let (own, ignored) = (Own::default(), Vec::new());
                let row = row.saturating_sub(1);
                Ok(Self { reader, column, own, first: Some((line, record)), row, ignored, language })
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
            Ok(email) => {
                let said = self.own.said(record);
                page.addresses.push(Address { email, line, row: self.row, said });
            }
            Err(error) => page.problems.push(self.problem(line, &error, cell)),
        }
    }

    fn problem(&self, line: u64, error: &EmailError, cell: &str) -> RowProblem {
        let problem = RowProblem::of(line, error, self.language);
        RowProblem { field: Some(Field::Email.name().into()), value: Some(header::shortened(cell)), ..problem }
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
                    meaning: Field::Email.name().to_owned(),
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
    async fn what_a_list_of_ours_says_of_its_addresses_is_read_and_of_others_nothing() {
        let now: DateTime<Utc> = "2026-05-04T09:00:00Z".parse().expect("a time");
        let head = "email,reason,scope,until,lifted_at\n";
        for (row, over, reason) in [
            ("ann@example.org,by_hand,owner,,", false, Some(Reason::ByHand)),
            ("ann@example.org,by_hand,owner,,2026-05-01T09:00:00Z", true, Some(Reason::ByHand)),
            ("ann@example.org,dead,owner,2027-05-01T09:00:00Z,", false, Some(Reason::Dead)),
            ("ann@example.org,dead,owner,2026-05-01T09:00:00Z,", true, Some(Reason::Dead)),
            ("ann@example.org,unsubscribed,mailing,,", true, Some(Reason::Unsubscribed)),
            ("ann@example.org,unsubscribed,topic,,", true, Some(Reason::Unsubscribed)),
            ("ann@example.org,rubbish,owner,rubbish,", false, None),
            ("ann@example.org", false, None),
        ] {
            let file = format!("{head}{row}\n");
            let mut addresses = Addresses::open(file.as_bytes(), Language::En).await.expect("a list");
            assert!(addresses.ignored().is_empty());
            let page = addresses.page(10).await.expect("a page").expect("a row");
            for one in page.addresses {
                assert_eq!((one.said.is_over(now), one.said.reason), (over, reason), "{row}");
            }
        }
        // A workbook that was saved as CSV, and a list of somebody else.
        for (file, over) in [
            ("E-mail,Lifted (Europe/Berlin)\nann@example.org,2026-05-01 11:00", true),
            ("E-mail,\u{421}\u{43d}\u{44f}\u{442}\u{43e} (UTC)\nann@example.org,01.05.2026", true),
            ("email,reason,until\nann@example.org,dead,2026-05-01T09:00:00Z", false),
        ] {
            let mut addresses = Addresses::open(file.as_bytes(), Language::En).await.expect("a list");
            let page = addresses.page(10).await.expect("a page").expect("a row");
            assert_eq!(page.addresses[0].said.is_over(now), over, "{file}");
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
            (b"\xff\xfee\0m\0", Code::FileNotUtf8),
        ] {
            match read(file).await {
                Err(ImportError::File(error)) => assert_eq!(domain::Refusal::code(&error), code),
                other => panic!("{file:?}: {other:?}"),
            }
        }
    }
}
