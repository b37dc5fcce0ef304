//! Workbooks, as spreadsheets save them.

use api::Table;

/// A workbook with a sheet that has these rows.
pub(crate) fn workbook(rows: &[&[&str]]) -> Vec<u8> {
    let owned = |row: &[&str]| row.iter().map(|&cell| cell.to_owned()).collect::<Vec<_>>();
    let (first, rest) = rows.split_first().expect("the names of the columns");
    let mut table = Table::new(&owned(first)).expect("a table");
    table.add(&rest.iter().map(|row| owned(row)).collect::<Vec<_>>()).expect("rows");
    let mut bytes = Vec::new();
    table.write_to(&mut bytes).expect("a workbook");
    bytes
}
