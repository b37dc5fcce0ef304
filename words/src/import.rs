//! Importing clients from a file.

use domain::{Code, Refusal, group};
use std::borrow::Cow;

/// Why a file cannot be imported at all. Nothing was imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileError {
    /// The file has nothing in it.
    Empty,
    /// A document of another program that is not read.
    Unsupported {
        /// What it is.
        kind: Kind,
    },
    /// A workbook that opens by a password only.
    Protected,
    /// A workbook that cannot be read as one.
    WorkbookBroken,
    /// A workbook that is larger than workbooks may be.
    WorkbookTooLarge {
        /// What there is too much of.
        bound: Bound,
    },
    /// UTF-16, or text in another encoding.
    NotUtf8 {
        /// What it is instead, as far as that can be seen.
        found: Found,
    },
    /// The first line cannot be read as one.
    HeaderBroken {
        /// Why the line cannot be read.
        reason: Broken,
    },
    /// No column has addresses, so nobody could be written to.
    EmailColumnMissing {
        /// The names found, separated by commas.
        found: String,
    },
    /// A mapping names a column that is not there.
    ColumnUnknown {
        /// The name that the mapping has.
        name: String,
        /// The names found, separated by commas.
        found: String,
    },
    /// A mapping is none.
    MappingInvalid {
        /// The text that was given.
        text: String,
    },
    /// A mapping names two columns for one field.
    FieldMappedTwice {
        /// The meaning that was given to two columns.
        field: String,
        /// The column that was named first.
        first: String,
        /// The column that was named then.
        second: String,
    },
    /// A mapping names one column for two fields.
    ColumnMappedTwice {
        /// The name of the column.
        column: String,
        /// The meaning that the column was given first.
        first: String,
        /// The meaning that the column was given then.
        second: String,
    },
    /// Two columns have the same meaning.
    ColumnTwice {
        /// The name of one.
        first: String,
        /// The name of the other.
        second: String,
        /// The usual name of both.
        meaning: String,
    },
    /// A mapping names a field that the owner does not have.
    FieldUnknown {
        /// The key of the field.
        key: String,
        /// The keys of those that the owner has, separated by commas; empty if there are none.
        found: String,
    },
}

/// A kind of file that is not read, and can be saved as one that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What Excel saved until 2003, or another document of that time.
    OldExcel,
    /// What Excel saves in its binary form.
    BinaryExcel,
    /// What `LibreOffice` saves.
    OpenDocument,
    /// What Apple Numbers saves.
    Numbers,
    /// Any other archive.
    Archive,
}

/// What a workbook has too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Bytes, as it comes.
    File {
        /// How many MiB it may have.
        most: u64,
    },
    /// Bytes, when it is unpacked.
    Unpacked {
        /// How many MiB it may have.
        most: u64,
    },
    /// Texts that its cells share.
    Texts {
        /// How many it may have.
        most: u64,
    },
    /// Bytes of what stands in its cells.
    Table {
        /// How many MiB it may have.
        most: u64,
    },
    /// Cells.
    Cells {
        /// How many it may have.
        most: u64,
    },
    /// Rows.
    Rows {
        /// How many it may have.
        most: u64,
    },
}

/// What a file is that is no text in UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Text in UTF-16.
    Utf16,
    /// Text in UTF-16 or none, which cannot be told apart.
    Utf16OrNoText,
    /// Text in an encoding that is not known.
    OtherEncoding,
    /// No text.
    NoText,
}

/// Why a first line cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// A quotation mark opens and none closes.
    Quotes,
    /// The line is longer than a record may be.
    Endless,
}

impl Refusal for FileError {
    fn code(&self) -> Code {
        match self {
            Self::Empty => Code::FileEmpty,
            Self::Unsupported { .. } => Code::FileUnsupported,
            Self::Protected => Code::FileProtected,
            Self::WorkbookBroken => Code::FileWorkbookBroken,
            Self::WorkbookTooLarge { .. } => Code::FileWorkbookTooLarge,
            Self::NotUtf8 { .. } => Code::FileNotUtf8,
            Self::HeaderBroken { .. } => Code::FileHeaderBroken,
            Self::EmailColumnMissing { .. } => Code::FileEmailColumnMissing,
            Self::ColumnUnknown { .. } => Code::FileColumnUnknown,
            Self::MappingInvalid { .. } => Code::FileMappingInvalid,
            Self::FieldMappedTwice { .. } | Self::ColumnMappedTwice { .. } => Code::FileMappingTwice,
            Self::ColumnTwice { .. } => Code::FileColumnTwice,
            Self::FieldUnknown { .. } => Code::CustomFieldNotFound,
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some("file")
    }
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowError {
    /// The address came before.
    DuplicateInFile {
        /// Where.
        first: u64,
        /// The address as it is compared.
        email: String,
    },
    /// There is something beyond the last column.
    TooManyFields {
        /// How many the row has.
        has: usize,
        /// How many columns there are.
        columns: usize,
    },
    /// What is in the column of groups names none.
    Group {
        /// The beginning of what stands there.
        name: String,
        /// What is wrong with it.
        error: group::Error,
    },
    /// An update has nothing to change.
    Unchanged {
        /// The address as people read it.
        email: String,
    },
    /// Nobody in the address book has the address, and nobody is to be added.
    NotThere {
        /// The address as people read it.
        email: String,
    },
    /// What is to tell when somebody agreed is no moment, or one that is yet to come.
    MomentInvalid {
        /// The beginning of what stands there.
        value: String,
    },
    /// A quotation mark opens and none closes.
    QuotesBroken,
    /// Longer than a record may be.
    TooLong {
        /// The longest record, in KiB.
        most: usize,
    },
    /// In another encoding.
    NotUtf8,
    /// No text at all.
    Nul,
}

impl Refusal for RowError {
    fn code(&self) -> Code {
        match self {
            Self::DuplicateInFile { .. } => Code::DuplicateInFile,
            Self::TooManyFields { .. } => Code::RowTooManyFields,
            Self::Group { error, .. } => error.code(),
            Self::Unchanged { .. } => Code::RowUnchanged,
            Self::NotThere { .. } => Code::RowNotThere,
            Self::MomentInvalid { .. } => Code::ConsentAtInvalid,
            Self::QuotesBroken => Code::RowQuotesBroken,
            Self::TooLong { .. } => Code::RowTooLong,
            Self::NotUtf8 => Code::RowNotUtf8,
            Self::Nul => Code::RowNul,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::DuplicateInFile { .. } | Self::NotThere { .. } => Some("email"),
            Self::Group { .. } => Some("groups"),
            Self::MomentInvalid { .. } => Some("consent_at"),
            Self::TooManyFields { .. }
            | Self::Unchanged { .. }
            | Self::QuotesBroken
            | Self::TooLong { .. }
            | Self::NotUtf8
            | Self::Nul => None,
        }
    }
}

/// What there is to warn of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notable {
    /// Cells with a word that means that there is no value.
    TakenForEmpty {
        /// The column, by the name of its meaning.
        column: Cow<'static, str>,
        /// What stands there.
        word: &'static str,
        /// How often.
        cells: u64,
        /// The first line.
        line: u64,
    },
    /// Cells with several addresses, of which one is imported.
    SeveralAddresses {
        /// How many cells.
        cells: u64,
        /// The addresses that are left out, with their lines.
        left_out: LeftOut,
    },
    /// A column that may have been meant to be imported.
    ColumnIgnored {
        /// Its name in the file.
        column: String,
    },
    /// Sheets of a workbook that have something in them, too, and are not read.
    SheetsIgnored {
        /// The name of the sheet that is read.
        sheet: String,
        /// How many others there are.
        others: u64,
    },
}

/// Addresses that are left out; as many as are named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The lines of the file and the addresses in them.
    pub addresses: Vec<(u64, String)>,
    /// How many more there are.
    pub unnamed: u64,
}

impl Refusal for Notable {
    fn code(&self) -> Code {
        match self {
            Self::TakenForEmpty { .. } => Code::TakenForEmpty,
            Self::SeveralAddresses { .. } => Code::SeveralAddresses,
            Self::ColumnIgnored { .. } => Code::ColumnIgnored,
            Self::SheetsIgnored { .. } => Code::SheetsIgnored,
        }
    }
}

/// A file is larger than files of clients may be. Nothing of it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// How many MiB it may have.
    pub most: usize,
}

/// An import would make more fields of an owner's own than an owner may have. Nothing of it was imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldsTooMany {
    /// How many an owner may have.
    pub most: usize,
}

/// A file could not be read to its end. What was imported until then stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenOff {
    /// What happened, in English.
    pub error: String,
}
