use super::English;
use crate::quotas::{Noun, Reached};
use std::fmt;

impl English for Reached {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = self.most;
        let plural = match self.noun {
            Noun::Client => "clients",
            Noun::Group => "groups",
            Noun::Segment => "segments",
            Noun::Message => "messages",
            Noun::Mailing => "mailings",
            Noun::Sender => "senders",
            Noun::Suppression => {
                return write!(
                    f,
                    "the list of those who are not written to has at most {most} addresses, and this one would have more: \
                     lift some, or ask whoever runs the service for more",
                );
            }
            Noun::Picture => {
                return write!(
                    f,
                    "an account has at most {most} pictures, and this one has as many: use one of those again, or ask \
                     whoever runs the service for more",
                );
            }
            Noun::RevisionOfMessage => {
                return write!(f, "a message has at most {most} revisions, and this one has as many: write a new one");
            }
            Noun::RevisionOfArticle => {
                return write!(f, "an article has at most {most} revisions, and this one has as many: write a new one");
            }
            Noun::SizeOfMessage => {
                return write!(
                    f,
                    "all revisions of a message have at most {most} MiB together, and those of this one have \
                     as much: write a new one",
                );
            }
        };
        write!(
            f,
            "an account has at most {most} {plural}, and this one has as many: delete some, or ask whoever \
             runs the service for more",
        )
    }
}
