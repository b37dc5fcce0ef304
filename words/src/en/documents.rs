use super::{En, English};
use crate::documents::{Problem, TooMuch, TypeName};
use std::fmt;

impl English for Problem {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { error } => write!(f, "the document cannot be read: {error}"),
            Self::Unclosed { line } => {
                write!(f, "the document cannot be read: the string that begins on line {line} has no end")
            }
            Self::Cycle { fragment } => write!(
                f,
                "the fragment {fragment} spreads itself, perhaps through others; take one of these spreads out",
            ),
            Self::TypeName { fault } => write!(f, "the field __typename {}", En(fault)),
            Self::Unknown { field } => {
                write!(f, "the document asks for many fields that there are not, {field} being the last one looked at")
            }
            Self::Missing => write!(f, "the parameter query is missing: it is the text of the GraphQL document"),
            Self::MutationsByPost => write!(f, "mutations come by POST only"),
        }
    }
}

impl English for TypeName {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arguments => write!(f, "takes no arguments"),
            Self::Selection => write!(f, "is a text: nothing can be selected in it"),
            Self::Directives => write!(f, "takes no directives but @skip(if: ...) and @include(if: ...), each once"),
        }
    }
}

impl English for TooMuch {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name { most } => write!(f, "a name in the document has more than {most} characters; shorten it"),
            Self::Number { most } => {
                write!(f, "a number in the document has more than {most} digits; no field takes one")
            }
            Self::Nesting { most } => write!(
                f,
                "the document nests more than {most} levels deep, with brackets and fragments counted; ask for \
                 less depth, or put nested values into variables",
            ),
            Self::Depth { most } => {
                write!(f, "fields stand more than {most} levels below each other; ask for less depth at once")
            }
            Self::Parts { most, syntax } => write!(
                f,
                "the document has more than {most} parts, with fragments counted wherever they are spread, or \
                 more than {syntax} KiB beside its texts; ask for less at once, and put values into variables",
            ),
            Self::Input { most } => write!(
                f,
                "arguments have more than {most} KiB together, with a variable counted as often as it is used; \
                 use large ones in fewer places",
            ),
            Self::Texts { most } => write!(
                f,
                "the texts in the document have more than {most} KiB as they are written there; write letters \
                 themselves and not as \\u0416, or put long texts into variables, where it does not matter",
            ),
            Self::Fields { most } => write!(
                f,
                "the answer could have more than {most} fields, with every list as long as it was asked for; \
                 ask for shorter pages (first) or fewer fields at once",
            ),
            Self::Work => write!(
                f,
                "the request asks for too many lists, searches, counts or changes at once; ask in several \
                 requests, for shorter pages (first) where lists stand inside lists, and for totalCount only \
                 where you need it",
            ),
            Self::Alone => write!(
                f,
                "of logging in, registering, asking for letters, changing passwords and addresses, and \
                 rebuilding a request does one thing, once; ask in several requests",
            ),
            Self::Values { most } => {
                write!(f, "the request has more than {most} values in its variables; send them in several requests")
            }
        }
    }
}
