//! How many fields introspection answers with.
//!
//! Lists of introspection stand inside each other at will (the fields of the types of the fields of ...), and how long they
//! are is known exactly. So the answer is walked before it is made, and the walk ends where it becomes too long.

use super::too_much::TooMuch;
use async_graphql::parser::types::{
    EnumValueDefinition, FieldDefinition, FragmentDefinition, InputValueDefinition, Selection, SelectionSet, Type,
    TypeKind, TypeSystemDefinition,
};
use async_graphql::{Name, Positioned};
use std::collections::HashMap;

/// The schema as introspection tells it.
#[derive(Debug, Default)]
pub(super) struct Described {
    types: HashMap<String, Known>,
    directives: Vec<Vec<Leaf>>,
}

#[derive(Debug, Default)]
struct Known {
    description: usize,
    fields: Vec<FieldOf>,
    inputs: Vec<Leaf>,
    values: Vec<usize>,
    interfaces: Vec<String>,
    possible: Vec<String>,
}

#[derive(Debug)]
struct FieldOf {
    description: usize,
    arguments: Vec<Leaf>,
    ty: String,
}

/// An argument, or a field of an input.
#[derive(Debug)]
struct Leaf {
    description: usize,
    ty: String,
}

/// Where in the schema a selection set stands.
#[derive(Clone, Copy)]
enum Place<'a> {
    Schema,
    Directive(&'a [Leaf]),
    /// As it is written: with brackets and exclamation marks around a name.
    Type(&'a str),
    Field(&'a FieldOf),
    Input(&'a Leaf),
    Value(usize),
}

/// As many characters of a description cost as much as a field.
const TEXT: usize = 64;

/// How many fields introspection may still have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Left {
    most: u64,
    taken: u64,
}

impl Left {
    pub(super) fn new(most: u64) -> Self {
        Self { most, taken: 0 }
    }

    /// How many it has.
    pub(super) fn taken(self) -> u64 {
        self.taken
    }

    fn take(&mut self, fields: usize) -> Result<(), TooMuch> {
        self.taken = self.taken.saturating_add(u64::try_from(fields).unwrap_or(u64::MAX));
        if self.taken > self.most { Err(TooMuch::Fields(self.most)) } else { Ok(()) }
    }
}

impl Described {
    pub(super) fn add(&mut self, definition: TypeSystemDefinition) {
        let definition = match definition {
            TypeSystemDefinition::Type(definition) => definition.node,
            TypeSystemDefinition::Directive(directive) => {
                self.directives.push(leaves(&directive.node.arguments));
                return;
            }
            TypeSystemDefinition::Schema(_) => return,
        };
        let name = definition.name.node.to_string();
        let mut interfaces = Vec::new();
        let known = self.types.entry(name.clone()).or_default();
        known.description = length(definition.description.as_ref());
        match definition.kind {
            TypeKind::Object(object) => {
                known.fields = object.fields.iter().map(|field| field_of(&field.node)).collect();
                interfaces = object.implements.iter().map(|interface| interface.node.to_string()).collect();
            }
            TypeKind::Interface(interface) => {
                known.fields = interface.fields.iter().map(|field| field_of(&field.node)).collect();
            }
            TypeKind::Union(union) => known.possible = union.members.iter().map(|name| name.node.to_string()).collect(),
            TypeKind::Enum(values) => known.values = values.values.iter().map(|value| value_of(&value.node)).collect(),
            TypeKind::InputObject(input) => known.inputs = leaves(&input.fields),
            TypeKind::Scalar => {}
        }
        known.interfaces.clone_from(&interfaces);
        for interface in interfaces {
            self.types.entry(interface).or_default().possible.push(name.clone());
        }
    }

    /// Takes what a selection set of `__schema` costs off what is left.
    pub(super) fn schema(
        &self,
        set: &SelectionSet,
        fragments: &HashMap<Name, Positioned<FragmentDefinition>>,
        left: &mut Left,
    ) -> Result<(), TooMuch> {
        self.walk(set, Place::Schema, fragments, left)
    }

    /// Takes what a selection set of `__type(name: ...)` costs off what is left.
    pub(super) fn ty(
        &self,
        set: &SelectionSet,
        name: &str,
        fragments: &HashMap<Name, Positioned<FragmentDefinition>>,
        left: &mut Left,
    ) -> Result<(), TooMuch> {
        self.walk(set, Place::Type(name), fragments, left)
    }

    fn walk(
        &self,
        set: &SelectionSet,
        place: Place<'_>,
        fragments: &HashMap<Name, Positioned<FragmentDefinition>>,
        left: &mut Left,
    ) -> Result<(), TooMuch> {
        for selection in &set.items {
            left.take(1)?;
            match &selection.node {
                Selection::Field(field) => {
                    let below = &field.node.selection_set.node;
                    let name = field.node.name.node.as_str();
                    if name == "description" {
                        left.take(self.described(place) / TEXT)?;
                    }
                    for place in self.reached(place, name) {
                        self.walk(below, place, fragments, left)?;
                    }
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = fragments.get(&spread.node.fragment_name.node) {
                        self.walk(&fragment.node.selection_set.node, place, fragments, left)?;
                    }
                }
                Selection::InlineFragment(inline) => {
                    self.walk(&inline.node.selection_set.node, place, fragments, left)?;
                }
            }
        }
        Ok(())
    }

    /// How long the description is of what stands here.
    fn described(&self, place: Place<'_>) -> usize {
        match place {
            Place::Schema | Place::Directive(_) => 0,
            Place::Type(name) => self.types.get(name).map_or(0, |known| known.description),
            Place::Field(field) => field.description,
            Place::Input(leaf) => leaf.description,
            Place::Value(description) => description,
        }
    }

    /// Where a field leads from here.
    fn reached<'a>(&'a self, place: Place<'a>, field: &str) -> Vec<Place<'a>> {
        let types = |names: &'a [String]| names.iter().map(|name| Place::Type(name)).collect();
        let inputs = |leaves: &'a [Leaf]| leaves.iter().map(Place::Input).collect();
        match (place, field) {
            (Place::Schema, "types") => self.types.keys().map(|name| Place::Type(name)).collect(),
            (Place::Schema, "queryType") => vec![Place::Type("Query")],
            (Place::Schema, "mutationType") => vec![Place::Type("Mutation")],
            (Place::Schema, "directives") => self.directives.iter().map(|leaves| Place::Directive(leaves)).collect(),
            (Place::Directive(leaves), "args") => inputs(leaves),
            (Place::Field(field), "args") => inputs(&field.arguments),
            (Place::Field(FieldOf { ty, .. }) | Place::Input(Leaf { ty, .. }), "type") => vec![Place::Type(ty)],
            (Place::Type(ty), "ofType") => inside(ty).map(Place::Type).into_iter().collect(),
            (Place::Type(ty), _) => {
                let Some(known) = self.types.get(ty) else { return Vec::new() };
                match field {
                    "fields" => known.fields.iter().map(Place::Field).collect(),
                    "inputFields" => inputs(&known.inputs),
                    "enumValues" => known.values.iter().copied().map(Place::Value).collect(),
                    "interfaces" => types(&known.interfaces),
                    "possibleTypes" => types(&known.possible),
                    _ => Vec::new(),
                }
            }
            _ => Vec::new(),
        }
    }
}

/// What a type is made of that is no name.
fn inside(ty: &str) -> Option<&str> {
    ty.strip_suffix('!').or_else(|| ty.strip_prefix('[')?.strip_suffix(']'))
}

fn field_of(field: &FieldDefinition) -> FieldOf {
    FieldOf {
        description: length(field.description.as_ref()),
        arguments: leaves(&field.arguments),
        ty: written(&field.ty),
    }
}

fn leaves(values: &[Positioned<InputValueDefinition>]) -> Vec<Leaf> {
    let leaf =
        |value: &InputValueDefinition| Leaf { description: length(value.description.as_ref()), ty: written(&value.ty) };
    values.iter().map(|value| leaf(&value.node)).collect()
}

fn value_of(value: &EnumValueDefinition) -> usize {
    length(value.description.as_ref())
}

fn length(description: Option<&Positioned<String>>) -> usize {
    description.map_or(0, |description| description.node.len())
}

fn written(ty: &Positioned<Type>) -> String {
    ty.node.to_string()
}
