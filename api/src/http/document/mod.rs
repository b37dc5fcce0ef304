//! The document of a request, from its text to the permission to execute it.
//!
//! ```text
//! text ── text ──> parser ── extent ──> document ── price ──> executed
//! ```
//!
//! Whoever sends a document may be anybody, so each step bounds what the next one does, in time that grows with the length
//! of the text and with nothing else. All of it happens before it is looked up who asks:
//!
//! * [`text`]: brackets and parts are counted, because the parser descends once per bracket.
//! * [`extent`]: fragments are measured once each, because validation walks them wherever they are spread.
//! * [`price`]: what the answer and PostgreSQL's work for it could come to, by the table in [`prices`].

mod extent;
mod introspection;
mod price;
mod prices;
mod shape;
mod text;
mod too_much;
mod unread;

pub(super) use unread::Unread;

use super::error_answer::ErrorAnswer;
use super::parameters::bad;
use crate::RequestLimits;
use async_graphql::Variables;
use async_graphql::parser::types::ExecutableDocument;
use domain::Code;
use shape::SHAPE;

/// The document that a text is.
pub(super) fn parsed(text: &str, variables: &Variables, limits: &RequestLimits) -> Result<ExecutableDocument, Unread> {
    text::check(text)?;
    let document = async_graphql::parser::parse_query(text).map_err(Unread::Syntax)?;
    extent::check(&document, variables, limits.depth)?;
    Ok(document)
}

/// Whether the operation of this name costs no more than a request may.
pub(super) fn affordable(
    document: &ExecutableDocument,
    operation: Option<&str>,
    variables: &Variables,
    limits: &RequestLimits,
) -> Result<(), Unread> {
    Ok(price::check(price::of(&SHAPE, document, operation, variables, limits)?, limits)?)
}

impl From<Unread> for ErrorAnswer {
    fn from(unread: Unread) -> Self {
        let refusal = match unread {
            Unread::TooMuch(much) => Self::new(Code::TooComplex, much.said()),
            Unread::Syntax(error) => bad(words::documents::Problem::Syntax { error: error.to_string() }),
            Unread::Unclosed { line } => bad(words::documents::Problem::Unclosed { line }),
            Unread::Cycle(fragment) => bad(words::documents::Problem::Cycle { fragment }),
            Unread::TypeName(fault) => bad(words::documents::Problem::TypeName { fault }),
            Unread::Unknown(field) => bad(words::documents::Problem::Unknown { field }),
        };
        refusal.of_document()
    }
}
