//! Charts: bars over time, drawn on the server, with the same numbers as a table below them.
//!
//! [`Bars::draw`] is a function of its data and nothing else. Each chart is drawn twice, for wide and for narrow places, and the
//! style sheet shows the one that fits, so that its letters have the size of letters in both.

mod bars;
mod drawing;
#[cfg(test)]
mod tests;

pub(crate) use bars::{Bars, Column, Series};

use askama::Template;
use askama::filters::HtmlSafe;
use bars::{SERIES, value};
use drawing::{Drawing, SMALL, WIDE};
use words::screens::frame::Frame;
use words::screens::shown;

/// A chart as it is shown, with its table.
#[derive(Clone, Debug, Template)]
#[template(path = "frame/chart.html")]
pub(crate) struct Chart {
    w: &'static Frame,
    title: String,
    over: &'static str,
    drawings: [Drawing; 2],
    keys: Vec<Key>,
    rows: Vec<Row>,
    sums: Vec<String>,
    /// What else is to be known of the numbers.
    note: Option<&'static str>,
}

impl HtmlSafe for Chart {}

impl Chart {
    /// The same with a sentence about its numbers, if there is one to say.
    #[must_use]
    pub(crate) fn noted(self, note: Option<&'static str>) -> Self {
        Self { note, ..self }
    }
}

/// A series as the words beside the chart tell it.
#[derive(Clone, Debug)]
struct Key {
    label: String,
    class: &'static str,
    sum: String,
}

/// A row of the table.
#[derive(Clone, Debug)]
struct Row {
    head: String,
    cells: Vec<String>,
}

impl Bars {
    /// Whether there is nothing to draw: every number is zero.
    pub(crate) fn is_empty(&self) -> bool {
        self.series.iter().flat_map(|series| &series.values).all(|value| *value == 0)
    }

    /// The chart.
    pub(crate) fn draw(&self) -> Chart {
        debug_assert!(self.series.len() <= SERIES, "nobody tells {} series apart", self.series.len());
        let number = |value: u64| shown::number(self.language, value);
        let keys = self.series.iter().map(|series| {
            let sum = number(series.values.iter().sum());
            Key { label: series.label.clone(), class: series.class, sum }
        });
        let rows = self.columns.iter().enumerate().map(|(place, column)| {
            let cells = self.series.iter().map(|series| number(value(series, place))).collect();
            Row { head: column.whole.clone(), cells }
        });
        Chart {
            w: Frame::of(self.language),
            title: self.title.clone(),
            over: self.over,
            drawings: [self.on(&WIDE), self.on(&SMALL)],
            keys: keys.collect(),
            rows: rows.collect(),
            sums: self.series.iter().map(|series| number(series.values.iter().sum())).collect(),
            note: None,
        }
    }
}
