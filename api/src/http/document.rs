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

use super::parameters::bad;
use super::refusal::Refusal;
use crate::RequestLimits;
use crate::failure::Code;
use async_graphql::Variables;
use async_graphql::parser::types::ExecutableDocument;
use domain::Said;
use shape::SHAPE;
use too_much::TooMuch;

/// Why a document is not executed.
#[derive(Debug)]
pub(super) enum Unread {
    /// It asks for too much.
    TooMuch(TooMuch),
    /// It is not written as documents are.
    Syntax(async_graphql::parser::Error),
    /// A string has no end.
    Unclosed {
        /// The line on which it begins.
        line: usize,
    },
    /// A fragment spreads itself.
    Cycle(String),
    /// What `__typename` does not take.
    TypeName(&'static str),
    /// The last of too many fields that there are not.
    Unknown(String),
}

impl From<TooMuch> for Unread {
    fn from(much: TooMuch) -> Self {
        Self::TooMuch(much)
    }
}

/// The document that a text is.
pub(super) fn parsed(text: &str, variables: &Variables, limits: &RequestLimits) -> Result<ExecutableDocument, Unread> {
    text::check(text).map_err(|refused| match refused {
        text::Refused::TooMuch(much) => Unread::TooMuch(much),
        text::Refused::Unclosed { line } => Unread::Unclosed { line },
    })?;
    let document = async_graphql::parser::parse_query(text).map_err(Unread::Syntax)?;
    extent::check(&document, variables, limits.depth).map_err(|refused| match refused {
        extent::Refused::TooMuch(much) => Unread::TooMuch(much),
        extent::Refused::Cycle(fragment) => Unread::Cycle(fragment),
        extent::Refused::TypeName(why) => Unread::TypeName(why),
    })?;
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

impl From<Unread> for Refusal {
    fn from(unread: Unread) -> Self {
        let refusal = match unread {
            Unread::TooMuch(much) => Self::new(Code::TooComplex, much.said()),
            Unread::Syntax(error) => bad(Said::filled(
                format!("the document cannot be read: {error}"),
                format!("документ не читается: {error}"),
            )),
            Unread::Unclosed { line } => bad(Said::filled(
                format!("the document cannot be read: the string that begins on line {line} has no end"),
                format!("документ не читается: у строки, которая начинается на строке {line} документа, нет конца"),
            )),
            Unread::Cycle(fragment) => bad(Said::filled(
                format!(
                    "the fragment {fragment} spreads itself, perhaps through others; take one of these spreads out"
                ),
                format!(
                    "фрагмент {fragment} подставляет сам себя, возможно, через другие; уберите одну из подстановок"
                ),
            )),
            Unread::TypeName(why) => {
                bad(Said::filled(format!("the field __typename {why}"), format!("поле __typename: {why}")))
            }
            Unread::Unknown(field) => bad(Said::filled(
                format!("the document asks for many fields that there are not, {field} being the last one looked at"),
                format!("документ запрашивает много полей, которых нет; последнее проверенное — {field}"),
            )),
        };
        refusal.of_document()
    }
}
