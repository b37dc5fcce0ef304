//! How far a document goes when each fragment stands where it is spread.
//!
//! A few fragments that each spread the next one twice make a document that takes longer than anybody lives to walk, and so
//! does a fragment that spreads itself. Here every fragment is measured once; whoever walks the document afterwards (the
//! library's validation does, several times) has a bounded way.

use super::too_much::TooMuch;
use super::unread::Unread;
use crate::limits;
use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Variables};
use async_graphql_value::{ConstValue, Value};
use std::collections::HashMap;
use words::documents::TypeName;

/// How far a part of a document goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Extent {
    /// Selections, directives and values.
    parts: usize,
    /// Bytes of texts, with variables filled in.
    bytes: usize,
    /// How many fields stand below each other.
    fields: usize,
    /// How many selection sets stand below each other.
    sets: usize,
}

impl Extent {
    /// Both, one beside the other.
    fn beside(self, other: Self) -> Self {
        Self {
            parts: self.parts.saturating_add(other.parts),
            bytes: self.bytes.saturating_add(other.bytes),
            fields: self.fields.max(other.fields),
            sets: self.sets.max(other.sets),
        }
    }
}

/// Whether a document may be validated: every operation and every fragment of it, also those that are not used.
pub(super) fn check(document: &ExecutableDocument, variables: &Variables, depth: usize) -> Result<(), Unread> {
    // Those that nothing uses are looked at, too.
    let given = variables.values().map(constant);
    within(given.fold(Extent::default(), |all, value| Extent { parts: 0, ..all.beside(value) }), depth)?;
    let mut walk = Walk { fragments: &document.fragments, variables, depth, known: HashMap::new() };
    let mut all = Extent::default();
    for (name, fragment) in &document.fragments {
        all = all.beside(walk.fragment(name, fragment, 0)?);
    }
    for (_, operation) in document.operations.iter() {
        all = all.beside(walk.operation(&operation.node)?);
    }
    within(all, depth)
}

fn within(extent: Extent, depth: usize) -> Result<(), Unread> {
    let much = if extent.fields > depth {
        TooMuch::Depth(depth)
    } else if extent.sets > limits::NESTING {
        TooMuch::Nesting
    } else if extent.parts > limits::PARTS {
        TooMuch::Parts
    } else if extent.bytes > limits::INPUT {
        TooMuch::Input
    } else {
        return Ok(());
    };
    Err(Unread::TooMuch(much))
}

struct Walk<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    variables: &'a Variables,
    /// How many fields may stand below each other.
    depth: usize,
    /// What each fragment came to; none while it is being measured.
    known: HashMap<&'a str, Option<Extent>>,
}

impl<'a> Walk<'a> {
    fn operation(&mut self, operation: &'a OperationDefinition) -> Result<Extent, Unread> {
        let mut extent = self.directives(&operation.directives).beside(self.set(&operation.selection_set.node, 1)?);
        for definition in &operation.variable_definitions {
            let value = definition.node.default_value.as_ref().map(|value| constant(&value.node));
            let directives = self.directives(&definition.node.directives);
            extent = extent.beside(value.unwrap_or_default()).beside(directives).beside(one());
        }
        Ok(extent)
    }

    fn fragment(
        &mut self,
        name: &'a str,
        fragment: &'a Positioned<FragmentDefinition>,
        above: usize,
    ) -> Result<Extent, Unread> {
        match self.known.get(name) {
            Some(Some(extent)) => return Ok(*extent),
            Some(None) => return Err(Unread::Cycle(name.to_owned())),
            None => {}
        }
        self.known.insert(name, None);
        let directives = self.directives(&fragment.node.directives);
        let extent = self.set(&fragment.node.selection_set.node, above + 1)?.beside(directives);
        self.known.insert(name, Some(extent));
        Ok(extent)
    }

    /// A selection set that has as many around it, itself counted.
    fn set(&mut self, set: &'a SelectionSet, around: usize) -> Result<Extent, Unread> {
        if around > limits::NESTING {
            return Err(Unread::TooMuch(TooMuch::Nesting));
        }
        let mut extent = Extent { sets: usize::from(!set.items.is_empty()), ..Extent::default() };
        for selection in &set.items {
            let (directives, below) = match &selection.node {
                Selection::Field(field) => {
                    let below = self.field(&field.node, around)?;
                    (&field.node.directives, below)
                }
                Selection::FragmentSpread(spread) => {
                    let name = spread.node.fragment_name.node.as_str();
                    let below = match self.fragments.get_key_value(name) {
                        Some((name, fragment)) => self.fragment(name, fragment, around)?,
                        // Validation refuses it.
                        None => Extent::default(),
                    };
                    (&spread.node.directives, below)
                }
                Selection::InlineFragment(inline) => {
                    (&inline.node.directives, self.set(&inline.node.selection_set.node, around + 1)?)
                }
            };
            let below = Extent { sets: below.sets + 1, ..below };
            extent = extent.beside(below).beside(self.directives(directives)).beside(one());
            // What is too long already is not walked to its end.
            within(extent, self.depth)?;
        }
        Ok(extent)
    }

    fn field(&mut self, field: &'a Field, around: usize) -> Result<Extent, Unread> {
        let below = self.set(&field.selection_set.node, around + 1)?;
        if field.name.node == "__typename" {
            type_name(field)?;
            return Ok(below);
        }
        let below = Extent { fields: below.fields + 1, ..below };
        Ok(self.arguments(&field.arguments).fold(below, Extent::beside))
    }

    fn arguments(&self, arguments: &[(Positioned<Name>, Positioned<Value>)]) -> impl Iterator<Item = Extent> {
        arguments.iter().map(|(_, value)| self.value(&value.node))
    }

    fn directives(&self, directives: &[Positioned<Directive>]) -> Extent {
        directives.iter().fold(Extent::default(), |extent, directive| {
            self.arguments(&directive.node.arguments).fold(extent, Extent::beside).beside(one())
        })
    }

    /// The brackets around values were counted before.
    fn value(&self, value: &Value) -> Extent {
        match value {
            // Each use of a variable is a copy of it.
            Value::Variable(name) => {
                let bytes = self.variables.get(name).map_or(0, |value| constant(value).bytes);
                Extent { bytes, ..one() }
            }
            Value::List(values) => values.iter().map(|value| self.value(value)).fold(one(), Extent::beside),
            Value::Object(fields) => fields.values().map(|value| self.value(value)).fold(one(), Extent::beside),
            Value::String(text) => text_of(text),
            Value::Null | Value::Number(_) | Value::Boolean(_) | Value::Enum(_) | Value::Binary(_) => one(),
        }
    }
}

fn one() -> Extent {
    Extent { parts: 1, bytes: VALUE, ..Extent::default() }
}

/// What a value takes beside its text.
const VALUE: usize = 64;

fn text_of(text: &str) -> Extent {
    Extent { bytes: VALUE + text.len(), ..one() }
}

fn constant(value: &ConstValue) -> Extent {
    match value {
        ConstValue::List(values) => values.iter().map(constant).fold(one(), Extent::beside),
        ConstValue::Object(fields) => fields.values().map(constant).fold(one(), Extent::beside),
        ConstValue::String(text) => text_of(text),
        ConstValue::Null
        | ConstValue::Number(_)
        | ConstValue::Boolean(_)
        | ConstValue::Enum(_)
        | ConstValue::Binary(_) => one(),
    }
}

/// What validation says about any other field.
fn type_name(field: &Field) -> Result<(), Unread> {
    if !field.arguments.is_empty() {
        return Err(Unread::TypeName(TypeName::Arguments));
    }
    if !field.selection_set.node.items.is_empty() {
        return Err(Unread::TypeName(TypeName::Selection));
    }
    let mut seen = Vec::new();
    for directive in &field.directives {
        let name = directive.node.name.node.as_str();
        let condition = match directive.node.arguments.as_slice() {
            [(argument, value)] if argument.node == "if" => {
                matches!(value.node, Value::Boolean(_) | Value::Variable(_))
            }
            _ => false,
        };
        if !matches!(name, "skip" | "include") || !condition || seen.contains(&name) {
            return Err(Unread::TypeName(TypeName::Directives));
        }
        seen.push(name);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
