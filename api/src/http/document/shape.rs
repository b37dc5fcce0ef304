//! What the schema is made of, as far as the price of a document depends on it.

use super::introspection::Described;
use crate::graphql::sdl;
use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, FieldDefinition, Type, TypeKind, TypeSystemDefinition};
use std::collections::HashMap;
use std::sync::LazyLock;

/// The schema's objects and interfaces, and what introspection tells of it.
#[derive(Debug, Default)]
pub(super) struct Shape {
    objects: HashMap<String, HashMap<String, Field>>,
    pub(super) described: Described,
}

/// A field as its object declares it.
#[derive(Clone, Debug)]
pub(super) struct Field {
    /// The type of its value, or of the items of the list that it is.
    pub(super) of: String,
    /// Whether its value is a list. A test looks for lists that have no price.
    #[cfg(test)]
    pub(super) list: bool,
}

/// The service's own.
pub(super) static SHAPE: LazyLock<Shape> = LazyLock::new(|| Shape::of(&sdl()));

/// What the specification adds to every schema (GraphQL, October 2021, section 4.2).
const INTROSPECTION: &str = "
    type __Schema { description: String types: [__Type!]! queryType: __Type! mutationType: __Type subscriptionType: __Type
                    directives: [__Directive!]! }
    type __Type { kind: __TypeKind! name: String description: String specifiedByURL: String isOneOf: Boolean
                  fields: [__Field!] interfaces: [__Type!] possibleTypes: [__Type!] enumValues: [__EnumValue!]
                  inputFields: [__InputValue!] ofType: __Type }
    type __Field { name: String! description: String args: [__InputValue!]! type: __Type! isDeprecated: Boolean!
                   deprecationReason: String }
    type __InputValue { name: String! description: String type: __Type! defaultValue: String isDeprecated: Boolean!
                        deprecationReason: String }
    type __EnumValue { name: String! description: String isDeprecated: Boolean! deprecationReason: String }
    type __Directive { name: String! description: String isRepeatable: Boolean! locations: [__DirectiveLocation!]!
                       args: [__InputValue!]! }
    enum __TypeKind { SCALAR OBJECT INTERFACE UNION ENUM INPUT_OBJECT LIST NON_NULL }
    enum __DirectiveLocation { QUERY MUTATION SUBSCRIPTION FIELD FRAGMENT_DEFINITION FRAGMENT_SPREAD INLINE_FRAGMENT
                               VARIABLE_DEFINITION SCHEMA SCALAR OBJECT FIELD_DEFINITION ARGUMENT_DEFINITION INTERFACE UNION
                               ENUM ENUM_VALUE INPUT_OBJECT INPUT_FIELD_DEFINITION }
    scalar Boolean scalar Float scalar ID scalar Int scalar String";

impl Shape {
    /// The shape of a schema in GraphQL's own words. One that does not read has no shape: then every field is unknown, and a
    /// test says so.
    fn of(sdl: &str) -> Self {
        let mut shape = Self::default();
        for source in [sdl, INTROSPECTION] {
            let Ok(document) = parse_schema(source) else { return Self::default() };
            for definition in document.definitions {
                if let TypeSystemDefinition::Type(definition) = &definition
                    && let TypeKind::Object(_) | TypeKind::Interface(_) = &definition.node.kind
                {
                    let fields = match &definition.node.kind {
                        TypeKind::Object(object) => object.fields.as_slice(),
                        TypeKind::Interface(interface) => interface.fields.as_slice(),
                        _ => &[],
                    };
                    let fields = fields.iter().map(|field| declared(&field.node)).collect();
                    shape.objects.insert(definition.node.name.node.to_string(), fields);
                }
                shape.described.add(definition);
            }
        }
        shape
    }

    /// A field of an object; none if it has no such field, or if there is no such object.
    pub(super) fn field(&self, object: &str, field: &str) -> Option<&Field> {
        self.objects.get(object)?.get(field)
    }

    #[cfg(test)]
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &str, &Field)> {
        self.objects.iter().flat_map(|(object, fields)| {
            fields.iter().map(move |(name, field)| (object.as_str(), name.as_str(), field))
        })
    }

    /// Whether something can be selected in values of this type.
    #[cfg(test)]
    pub(super) fn is_object(&self, name: &str) -> bool {
        self.objects.contains_key(name)
    }
}

fn declared(field: &FieldDefinition) -> (String, Field) {
    let ty = &field.ty.node;
    let declared = Field {
        of: named(ty).to_owned(),
        #[cfg(test)]
        list: matches!(ty.base, BaseType::List(_)),
    };
    (field.name.node.to_string(), declared)
}

/// What a type is a list of, or itself.
fn named(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(items) => named(items),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_has_a_shape() {
        let of = |object, field| SHAPE.field(object, field).map(|field| (field.of.as_str(), field.list));
        assert_eq!(of("Query", "clients"), Some(("ClientConnection", false)));
        assert_eq!(of("ClientConnection", "nodes"), Some(("Client", true)));
        assert_eq!(of("Node", "id"), Some(("ID", false)));
        assert_eq!(of("Client", "nothing"), None);
        assert_eq!(of("Nothing", "id"), None);
    }
}
