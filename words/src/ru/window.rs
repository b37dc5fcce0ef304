use super::Russian;
use crate::shown::moment;
use domain::{Window, WindowError};
use std::fmt;

impl Russian for WindowError {
    fn russian(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reversed { start, end } => write!(
                f,
                "окно закрывается {}, раньше, чем открывается ({}); выберите конец позже начала",
                moment(end),
                moment(start),
            ),
            Self::Empty { at } => {
                write!(
                    f,
                    "окно закрывается {}, в тот же момент, когда открывается; выберите конец позже начала",
                    moment(at),
                )
            }
            Self::YearOutOfRange { year } => {
                write!(
                    f,
                    "{year} год не подходит для окна; выберите год от {} до {}",
                    Window::YEARS.start(),
                    Window::YEARS.end(),
                )
            }
        }
    }
}
