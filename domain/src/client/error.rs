use super::MAX_COMMENT;
use crate::{Code, Refusal, counted_in_russian};

/// Why a client's command was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The client does not exist, is deleted, or is somebody else's.
    #[error("there is no such client in your address book")]
    NotFound,
    /// The id is in use.
    #[error("this client exists already")]
    AlreadyExists,
    /// Another client of the same owner has the address.
    #[error("{email} is already in your address book")]
    EmailTaken {
        /// The address as it is compared.
        email: String,
    },
    /// The remark has more than [`MAX_COMMENT`] characters.
    #[error("the comment has {length} characters; at most {MAX_COMMENT} fit")]
    CommentTooLong {
        /// The remark's length in characters.
        length: usize,
    },
}

impl Refusal for Error {
    fn code(&self) -> Code {
        match self {
            Self::NotFound => Code::NotFound,
            Self::AlreadyExists => Code::AlreadyExists,
            Self::EmailTaken { .. } => Code::EmailTaken,
            Self::CommentTooLong { .. } => Code::CommentTooLong,
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::NotFound => Some("id"),
            Self::AlreadyExists => None,
            Self::EmailTaken { .. } => Some("email"),
            Self::CommentTooLong { .. } => Some("comment"),
        }
    }

    fn in_russian(&self) -> String {
        match self {
            Self::NotFound => "в вашей адресной книге такого клиента нет".to_owned(),
            Self::AlreadyExists => "такой клиент уже есть".to_owned(),
            Self::EmailTaken { email } => format!("{email} уже есть в вашей адресной книге"),
            Self::CommentTooLong { length } => {
                let length = counted_in_russian(*length as u64, ["символ", "символа", "символов"]);
                format!("в комментарии {length}; помещается не больше {MAX_COMMENT}")
            }
        }
    }
}
