//! Addresses that are typed in.

use super::chosen::{address, chosen};
use crate::web::frame::answer::mend;
use crate::web::frame::trouble::problems;
use crate::web::frame::{Answer, Deed, Fields, Layout, Mistakes, Place, Visit, go, page};
use acts::Problem;
use acts::suppressions::{self, List};
use askama::Template;
use words::screens::suppressions::Suppressions as Words;

#[derive(Template)]
#[template(path = "address_book/suppressions/add.html")]
struct Form {
    page: Layout,
    w: &'static Words,
    mistakes: Mistakes,
    fields: Fields,
    lead: &'static str,
    /// Where the form goes.
    action: String,
    back: String,
}

impl Form {
    fn of(visit: &Visit, list: List, fields: Fields, mistakes: Mistakes) -> Self {
        let w = Words::of(visit.language());
        let lead = match list {
            List::Owner(_) => w.new_lead,
            List::Installation(_) => w.installation_lead,
        };
        let (page, back) = (visit.layout(w.new_title, Place::Suppressions), address(list, ""));
        Self { page, w, mistakes, fields, lead, action: back.clone(), back }
    }
}

/// `GET /suppressions/new`. An address that is named in the address of the page stands in the form.
pub(super) async fn blank(visit: Visit) -> Answer {
    let list = chosen(&visit)?;
    let email = visit.query().some("email").map(|email| ("emails".to_owned(), email.to_owned()));
    page(&Form::of(&visit, list, Fields::of(email.into_iter().collect()), Mistakes::default()))
}

/// `POST /suppressions`.
pub(super) async fn add(visit: Visit, fields: Fields) -> Answer {
    let (list, metadata) = (chosen(&visit)?, visit.metadata()?);
    let (services, emails) = (visit.services(), typed(fields.text("emails")));
    let note = fields.some("note").map(str::to_owned);
    let added = match list {
        List::Owner(owner) => suppressions::add(services, owner, emails, note, &metadata).await,
        List::Installation(by) => suppressions::add_to_installation(services, by, emails, note, &metadata).await,
    };
    match problems(added)? {
        Ok((added, receipt)) => {
            let told = Deed::SuppressionsAdded.to(added.ids.len().to_string());
            go(&visit, receipt, told, &address(list, "")).await
        }
        Err(problems) => {
            let mistakes = Mistakes::of(&in_one_field(problems), visit.language());
            mend(&Form::of(&visit, list, fields, mistakes))
        }
    }
}

/// The addresses in a text: each on its line, or with commas or semicolons between. In quotation marks, which end with their line, these
/// are part of a name.
fn typed(text: &str) -> Vec<String> {
    let mut is_quoted = false;
    let parts = text.split(|c: char| {
        is_quoted = match c {
            '"' => !is_quoted,
            '\n' | '\r' => false,
            _ => is_quoted,
        };
        matches!(c, '\n' | '\r') || (matches!(c, ',' | ';') && !is_quoted)
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// What is wrong with any of the addresses is told beside the field that has all of them.
fn in_one_field(problems: Vec<Problem>) -> Vec<Problem> {
    let of_addresses = |problem: &Problem| problem.field.first().is_some_and(|name| name == "emails");
    let moved = |problem: Problem| if of_addresses(&problem) { problem.at(&["emails"]) } else { problem };
    problems.into_iter().map(moved).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_typed_as_people_type_them() {
        let typed = typed(" anna@example.org\r\nbob@example.org, carl@example.org;;\n\n dora@example.org ");
        assert_eq!(typed, ["anna@example.org", "bob@example.org", "carl@example.org", "dora@example.org"]);
        assert_eq!(super::typed(" \r\n,;"), Vec::<String>::new());
        let named =
            super::typed("\"Petrova, Anna\" <anna@example.org>, Bob <bob@example.org>\n\"x, y\nz@example.org, w");
        assert_eq!(
            named,
            ["\"Petrova, Anna\" <anna@example.org>", "Bob <bob@example.org>", "\"x, y", "z@example.org", "w"]
        );
    }
}
