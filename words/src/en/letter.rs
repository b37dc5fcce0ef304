use super::English;
use crate::custom_fields::as_written;
use crate::shown::merge_fields;
use domain::letter::{Advice, Finding, LinkFault};
use domain::{OverBudget, TemplateError};
use std::fmt;

impl English for TemplateError {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownField { name, line, own } => write!(
                f,
                "{{{{{name}}}}} in line {line} is not a merge field; use one of {}, or write \\{{{{ for plain braces",
                as_written(own),
            ),
            Self::UnknownFilter { name, filter, line } => write!(
                f,
                "{{{{{name} | {filter}}}}} in line {line}: there is no such filter; a fallback is written \
                 {{{{{name} | default: 'friend'}}}} or {{{{{name}|friend}}}}, and the other filters are |url \
                 and |raw",
            ),
            Self::DefaultMissing { name, line } => write!(
                f,
                "{{{{{name} | default}}}} in line {line} needs a text in quotation marks: {{{{{name} | \
                 default: 'friend'}}}}",
            ),
            Self::InProgram { name, line } => write!(
                f,
                "{{{{{name}}}}} in line {line} stands in a script, in an attribute such as onclick, or in \
                 srcdoc, where a client's words could be run as a program; mail programs leave these out: \
                 write it elsewhere",
            ),
            Self::InSubject { name, line } => write!(
                f,
                "{{{{{name}}}}} in line {line} is a link, which nobody can press in a subject: write it in the text or \
                 in the HTML",
            ),
            Self::Unclosed { text, line } => write!(
                f,
                "the merge field {{{{{text} in line {line} is not closed; write }}}} after one of {}, or \
                 \\{{{{ for plain braces",
                merge_fields(),
            ),
        }
    }
}

impl English for Advice {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, line, finding } = self;
        let field = within(field);
        match finding {
            Finding::Foreign { found, instead } => {
                let instead = instead.as_deref().map_or_else(|| format!("one of {}", merge_fields()), str::to_owned);
                write!(
                    f,
                    "in the {field}, line {line}: {found} looks like a merge field of another program and would be \
                     sent as it is; write {instead} instead",
                )
            }
            Finding::FieldEmpty { name, clients, of, all } => {
                let first = if *all { "" } else { "the first " };
                write!(
                    f,
                    "in the {field}, line {line}: {{{{{name}}}}} is empty for some of your clients ({clients} of {first}{of}), and \
                     nothing will stand there; write {{{{{name}|...}}}} with a word for that case",
                )
            }
            Finding::TextThin => write!(
                f,
                "the text says much less than the HTML; readers whose programs show no HTML get nothing but the text, so \
                 say the same in it",
            ),
            Finding::HtmlCut { bytes } => write!(
                f,
                "the HTML has {bytes} bytes; Gmail shows about 102 KB of a letter and hides the rest: shorten it",
            ),
            Finding::ImageWithoutAlt { address } => write!(
                f,
                "in the {field}, line {line}: the image {address:?} has no description; write one for readers who do \
                 not see it (alt=\"...\"), or alt=\"\" if it says nothing",
            ),
            Finding::Link { address, fault } => {
                write!(f, "in the {field}, line {line}: the link {address:?} leads nowhere")?;
                f.write_str(match fault {
                    LinkFault::Empty => "; give it an address",
                    LinkFault::NoScheme => "; write all of its address, with https:// before it",
                    LinkFault::Program => ", as mail programs run no programs; link to a page",
                    LinkFault::Local => {
                        " for your readers, as only you have that machine; link to a page that everybody can open"
                    }
                    LinkFault::Invalid => ", as this is no address; look for a mistake in it",
                })
            }
        }
    }
}

impl English for OverBudget {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part } = self;
        write!(
            f,
            "the {} of this letter has more than {} bytes once its merge fields are filled in",
            part.name(),
            part.budget(),
        )
    }
}

/// What a part of a letter, or what it is written in, is called.
pub(super) fn within(field: &'static str) -> &'static str {
    if field == "markdown" { "Markdown" } else { field }
}
