//! The data of a chart: columns, and what is counted in each of them.

use domain::Language;

/// More series than these nobody tells apart.
pub(crate) const SERIES: usize = 5;

/// What is counted, in an order that is kept: the first lies at the bottom.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    /// What it counts, in words.
    pub(crate) label: String,
    /// The class of its colour in the style sheet, such as `part-accepted`.
    pub(crate) class: &'static str,
    /// A number for each column.
    pub(crate) values: Vec<u64>,
}

/// One place on the axis.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    /// What stands under the axis, as short as it is understood.
    pub(crate) short: String,
    /// What stands in the table.
    pub(crate) whole: String,
}

/// The data of a chart of bars that are stacked.
#[derive(Clone, Debug)]
pub(crate) struct Bars {
    /// The language of the reader.
    pub(crate) language: Language,
    /// What the chart shows, in a few words.
    pub(crate) title: String,
    /// What the columns are, as the head of the table's first column says it.
    pub(crate) over: &'static str,
    /// The columns, the earliest first.
    pub(crate) columns: Vec<Column>,
    /// At most [`SERIES`] of them.
    pub(crate) series: Vec<Series>,
}

pub(super) fn value(series: &Series, place: usize) -> u64 {
    series.values.get(place).copied().unwrap_or(0)
}
