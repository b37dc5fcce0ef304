//! A request may be as large as the longest fields of a mutation make it.

use super::{BODY, CSV, INPUT, SYNTAX, VALUES};
use crate::graphql::sdl;
use acts::address_book::MAX_IDS;
use acts::address_book::import::Field;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, FieldDefinition, InputValueDefinition, Type, TypeKind, TypeSystemDefinition,
};
use domain::{article, message};
use std::collections::HashMap;

/// The most bytes that a character has.
const CHARACTER: usize = 4;

/// The most bytes in a body for a byte of a text: `\\u003c` stands in the document itself for a sign of one.
const ESCAPED: usize = 7;

/// The longest id, date, name of a zone, number, or word of an enumeration.
const WORD: usize = 64;

/// What a value takes beside its text when arguments are counted.
const VALUE: usize = 64;

/// How much an input may be.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    /// Of all texts.
    bytes: usize,
    values: usize,
}

impl Size {
    fn of(bytes: usize) -> Self {
        Self { bytes, values: 1 }
    }

    fn and(self, other: Self) -> Self {
        Self { bytes: self.bytes + other.bytes, values: self.values + other.values }
    }

    fn times(self, times: usize) -> Self {
        Self { bytes: self.bytes * times, values: self.values * times }
    }
}

/// The longest that a text in a field of this name may be, in bytes. A new field of a mutation needs its line here.
fn longest(of: &str, field: &str) -> Option<usize> {
    Some(match field {
        "text" if of == "SegmentTextInput" => domain::segment::MAX_NEEDLE * CHARACTER,
        "text" | "html" => message::MAX_BODY,
        // It comes instead of both.
        "markdown" => 0,
        "body" => article::MAX_BODY,
        "csv" => CSV,
        "subject" => message::MAX_SUBJECT * CHARACTER,
        "title" => article::MAX_TITLE * CHARACTER,
        "imageUrl" => article::MAX_IMAGE * CHARACTER,
        "comment" => domain::client::MAX_COMMENT * CHARACTER,
        "wording" => domain::client::MAX_WORDING * CHARACTER,
        "description" => domain::group::MAX_DESCRIPTION * CHARACTER,
        // What a client has in a custom field.
        "value" => domain::custom_field::MAX_TEXT * CHARACTER,
        "reason" | "note" => domain::MAX_REASON * CHARACTER,
        // 200 to 300 characters at most.
        "name" | "fullName" | "firstName" | "lastName" | "cron" | "idempotencyKey" | "search" | "relay" | "email"
        | "emails" | "newEmail" | "token" | "column" | "customField" | "file" | "key" | "label" => 300 * CHARACTER,
        "address" | "replyTo" | "domain" | "selector" | "postalAddress" => 300 * CHARACTER,
        // The largest RSA key has 4,096 bits, which are less than 4 KiB in PEM.
        "pem" => 16 * 1024,
        // A passphrase is refused when it is much shorter than that.
        "password" | "oldPassword" | "newPassword" => 1_000 * CHARACTER,
        _ => return None,
    })
}

/// How many a list of this name may have of these.
fn most(name: &str, each: &BaseType) -> usize {
    match each {
        _ if name == "emails" => acts::suppressions::MAX_NAMED,
        BaseType::Named(name) if name.as_str() == "SenderDomainImportKey" => acts::senders::domains::MAX_IMPORTED,
        BaseType::Named(name) if name.as_str() == "ClientFieldInput" => domain::custom_field::MAX_FIELDS,
        BaseType::Named(name) if name.as_str() == "SegmentConditionInput" => domain::segment::MAX_CONDITIONS,
        // Who says of a column twice what it is, is refused.
        BaseType::Named(name) if name.as_str() == "ImportColumn" => {
            2 * (Field::ALL.len() + domain::custom_field::MAX_FIELDS)
        }
        _ => MAX_IDS,
    }
}

struct Walk {
    inputs: HashMap<String, Vec<InputValueDefinition>>,
    enums: Vec<String>,
    unknown: Vec<String>,
}

impl Walk {
    fn nothing_known(&mut self, of: &str, name: &str) -> Size {
        self.unknown.push(format!("{of}.{name}"));
        Size::default()
    }

    fn size(&mut self, of: &str, fields: &[InputValueDefinition]) -> Size {
        fields.iter().fold(Size::of(0), |size, field| {
            let name = field.name.node.as_str();
            let each = self.value(of, name, &field.ty.node);
            size.and(each)
        })
    }

    fn value(&mut self, of: &str, name: &str, ty: &Type) -> Size {
        match &ty.base {
            BaseType::List(each) => self.value(of, name, each).times(most(name, &each.base)).and(Size::of(0)),
            BaseType::Named(base) => match base.as_str() {
                "String" => match longest(of, name) {
                    Some(bytes) => Size::of(bytes),
                    None => self.nothing_known(of, name),
                },
                "ID" | "DateTime" | "Date" | "TimeZone" | "Long" | "Int" | "Boolean" => Size::of(WORD),
                base if self.enums.iter().any(|name| name == base) => Size::of(WORD),
                base => {
                    let Some(fields) = self.inputs.get(base).cloned() else { return self.nothing_known(of, name) };
                    self.size(base, &fields)
                }
            },
        }
    }
}

#[test]
fn every_mutation_fits_into_a_request_with_the_longest_fields_that_it_may_have() {
    let (mut inputs, mut enums, mut fields): (_, _, Vec<FieldDefinition>) = (HashMap::new(), Vec::new(), Vec::new());
    for definition in parse_schema(sdl()).expect("the schema can be read").definitions {
        let TypeSystemDefinition::Type(ty) = definition else { continue };
        let name = ty.node.name.node.to_string();
        match ty.node.kind {
            TypeKind::InputObject(input) => {
                inputs.insert(name, input.fields.into_iter().map(|field| field.node).collect());
            }
            TypeKind::Enum(_) => enums.push(name),
            TypeKind::Object(object) if name == "Mutation" => {
                fields.extend(object.fields.into_iter().map(|field| field.node));
            }
            TypeKind::Object(object) if name == "Query" => {
                let preview = object.fields.into_iter().map(|field| field.node);
                fields.extend(preview.filter(|field| field.name.node == "messagePreview"));
            }
            _ => {}
        }
    }
    assert!(fields.len() > 30, "{}", fields.len());
    let mut walk = Walk { inputs, enums, unknown: Vec::new() };
    let mut largest = 0;
    for field in fields {
        let name = field.name.node.to_string();
        let arguments: Vec<_> = field.arguments.into_iter().map(|argument| argument.node).collect();
        let Size { bytes, values } = walk.size(&name, &arguments);
        assert!(bytes + values * VALUE <= INPUT, "{name}: {bytes} bytes in {values} values are more than INPUT");
        assert!(
            bytes * ESCAPED + SYNTAX <= BODY,
            "{name}: {bytes} bytes are more than BODY when they are written in JSON"
        );
        assert!(values <= VALUES, "{name}: {values} values");
        largest = largest.max(bytes);
    }
    assert_eq!(walk.unknown, Vec::<String>::new(), "how long may these be? say it in `longest`");
    assert!(largest >= 2 * message::MAX_BODY, "a letter has text and HTML");
}
