//! Charts: bars over time, drawn on the server, with the same numbers as a table below them.
//!
//! [`Bars::draw`] is a function of its data and nothing else. Each chart is drawn twice, for wide and for narrow places, and the
//! style sheet shows the one that fits, so that its letters have the size of letters in both.

use askama::Template;
use askama::filters::HtmlSafe;
use domain::Language;
use std::fmt::Write as _;
use words::screens::frame::Frame;
use words::screens::shown;

/// More series than these nobody tells apart.
pub(crate) const SERIES: usize = 5;

/// In more columns than these there is no place for a pointer to rest.
const POINTED: usize = 100;

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
}

impl HtmlSafe for Chart {}

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

/// One of the two drawings. All numbers are tenths of the unit of its `viewBox`, divided where they are written.
#[derive(Clone, Debug)]
struct Drawing {
    class: &'static str,
    width: String,
    height: String,
    left: String,
    right: String,
    lines: Vec<Line>,
    paths: Vec<(&'static str, String)>,
    below: Vec<Below>,
    beside: Vec<Beside>,
    pointed: Vec<Pointed>,
}

/// A line across, with its number.
#[derive(Clone, Debug)]
struct Line {
    y: String,
    text_y: String,
    number: String,
    class: &'static str,
}

/// A word under the axis.
#[derive(Clone, Debug)]
struct Below {
    x: String,
    y: String,
    text: String,
}

/// The words of a series, beside its part of the last bar.
#[derive(Clone, Debug)]
struct Beside {
    class: &'static str,
    key_x: String,
    key_y: String,
    x: String,
    y: String,
    text: String,
}

/// A column on which a pointer can rest.
#[derive(Clone, Debug)]
struct Pointed {
    x: String,
    y: String,
    width: String,
    height: String,
    said: String,
}

/// Where a drawing has what, in tenths.
#[derive(Clone, Copy, Debug)]
struct Sheet {
    class: &'static str,
    width: u64,
    height: u64,
    /// Where the bars lie.
    left: u64,
    right: u64,
    top: u64,
    bottom: u64,
    /// How many words fit under the axis, and how many lines across.
    below: usize,
    lines: u64,
    /// Whether there is room for words beside the bars.
    beside: bool,
}

const WIDE: Sheet = Sheet {
    class: "wide",
    width: 9_600,
    height: 2_800,
    left: 640,
    right: 7_600,
    top: 120,
    bottom: 2_460,
    below: 8,
    lines: 5,
    beside: true,
};

const SMALL: Sheet = Sheet {
    class: "small",
    width: 3_000,
    height: 2_200,
    left: 480,
    right: 2_980,
    top: 120,
    bottom: 1_900,
    below: 3,
    lines: 4,
    beside: false,
};

/// The width of a digit, in tenths.
const DIGIT: u64 = 72;

/// How far the words beside the bars stand apart, in tenths.
const APART: u64 = 190;

/// The height of half a digit, by which words are moved to be level with a line.
const HALF: u64 = 45;

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
        }
    }

    fn on(&self, sheet: &Sheet) -> Drawing {
        let sums = (0..self.columns.len()).map(|place| self.series.iter().map(|one| value(one, place)).sum::<u64>());
        let (top, step) = scale(sums.max().unwrap_or(0), sheet.lines);
        // The numbers beside the lines have room, however long they are.
        let longest = shown::number(self.language, top).chars().count() as u64;
        let sheet = &Sheet { left: sheet.left.max(longest * DIGIT + 140), ..*sheet };
        let steps = (0..=top / step).map(|line| {
            let y = level(sheet, line * step, top);
            let class = if line == 0 { "zero" } else { "axis" };
            let number = shown::number(self.language, line * step);
            Line { y: units(y), text_y: units(y + HALF), number, class }
        });
        Drawing {
            class: sheet.class,
            width: units(sheet.width),
            height: units(sheet.height),
            left: units(sheet.left),
            right: units(sheet.right),
            lines: steps.collect(),
            paths: self.paths(sheet, top),
            below: self.below(sheet),
            beside: if sheet.beside { self.beside(sheet, top) } else { vec![] },
            pointed: if sheet.beside && self.columns.len() <= POINTED { self.pointed(sheet) } else { vec![] },
        }
    }

    /// One path for all bars of a series, which is short.
    fn paths(&self, sheet: &Sheet, top: u64) -> Vec<(&'static str, String)> {
        let mut under = vec![0; self.columns.len()];
        let path = |series: &Series| {
            let mut path = String::new();
            for (place, under) in under.iter_mut().enumerate() {
                let value = value(series, place);
                if value == 0 {
                    continue;
                }
                let (low, high) = (level(sheet, *under, top), level(sheet, *under + value, top));
                *under += value;
                let (from, to) = self.bar(sheet, place);
                let parts = [units(from), units(high), units(to), units(low), units(from)];
                let [from, high, to, low, back] = parts;
                // Writing to a string does not fail.
                let _ = write!(path, "M{from} {high}H{to}V{low}H{back}z");
            }
            (series.class, path)
        };
        self.series.iter().map(path).collect()
    }

    /// Where a column begins and ends.
    fn slot(&self, sheet: &Sheet, place: usize) -> (u64, u64) {
        let (count, place) = (self.columns.len().max(1) as u64, place as u64);
        let width = sheet.right - sheet.left;
        (sheet.left + width * place / count, sheet.left + width * (place + 1) / count)
    }

    /// Where its bar begins and ends: with some air around it, and not wider than looks like a bar.
    fn bar(&self, sheet: &Sheet, place: usize) -> (u64, u64) {
        let (from, to) = self.slot(sheet, place);
        let width = ((to - from) * 4 / 5).clamp(5, 480);
        let middle = u64::midpoint(from, to);
        (middle - width / 2, middle + width / 2)
    }

    fn below(&self, sheet: &Sheet) -> Vec<Below> {
        let each = self.columns.len().div_ceil(sheet.below).max(1);
        let word = |(place, column): (usize, &Column)| {
            let (from, to) = self.slot(sheet, place);
            Below { x: units(u64::midpoint(from, to)), y: units(sheet.bottom + 210), text: column.short.clone() }
        };
        self.columns.iter().enumerate().step_by(each).map(word).collect()
    }

    /// Each series that counts anything has its words level with its part of the last bar, or as near as the others let it.
    fn beside(&self, sheet: &Sheet, top: u64) -> Vec<Beside> {
        let last = (0..self.columns.len()).rev().find(|place| self.series.iter().any(|one| value(one, *place) > 0));
        let Some(last) = last else { return vec![] };
        let (mut under, mut places) = (0, Vec::new());
        for series in &self.series {
            let value = value(series, last);
            places.push(level(sheet, under + value / 2, top));
            under += value;
        }
        let told: Vec<(&Series, u64)> =
            self.series.iter().zip(places).filter(|(series, _)| series.values.iter().any(|value| *value > 0)).collect();
        let mut levels: Vec<u64> = told.iter().map(|(_, level)| *level).collect();
        for place in 1..levels.len() {
            levels[place] = levels[place].min(levels[place - 1].saturating_sub(APART));
        }
        let mut lowest = sheet.top;
        for level in levels.iter_mut().rev() {
            *level = (*level).max(lowest);
            lowest = *level + APART;
        }
        let word = |((series, _), level): ((&Series, u64), u64)| {
            let sum = shown::number(self.language, series.values.iter().sum());
            Beside {
                class: series.class,
                key_x: units(sheet.right + 120),
                key_y: units(level - 50),
                x: units(sheet.right + 280),
                y: units(level + HALF),
                text: format!("{} {sum}", series.label),
            }
        };
        told.into_iter().zip(levels).map(word).collect()
    }

    fn pointed(&self, sheet: &Sheet) -> Vec<Pointed> {
        let column = |(place, column): (usize, &Column)| {
            let (from, to) = self.slot(sheet, place);
            let parts = self.series.iter().map(|series| (value(series, place), &series.label));
            let parts: Vec<String> = parts
                .filter(|(value, _)| *value > 0)
                .map(|(value, label)| format!("{label} {}", shown::number(self.language, value)))
                .collect();
            Pointed {
                x: units(from),
                y: units(sheet.top),
                width: units(to - from),
                height: units(sheet.bottom - sheet.top),
                said: if parts.is_empty() {
                    column.whole.clone()
                } else {
                    format!("{}: {}", column.whole, parts.join(", "))
                },
            }
        };
        self.columns.iter().enumerate().map(column).collect()
    }
}

fn value(series: &Series, place: usize) -> u64 {
    series.values.get(place).copied().unwrap_or(0)
}

/// How high a number stands, with zero on the axis.
fn level(sheet: &Sheet, value: u64, top: u64) -> u64 {
    let height = u128::from(sheet.bottom - sheet.top);
    let up = u128::from(value.min(top)) * height / u128::from(top.max(1));
    sheet.bottom - u64::try_from(up).unwrap_or(0)
}

/// Up to where the axis goes, and from line to line: a 1, a 2 or a 5 with zeros, so that there are not more than this many.
fn scale(most: u64, lines: u64) -> (u64, u64) {
    let mut step: u64 = 1;
    for factor in [2, 5, 10].into_iter().cycle() {
        if most.div_ceil(step) <= lines {
            break;
        }
        let power = 10_u64.pow(step.ilog10());
        step = power.saturating_mul(factor);
    }
    (most.div_ceil(step).max(1) * step, step)
}

/// Tenths as a number with a point.
fn units(tenths: u64) -> String {
    if tenths.is_multiple_of(10) { (tenths / 10).to_string() } else { format!("{}.{}", tenths / 10, tenths % 10) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars(values: [&[u64]; 2]) -> Bars {
        let columns =
            (0..values[0].len()).map(|day| Column { short: format!("{day}"), whole: format!("day {day}") }).collect();
        let [accepted, rejected] = values.map(<[u64]>::to_vec);
        Bars {
            language: Language::En,
            title: "Letters <by day>".to_owned(),
            over: "Day",
            columns,
            series: vec![
                Series { label: "accepted".to_owned(), class: "part-accepted", values: accepted },
                Series { label: "rejected & gone".to_owned(), class: "part-rejected", values: rejected },
            ],
        }
    }

    #[test]
    fn lines_have_round_numbers_and_begin_at_zero() {
        for (most, scaled) in [
            (0, (1, 1)),
            (1, (1, 1)),
            (5, (5, 1)),
            (6, (6, 2)),
            (10, (10, 2)),
            (11, (15, 5)),
            (26, (30, 10)),
            (99, (100, 20)),
            (1_001, (1_500, 500)),
            (1_234_567, (1_500_000, 500_000)),
        ] {
            assert_eq!(scale(most, 5), scaled, "{most}");
        }
        let (top, step) = scale(u64::MAX / 2, 5);
        assert!(top >= u64::MAX / 2 && top / step <= 5);
    }

    #[test]
    fn bars_are_stacked_on_the_axis() {
        let drawing = bars([&[10, 0], &[10, 20]]).on(&WIDE);
        // From zero to the half, from the half to the top, and a bar that stands on the axis itself.
        let parts: Vec<&str> = drawing.paths.iter().map(|(_, path)| path.as_str()).collect();
        assert_eq!(parts, ["M214 129H262V246H214z", "M214 12H262V129H214zM562 12H610V246H562z"]);
        assert_eq!(drawing.lines[0].number, "0");
        assert_eq!(drawing.lines.last().map(|line| line.number.as_str()), Some("20"));
    }

    #[test]
    fn words_beside_the_bars_stand_apart_and_on_the_sheet() {
        let mut bars = bars([&[1], &[0]]);
        let one = |label: &str| Series { label: label.to_owned(), class: "part-unknown", values: vec![1_000_000, 0] };
        bars.series.extend(["a", "b", "c"].map(one));
        bars.columns.push(Column { short: "1".to_owned(), whole: "day 1".to_owned() });
        bars.series[0].values = vec![1, 1];
        let drawing = bars.on(&WIDE);
        let levels: Vec<f64> = drawing.beside.iter().map(|word| word.y.parse().expect("a number")).collect();
        assert_eq!(levels.len(), 4, "what counts nothing is not told");
        assert!(levels.windows(2).all(|pair| pair[0] - pair[1] >= 19.0), "{levels:?}");
        assert!(levels.iter().all(|level| (12.0..=280.0).contains(level)), "{levels:?}");
    }

    #[test]
    fn a_chart_has_its_table_and_shows_what_is_typed_as_text() {
        let html = bars([&[1_200, 3], &[0, 1]]).draw().render().expect("a chart renders");
        for part in
            ["Letters &#60;by day&#62;", "rejected &#38; gone", "<th scope=\"row\"", "1,200", "1,203", "role=\"img\""]
        {
            assert!(html.contains(part), "{part} is not in {html}");
        }
        assert!(!html.contains("<by day>") && !html.contains("style="));
    }

    #[test]
    fn nothing_is_drawn_without_breaking() {
        let empty = bars([&[], &[]]);
        assert!(empty.is_empty());
        assert!(empty.draw().render().is_ok());
        assert!(bars([&[0, 0], &[0]]).is_empty());
        // A column without a number has none.
        assert_eq!(bars([&[1, 2], &[3]]).on(&SMALL).paths.len(), 2);
    }

    #[test]
    fn words_under_the_axis_do_not_meet() {
        let values = vec![1; 400];
        let drawing = bars([&values, &values]).on(&WIDE);
        assert!(drawing.below.len() <= 8);
        assert!(drawing.pointed.is_empty());
    }
}
