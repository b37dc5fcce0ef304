//! How a letter is found again, from what providers tell of it.

use super::events;
use crate::About;
use serde_json::Value;

/// How many of each kind are kept: a letter has one of each, and whatever else is there is not it.
const MOST: usize = 20;

/// The longest address (RFC 5321, section 4.5.3.1), with brackets around it.
const LONGEST_ADDRESS: usize = 322;

/// What is found of a letter. What is none of its kind is left out.
#[derive(Debug, Default)]
pub(super) struct Found(About);

impl Found {
    /// The address from which the letter was, in the envelope: it may be the letter's own.
    pub(super) fn address(mut self, field: &Value) -> Self {
        keep(&mut self.0.addresses, address(field));
        self
    }

    /// The `Message-ID` of the letter, with or without brackets around it.
    pub(super) fn message_id(mut self, field: &Value) -> Self {
        keep(&mut self.0.message_ids, events::text(field).filter(|text| text.contains('@')));
        self
    }

    /// The address of a recipient.
    pub(super) fn recipient(mut self, field: &Value) -> Self {
        keep(&mut self.0.recipients, address(field));
        self
    }

    /// A header field of the letter, if it is one that says which letter it is.
    pub(super) fn header(mut self, name: &Value, value: &Value) -> Self {
        let name = name.as_str().unwrap_or_default().trim();
        if name.eq_ignore_ascii_case("message-id") {
            self.message_id(value)
        } else if name.eq_ignore_ascii_case("return-path") {
            self.address(value)
        } else if name.eq_ignore_ascii_case("list-unsubscribe") {
            for link in links(value.as_str().unwrap_or_default()) {
                keep(&mut self.0.links, Some(link));
            }
            self
        } else {
            self
        }
    }

    /// Whatever somebody has attached to a letter, and may be one of the things by which it is found.
    pub(super) fn anything(self, field: &Value) -> Self {
        self.address(field).message_id(field)
    }

    /// What a message says of it that came back from the letter's recipient, who may have written it. Who the recipient was, the provider
    /// knows better.
    pub(super) fn message(mut self, about: About) -> Self {
        let About { addresses, links, message_ids, quoted_ids: _, recipients: _, failed: _ } = about;
        let lists =
            [(&mut self.0.addresses, addresses), (&mut self.0.links, links), (&mut self.0.quoted_ids, message_ids)];
        for (list, more) in lists {
            for one in more {
                keep(list, Some(one));
            }
        }
        self
    }

    pub(super) fn about(self) -> About {
        self.0
    }
}

fn address(field: &Value) -> Option<String> {
    events::text(field).filter(|text| text.contains('@') && text.len() <= LONGEST_ADDRESS)
}

/// The links of a `List-Unsubscribe` (RFC 2369), without what is around them.
fn links(value: &str) -> impl Iterator<Item = String> {
    let bracketed = value.split('<').skip(1).filter_map(|rest| rest.split_once('>'));
    bracketed.map(|(link, _)| link.trim().to_owned()).filter(|link| !link.is_empty())
}

fn keep(list: &mut Vec<String>, one: Option<String>) {
    if let Some(one) = one
        && list.len() < MOST
        && !list.contains(&one)
    {
        list.push(one);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn header_fields_say_which_letter_it_is() {
        let found = [
            ("MESSAGE-ID", " <1.2@example.org> "),
            ("list-unsubscribe", "<https://mail.example.org/u/abc>,\r\n <mailto:u+abc@bounce.example.org?subject=x>"),
            ("Return-Path", "<b+abc@bounce.example.org>"),
            ("Subject", "a@b <c@d>"),
            ("Message-ID", "none"),
        ];
        let found =
            found.iter().fold(Found::default(), |found, (name, value)| found.header(&json!(name), &json!(value)));
        let about = found.recipient(&json!("ann@example.org")).recipient(&json!("nobody")).recipient(&json!(7)).about();
        assert_eq!(
            about,
            About {
                addresses: vec!["<b+abc@bounce.example.org>".to_owned()],
                links: vec![
                    "https://mail.example.org/u/abc".to_owned(),
                    "mailto:u+abc@bounce.example.org?subject=x".to_owned(),
                ],
                message_ids: vec!["<1.2@example.org>".to_owned()],
                recipients: vec!["ann@example.org".to_owned()],
                ..About::default()
            }
        );
    }

    #[test]
    fn there_is_an_end_to_what_is_kept() {
        let many = (0..1_000).fold(Found::default(), |found, number| {
            found.recipient(&json!(format!("client{number}@example.org"))).anything(&json!("the@same"))
        });
        let About { addresses, links, message_ids, recipients, .. } = many.about();
        assert_eq!((addresses.len(), links.len(), message_ids.len(), recipients.len()), (1, 0, 1, MOST));
    }
}
