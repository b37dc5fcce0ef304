use super::{En, English};
use crate::import::{
    Bound, Broken, BrokenOff, FieldsTooMany, FileError, Found, Kind, LeftOut, Notable, RowError, TooLarge,
};
use std::fmt;

impl English for FileError {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(
                f,
                "the file is empty; its first line names the columns, such as: email,full_name,comment,groups",
            ),
            Self::Unsupported { kind } => {
                write!(f, "the file is {}; save it as XLSX, or as CSV in UTF-8", En(kind))
            }
            Self::Protected => {
                write!(f, "the workbook is protected by a password; open it, take the password away, and save it again")
            }
            Self::WorkbookBroken => write!(
                f,
                "the workbook is damaged and cannot be read; open it in a spreadsheet, and save it again as XLSX, \
                 or as CSV in UTF-8",
            ),
            Self::WorkbookTooLarge { bound } => {
                write!(f, "the workbook has more than {}; split it, or save it as CSV in UTF-8", En(bound))
            }
            Self::NotUtf8 { found } => write!(f, "the file is {}; save it as CSV in UTF-8", En(found)),
            Self::HeaderBroken { reason } => {
                write!(f, "the first line, which names the columns, cannot be read: {}", En(reason))
            }
            Self::EmailColumnMissing { found } => write!(
                f,
                "the first line has to name the columns, among them \"email\"; it has: {found}; or say which \
                 column it is, as in map=email=Contact",
            ),
            Self::ColumnUnknown { name, found } => {
                write!(f, "there is no column {name:?} in the first line; it has: {found}")
            }
            Self::MappingInvalid { text } => write!(
                f,
                "{text:?} does not say which column is what; write, once for each, one of email, full_name, \
                 first_name, middle_name, last_name, comment, groups, consent_at, or field: and the key of a field of \
                 yours, then = and the name of a column, such as first_name=Vorname",
            ),
            Self::FieldMappedTwice { field, first, second } => {
                write!(f, "two columns are said to be {field}: {first:?} and {second:?}; name one of them")
            }
            Self::ColumnMappedTwice { column, first, second } => {
                write!(f, "the column {column:?} is said to be {first} and {second}; a column is one of them")
            }
            Self::ColumnTwice { first, second, meaning } => {
                write!(f, "the columns {first:?} and {second:?} mean the same, {meaning}; rename or remove one")
            }
            Self::FieldUnknown { key, found } if found.is_empty() => {
                write!(f, "your clients have no field {key:?}, and no other one; make it first")
            }
            Self::FieldUnknown { key, found } => {
                write!(f, "your clients have no field {key:?}; they have: {found}; make it first, or name one of these")
            }
        }
    }
}

impl English for RowError {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateInFile { first, email } => write!(f, "line {first} has the address {email} already"),
            Self::TooManyFields { has, columns } => write!(
                f,
                "the row has {has} fields, the first line names {columns} columns; put a text with a delimiter \
                 in quotation marks",
            ),
            Self::Group { name, error } => write!(f, "the group {name:?}: {}", En(error)),
            Self::Unchanged { email } => {
                write!(f, "{email} is in the address book with all that the row says; nothing was changed")
            }
            Self::NotThere { email } => {
                write!(f, "nobody in the address book has the address {email}, and nobody was to be added")
            }
            Self::MomentInvalid { value } => write!(
                f,
                "{value:?} is no moment at which somebody can have agreed: write a day that has come, such as 2026-05-01, \
                 with or without a time",
            ),
            Self::QuotesBroken => write!(
                f,
                "a field begins with a quotation mark and does not end with one; inside a field, write two for one",
            ),
            Self::TooLong { most } => write!(f, "the row has more than {most} KiB"),
            Self::NotUtf8 => write!(f, "the row is not in UTF-8; save the file as CSV in UTF-8"),
            Self::Nul => write!(f, "the row has a NUL, which is part of no text"),
        }
    }
}

impl English for Notable {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TakenForEmpty { column, word, cells, line } => write!(
                f,
                "{word:?} in the column {column} is taken for empty, from line {line} on, in {} altogether",
                in_cells(*cells),
            ),
            Self::SeveralAddresses { cells, left_out: addresses } => write!(
                f,
                "{} of the column email {} several addresses, of which the first is taken; left out: {}; give \
                 each a row of its own to have them all",
                in_cells(*cells),
                if *cells == 1 { "has" } else { "have" },
                left_out(addresses),
            ),
            Self::ColumnIgnored { column } => write!(
                f,
                "the column {column:?} looks like a name or an address and is not imported; say which column \
                 is what to have it",
            ),
            Self::SheetsIgnored { sheet, others } => write!(
                f,
                "of the workbook the sheet {sheet:?} is read; other sheets with something in them: {others}; save \
                 each as a file of its own to have it",
            ),
        }
    }
}

impl English for Kind {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OldExcel => "a workbook of an old Excel (.xls)",
            Self::BinaryExcel => "a binary workbook of Excel (.xlsb)",
            Self::OpenDocument => "an OpenDocument file (.ods)",
            Self::Numbers => "a document of Apple Numbers (.numbers)",
            Self::Archive => "an archive and no workbook",
        })
    }
}

impl English for Bound {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { most } => write!(f, "{most} MiB"),
            Self::Unpacked { most } => write!(f, "{most} MiB when it is unpacked"),
            Self::Texts { most } => write!(f, "{most} different texts"),
            Self::Table { most } => write!(f, "{most} MiB of text"),
            Self::Cells { most } => write!(f, "{most} cells"),
            Self::Rows { most } => write!(f, "{most} rows"),
        }
    }
}

impl English for Found {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf16 => "in UTF-16",
            Self::Utf16OrNoText => "in UTF-16, or no text at all",
            Self::OtherEncoding => "in another encoding",
            Self::NoText => "no text",
        })
    }
}

impl English for Broken {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Quotes => "a quotation mark opens a name, and none closes it",
            Self::Endless => "it does not end",
        })
    }
}

fn in_cells(cells: u64) -> String {
    if cells == 1 { "1 cell".to_owned() } else { format!("{cells} cells") }
}

fn left_out(LeftOut { addresses, unnamed }: &LeftOut) -> String {
    let named = addresses.iter().map(|(line, address)| format!("{address} (line {line})"));
    let more = (*unnamed > 0).then(|| format!("and more: {unnamed}"));
    named.chain(more).collect::<Vec<_>>().join(", ")
}

impl English for TooLarge {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { most } = self;
        write!(f, "a file has at most {most} MiB: split it; nothing of it was imported")
    }
}

impl English for FieldsTooMany {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { most } = self;
        write!(f, "your clients can have at most {most} fields: let fewer columns be new ones, or remove a field")
    }
}

impl English for domain::import::Error {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "there is no such import among yours",
            Self::AlreadyExists => "this import has begun already",
            Self::TakenBack => "this import was taken back; import the file anew to have its clients again",
        })
    }
}

impl English for BrokenOff {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { error } = self;
        write!(
            f,
            "the file could not be read to its end: {error}; import it again, clients that are there already \
             do no harm",
        )
    }
}
