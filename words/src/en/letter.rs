use super::English;
use crate::shown::merge_fields;
use domain::{ForeignField, OverBudget, TemplateError};
use std::fmt;

impl English for TemplateError {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownField { name, line } => write!(
                f,
                "{{{{{name}}}}} in line {line} is not a merge field; use one of {}, or write \\{{{{ for plain braces",
                merge_fields(),
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
            Self::Unclosed { text, line } => write!(
                f,
                "the merge field {{{{{text} in line {line} is not closed; write }}}} after one of {}, or \
                 \\{{{{ for plain braces",
                merge_fields(),
            ),
        }
    }
}

impl English for ForeignField {
    fn english(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part, found, line, instead } = self;
        let instead = instead.map_or_else(|| format!("one of {}", merge_fields()), str::to_owned);
        write!(
            f,
            "in the {}, line {line}: {found} looks like a merge field of another program and would be sent as \
             it is; write {instead} instead",
            part.name(),
        )
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
