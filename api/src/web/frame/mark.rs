//! Statuses, each with a shape, a word and a colour.

use askama::Template;
use askama::filters::HtmlSafe;

/// What a status means for whoever looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// All is well.
    Good,
    /// Something is at work.
    Busy,
    /// Something waits, or asks for attention.
    Warn,
    /// Something is wrong, or stopped.
    Bad,
    /// It is over, or was never begun.
    Quiet,
}

impl Tone {
    /// The class in the style sheet.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Busy => "busy",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Quiet => "still",
        }
    }
}

/// The shape beside the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A ring: nothing has happened yet.
    Ring,
    /// A ring that turns: something is at work.
    Turning,
    /// A tick: it is done.
    Tick,
    /// Two bars: it pauses.
    Bars,
    /// A square: it is stopped.
    Stop,
    /// A cross: it failed or was given up.
    Cross,
    /// A question mark: nobody knows.
    Question,
    /// A clock: it waits.
    Clock,
    /// A dash: it was left out.
    Dash,
}

impl Shape {
    /// What is drawn, in a square of 16.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Ring => "M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3z",
            Self::Turning => "M8 3a5 5 0 1 1-5 5",
            Self::Tick => "M3 8.5l3.5 3.5L13 4.5",
            Self::Bars => "M5.5 3.5v9M10.5 3.5v9",
            Self::Stop => "M4 4h8v8H4z",
            Self::Cross => "M4 4l8 8M12 4l-8 8",
            Self::Question => "M5.5 6a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.8-1.1 1.6M8 12.4v.2",
            Self::Clock => "M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3zM8 5.5V8l2 1.5",
            Self::Dash => "M3.5 8h9",
        }
    }
}

/// A status as it is shown.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "frame/mark.html")]
pub(crate) struct Mark {
    pub(crate) tone: Tone,
    pub(crate) shape: Shape,
    pub(crate) label: &'static str,
}

impl Mark {
    /// A status with this shape, word and meaning.
    pub(crate) fn new(shape: Shape, tone: Tone, label: &'static str) -> Self {
        Self { tone, shape, label }
    }

    /// Whether its shape moves.
    fn turns(&self) -> bool {
        self.shape == Shape::Turning
    }
}

impl HtmlSafe for Mark {}
