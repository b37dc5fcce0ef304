//! Workbooks as people's programs write them, and as nobody should.

use super::*;
use crate::address_book::import::csv::Reader;
use crate::address_book::import::preamble::Preamble;
use crate::address_book::import::{Mapping, header};
use domain::{Code, Refusal as _};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use std::io::{Read as _, Write as _};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const CONTENT: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";

fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(bytes).expect("written");
    file.rewind().expect("at its beginning");
    file
}

fn table(bytes: &[u8]) -> String {
    let mut text = String::new();
    read(file(bytes)).expect("a workbook").read_to_string(&mut text).expect("text");
    text
}

fn refused(bytes: &[u8]) -> FileError {
    match read(file(bytes)) {
        Err(Failed::File(error)) => error,
        other => panic!("{other:?}"),
    }
}

fn archive(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, part) in parts {
        archive.start_file(*name, SimpleFileOptions::default()).expect("begun");
        archive.write_all(part.as_bytes()).expect("written");
    }
    archive.finish().expect("an archive").into_inner()
}

/// A workbook with one sheet, whose rows are written by hand, and with whatever else is named.
fn by_hand(rows: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let (package, workbook, sheets, sheet) = (
        format!(
            "<Relationships xmlns=\"{PACKAGE}\"><Relationship Id=\"r1\" Type=\"{OFFICE}/officeDocument\" \
             Target=\"xl/workbook.xml\"/></Relationships>"
        ),
        format!(
            "<workbook xmlns=\"{CONTENT}\" xmlns:r=\"{OFFICE}\"><sheets><sheet name=\"People\" sheetId=\"1\" \
             r:id=\"r1\"/></sheets></workbook>"
        ),
        format!(
            "<Relationships xmlns=\"{PACKAGE}\"><Relationship Id=\"r1\" Type=\"{OFFICE}/worksheet\" \
             Target=\"worksheets/sheet1.xml\"/></Relationships>"
        ),
        format!("<worksheet xmlns=\"{CONTENT}\"><sheetData>{rows}</sheetData></worksheet>"),
    );
    let mut parts = vec![
        ("_rels/.rels", package.as_str()),
        ("xl/workbook.xml", workbook.as_str()),
        ("xl/_rels/workbook.xml.rels", sheets.as_str()),
        ("xl/worksheets/sheet1.xml", sheet.as_str()),
    ];
    parts.extend_from_slice(more);
    archive(&parts)
}

/// What stands in the rows of a table, with the numbers that are told of them.
async fn rows(table: &str) -> Vec<(u64, Vec<String>)> {
    let mut reader = Reader::new(table.as_bytes()).await.expect("read");
    let first = header::first_line(&mut reader, &Mapping::default(), &[]).await.expect("a first line");
    let number = reader.sheet().expect("it was a sheet").row;
    let mut rows = vec![(number, first.fields().map(str::to_owned).collect())];
    loop {
        let line = reader.line();
        let Some(record) = reader.next().await.expect("read") else { return rows };
        let record = record.expect("a row");
        if !record.is_blank() {
            rows.push((line, record.fields().map(str::to_owned).collect()));
        }
    }
}

fn owned(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|&cell| cell.to_owned()).collect()
}

#[tokio::test]
async fn a_sheet_becomes_a_table_whose_rows_have_the_numbers_of_the_sheet() {
    let mut book = Workbook::new();
    let (bold, day) = (Format::new().set_bold(), Format::new().set_num_format("dd.mm.yyyy"));
    let sheet = book.add_worksheet();
    // Two empty rows and an empty column before it; behind it what is merely coloured.
    for (column, name) in [(1, "email"), (2, "comment"), (3, "phone"), (4, "since"), (5, "customer")] {
        sheet.write_string_with_format(2, column, name, &bold).expect("written");
    }
    sheet.write_string(3, 1, "ann@example.org").expect("written");
    sheet.write_string(3, 2, "two\nlines, \"quoted\"").expect("written");
    sheet.write_number(3, 3, 79_161_234_567.0).expect("written");
    let since = ExcelDateTime::from_ymd(2026, 5, 1).expect("a day");
    sheet.write_datetime_with_format(3, 4, &since, &day).expect("written");
    sheet.write_boolean(3, 5, true).expect("written");
    sheet.write_string(5, 1, "bob@example.org").expect("written");
    sheet.write_string(5, 2, "=1+1").expect("written");
    sheet.write_formula(5, 3, Formula::new("=1+1").set_result("2")).expect("written");
    sheet.set_row_hidden(6).expect("hidden");
    sheet.write_string(6, 1, "hidden@example.org").expect("written");
    sheet.write_rich_string(6, 2, &[(&Format::new(), "one "), (&bold, "text")]).expect("written");
    sheet.merge_range(7, 1, 8, 1, "merged@example.org", &bold).expect("merged");
    sheet.write_blank(5_000, 40, &bold).expect("written");

    let told = table(&book.save_to_buffer().expect("a workbook"));

    assert_eq!(
        rows(&told).await,
        [
            (3, owned(&["", "email", "comment", "phone", "since", "customer"])),
            (4, owned(&["", "ann@example.org", "two\nlines, \"quoted\"", "79161234567", "2026-05-01", "true"])),
            (6, owned(&["", "bob@example.org", "'=1+1", "2"])),
            (7, owned(&["", "hidden@example.org", "one text"])),
            (8, owned(&["", "merged@example.org"])),
        ],
        "{told}"
    );
}

#[tokio::test]
async fn the_first_visible_sheet_with_something_in_it_is_read_and_others_are_told() {
    let mut book = Workbook::new();
    book.add_worksheet();
    book.add_worksheet().set_name("Secret").expect("named").set_hidden(true).write_string(0, 0, "no").expect("written");
    book.add_worksheet().set_name("Clients").expect("named").write_string(0, 0, "email").expect("written");
    book.add_worksheet().set_name("Notes").expect("named").write_string(9, 9, "more").expect("written");
    book.add_worksheet().write_string(0, 0, "  ").expect("written");

    let told = table(&book.save_to_buffer().expect("a workbook"));

    assert_eq!(told, "\u{1e}1\u{1f}1\u{1f}Clients\n\"email\"\r\n");
    let (preamble, _) = Preamble::parse(told.as_bytes()).expect("it was a sheet");
    assert_eq!(preamble.notable().expect("another sheet").code(), Code::SheetsIgnored);
}

#[tokio::test]
async fn what_other_programs_write_into_cells_is_read() {
    let shared = format!(
        "<sst xmlns=\"{CONTENT}\" uniqueCount=\"2\"><si><t>email</t></si><si><r><t>a</t></r><r><t>b</t></r></si></sst>"
    );
    let cells = "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v></c></row>\
                 <row r=\"2\"><c r=\"B2\" t=\"e\"><v>#N/A</v></c><c r=\"A2\" t=\"inlineStr\"><is><t>x@example.org</t></is></c></row>\
                 <row r=\"3\"><c r=\"A3\" t=\"str\"><f>A2</f><v>y@example.org</v></c><c r=\"B3\" t=\"e\"><v>#SPILL!</v></c></row>\
                 <row r=\"4\"/><row r=\"5\"><c r=\"A5\" s=\"1\"/></row>";
    let told = table(&by_hand(cells, &[("xl/sharedStrings.xml", shared.as_str())]));
    let expected = [(1, owned(&["email", "ab"])), (2, owned(&["x@example.org"])), (3, owned(&["y@example.org"]))];
    assert_eq!(rows(&told).await, expected, "{told}");
}

#[tokio::test]
async fn a_row_that_is_too_long_costs_that_row() {
    let long = "x\n".repeat(200_000);
    let row = |(number, text): (&str, &str)| {
        format!("<row r=\"{number}\"><c r=\"A{number}\" t=\"inlineStr\"><is><t>{text}</t></is></c></row>")
    };
    let cells = [("1", "email"), ("2", long.as_str()), ("3", "ann@example.org")].map(row).concat();
    let told = table(&by_hand(&cells, &[]));
    let mut reader = Reader::new(told.as_bytes()).await.expect("read");
    header::first_line(&mut reader, &Mapping::default(), &[]).await.expect("a first line");
    assert_eq!(reader.line(), 2);
    assert!(reader.next().await.expect("read").expect("a row").is_err());
    assert_eq!(reader.line(), 3);
    let last = reader.next().await.expect("read").expect("a row").expect("a good one");
    assert_eq!(last.field(0), "ann@example.org");
}

#[test]
fn what_is_no_workbook_is_told_by_its_kind() {
    let spreadsheet = "application/vnd.oasis.opendocument.spreadsheet";
    let encrypted: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut protected = COMPOUND.to_vec();
    protected.resize(200_000, 0);
    // Over the end of a block.
    protected[64 * 1024 - 7..][..encrypted.len()].copy_from_slice(&encrypted);
    let kind = |kind| FileError::Unsupported { kind };
    for (bytes, error) in [
        ([COMPOUND, b"\xa1\xb1\x1a\xe1 and more"].concat(), kind(Kind::OldExcel)),
        (protected, FileError::Protected),
        (archive(&[("mimetype", spreadsheet), ("content.xml", "<x/>")]), kind(Kind::OpenDocument)),
        (archive(&[("Index/Document.iwa", "x")]), kind(Kind::Numbers)),
        (archive(&[("xl/workbook.bin", "x")]), kind(Kind::BinaryExcel)),
        (archive(&[("photo.jpg", "x")]), kind(Kind::Archive)),
        (archive(&[]), kind(Kind::Archive)),
        (by_hand("", &[]), FileError::Empty),
        (by_hand("<row r=\"1\"><c r=\"A1\"><v> </v></c></row>", &[]), FileError::Empty),
    ] {
        assert!(is_likely(&bytes));
        assert_eq!(refused(&bytes), error);
    }
    assert!(!is_likely(b"email\n") && !is_likely(b"PK") && !is_likely(b""));
}

#[test]
fn a_workbook_that_is_damaged_or_says_what_cannot_be_is_refused() {
    let good = by_hand("<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>", &[]);
    assert!(table(&good).ends_with("\"1\"\r\n"));
    for bytes in [
        b"PK\x03\x04 and more".to_vec(),
        good[..good.len() / 2].to_vec(),
        archive(&[("xl/workbook.xml", "<workbook/>")]),
        by_hand("<row r=\"1\"><c r=\"A1\"><v>1", &[]),
        by_hand("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>7</v></c></row>", &[]),
        by_hand("<row r=\"2\"><c r=\"A2\"><v>1</v></c></row><row r=\"1\"><c r=\"A1\"><v>1</v></c></row>", &[]),
        by_hand("<row r=\"1\"><c r=\"ZZZ1\"><v>1</v></c></row>", &[]),
        by_hand("<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>", &[("XL/WORKBOOK.XML", "<workbook/>")]),
    ] {
        assert_eq!(refused(&bytes).code(), Code::FileWorkbookBroken);
    }
}

#[test]
fn a_workbook_that_is_too_large_is_refused_before_it_is_read() {
    let (row, many) = ("<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>", " ".repeat(17 * 1024 * 1024));
    let texts = "<sst uniqueCount=\"9999999999\"/>";
    for (bytes, bound) in [
        (by_hand(row, &[("xl/styles.xml", many.as_str())]), Bound::Unpacked { most: 16 }),
        (by_hand(row, &[("xl/sharedStrings.xml", texts)]), Bound::Texts { most: 1_500_000 }),
        (by_hand("<row r=\"1048577\"><c r=\"A1048577\"><v>1</v></c></row>", &[]), Bound::Rows { most: 1_048_576 }),
    ] {
        assert_eq!(refused(&bytes), FileError::WorkbookTooLarge { bound });
    }
}

#[test]
fn sheets_that_are_the_same_part_are_not_read_again_and_again() {
    let numbers = || 1..=200_u32;
    let sheet = |n: u32| format!("<sheet name=\"S{n}\" sheetId=\"{n}\" r:id=\"r{n}\"/>");
    let sheets = numbers().map(sheet).collect::<String>();
    let relation =
        |n: u32| format!("<Relationship Id=\"r{n}\" Type=\"{OFFICE}/worksheet\" Target=\"worksheets/sheet1.xml\"/>");
    let relations = numbers().map(relation).collect::<String>();
    let row = |row: u32| format!("<row r=\"{row}\"/>");
    let rows = (1..=2_000).map(row).collect::<String>();
    let package = format!(
        "<Relationships xmlns=\"{PACKAGE}\"><Relationship Id=\"r1\" Type=\"{OFFICE}/officeDocument\" \
         Target=\"xl/workbook.xml\"/></Relationships>"
    );
    let workbook = format!("<workbook xmlns=\"{CONTENT}\" xmlns:r=\"{OFFICE}\"><sheets>{sheets}</sheets></workbook>");
    let relations = format!("<Relationships xmlns=\"{PACKAGE}\">{relations}</Relationships>");
    let sheet = format!("<worksheet xmlns=\"{CONTENT}\"><sheetData>{rows}</sheetData></worksheet>");
    let bytes = archive(&[
        ("_rels/.rels", package.as_str()),
        ("xl/workbook.xml", workbook.as_str()),
        ("xl/_rels/workbook.xml.rels", relations.as_str()),
        ("xl/worksheets/sheet1.xml", sheet.as_str()),
    ]);
    assert_eq!(refused(&bytes), FileError::Empty);
    let parts = unpack::parts(file(&bytes)).expect("parts");
    let Err(Failed::File(error)) = table::within(parts, MIB) else { panic!("it takes too long") };
    assert_eq!(error, FileError::WorkbookTooLarge { bound: Bound::Unpacked { most: 1 } });
}
