use super::English;
use crate::shown::moment;
use domain::{Window, WindowError};
use std::fmt;

impl English for WindowError {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reversed { start, end } => write!(
                f,
                "the window ends {}, before it starts ({}); choose an end after the start",
                moment(end),
                moment(start),
            ),
            Self::Empty { at } => {
                write!(f, "the window ends {}, the moment it starts; choose an end after the start", moment(at))
            }
            Self::YearOutOfRange { year } => write!(
                f,
                "the year {year} is out of range for a window; choose one from {} to {}",
                Window::YEARS.start(),
                Window::YEARS.end(),
            ),
        }
    }
}
