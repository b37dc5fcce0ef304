//! How the bars of a chart are drawn: where each stands, the lines across, and the words around them.

use super::bars::{Bars, Column, Series, value};
use std::fmt::Write as _;
use words::screens::shown;

/// In more columns than these there is no place for a pointer to rest.
const POINTED: usize = 100;

/// One of the two drawings. All numbers are tenths of the unit of its `viewBox`, divided where they are written.
#[derive(Clone, Debug)]
pub(super) struct Drawing {
    pub(super) class: &'static str,
    pub(super) width: String,
    pub(super) height: String,
    pub(super) left: String,
    pub(super) right: String,
    pub(super) lines: Vec<Line>,
    pub(super) paths: Vec<(&'static str, String)>,
    pub(super) below: Vec<Below>,
    pub(super) beside: Vec<Beside>,
    pub(super) pointed: Vec<Pointed>,
}

/// A line across, with its number.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) y: String,
    pub(super) text_y: String,
    pub(super) number: String,
    pub(super) class: &'static str,
}

/// A word under the axis.
#[derive(Clone, Debug)]
pub(super) struct Below {
    pub(super) x: String,
    pub(super) y: String,
    pub(super) text: String,
}

/// The words of a series, beside its part of the last bar.
#[derive(Clone, Debug)]
pub(super) struct Beside {
    pub(super) class: &'static str,
    pub(super) key_x: String,
    pub(super) key_y: String,
    pub(super) x: String,
    pub(super) y: String,
    pub(super) text: String,
}

/// A column on which a pointer can rest.
#[derive(Clone, Debug)]
pub(super) struct Pointed {
    pub(super) x: String,
    pub(super) y: String,
    pub(super) width: String,
    pub(super) height: String,
    pub(super) said: String,
}

/// Where a drawing has what, in tenths.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sheet {
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

pub(super) const WIDE: Sheet = Sheet {
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

pub(super) const SMALL: Sheet = Sheet {
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
    pub(super) fn on(&self, sheet: &Sheet) -> Drawing {
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

/// How high a number stands, with zero on the axis.
fn level(sheet: &Sheet, value: u64, top: u64) -> u64 {
    let height = u128::from(sheet.bottom - sheet.top);
    let up = u128::from(value.min(top)) * height / u128::from(top.max(1));
    sheet.bottom - u64::try_from(up).unwrap_or(0)
}

/// Up to where the axis goes, and from line to line: a 1, a 2 or a 5 with zeros, so that there are not more than this many.
pub(super) fn scale(most: u64, lines: u64) -> (u64, u64) {
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
