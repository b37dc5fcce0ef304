//! How large a letter may become.
//!
//! A merge field takes eleven characters in a template and up to thousands in a letter, so a small template can become
//! hundreds of megabytes. Each part of a letter has a budget: a message that could need more is refused when it is
//! written, and rendering, which also meets messages from before that rule, stops there.

use super::field::Name;
use super::merge_field::Field;
use super::part::Part;
use super::segment::Segment;
use super::way::Way;
use crate::refusal::told_by_code;
use crate::{Code, EmailAddress, FullName, Refusal, client, custom_field};
use std::collections::HashMap;

/// What is rendered needs more than its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverBudget {
    /// The part of the letter that needs more.
    pub part: Part,
}

impl Refusal for OverBudget {
    fn code(&self) -> Code {
        Code::LetterTooLarge
    }

    fn field(&self) -> Option<&'static str> {
        Some(self.part.name())
    }
}

told_by_code!(OverBudget);

/// The largest that a template can become for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Largest {
    /// The size of the part, in bytes.
    pub bytes: usize,
    /// The merge field that makes up most of it, and how often it is there; none if there are no merge fields.
    pub heaviest: Option<(String, usize)>,
}

impl Largest {
    pub(super) fn of(segments: &[Segment]) -> Self {
        let mut bytes = 0_usize;
        let mut fields: HashMap<&str, (usize, usize)> = HashMap::new();
        for segment in segments {
            match segment {
                Segment::Text(text) => bytes = bytes.saturating_add(text.len()),
                Segment::Field { name, fallback, way } => {
                    let longest = name.longest(*way).max(fallback.len());
                    bytes = bytes.saturating_add(longest);
                    let (times, sum) = fields.entry(name.as_str()).or_default();
                    *times += 1;
                    *sum = sum.saturating_add(longest);
                }
            }
        }
        // Of those that are equal the name decides, so that the same text is told the same.
        let heaviest = fields.into_iter().max_by_key(|(name, (_, sum))| (*sum, *name));
        Self { bytes, heaviest: heaviest.map(|(name, (times, _))| (name.to_owned(), times)) }
    }
}

/// The longest address of the service's own that is reckoned with, in bytes: it is chosen by whoever runs the service.
const MAX_URL: usize = 512;

impl Field {
    /// The longest that its value can become, in bytes.
    fn longest(self, way: Way) -> usize {
        let (per_character, per_octet) = way.most();
        match self {
            Self::FullName | Self::FirstName | Self::LastName => FullName::MAX_CHARS * per_character,
            Self::Email => EmailAddress::MAX_OCTETS * per_octet,
            Self::Comment => client::MAX_COMMENT * per_character,
            Self::UnsubscribeUrl => MAX_URL * per_octet,
        }
    }
}

impl Name {
    /// The longest that its value can become, in bytes.
    fn longest(&self, way: Way) -> usize {
        match self {
            Self::Field(field) => field.longest(way),
            // Other kinds of values are shorter than the longest text.
            Self::Custom(_) => custom_field::MAX_TEXT * way.most().0,
        }
    }
}

/// What has been rendered of a part so far, within its budget.
pub(super) struct Written {
    part: Part,
    text: String,
}

impl Written {
    pub(super) fn new(part: Part, expected: usize) -> Self {
        Self { part, text: String::with_capacity(expected.min(part.budget())) }
    }

    pub(super) fn push(&mut self, text: &str) -> Result<(), OverBudget> {
        if text.len() > self.part.budget() - self.text.len() {
            return Err(OverBudget { part: self.part });
        }
        self.text.push_str(text);
        Ok(())
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::custom_field::Key;
    use crate::letter::Known;
    use crate::{MergeFields, Template};

    fn template(part: Part, text: &str) -> Template {
        Template::parse_with(part, text, Known::Every).expect("a template")
    }

    #[test]
    fn nobody_makes_a_template_larger_than_it_says() {
        let worst = ["\"", "ж", "𐍈"].map(|worst| {
            let name = worst.repeat(FullName::MAX_CHARS);
            (name, "\"".repeat(EmailAddress::MAX_OCTETS), worst.repeat(client::MAX_COMMENT))
        });
        let city = Key::parse("city").expect("a key");
        let custom = ["\"", "ж", "𐍈"].map(|worst| [(city.clone(), worst.repeat(custom_field::MAX_TEXT))]);
        let fields = "{{full_name}}{{first_name}}b{{email}}{{comment}}{{city}}";
        for (part, text) in [
            (Part::Subject, fields.to_owned()),
            (Part::Text, format!("{fields}{{{{comment|ж}}}}")),
            (Part::Html, format!("{fields}{{{{comment|ж}}}}")),
            (Part::Text, format!("https://example.org/?{fields} mailto:{fields}")),
            (Part::Html, format!("<a href='https://example.org/?{fields}'>")),
            (Part::Html, format!("<a href='mailto:{fields}'>")),
            (Part::Html, format!("<a href='javascript:{fields}'>")),
        ] {
            let template = template(part, &text);
            let sizes = worst.iter().zip(&custom).map(|((full_name, email, comment), custom)| {
                let (first_name, last_name) = (full_name.as_str(), full_name.as_str());
                let unsubscribe_url = "";
                let fields = MergeFields { full_name, first_name, last_name, email, comment, unsubscribe_url, custom };
                template.render(&fields).expect("it fits").len()
            });
            // And somebody makes it that large.
            assert_eq!(sizes.max(), Some(template.largest().bytes), "{text}");
        }
    }

    #[test]
    fn a_fallback_counts_where_it_is_longer_than_the_value() {
        let fallback = "x".repeat(3_000);
        let longer = template(Part::Text, &format!("{{{{email|{fallback}}}}}{{{{first_name}}}}"));
        assert_eq!(longer.largest(), Largest { bytes: 3_800, heaviest: Some(("email".to_owned(), 1)) });
        let own = template(Part::Html, "{{city}}{{email}}{{city|x}}");
        assert_eq!(own.largest().heaviest, Some(("city".to_owned(), 2)));
        assert_eq!(template(Part::Html, "abc").largest().bytes, 3);
    }

    #[test]
    fn rendering_stops_at_the_budget_and_does_not_even_reserve_more() {
        let comment = "c".repeat(60_000);
        let fields = MergeFields { comment: &comment, ..MergeFields::default() };
        for part in Part::ALL {
            for field in ["{{comment}}", "{{comment|url}}"] {
                let template = template(part, &field.repeat(6_000));
                assert_eq!(template.render(&fields), Err(OverBudget { part }));
            }
            assert!(Written::new(part, usize::MAX).text.capacity() <= part.budget());
        }
    }

    #[test]
    fn what_is_exactly_as_large_as_the_budget_is_rendered() {
        for part in Part::ALL {
            let comment = "c".repeat(part.budget() - 1);
            let fields = MergeFields { comment: &comment, ..MergeFields::default() };
            assert_eq!(template(part, "x{{comment}}").render(&fields).map(|it| it.len()), Ok(part.budget()));
            assert_eq!(template(part, "xx{{comment}}").render(&fields), Err(OverBudget { part }));
        }
    }
}
