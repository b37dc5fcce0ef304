use super::English;
use crate::rights::Lacking;
use std::fmt;

impl English for Lacking {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owner => {
                write!(f, "managers and content managers have no clients, messages and mailings of their own")
            }
            Self::Watcher => write!(f, "this is for managers and administrators"),
            Self::ArticleWriter => write!(f, "this is for content managers and administrators"),
            Self::Administrator => write!(f, "this is for administrators"),
            Self::Session => write!(f, "this session has just been ended: log in again"),
            Self::Person => write!(f, "this needs a session: log in; API tokens cannot do it"),
        }
    }
}
